import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../../../src/adapters/embedded/store-view.ts';
import { createSlackHandlers, type SlackHandlers } from '../../../../src/agent/slack/slack-handlers.ts';
import { newTurn, type TurnRecord } from '../../../../src/agent/turn-record.ts';
import type { Exchange, Question } from '../../../../src/agent/turn-service.ts';
import { storeAccess } from '../../../../src/config/store-access.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { KeyValueStore } from '../../../../src/ports/key-value-store.ts';
import type { Slack, SlackContent } from '../../../../src/ports/slack.ts';
import { type JobRecord, jobIdOf } from '../../../../src/trust/job.ts';
import { identityKey } from '../../../../src/trust/person.ts';
import { PERSON } from '../../../support/agent-world.ts';
import { createTestLog, type TestLog } from '../../../support/log.ts';

// The worker's side of Slack beside turns that go as a test says: what is shown where, and what becomes of jobs that come twice.

const IDENTITY = 'slack:T1:U1';
const CONVERSATION = 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const clock = { nowMs: () => Date.parse('2026-11-21T12:00:00Z') };

interface Seen {
  readonly call: 'post' | 'update' | 'whisper' | 'home';
  readonly at: string;
  readonly text: string;
  readonly json: string;
}

let store: KeyValueStore;
let log: TestLog;
let seen: Seen[];
let zone: () => Promise<string | undefined>;
let canUpdate: boolean;
let canWhisper: boolean;
let refuseUpdates: AppError | undefined;
let turns: Map<string, TurnRecord>;
let started: (Question & { readonly scopes: readonly string[] })[];
let looked: string[];
let run: (record: TurnRecord, question: Question, exchange: Exchange) => Promise<TurnRecord> | TurnRecord;
let slackSide: SlackHandlers;

function build(): SlackHandlers {
  const note = (call: Seen['call'], at: string, { text, blocks }: SlackContent): void => {
    seen.push({ call, at, text, json: JSON.stringify(blocks) });
  };
  let count = 0;
  const slack: Slack = {
    async post({ channel, thread }, content) {
      count += 1;
      note('post', thread === undefined ? channel : `${channel}/${thread}`, content);
      return { channel, ts: `1.${count}` };
    },
    async update({ channel, ts }, content) {
      if (refuseUpdates !== undefined) throw refuseUpdates;
      if (canUpdate) note('update', `${channel}/${ts}`, content);
      return canUpdate;
    },
    async whisper({ channel, user }, content) {
      if (canWhisper) note('whisper', `${channel}/${user}`, content);
      return canWhisper;
    },
    openDirect: async (user) => `D${user}`,
    publishHome: async (user, blocks) => note('home', user, { text: '', blocks }),
    timeZoneOf: () => zone(),
  };
  return createSlackHandlers({
    slack,
    store: createStoreView(store, storeAccess.worker),
    clock,
    turns: {
      async start({ person, scopes }, question, exchange) {
        started.push({ ...question, scopes });
        const { turnId: id, message, timeZone, conversationId = CONVERSATION } = question;
        const random = new Uint8Array(10);
        const record = newTurn({ id, person, scopes, conversationId, message, timeZone, nowMs: clock.nowMs(), random });
        exchange.tell?.({ type: 'turn.start', turn: record.id, conversation_id: record.conversation_id });
        const after = await run(record, question, exchange);
        turns.set(after.id, after);
        return after;
      },
      async look(_principal, id) {
        looked.push(id);
        const record = { ...(turns.get(id) as TurnRecord), status: 'completed' as const, answer: 'Found again.' };
        turns.set(id, record);
        return record;
      },
      resume: () => Promise.reject(new Error('not here')),
      peek: async (_person, id) => turns.get(id),
    },
  });
}

beforeEach(async () => {
  store = createMemoryStore({ clock });
  await store.set(identityKey(IDENTITY), JSON.stringify({ v: 1, person: PERSON }));
  log = createTestLog();
  seen = [];
  turns = new Map();
  started = [];
  looked = [];
  canUpdate = true;
  canWhisper = true;
  refuseUpdates = undefined;
  zone = async () => 'Europe/Berlin';
  run = (record) => ({ ...record, status: 'completed', answer: 'You are free.' });
  slackSide = build();
});

