import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChromiumPage, hasChromium, startChromium } from '../support/chromium.ts';
import {
  acceptToken,
  answerBeside,
  ask,
  lastText,
  openConsole,
  signInPages,
  waitForEnd,
  waitForQuestion,
  write,
} from '../support/console.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// The web console on the whole local system, in a real browser: what a person sees and does, and what the page must never do.

const describeWithBrowser = hasChromium() ? describe : describe.skip;

/** As an attacker would name an event. */
const ATTACK =
  '<img src="https://evil.example/a.png" onerror="document.title=1">![x](https://evil.example/b.png) \u202egnp.live';
const MARKUP = '<b>Board</b>';
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

let system: TestMachine;
let browser: ChromiumPage;

async function start(): Promise<void> {
  system = await startTestMachine({
    accounts: [
      {
        sub: '108000000000000000001',
        email: 'alex@example.com',
        name: 'Alex',
        timeZone: 'UTC',
        events: [
          {
            summary: ATTACK,
            start: { dateTime: `${tomorrow}T08:00:00Z` },
            end: { dateTime: `${tomorrow}T09:00:00Z` },
          },
        ],
      },
      { sub: '108000000000000000002', email: 'ana@example.com', name: 'Ana', timeZone: 'UTC' },
    ],
  });
  await system.connect();
  browser = await startChromium();
}

async function stop(): Promise<void> {
  await browser.close();
  await system.close();
}

const booked = (summary: string): boolean =>
  system.machine.google.events('alex@example.com').some((event) => String(event['summary']).includes(summary));

describeWithBrowser('signing in to the console', () => {
  beforeAll(start, 60_000);
  afterAll(stop);

  it('asks for a token, refuses a wrong one, and takes the right one by keyboard', async () => {
    await browser.open(`${system.machine.access.agent.url}/console`);
    await browser.waitFor(`document.activeElement?.id === 'token'`);
    await browser.type('#token', `sp_${'A'.repeat(26)}_${'b'.repeat(43)}`);
    await browser.press('Enter');
    await browser.waitFor(`document.body.innerText.includes('This token is not accepted')`);
    expect(await browser.evaluate('sessionStorage.length')).toBe(0);
    await browser.type('#token', system.machine.access.agent.token);
    await browser.press('Enter');
    await browser.waitFor(`document.querySelector('.composer') !== null`);
    expect(await browser.evaluate('document.activeElement.id')).toBe('message');
  }, 60_000);

  it('takes a token from the address, and leaves it neither there nor in the tab’s history', async () => {
    await openConsole(browser, system.machine.access);
    expect(await browser.url()).toBe(`${system.machine.access.agent.url}/console`);
    await ask(browser, 'am I free tomorrow at three?');
    expect((await browser.visited()).filter((url) => url.includes('token='))).toEqual([]);
    // This tab's memory only: nothing that another tab, or the browser's next start, could find.
    expect(await browser.evaluate('[localStorage.length, document.cookie].join()')).toBe('0,');
    expect(await browser.evaluate('Object.keys(sessionStorage).join()')).toBe('sallyport.token');
  }, 60_000);

  it('is signed in as nobody else by a link that somebody sent', async () => {
    await openConsole(browser, system.machine.access);
    const held = `sessionStorage.getItem('sallyport.token')`;
    const mine = await browser.evaluate(held);
    await browser.open('about:blank');
    const theirs = `sp_${'A'.repeat(26)}_${'b'.repeat(43)}`;
    await browser.open(`${system.machine.access.agent.url}/console#token=${theirs}`);
    await browser.waitFor(`document.querySelector('main h1, .composer, #token') !== null`);
    expect(await browser.evaluate(held)).toBe(mine);
    expect(await browser.url()).toBe(`${system.machine.access.agent.url}/console`);
    await browser.evaluate(`document.querySelector('#refuse').click()`);
    await browser.waitFor(`document.querySelector('.composer') !== null`);
    expect(await browser.evaluate(held)).toBe(mine);
  }, 60_000);

  it('is opened by the command line, whose link holds no token and is good once', async () => {
    writeFileSync(system.home.path('local.json'), JSON.stringify(system.machine.access));
    const args = ['bin/sallyport.mjs', '--home', dirname(system.home.path('local.json')), 'console', '--no-browser'];
    const command = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(command, 'exit');
    const lines = createInterface({ input: command.stderr });
    let link = '';
    for await (const line of lines) {
      link = /^http:\S+$/.exec(line)?.[0] ?? '';
      if (link !== '') break;
    }
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}$/);
    await browser.evaluate('sessionStorage.clear()');
    await browser.open('about:blank');
    await browser.open(link);
    await acceptToken(browser);
    expect(await browser.url()).toBe(`${system.machine.access.agent.url}/console`);
    expect((await browser.visited()).filter((url) => url.includes('token='))).toEqual([]);
    expect(await ended).toEqual([0, null]);
    await expect(fetch(link)).rejects.toThrow('fetch failed');
  }, 60_000);

  it('forgets the token when the person signs out', async () => {
    await openConsole(browser, system.machine.access);
    await browser.evaluate(
      `[...document.querySelectorAll('button')].find((one) => one.textContent === 'Sign out').click()`,
    );
    await browser.waitFor(`document.querySelector('#token') !== null`);
    expect(await browser.evaluate('sessionStorage.length')).toBe(0);
    await browser.reload();
    await browser.waitFor(`document.querySelector('#token') !== null`);
  }, 60_000);
});

