import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { callApi } from '../cli/client/api.ts';
import { ask, type TurnAnswer } from '../cli/client/chat.ts';
import { connectGoogle } from '../cli/client/connect.ts';
import { AppError } from '../kernel/app-error.ts';
import { createHeadlessPerson } from './headless-person.ts';
import { openHome } from './home.ts';
import { knock } from './knock.ts';
import { type Machine, startMachine } from './machine.ts';

// `make demo`: the main job once, with no account: connect, ask, approve, book; it ends with 0 only if the event is in the calendar.

const QUESTION = 'Am I free tomorrow at three? Book an hour with Ana.';

const bookedEvent = z.looseObject({
  summary: z.string(),
  start: z.looseObject({ dateTime: z.string() }),
  end: z.looseObject({ dateTime: z.string() }),
  attendees: z.array(z.looseObject({ email: z.string() })).default([]),
});

const say = (text = ''): void => console.log(text);
const step = (title: string): void => say(`\n${title}`);

/** What the doors wrote to the log about the calls that reached them. */
function narrate(line: string): void {
  const entry = JSON.parse(line) as Record<string, unknown>;
  if (entry['event'] === 'tool_call') {
    const serial = String(entry['certificate_serial'] ?? '').slice(0, 8);
    say(
      `   door passed: ${entry['agent']} with certificate ${serial}… for ${entry['person']}: ${entry['tool']} → ${entry['outcome']} (${entry['milliseconds']} ms)`,
    );
  }
  if (entry['event'] === 'door.refused') say(`   door refused: ${entry['reason']}`);
  if (entry['event'] === 'approval.decided')
    say(`   approval: ${entry['tool']} → ${entry['decision']}, by ${entry['by']}`);
  if (entry['level'] === 'error') say(`   fault: ${entry['event']} ${entry['cause']}`);
}

async function connect(machine: Machine): Promise<void> {
  const browser = createHeadlessPerson({
    account: machine.person.email,
    googleOrigin: new URL(machine.google.url).origin,
  });
  const open = async (url: string): Promise<void> => void (await browser.visit(url));
  const outcome = await connectGoogle({ oauth: machine.access.oauth, open });
  if (outcome.status !== 'connected')
    throw new AppError('upstream_failed', `Google was not connected: ${outcome.message}`);
  say('   consent given at Google; tokens sealed in the vault; agent/assistant may act for Alex');
}

async function converse(machine: Machine): Promise<TurnAnswer> {
  const { agent, oauth } = machine.access;
  const contact = { method: 'PUT', path: '/contacts', body: { name: 'Ana', address: 'ana@example.com' } } as const;
  await callApi(agent, contact, z.looseObject({}));
  say(`   Alex: ${QUESTION}`);
  const answer = await ask(
    { message: QUESTION, timeZone: machine.person.timeZone },
    {
      agent,
      approvals: oauth,
      decide: async (approval) => {
        say(`   Alex is asked: ${approval.summary}`);
        return 'yes';
      },
    },
  );
  say(`   agent: ${answer.answer ?? answer.status}`);
  return answer;
}

async function main(folder: string): Promise<number> {
  const machine = await startMachine({ home: openHome(folder), given: process.env, writeLog: narrate });
  try {
    step('1. The system is up: certificates made, three APIs and a stand-in Google on this machine.');
    say(`   agent ${machine.access.agent.url}   mcp ${machine.access.mcp.url}   oauth ${machine.access.oauth.url}`);
    step('2. What the MCP door says to strangers.');
    for (const { who, answer } of await knock(machine)) say(`   ${who}: ${answer}`);
    step('3. Alex connects Google and lets the agent act, through the real OAuth flow.');
    await connect(machine);
    step('4. A question in plain language, through both doors.');
    const answer = await converse(machine);
    step('5. What is in the calendar now.');
    const booked = z.array(bookedEvent).parse(machine.google.events(machine.person.email));
    for (const { summary, start, end, attendees } of booked) {
      say(
        `   ${summary}, ${start.dateTime} – ${end.dateTime}, with ${attendees.map(({ email }) => email).join(', ') || 'nobody'}`,
      );
    }
    const done = answer.status === 'completed' && booked.length === 1;
    say(
      done
        ? '\nDone: the event is there.'
        : `\nFailed: the turn ended as ${answer.status}, with ${booked.length} events in the calendar.`,
    );
    return done ? 0 : 1;
  } finally {
    await machine.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-'));
try {
  process.exitCode = await main(folder);
} catch (error) {
  console.error(error instanceof AppError ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
