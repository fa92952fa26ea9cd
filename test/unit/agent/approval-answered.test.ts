import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createApprovalAnswered, type Follower } from '../../../src/agent/approval-answered.ts';
import { createPausedTurns } from '../../../src/agent/paused-turns.ts';
import { newTurn, type TurnRecord } from '../../../src/agent/turn-record.ts';
import type { Exchange } from '../../../src/agent/turn-service.ts';
import type { JobResult } from '../../../src/agent/worker.ts';
import type { JobRecord } from '../../../src/trust/job.ts';
import { createTestLog } from '../../support/log.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const OTHER_PERSON = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';
const APPROVAL = `a_${'a'.repeat(43)}`;
const nowMs = 1_000_000_000_000;
const clock = { nowMs: () => nowMs };

const waiting: TurnRecord = {
  ...newTurn({
    person: PERSON,
    scopes: ['calendar.read'],
    conversationId: 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV',
    message: 'Book',
    timeZone: 'UTC',
    nowMs,
    random: new Uint8Array(10),
  }),
  status: 'approval_required',
  approvals: [{ id: APPROVAL, url: 'https://x.test', tool: 'createevent', summary: 'Book', expires_at: '' }],
};

const job = (over: Partial<JobRecord> = {}): JobRecord => ({
  v: 1,
  id: 'j'.repeat(43),
  kind: 'approval.answered',
  person: PERSON,
  payload: { approval: APPROVAL },
  created_at: 0,
  expires_at: 1,
  ...over,
});

interface Run {
  readonly result: JobResult;
  readonly resumed: { principal: unknown; id: string; exchange: Exchange }[];
  readonly stopped: TurnRecord[];
}

async function run(
  found: TurnRecord | undefined,
  options: { job?: JobRecord; after?: Partial<TurnRecord>; noted?: boolean } = {},
): Promise<Run> {
  const paused = createPausedTurns(createMemoryStore({ clock }));
  if (options.noted !== false) await paused.note(PERSON, [APPROVAL], waiting.id);
  const resumed: Run['resumed'] = [];
  const stopped: TurnRecord[] = [];
  const follower: Follower = { tell: () => {}, stopped: async (record) => void stopped.push(record) };
  const handler = createApprovalAnswered({
    paused,
    clock,
    turns: {
      peek: async (person, id) => (person === PERSON && id === waiting.id ? found : undefined),
      resume: async (principal, id, exchange) => {
        resumed.push({ principal, id, exchange });
        return { ...waiting, status: 'completed', ...options.after };
      },
    },
    follow: async () => follower,
  });
  const exchange = { traceparent: 'trace', remainingMs: 300_000, log: createTestLog() };
  return { result: await handler(options.job ?? job(), exchange), resumed, stopped };
}

describe('an answered question', () => {
  it('sets its turn going with the scopes it was asked with, and tells its follower how it ended', async () => {
    const { result, resumed, stopped } = await run(waiting);
    expect(result).toBeUndefined();
    expect(resumed).toMatchObject([
      {
        id: waiting.id,
        principal: { person: PERSON, scopes: ['calendar.read'] },
        exchange: { waitMs: 295_000, traceparent: 'trace', tell: expect.any(Function) },
      },
    ]);
    expect(stopped).toMatchObject([{ status: 'completed' }]);
  });

  it('comes again when its turn has not ended in the time there was; the follower hears then', async () => {
    const { result, stopped } = await run(waiting, { after: { status: 'running' } });
    expect(result).toEqual({ status: 'again', afterMs: 60_000 });
    expect(stopped).toEqual([]);
  });

  it('goes on with a turn whose worker died', async () => {
    const abandoned: TurnRecord = { ...waiting, status: 'running', lease: { owner: 'x', until: nowMs - 1 } };
    expect((await run(abandoned)).resumed).toHaveLength(1);
  });

  it.each<[string, TurnRecord | undefined, Parameters<typeof run>[1]]>([
    ['that no turn asked', waiting, { noted: false }],
    ['of a turn that is gone', undefined, {}],
    ['of a turn that has ended', { ...waiting, status: 'completed' }, {}],
    ['of a turn that was cancelled', { ...waiting, status: 'cancelled' }, {}],
    ['of a turn that somebody is at', { ...waiting, status: 'running', lease: { owner: 'x', until: nowMs + 1 } }, {}],
    ['of a turn that waits for another by now', { ...waiting, approvals: [] }, {}],
    ['of another person', waiting, { job: job({ person: OTHER_PERSON }) }],
  ])('%s sets nothing going', async (_what, found, options) => {
    const { result, resumed, stopped } = await run(found, options);
    expect([result, resumed, stopped]).toEqual([undefined, [], []]);
  });

  it.each([{}, { approval: 'x' }, { approval: ['a'] }])('is refused with the payload %j', async (payload) => {
    await expect(run(waiting, { job: job({ payload }) })).rejects.toThrow();
  });
});
