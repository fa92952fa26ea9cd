import { DateTime } from 'luxon';
import * as z from 'zod';
import { callApi } from '../../src/cli/client/api.ts';
import { ask, type TurnAnswer } from '../../src/cli/client/chat.ts';
import { localAccounts } from '../../src/local/accounts.ts';
import type { StandInAccount } from '../../src/local/google/stand-in-options.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { type PersonalServices, startPersonalServices } from '../support/personal-services.ts';
import { type CalendarEvent, calendarEvent, compareAnswer, compareCalendar, compareOutside } from './judge.ts';
import { fillIn, resolveTime, type Scenario, type ScenarioEvent } from './scenario.ts';

// Plays a scenario on a whole system of its own, through the Agent API as a person would, and says what was not as it should be.

export interface Played {
  readonly id: string;
  /** Empty when all was as it should be. */
  readonly problems: readonly string[];
  readonly tokens: number;
  readonly milliseconds: number;
}

export interface PlayOptions {
  /** What the machine is given: the model, its key and address. */
  readonly environment: Readonly<Record<string, string>>;
  /** Keeps certificates from one scenario to the next; made anew otherwise. */
  readonly home?: string;
}

const ZONE = 'Europe/Berlin';
const CONTACTS = [
  { name: 'Ana', address: 'ana@example.com' },
  { name: 'Tom', address: 'tom@example.com' },
];

function toGoogle(event: ScenarioEvent, today: DateTime): Readonly<Record<string, unknown>> {
  const at = (text: string) => {
    const time = resolveTime(text, today);
    return text.includes(' ') ? { dateTime: time.toISO(), timeZone: ZONE } : { date: time.toISODate() };
  };
  const { title, description, location, guests, repeats } = event;
  return {
    summary: fillIn(title, today),
    start: at(event.start),
    end: at(event.end),
    ...(description !== undefined && { description: fillIn(description, today) }),
    ...(location !== undefined && { location }),
    ...(guests !== undefined && { attendees: guests.map((email) => ({ email })) }),
    ...(repeats !== undefined && { recurrence: [repeats] }),
  };
}

function accountsFor({ calendars }: Scenario, today: DateTime): readonly StandInAccount[] {
  const events: Readonly<Record<string, readonly ScenarioEvent[] | undefined>> = { ...calendars };
  return localAccounts.map((account) => ({
    ...account,
    events: (events[account.name.toLowerCase()] ?? []).map((event) => toGoogle(event, today)),
  }));
}

const readCalendar = (test: TestMachine): readonly CalendarEvent[] =>
  z.array(calendarEvent).parse(test.machine.google.events(test.machine.person.email));

interface Stage {
  readonly test: TestMachine;
  readonly services: PersonalServices;
  readonly today: DateTime;
}

async function converse(
  scenario: Scenario,
  { test, services, today }: Stage,
): Promise<Omit<Played, 'id' | 'milliseconds'>> {
  await test.connect();
  const { agent, oauth } = test.machine.access;
  for (const body of CONTACTS) await callApi(agent, { method: 'PUT', path: '/contacts', body }, z.looseObject({}));
  const before = readCalendar(test);
  const { approves } = scenario;
  let asked = 0;
  let tokens = 0;
  let answer: TurnAnswer | undefined;
  const calls: TurnAnswer['tool_calls'] = [];
  for (const message of scenario.says) {
    const conversation = answer?.conversation_id === undefined ? {} : { conversationId: answer.conversation_id };
    answer = await ask(
      { message: fillIn(message, today), timeZone: ZONE, ...conversation },
      {
        agent,
        approvals: oauth,
        decide: async ({ tool }) => {
          asked += 1;
          if (Array.isArray(approves)) return approves.includes(tool) ? 'yes' : 'no';
          return approves;
        },
      },
    );
    calls.push(...answer.tool_calls);
    tokens += Number(answer.usage?.['input_tokens'] ?? 0) + Number(answer.usage?.['output_tokens'] ?? 0);
  }
  if (answer === undefined) throw new Error('nothing was said');
  const after = readCalendar(test);
  const problems = [
    ...compareAnswer(scenario, answer, calls, asked),
    ...compareCalendar(scenario, after, before, today),
    ...compareOutside(scenario, services, after, before),
  ];
  return { problems, tokens };
}

export async function playScenario(scenario: Scenario, options: PlayOptions): Promise<Played> {
  const startedMs = Date.now();
  const today = DateTime.now().setZone(ZONE);
  const services = await startPersonalServices();
  try {
    const test = await startTestMachine({
      given: { ...services.environment, ...options.environment },
      accounts: accountsFor(scenario, today),
      ...(options.home !== undefined && { home: options.home }),
    });
    try {
      const played = await converse(scenario, { test, services, today });
      return { id: scenario.id, ...played, milliseconds: Date.now() - startedMs };
    } finally {
      await test.close();
    }
  } catch (error) {
    const problems = [`broke off: ${error instanceof Error ? error.message : String(error)}`];
    return { id: scenario.id, problems, tokens: 0, milliseconds: Date.now() - startedMs };
  } finally {
    await services.close();
  }
}
