import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChromiumPage, hasChromium, type PageView, startChromium } from '../support/chromium.ts';
import { ask, openConsole, waitForQuestion, write } from '../support/console.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { installPeer } from '../support/peers.ts';

// The web console for everyone: by keyboard, read aloud, on a phone, in light and dark. axe-core judges names, roles and contrast; what it cannot
// see is tried by hand.

const describeWithBrowser = hasChromium() ? describe : describe.skip;

const WIDE: PageView = { width: 1200, height: 800 };
const PHONE: PageView = { width: 360, height: 740 };

let system: TestMachine;
let browser: ChromiumPage;
let axe: string;

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds against WCAG 2.2 AA and its own best practices, as lines to read. */
async function violations(): Promise<readonly string[]> {
  await browser.evaluate(axe);
  await browser.evaluate(`axe.run(document).then((found) => { globalThis.found = JSON.stringify(found.violations); })`);
  await browser.waitFor('globalThis.found !== undefined');
  const found = JSON.parse(String(await browser.evaluate('globalThis.found'))) as Violation[];
  await browser.evaluate('globalThis.found = undefined');
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

const overflow = `document.documentElement.scrollWidth - document.documentElement.clientWidth`;

describeWithBrowser('the console for everyone', () => {
  beforeAll(async () => {
    await installPeer('axe-core', 'console');
    axe = readFileSync('test/peers/console/node_modules/axe-core/axe.min.js', 'utf8');
    system = await startTestMachine();
    await system.connect();
    browser = await startChromium();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  it.each([
    ['light, wide', { ...WIDE, scheme: 'light' }],
    ['dark, wide', { ...WIDE, scheme: 'dark' }],
    ['light, phone', { ...PHONE, scheme: 'light' }],
    ['dark, phone', { ...PHONE, scheme: 'dark' }],
  ] as const)(
    'axe-core finds nothing wrong: %s',
    async (_name, view) => {
      await browser.show(view);
      await browser.open(`${system.machine.access.agent.url}/console`);
      await browser.evaluate('sessionStorage.clear()');
      await browser.reload();
      await browser.waitFor(`document.querySelector('#token') !== null`);
      expect(await violations()).toEqual([]);
      await browser.open('about:blank');
      await browser.open(`${system.machine.access.agent.url}/console#token=${system.machine.access.agent.token}`);
      await browser.waitFor(`document.activeElement?.id === 'accept'`);
      expect(await violations()).toEqual([]);
      expect(await browser.evaluate(overflow)).toBe(0);
      await openConsole(browser, system.machine.access);
      await ask(browser, 'am I free tomorrow at three?');
      await write(browser, 'book Choir practice tomorrow at 18:00 for an hour');
      await waitForQuestion(browser);
      // What fades in is half transparent until it is there.
      await browser.waitFor('document.getAnimations().length === 0');
      expect(await violations()).toEqual([]);
      expect(await browser.evaluate(overflow)).toBe(0);
      if (view.width < 500) {
        await browser.evaluate(`document.querySelector('.toggle').click()`);
        expect(await violations()).toEqual([]);
        expect(await browser.evaluate(overflow)).toBe(0);
      }
    },
    60_000,
  );

  it('nothing moves for who wants no motion', async () => {
    await openConsole(browser, system.machine.access);
    expect(await browser.evaluate(`matchMedia('(prefers-reduced-motion: no-preference)').matches`)).toBe(true);
    const rules = `[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => !(rule instanceof CSSMediaRule)).map((rule) => rule.cssText).join(' ')`;
    expect(String(await browser.evaluate(rules))).not.toMatch(/animation:|transition:/);
  }, 60_000);

  it('everything is reached by the tab key, in the order of the page, and shows where it is', async () => {
    await browser.show(WIDE);
    await openConsole(browser, system.machine.access);
    await ask(browser, 'am I free tomorrow at three?');
    await browser.evaluate(`document.querySelector('.skip').focus()`);
    // Every one gets its number in the order of the page.
    const all = Number(
      await browser.evaluate(`{
        const can = [...document.querySelectorAll('a[href], button, input, textarea, summary, [tabindex="0"]')];
        globalThis.stops = can.filter((one) => one.checkVisibility());
        globalThis.stops.length;
      }`),
    );
    expect(all).toBeGreaterThan(15);
    const here = `(() => {
      const { outlineStyle } = getComputedStyle(document.activeElement);
      return globalThis.stops.indexOf(document.activeElement) + ' ' + outlineStyle;
    })()`;
    const reached = [await browser.evaluate(here)];
    for (let step = 1; step < all; step += 1) {
      await browser.press('Tab');
      reached.push(await browser.evaluate(here));
    }
    expect(reached).toEqual(Array.from({ length: all }, (_none, index) => `${index} solid`));
  }, 60_000);

  it('sends with Enter, and writes a new line with Shift and Enter', async () => {
    await openConsole(browser, system.machine.access);
    await browser.type('#message', 'am I free');
    await browser.press('Enter', true);
    await browser.type('#message', 'tomorrow at three?');
    expect(await browser.evaluate(`document.querySelector('#message').value`)).toBe('am I free\ntomorrow at three?');
    expect(await browser.evaluate(`document.querySelectorAll('.turn').length`)).toBe(0);
    await browser.press('Enter');
    await browser.waitFor(`document.querySelectorAll('.turn').length === 1`);
  }, 60_000);

  it('says aloud what happens, once each', async () => {
    await openConsole(browser, system.machine.access);
    await browser.evaluate(`{
      globalThis.heard = [];
      const status = document.querySelector('[role=status]');
      new MutationObserver(() => globalThis.heard.push(status.textContent)).observe(status, { childList: true, subtree: true, characterData: true });
    }`);
    await ask(browser, 'am I free tomorrow at three?');
    const heard = JSON.parse(String(await browser.evaluate('JSON.stringify(globalThis.heard)'))) as string[];
    expect(heard).toHaveLength(2);
    expect(heard[0]).toBe('freebusy: done.');
    expect(heard[1]).toMatch(/^Free: /);
  }, 60_000);

  it('closes nothing that the person has opened while it waits', async () => {
    await openConsole(browser, system.machine.access);
    await write(browser, 'book Stocktaking tomorrow at 9:00 for an hour');
    await waitForQuestion(browser);
    await browser.waitFor(`document.querySelector('.note').textContent !== ''`);
    await browser.evaluate(
      `globalThis.opened = document.querySelector('.approval details'); globalThis.opened.open = true`,
    );
    const looks = `performance.getEntriesByType('resource').filter(({ name }) => name.includes('/turns/')).length`;
    await browser.evaluate(`globalThis.looks = ${looks}`);
    await browser.waitFor(`${looks} >= globalThis.looks + 2`);
    expect(await browser.evaluate('globalThis.opened.isConnected && globalThis.opened.open')).toBe(true);
  }, 60_000);
});
