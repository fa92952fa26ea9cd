import { signInBrowser } from '../../src/cli/client/connect.ts';
import type { LocalFile } from '../../src/cli/client/local-file.ts';
import type { ChromiumPage } from './chromium.ts';

// The web console as a person uses it, in a real browser.

/** Says yes to the token that came with the address. */
export async function acceptToken(browser: ChromiumPage): Promise<void> {
  await browser.waitFor(`document.activeElement?.id === 'accept'`);
  await browser.press('Enter');
  await browser.waitFor(`document.querySelector('.composer') !== null`);
}

/** Opens it signed in, as `sallyport console` does. */
export async function openConsole(browser: ChromiumPage, { agent }: LocalFile): Promise<void> {
  // Another page first: a change of nothing but the fragment would not load this one.
  await browser.open('about:blank');
  await browser.open(`${agent.url}/console#token=${agent.token}`);
  // A tab that has this token already is not asked.
  await browser.waitFor(`document.querySelector('#accept, .composer') !== null`);
  if (await browser.evaluate(`document.querySelector('#accept') !== null`)) await acceptToken(browser);
}

/** Makes this browser the person's at the OAuth API, as `sallyport open` does. */
export async function signInPages(browser: ChromiumPage, { oauth }: LocalFile): Promise<void> {
  const outcome = await signInBrowser({
    oauth,
    open: async (url) => {
      await browser.open(url);
      await browser.click('main form button');
    },
  });
  if (outcome.status !== 'signed_in') throw new Error(`not signed in: ${JSON.stringify(outcome)}`);
}

/** What the last turn has come to. */
const LAST = `[...document.querySelectorAll('.turn')].at(-1)`;
export const lastText = `(${LAST}?.innerText ?? '')`;

/** Writes and sends with the keyboard alone. */
export async function write(browser: ChromiumPage, text: string): Promise<void> {
  const before = Number(await browser.evaluate(`document.querySelectorAll('.turn').length`));
  await browser.type('#message', text);
  await browser.press('Enter');
  await browser.waitFor(`document.querySelectorAll('.turn').length === ${before + 1}`);
}

/** Asks, and waits for the end. */
export async function ask(browser: ChromiumPage, text: string): Promise<string> {
  await write(browser, text);
  await waitForEnd(browser);
  return String(await browser.evaluate(lastText));
}

/** The place to write is free again, and something was said. */
export async function waitForEnd(browser: ChromiumPage): Promise<void> {
  await browser.waitFor(
    `document.querySelector('.composer button[type=submit]').hidden === false &&
     ${LAST}.querySelector('.answer').textContent !== '' && ${LAST}.querySelector('.draft') === null`,
  );
}

/** Waits for the question that stands before a write. */
export async function waitForQuestion(browser: ChromiumPage): Promise<void> {
  await browser.waitFor(`${LAST}?.querySelector('.approval a[data-approval]') != null`);
}

/** Answers it where it is answered: on the person's own page, which opens beside the console. */
export async function answerBeside(browser: ChromiumPage, decision: 'yes' | 'no'): Promise<void> {
  const id = String(await browser.evaluate(`${LAST}.querySelector('a[data-approval]').dataset.approval`));
  await browser.evaluate(`${LAST}.querySelector('a[data-approval]').click()`);
  const page = await browser.beside(`/approvals/${id}`);
  await page.waitFor(`document.querySelector('button[value=${decision}]') !== null`);
  await page.click(`button[value=${decision}]`);
  await page.waitFor(`document.body.innerText.includes('You said ${decision}')`);
  await page.close();
}
