import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { startChromium } from '../test/support/chromium.ts';
import {
  answerBeside,
  ask,
  openConsole,
  signInPages,
  waitForEnd,
  waitForQuestion,
  write,
} from '../test/support/console.ts';
import { startTestMachine } from '../test/support/local-machine.ts';
import { drawTerminal } from './pictures/terminal-picture.ts';
import { readScreen } from './pictures/terminal-screen.ts';
import { playSession } from './pictures/terminal-session.ts';

// `make pictures`: the README's pictures, taken of the real thing: the whole local system, a real browser, a real terminal. Made again whenever the
// console or the command line look different.

const FOLDER = 'docs/pictures';
const COLUMNS = 92;
const DAY_MS = 86_400_000;

const day = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const event = (summary: string, days: number, from: string, to: string) => ({
  summary,
  start: { dateTime: `${day(days)}T${from}:00+01:00` },
  end: { dateTime: `${day(days)}T${to}:00+01:00` },
});

const people = [
  { sub: '108000000000000000001', email: 'alex@example.com', name: 'Alex', timeZone: 'Europe/Berlin' },
  { sub: '108000000000000000002', email: 'ana@example.com', name: 'Ana', timeZone: 'Europe/Berlin' },
];
const accounts = people.map((person, index) =>
  index === 0
    ? { ...person, events: [event('Design review', 1, '10:00', '11:00'), event('Dentist', 1, '16:30', '17:15')] }
    : person,
);

const system = await startTestMachine({ accounts });
const browser = await startChromium();
try {
  mkdirSync(FOLDER, { recursive: true });
  await system.connect();
  const { access } = system.machine;
  await signInPages(browser, access);
  await browser.show({ width: 1120, height: 860 });
  await openConsole(browser, access);
  await ask(browser, 'What do I have tomorrow?');
  await write(browser, 'Book lunch tomorrow at 12:30 for an hour');
  await waitForQuestion(browser);
  await browser.evaluate('document.activeElement.blur()');
  await browser.waitFor('document.getAnimations().length === 0');
  writeFileSync(`${FOLDER}/console.png`, await browser.picture());

  await answerBeside(browser, 'yes');
  await waitForEnd(browser);
  await browser.show({ width: 390, height: 760, scheme: 'dark' });
  await browser.waitFor('document.getAnimations().length === 0');
  await browser.evaluate(`[...document.querySelectorAll('.turn')].at(-1).scrollIntoView()`);
  writeFileSync(`${FOLDER}/console-phone.png`, await browser.picture());

  writeFileSync(system.home.path('local.json'), JSON.stringify(access));
  const output = await playSession(dirname(system.home.path('local.json')), COLUMNS, [
    { at: '› ', text: 'am I free tomorrow at three?' },
    { at: '› ', text: 'book an hour with Ana then' },
    { at: '[y/N] ', text: 'y' },
    { at: '› ', text: '/quit' },
  ]);
  const lines = readScreen(output, COLUMNS);
  const last = lines.findLastIndex((line) => line.some(({ text }) => text.trim() !== ''));
  const title = 'A conversation with sallyport chat: a question, an answer, a booking that waits for a yes';
  writeFileSync(`${FOLDER}/terminal.svg`, drawTerminal({ title, columns: COLUMNS, lines: lines.slice(0, last) }));
  console.log(`${FOLDER}/console.png, ${FOLDER}/console-phone.png, ${FOLDER}/terminal.svg`);
} finally {
  await browser.close();
  await system.close();
}
