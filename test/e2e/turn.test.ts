import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DateTime } from 'luxon';
import { type Approval, ask, type TurnAnswer } from '../../src/cli/client/chat.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { type ObedientModel, type ObedientStep, startObedientModel } from '../support/obedient-model.ts';
import { type PersonalServices, startPersonalServices } from '../support/personal-services.ts';

// Turns on the whole system with a model that follows a script: over several tools and toolsets, and with what a conversation has taken in.

const ZONE = 'Europe/Berlin';
const day = DateTime.now().setZone(ZONE).startOf('week').plus({ weeks: 1 }).toISODate() ?? '';

let services: PersonalServices;
let model: ObedientModel;
let test: TestMachine;
beforeAll(async () => {
  services = await startPersonalServices();
  model = await startObedientModel();
  test = await startTestMachine({ given: { ...services.environment, ...model.environment } });
  await test.connect();
}, 60_000);
afterAll(async () => {
  await test?.close();
  await model?.close();
  await services?.close();
});

const call = (tool: string, args: Readonly<Record<string, unknown>>) => ({ tool, arguments: args });
const calls = (...made: readonly ReturnType<typeof call>[]): ObedientStep => ({ calls: made });
const look = calls(call('listevents', { timeMin: day, timeMax: day, timeZone: ZONE }));
const weather = (location: string): ObedientStep => calls(call('get_weather', { location }));

function follow(...steps: readonly ((shown: string) => ObedientStep)[]): void {
  model.script = { planted: '', readBefore: 0, next: (step, shown) => steps[step]?.(shown) };
}
const say = (says: string) => (): ObedientStep => ({ says });

interface Asked {
  readonly answer: TurnAnswer;
  readonly approvals: readonly Approval[];
}

async function chat(
  message: string,
  options: { conversation?: string | undefined; decision?: 'yes' | 'no' } = {},
): Promise<Asked> {
  const { agent, oauth } = test.machine.access;
  const approvals: Approval[] = [];
  const question = { message, timeZone: ZONE, ...(options.conversation && { conversationId: options.conversation }) };
  const answer = await ask(question, {
    agent,
    approvals: oauth,
    decide: async (approval) => {
      approvals.push(approval);
      return options.decision;
    },
  });
  return { answer, approvals };
}

const outcomes = ({ answer }: Asked) => answer.tool_calls.map(({ tool, outcome }) => `${tool}: ${outcome}`);
const searched = () => services.seen.map(({ url }) => url.searchParams.get('name')).filter((name) => name !== null);

describe('a read of the open world', () => {
  it('is made at once in a conversation that holds nothing private', async () => {
    follow(() => weather('Berlin'), say('Mild.'));
    const asked = await chat('What is the weather at the capital?');
    expect(outcomes(asked)).toEqual(['get_weather: completed']);
    expect(asked.approvals).toEqual([]);
  });

  it('is made at once with the person’s own words, whatever the conversation holds', async () => {
    follow(
      () => look,
      () => weather('Lisbon, Maine'),
      say('Rain.'),
    );
    const asked = await chat('What is on, and what is the weather in lisbon, maine?');
    expect(outcomes(asked)).toEqual(['listevents: completed', 'get_weather: completed']);
    expect(asked.approvals).toEqual([]);
  });

  it('waits for a yes once the calendar has been read, in this turn and in every later one', async () => {
    follow(
      () => look,
      () => weather('Berlin'),
      say('Mild.'),
    );
    const before = searched().length;
    const first = await chat('What is on, and will it rain at home?');
    expect(first.answer.status).toBe('approval_required');
    expect(first.answer.approvals).toMatchObject([
      { tool: 'get_weather', summary: 'See the weather: location “Berlin”' },
    ]);
    follow(() => weather('Berlin'), say('Mild.'));
    const later = await chat('And now?', { conversation: first.answer.conversation_id, decision: 'no' });
    expect(outcomes(later)).toEqual(['get_weather: refused']);
    expect(later.approvals).toHaveLength(1);
    expect(searched()).toHaveLength(before);
  });

  it('goes out once after the yes, and what came back is told', async () => {
    follow(
      () => look,
      () => weather('Lisbon'),
      (shown) => ({ says: shown.includes('14.2') ? 'It has 14.2 °C.' : 'No idea.' }),
    );
    const asked = await chat('What is on, and how warm is it at home?', { decision: 'yes' });
    expect(outcomes(asked)).toEqual(['listevents: completed', 'get_weather: completed']);
    expect(asked.approvals).toHaveLength(1);
    expect(asked.answer.answer).toBe('It has 14.2 °C.');
  });

  it('is free again in a new conversation', async () => {
    follow(() => weather('Berlin'), say('Mild.'));
    expect((await chat('Weather at the capital?')).answer.status).toBe('completed');
  });
});

describe('a turn over three tools of two toolsets', () => {
  const slot = (shown: string): string =>
    /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d/.exec(shown.slice(shown.indexOf('slots')))?.[0] ?? '';
  const script = () =>
    follow(
      () =>
        calls(
          call('suggesttime', {
            timeMin: `${day}T00:00:00`,
            timeMax: DateTime.fromISO(day).plus({ days: 4 }).toISODate(),
            timeZone: ZONE,
            durationMinutes: 30,
            calendars: ['primary', 'ana@example.com'],
          }),
        ),
      (shown) => {
        const start = DateTime.fromISO(slot(shown), { zone: ZONE });
        const times = { start: start.toISO(), end: start.plus({ minutes: 30 }).toISO() };
        return calls(call('createevent', { summary: 'Sync with Ana', ...times, attendees: ['ana@example.com'] }));
      },
      () => calls(call('send_push_notification', { title: 'Booked', message: 'Sync with Ana' })),
      say('I have booked the sync with Ana and sent you a push note.'),
    );
  const wish = 'Find a slot for ana@example.com and me next week, book it, push me a note';
  const booked = () =>
    test.machine.google.events(test.machine.person.email).filter(({ summary }) => summary === 'Sync with Ana');
  const pushed = () => services.seen.filter(({ method }) => method === 'POST');

  it('is done as a whole, with a yes for each write', async () => {
    script();
    const asked = await chat(wish, { decision: 'yes' });
    expect(outcomes(asked)).toEqual([
      'suggesttime: completed',
      'createevent: completed',
      'send_push_notification: completed',
    ]);
    expect(asked.approvals.map(({ tool }) => tool)).toEqual(['createevent', 'send_push_notification']);
    expect(asked.answer.answer).toBe('I have booked the sync with Ana and sent you a push note.');
    expect(booked()).toHaveLength(1);
    expect(pushed()).toHaveLength(1);
  });

  it('says what was done and what was not, whatever the model claims', async () => {
    script();
    services.fail({ status: 500, times: 10 });
    const asked = await chat(wish, { decision: 'yes' });
    expect(outcomes(asked).slice(1)).toEqual(['createevent: completed', 'send_push_notification: failed']);
    expect(asked.answer.answer).toMatch(
      /^I have booked the sync with Ana and sent you a push note\.\nsend_push_notification was not done: .+\nWhat was done: createevent\.$/,
    );
  });

  it('that the person refuses in the middle ends there, and says so', async () => {
    script();
    const asked = await chat(wish, { decision: 'no' });
    expect(asked.answer.answer).toContain('createevent was not done: The person said no');
    expect(asked.answer.answer).not.toContain('What was done');
  });
});
