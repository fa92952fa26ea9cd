import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AiMock, startAiMock } from '../support/aimock.ts';
import { type ChromiumPage, hasChromium, startChromium } from '../support/chromium.ts';
import { lastText, openConsole, waitForEnd, write } from '../support/console.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// An answer while it is written: a model that takes its time, over the real way to the browser.

const describeWithBrowser = hasChromium() ? describe : describe.skip;

const ANSWER = `${'Every word of this comes by itself. '.repeat(12)}The end.`;
const LOADING =
  '![a](https://evil.example/a.png) <img src="https://evil.example/b.png"> [c](https://evil.example/c) http://evil.example/d';

let mock: AiMock;
let system: TestMachine;
let browser: ChromiumPage;

describeWithBrowser('an answer in the console while it is written', () => {
  beforeAll(async () => {
    mock = await startAiMock();
    system = await startTestMachine({
      given: {
        SALLYPORT_MODEL: 'openai:gpt-test',
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: `${mock.url}/v1`,
        SALLYPORT_ALLOWED_HOSTS: new URL(mock.url).host,
      },
    });
    await system.connect();
    browser = await startChromium();
    await openConsole(browser, system.machine.access);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await system.close();
    await mock.stop();
  });

  it('grows word by word, and is the answer at the end', async () => {
    mock.onMessage(/slowly/, { content: ANSWER }, { latency: 40, chunkSize: 8 });
    await browser.evaluate(`{
      globalThis.lengths = [];
      new MutationObserver(() => {
        const draft = document.querySelector('.draft');
        if (draft !== null) globalThis.lengths.push(draft.textContent.length);
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    }`);
    await write(browser, 'say it slowly');
    await waitForEnd(browser);
    const lengths = JSON.parse(String(await browser.evaluate('JSON.stringify(globalThis.lengths)'))) as number[];
    expect(lengths.length).toBeGreaterThan(5);
    expect(lengths.every((length, index) => index === 0 || length >= (lengths[index - 1] ?? 0))).toBe(true);
    expect(await browser.evaluate(`${lastText}.includes(${JSON.stringify('The end.')})`)).toBe(true);
  }, 60_000);

  it('stops when the person stops it', async () => {
    mock.onMessage(/for ever/, { content: ANSWER }, { latency: 60, chunkSize: 12 });
    await write(browser, 'go on for ever');
    await browser.waitFor(`document.querySelector('.draft') !== null`);
    const press = `[...document.querySelectorAll('.composer button')].find((one) => one.textContent === 'Stop').click()`;
    await browser.evaluate(press);
    await browser.waitFor(`${lastText}.includes('Stopped. What was done stays done.')`);
    expect(await browser.evaluate(`${lastText}.includes('The end.')`)).toBe(false);
  }, 60_000);

  it('loads nothing that the model names, and makes no link of it', async () => {
    mock.onMessage(/pictures/, { content: LOADING }, { latency: 5, chunkSize: 6 });
    // The person gave these addresses themselves, so the agent leaves them in its answer.
    await write(browser, `show me pictures: ${LOADING}`);
    await waitForEnd(browser);
    const answer = await browser.evaluate(`[...document.querySelectorAll('.answer')].at(-1).innerText`);
    expect(answer).toContain('http://evil.example/d');
    expect(await browser.evaluate(`document.querySelectorAll('.turn a, img').length`)).toBe(0);
    expect(browser.requests().filter((url) => url.includes('evil.example'))).toEqual([]);
    expect(browser.complaints()).toEqual([]);
  }, 60_000);

  it('says what went wrong when the model does not answer', async () => {
    mock.onMessage(/breaks/, { error: { message: 'no', type: 'server_error' }, status: 500 });
    await write(browser, 'this breaks');
    await waitForEnd(browser);
    expect(String(await browser.evaluate(`[...document.querySelectorAll('.answer')].at(-1).className`))).toContain(
      'failure',
    );
  }, 60_000);
});