describeWithBrowser('a conversation in the console', () => {
  beforeAll(async () => {
    await start();
    await signInPages(browser, system.machine.access);
  }, 60_000);
  afterAll(stop);

  it('shows a call passing the doors, with the time that each took', async () => {
    await openConsole(browser, system.machine.access);
    expect(await ask(browser, 'am I free tomorrow at three?')).toContain('Free');
    const doors = await browser.evaluate(
      `[...document.querySelectorAll('.call:last-of-type .door')].map((door) => door.className + ' ' + door.dataset.door).join('|')`,
    );
    const names = ['certificate', 'signature', 'nonce', 'delegation', 'grant', 'approval', 'tool'];
    expect(String(doors).split('|')).toEqual(names.map((name) => `door passed ${name}`));
    const times = String(
      await browser.evaluate(`[...document.querySelectorAll('.door-time')].map((one) => one.textContent).join('|')`),
    );
    for (const time of times.split('|')) expect(time).toMatch(/^\d+(?:\.\d+)? ms$/);
  }, 60_000);

  it('asks before it books; a yes on the person’s own page lets it go on by itself', async () => {
    await write(browser, 'book Choir practice tomorrow at 18:00 for an hour');
    await waitForQuestion(browser);
    const asked = String(await browser.evaluate(lastText));
    expect(asked).toContain('Choir practice');
    expect(asked).toContain('To undo it:');
    expect(booked('Choir practice')).toBe(false);
    await answerBeside(browser, 'yes');
    await waitForEnd(browser);
    expect(booked('Choir practice')).toBe(true);
    const approval = await browser.evaluate(
      `[...document.querySelectorAll('.door[data-door=approval]')].at(-1).innerText`,
    );
    expect(approval).toContain('you said yes');
  }, 60_000);

  it('books nothing after a no', async () => {
    await write(browser, 'book Dentist tomorrow at 11:00 for an hour');
    await waitForQuestion(browser);
    await answerBeside(browser, 'no');
    await waitForEnd(browser);
    expect(booked('Dentist')).toBe(false);
    expect(await browser.evaluate(`${lastText}.includes('was not done')`)).toBe(true);
  }, 60_000);

  it('shows what an event says as text: nothing of it runs, loads or hides', async () => {
    await openConsole(browser, system.machine.access);
    const title = await browser.evaluate('document.title');
    const said = await ask(browser, 'what is on my calendar tomorrow?');
    expect(said).toContain('https://evil.example/a.png');
    expect(said).toContain('\\u202e');
    // Whoever hears the page is told the same characters as whoever sees it.
    const heard = String(await browser.evaluate(`document.querySelector('[role=status]').textContent`));
    expect(heard).toContain('\\u202e');
    expect(heard).not.toContain('\u202e');
    expect(
      await browser.evaluate('document.images.length + document.querySelectorAll("iframe, object, embed").length'),
    ).toBe(0);
    expect(await browser.evaluate('document.title')).toBe(title);
    expect(await browser.evaluate(`[...document.querySelectorAll('.turn a')].length`)).toBe(0);
    // What the person wrote, and what would be sent, stands there as it is.
    await write(browser, `book ${MARKUP} tomorrow at 15:00 for an hour`);
    await waitForQuestion(browser);
    await browser.evaluate(`document.querySelector('.approval details').open = true`);
    for (const place of ['.turn:last-child .question', '.approval .arguments']) {
      expect(await browser.evaluate(`document.querySelector('${place}').innerText`)).toContain(MARKUP);
    }
    expect(await browser.evaluate('document.images.length')).toBe(0);
  }, 60_000);

  it('finds the open question again after a reload, and stops when it is told to', async () => {
    await openConsole(browser, system.machine.access);
    await write(browser, 'book Stocktaking tomorrow at 13:00 for an hour');
    await waitForQuestion(browser);
    await browser.reload();
    await waitForQuestion(browser);
    await browser.evaluate(
      `[...document.querySelectorAll('.composer button')].find((one) => one.textContent === 'Stop').click()`,
    );
    await browser.waitFor(`${lastText}.includes('Stopped. What was done stays done.')`);
    expect(booked('Stocktaking')).toBe(false);
  }, 60_000);

  it('lets go of a turn that waits when the person signs out, and finds it again for who signs in', async () => {
    await openConsole(browser, system.machine.access);
    await write(browser, 'book Rehearsal tomorrow at 19:00 for an hour');
    await waitForQuestion(browser);
    const conversation = new URL(await browser.url()).hash;
    // Begun since: what was under way when the person signed out may end later.
    const looks = `performance.getEntriesByType('resource').filter((one) => one.startTime > globalThis.sinceMs).length`;
    await browser.evaluate(
      `[...document.querySelectorAll('button')].find((one) => one.textContent === 'Sign out').click()`,
    );
    await browser.waitFor(`document.querySelector('#token') !== null`);
    await browser.type('#token', 'half a tok');
    await browser.evaluate(`globalThis.sinceMs = performance.now()`);
    // Longer than it takes to look for an answer.
    await browser.waitFor('performance.now() - globalThis.sinceMs > 2000');
    expect(await browser.evaluate(looks)).toBe(0);
    expect(await browser.evaluate(`document.querySelector('#token').value`)).toBe('half a tok');
    const { agent } = system.machine.access;
    await browser.open('about:blank');
    await browser.open(`${agent.url}/console${conversation}`);
    await browser.waitFor(`document.querySelector('#token') !== null`);
    await browser.type('#token', agent.token);
    await browser.press('Enter');
    await waitForQuestion(browser);
    expect(await browser.evaluate(lastText)).toContain('Rehearsal');
  }, 60_000);

  it('lists, opens, renames, saves and deletes conversations', async () => {
    await openConsole(browser, system.machine.access);
    await ask(browser, 'am I free tomorrow at four?');
    const press = (label: string): Promise<unknown> =>
      browser.evaluate(
        `[...document.querySelectorAll('button')].find((one) => one.textContent === '${label}').click()`,
      );
    await browser.waitFor(`document.querySelector('.title').textContent.includes('four')`);

    await press('Rename');
    await browser.evaluate(`document.querySelector('#title').value = ''`);
    await browser.type('#title', 'Four o’clock');
    await browser.press('Enter');
    await browser.waitFor(`document.querySelector('.title').textContent === 'Four o’clock'`);

    await browser.evaluate(`{
      const made = URL.createObjectURL;
      globalThis.saved = [];
      URL.createObjectURL = (blob) => (blob.text().then((text) => globalThis.saved.push(text)), made.call(URL, blob));
    }`);
    await press('Save as Markdown');
    await press('Save as JSON');
    await browser.waitFor('globalThis.saved.length === 2');
    const [markdown = '', json = ''] = JSON.parse(
      String(await browser.evaluate('JSON.stringify(globalThis.saved.sort())')),
    );
    expect(markdown).toContain('# Four o’clock');
    expect(JSON.parse(json)).toMatchObject({ conversation: { title: 'Four o’clock' } });

    await press('New conversation');
    await browser.waitFor(`document.querySelectorAll('.turn').length === 0`);
    await press('Four o’clock');
    await browser.waitFor(`document.querySelectorAll('.turn').length === 1`);
    expect(await browser.evaluate(lastText)).toContain('am I free tomorrow at four?');
    // What was said is kept, the way of its calls is not.
    expect(await browser.evaluate(`document.querySelector('.call').dataset.tool`)).toBe('freebusy');
    expect(await browser.evaluate(`document.querySelectorAll('.door').length`)).toBe(0);

    await press('Delete');
    await press('Keep it');
    expect(await browser.text()).toContain('Four o’clock');
    await press('Delete');
    await press('Delete it');
    await browser.waitFor(`!document.body.innerText.includes('Four o’clock')`);
  }, 60_000);

  it('goes back to the sign-in when the token is taken away', async () => {
    const { operator, machine } = system;
    const wish = { person: machine.access.person, audience: 'agent', scope: 'calendar.read', days: 1 };
    const { text, record } = await operator.createToken(wish);
    await openConsole(browser, { ...machine.access, agent: { ...machine.access.agent, token: text } });
    await operator.revokeToken(record.id);
    await browser.type('#message', 'am I free tomorrow at five?');
    await browser.press('Enter');
    await browser.waitFor(`document.querySelector('#token') !== null`);
    expect(await browser.text()).toContain('signed out');
  }, 60_000);

  it('asks no one but its own origin for anything, and breaks no rule that it set itself', async () => {
    const { agent, oauth } = system.machine.access;
    const others = browser.requests().filter((url) => !url.startsWith(agent.url) && !/^(?:about|blob|data):/.test(url));
    // The pages where the person signed in at the start are at the OAuth API, and at the terminal's listener.
    expect(others.filter((url) => !url.startsWith(oauth.url) && !url.startsWith('http://127.0.0.1:'))).toEqual([]);
    expect(browser.requests().filter((url) => url.includes('evil.example'))).toEqual([]);
    // A refused token is the one thing that a browser writes down as an error.
    expect(browser.complaints().filter((line) => !line.includes('401'))).toEqual([]);
    await openConsole(browser, system.machine.access);
    await expect(browser.evaluate(`document.body.innerHTML = '<p>x</p>'`)).rejects.toThrow('TrustedHTML');
  }, 60_000);
});