const direct = { user: 'U1', channel: 'D1', direct: true };

function jobOf(payload: Record<string, unknown>, kind = 'slack.message', name = JSON.stringify(payload)): JobRecord {
  const now = Math.floor(clock.nowMs() / 1000);
  const id = jobIdOf('test', name);
  return { v: 1, id, kind, person: PERSON, identity: IDENTITY, payload, created_at: now, expires_at: now + 3600 };
}

const said = (text: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  place: direct,
  ts: '10.1',
  text,
  scopes: ['calendar.write'],
  ...over,
});

async function handle(job: JobRecord) {
  const handler = slackSide.handlers[job.kind];
  if (handler === undefined) throw new Error('no such kind');
  return handler(job, { traceparent: '00-0-0-00', remainingMs: 60_000, log });
}

describe('a message', () => {
  it('is a turn with the sender’s scopes and time zone, shown in one message', async () => {
    expect(await handle(jobOf(said('am I free?')))).toBeUndefined();
    expect(started).toMatchObject([{ message: 'am I free?', timeZone: 'Europe/Berlin', scopes: ['calendar.write'] }]);
    expect(seen.map(({ call, at, text }) => [call, at, text])).toEqual([
      ['post', 'D1', 'Working on it …'],
      ['update', 'D1/1.1', 'You are free.'],
    ]);
  });

  it.each([[undefined], ['+02:00'], ['Nowhere/Land'], ['']])('is in UTC where Slack says %j', async (name) => {
    zone = async () => name;
    await handle(jobOf(said('am I free?')));
    expect(started[0]?.timeZone).toBe('UTC');
  });

  it('asks Slack for the zone once in a while, and goes on without', async () => {
    let asked = 0;
    zone = () => {
      asked += 1;
      return Promise.reject(new Error('missing_scope'));
    };
    await handle(jobOf(said('am I free?')));
    await handle(jobOf(said('and then?')));
    expect([asked, started.map(({ timeZone }) => timeZone)]).toEqual([1, ['UTC', 'UTC']]);
  });

  it('goes on where the last one was, until its sender begins anew', async () => {
    await handle(jobOf(said('am I free?')));
    await handle(jobOf(said('and then?', { ts: '10.2' })));
    expect(started.map(({ conversationId }) => conversationId)).toEqual([undefined, CONVERSATION]);
    const place = { user: 'U1', channel: 'C1', direct: false };
    await handle(jobOf({ place, text: 'new', scopes: [] }));
    expect(seen.at(-1)).toMatchObject({ call: 'post', at: 'DU1', text: 'A new conversation begins here.' });
    await handle(jobOf({ place, text: 'am I free now?', scopes: [] }));
    expect(started.at(-1)?.conversationId).toBeUndefined();
  });

  it('begins anew where its conversation was deleted', async () => {
    await handle(jobOf(said('am I free?')));
    run = (record, question) => {
      if (question.conversationId !== undefined) throw new AppError('not_found', 'There is no such conversation.');
      return { ...record, status: 'completed', answer: 'Anew.' };
    };
    await handle(jobOf(said('and then?')));
    expect(seen.at(-1)?.text).toBe('Anew.');
  });

  it('in a channel is shown in direct messages; there its sender is told, and nobody else', async () => {
    await handle(jobOf(said('<@U0BOT> am I <!here> free?', { place: { user: 'U1', channel: 'C1', direct: false } })));
    expect(seen.map(({ call, at }) => [call, at])).toEqual([
      ['post', 'DU1'],
      ['whisper', 'C1/U1'],
      ['update', 'DU1/1.1'],
    ]);
    expect(seen[0]?.json).toContain('You asked: am I !here free?');
  });

  it('that is empty or endless is answered without a turn', async () => {
    await handle(jobOf(said('<@U0BOT>')));
    await handle(jobOf(said('x'.repeat(9000))));
    expect([started, seen.map(({ text }) => text)]).toEqual([
      [],
      ['What can I do for you?', expect.stringContaining('too long')],
    ]);
  });

  it('of somebody whose identity is another person’s by now is not worked on', async () => {
    await store.set(identityKey(IDENTITY), JSON.stringify({ v: 1, person: 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ' }));
    await handle(jobOf(said('am I free?')));
    expect([started, seen]).toEqual([[], []]);
    expect(log.events).toMatchObject([{ event: 'slack.refused', fields: { reason: 'identity_changed' } }]);
  });
});

describe('a job that comes again', () => {
  it('after its worker died finds its turn and its message', async () => {
    const job = jobOf(said('am I free?'));
    run = () => Promise.reject(new AppError('unavailable', 'The store is away.'));
    await expect(handle(job)).rejects.toMatchObject({ code: 'unavailable' });
    const [first] = started;
    const base = { person: PERSON, scopes: [], conversationId: CONVERSATION, message: 'am I free?', timeZone: 'UTC' };
    turns.set(
      first?.turnId ?? '',
      newTurn({ ...base, id: first?.turnId, nowMs: clock.nowMs(), random: new Uint8Array(10) }),
    );
    // Another process, which shares nothing but the store.
    slackSide = build();
    await handle(job);
    expect([started.length, looked]).toEqual([1, [first?.turnId]]);
    expect(seen.map(({ call, text }) => [call, text])).toEqual([
      ['post', 'Working on it …'],
      ['update', 'Found again.'],
    ]);
  });

  it('is asked for when the turn has not ended in the time there was', async () => {
    run = (record) => record;
    expect(await handle(jobOf(said('am I free?')))).toMatchObject({ status: 'again' });
  });

  it('is not, when the turn failed: its sender is told why', async () => {
    run = (record) => {
      const error = { code: 'model_failed', message: 'The model did not answer.' };
      turns.set(record.id, { ...record, status: 'failed', error });
      throw new AppError('model_failed', error.message);
    };
    expect(await handle(jobOf(said('am I free?')))).toBeUndefined();
    expect(seen.at(-1)?.text).toBe('The model did not answer.');
  });

  it('comes again when only its answer could not be shown', async () => {
    const job = jobOf(said('am I free?'));
    canUpdate = true;
    refuseUpdates = new AppError('rate_limited', 'Slack takes no chat.update just now.', { retryAfterSeconds: 90 });
    await expect(handle(job)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 90 });
    refuseUpdates = undefined;
    await handle(job);
    expect([started.length, seen.at(-1)?.text]).toEqual([1, 'Found again.']);
  });

  it('is not, when it was refused before there was a turn', async () => {
    run = () => Promise.reject(new AppError('rate_limited', 'Too many of your questions are being worked on.'));
    expect(await handle(jobOf(said('am I free?')))).toBeUndefined();
    expect(seen.at(-1)?.text).toContain('Too many');
  });
});

describe('a turn that waits', () => {
  const approval = {
    id: 'a_i0SMSeIvFyEaeGfsUN2JhWC9zoBNsO6aL0BUtjjVv9E',
    url: 'https://oauth.test/approvals/a_i0SMSeIvFyEaeGfsUN2JhWC9zoBNsO6aL0BUtjjVv9E',
    tool: 'createevent',
    summary: 'Create “Lunch”',
    expires_at: '2026-11-21T12:10:00.000Z',
  };

  it('asks below its message, once for each asking, and takes the buttons away when it goes on', async () => {
    run = (record) => ({ ...record, status: 'approval_required', approvals: [approval] });
    const job = jobOf(said('book lunch'));
    await handle(job);
    expect(seen.at(-1)).toMatchObject({ call: 'post', at: 'D1', json: expect.stringContaining('sallyport.yes') });
    const [record] = [...turns.values()];
    if (record === undefined) throw new Error('no turn');
    const exchange = { traceparent: '00-0-0-00', remainingMs: 60_000, log };
    const again = await slackSide.follow(record, exchange);
    await again?.stopped(record);
    expect(seen.filter(({ text }) => text.startsWith('May I do this?'))).toHaveLength(1);
    const later = { ...approval, expires_at: '2026-11-21T12:20:00.000Z' };
    await (await slackSide.follow(record, exchange))?.stopped({ ...record, approvals: [later] });
    expect(seen.filter(({ text }) => text.startsWith('May I do this?'))).toHaveLength(2);
    await (await slackSide.follow(record, exchange))?.stopped({
      ...record,
      status: 'completed',
      approvals: [],
      answer: 'Booked.',
    });
    const settled = seen.slice(-2).map(({ at, text, json }) => [at, text, json.includes('sallyport.yes')]);
    expect(settled).toEqual([
      ['D1/1.2', 'This is answered.', false],
      ['D1/1.3', 'This is answered.', false],
    ]);
  });

  it('is followed no more once the account that asked is not its person’s', async () => {
    await handle(jobOf(said('am I free?')));
    const [record] = [...turns.values()];
    if (record === undefined) throw new Error('no turn');
    const raw = (await store.get(identityKey(IDENTITY))) ?? '';
    await store.compareAndDelete(identityKey(IDENTITY), raw);
    const before = seen.length;
    const exchange = { traceparent: '00-0-0-00', remainingMs: 60_000, log };
    expect(await slackSide.follow(record, exchange)).toBeUndefined();
    expect(seen).toHaveLength(before);
  });

  it('is shown no more when the account stops being its person’s meanwhile', async () => {
    await handle(jobOf(said('am I free?')));
    const [record] = [...turns.values()];
    if (record === undefined) throw new Error('no turn');
    const follower = await slackSide.follow(record, { traceparent: '00-0-0-00', remainingMs: 60_000, log });
    const other = JSON.stringify({ v: 1, person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAB' });
    await store.set(identityKey(IDENTITY), other);
    await follower?.stopped({ ...record, answer: 'Behind the person’s back.' });
    expect(JSON.stringify(seen)).not.toContain('Behind the person');
  });

  it('that nobody asked for in Slack is not followed there', async () => {
    const base = { person: PERSON, scopes: [], conversationId: CONVERSATION, message: 'x', timeZone: 'UTC' };
    const record = newTurn({ ...base, nowMs: clock.nowMs(), random: new Uint8Array(10) });
    expect(await slackSide.follow(record, { traceparent: '00-0-0-00', remainingMs: 60_000, log })).toBeUndefined();
  });

  it('is shown anew where its message is gone', async () => {
    canUpdate = false;
    await handle(jobOf(said('am I free?')));
    expect(seen.at(-1)).toMatchObject({ call: 'post', at: 'D1', text: 'You are free.' });
  });
});

describe('what one user is told', () => {
  const place = { user: 'U1', channel: 'C1', direct: false };

  it('is told where they spoke, to them alone', async () => {
    await handle(jobOf({ place, text: 'Not yours.' }, 'slack.notice'));
    await handle(jobOf({ place, link: 'https://oauth.test/identities/link?ticket=x' }, 'slack.stranger'));
    expect(seen.map(({ call, at }) => [call, at])).toEqual([
      ['whisper', 'C1/U1'],
      ['whisper', 'C1/U1'],
    ]);
  });

  it('comes in direct messages where they cannot be reached there', async () => {
    canWhisper = false;
    await handle(jobOf({ place, text: 'Not yours.' }, 'slack.notice'));
    expect(seen).toMatchObject([{ call: 'post', at: 'DU1', text: 'Not yours.' }]);
  });

  it('is a home tab of links', async () => {
    const links = Object.fromEntries(
      ['home', 'connections', 'grants', 'questions'].map((name) => [name, `https://oauth.test/${name}`]),
    );
    const known = { google: 'absent', questions: [], grants: [] };
    await handle(jobOf({ user: 'U1', links, known }, 'slack.home'));
    expect(seen).toMatchObject([{ call: 'home', at: 'U1', json: expect.stringContaining('Connect Google Calendar') }]);
    await handle(jobOf({ user: 'U1', links: { ...links, link: 'https://oauth.test/link' } }, 'slack.home'));
    expect(seen.at(-1)?.json).toContain('Say who you are');
    expect(seen.at(-1)?.json).not.toContain('/grants');
  });

  it.each([[{}], [{ place: direct }], [{ place: { ...direct, channel: 'x' }, text: 'a', scopes: [] }]])(
    'a payload like %j is no message',
    async (payload) => {
      await expect(handle(jobOf(payload))).rejects.toThrow();
      expect([started, seen]).toEqual([[], []]);
    },
  );
});
