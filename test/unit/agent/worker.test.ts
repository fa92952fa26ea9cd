import { describe, expect, it, jest } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../../src/adapters/embedded/store-view.ts';
import { CLAIM_MS } from '../../../src/agent/job-claim.ts';
import { createWorker, type JobHandler, type JobHandlers, type Worker } from '../../../src/agent/worker.ts';
import { storeAccess } from '../../../src/config/store-access.ts';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { type JobRecord, jobClaimKey, jobIdOf, jobKey } from '../../../src/trust/job.ts';
import { createTestLog, type TestLog } from '../../support/log.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const ID = jobIdOf('test', '1');
const EXCHANGE = { remainingMs: 300_000, requestId: 'request-1' };

interface World {
  readonly store: KeyValueStore;
  readonly log: TestLog;
  readonly done: JobRecord[];
  nowMs: number;
  handler: JobHandler;
  /** Another process. */
  worker(handlers?: JobHandlers): Worker;
  put(change?: Partial<JobRecord>, key?: string): Promise<void>;
  claim(): Promise<string | undefined>;
}

function createWorld(): World {
  const log = createTestLog();
  let random = 0;
  const world: World = {
    store: createMemoryStore({ clock: { nowMs: () => world.nowMs } }),
    log,
    done: [],
    nowMs: 1_000_000_000_000,
    handler: async (job) => {
      world.done.push(job);
      return undefined;
    },
    worker: (handlers = { 'test.job': (job, exchange) => world.handler(job, exchange) }) => {
      random += 1;
      const own = random;
      return createWorker({
        store: createStoreView(world.store, storeAccess.worker),
        handlers,
        clock: { nowMs: () => world.nowMs },
        random: { bytes: (count) => new Uint8Array(count).fill(own) },
        log,
      });
    },
    put: async (change = {}, key = jobKey(ID)) => {
      const now = Math.floor(world.nowMs / 1000);
      const job = {
        v: 1,
        id: ID,
        kind: 'test.job',
        person: PERSON,
        payload: { text: 'a-word-of-somebodys' },
        created_at: now,
        expires_at: now + 600,
        ...change,
      };
      await world.store.set(key, JSON.stringify(job), { ttlSeconds: 6000 });
    },
    claim: () => world.store.get(jobClaimKey(ID)),
  };
  return world;
}

const events = ({ log }: World, name: string) => log.events.filter(({ event }) => event === name);

describe('a worker', () => {
  it('does a job, and what comes again is not done again', async () => {
    const world = createWorld();
    await world.put();
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
    expect(world.done).toMatchObject([{ id: ID, person: PERSON, payload: { text: 'a-word-of-somebodys' } }]);
    expect(JSON.parse((await world.claim()) ?? '')).toEqual({ v: 1, state: 'done' });
  });

  it('does a job once though ten copies of its message come at the same moment', async () => {
    const world = createWorld();
    await world.put();
    const [first = world.worker(), ...others] = Array.from({ length: 10 }, () => world.worker());
    const outcomes = await Promise.all([first, ...others].map((worker) => worker.run(ID, EXCHANGE)));
    expect(world.done).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'done')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'again')).toHaveLength(9);
  });

  it.each([
    ['no id', 'x'.repeat(12), 'unknown'],
    ['an id that names another record', '../../grant:agent/assistant:p_1', 'unknown'],
    ['no record', jobIdOf('other'), 'unknown'],
  ])('drops a message with %s, and takes nothing of it into the log', async (_what, message, reason) => {
    const world = createWorld();
    await world.put();
    expect(await world.worker().run(message, EXCHANGE)).toEqual({ status: 'dropped' });
    expect(events(world, 'job.dropped')).toMatchObject([{ fields: { reason } }]);
    expect(JSON.stringify(world.log.events)).not.toContain('grant:');
    expect(world.done).toEqual([]);
  });

  it('drops a job whose time is over', async () => {
    const world = createWorld();
    await world.put();
    world.nowMs += 600_000;
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'dropped' });
    expect(events(world, 'job.dropped')).toMatchObject([{ fields: { reason: 'expired' } }]);
  });

  it('drops a job of a kind that nobody does, also one that is named like a part of every object', async () => {
    const world = createWorld();
    await world.put({ kind: 'test.constructor' });
    expect(await world.worker({}).run(ID, EXCHANGE)).toEqual({ status: 'dropped' });
    expect(events(world, 'job.dropped')).toMatchObject([{ fields: { reason: 'kind' } }]);
  });

  it('does not do a record that lies under the id of another', async () => {
    const world = createWorld();
    await world.put({}, jobKey(jobIdOf('other')));
    expect(await world.worker().run(jobIdOf('other'), EXCHANGE)).toEqual({ status: 'dropped' });
    expect(events(world, 'job.dropped')).toMatchObject([{ fields: { reason: 'misplaced' } }]);
  });

  it.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ v: 2 })],
    ['a person that is none', JSON.stringify({ v: 1, id: ID, kind: 'test.job', person: 'p_1', payload: {} })],
  ])('fails, and does nothing, over a record with %s', async (_what, text) => {
    const world = createWorld();
    await world.store.set(jobKey(ID), text);
    await expect(world.worker().run(ID, EXCHANGE)).rejects.toMatchObject({ code: 'internal' });
    expect(world.done).toEqual([]);
  });

  it.each(['unavailable', 'rate_limited', 'timed_out', 'upstream_failed'] as const)(
    'leaves a job for later that failed as %s, and does it then',
    async (code) => {
      const world = createWorld();
      await world.put();
      const { handler } = world;
      world.handler = async () => {
        throw new AppError(code, 'a-word-of-somebodys', { retryAfterSeconds: 7 });
      };
      expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'again', afterMs: 7000 });
      expect(events(world, 'job.failed')).toEqual([]);
      world.handler = handler;
      expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
      expect(world.done).toHaveLength(1);
      expect(JSON.stringify(world.log.events)).not.toContain('a-word-of-somebodys');
    },
  );

  it('gives a job up that failed for good, says where and not what', async () => {
    const world = createWorld();
    await world.put();
    world.handler = async () => {
      throw new TypeError('a-word-of-somebodys');
    };
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
    expect(events(world, 'job.failed')).toMatchObject([{ level: 'error', fields: { code: 'internal' } }]);
    expect(JSON.stringify(world.log.events)).not.toContain('a-word-of-somebodys');
  });

  it('leaves a job for later that says so', async () => {
    const world = createWorld();
    await world.put();
    world.handler = async () => ({ status: 'again', afterMs: 60_000 });
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'again', afterMs: 60_000 });
    expect(JSON.parse((await world.claim()) ?? '')).toEqual({ v: 1, state: 'free' });
  });

  it('takes over what a worker left that died, once its claim has run out, and not before', async () => {
    const world = createWorld();
    await world.put();
    world.handler = () => new Promise(() => {});
    void world.worker().run(ID, EXCHANGE);
    // Until the claim is written.
    while ((await world.claim()) === undefined) await Promise.resolve();
    world.handler = async (job) => {
      world.done.push(job);
      return undefined;
    };
    world.nowMs += CLAIM_MS - 1;
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'again', afterMs: 1 });
    world.nowMs += 1;
    expect(await world.worker().run(ID, EXCHANGE)).toEqual({ status: 'done' });
    expect(world.done).toHaveLength(1);
  });

  it('keeps a job for as long as it takes, and writes nothing once it was overtaken', async () => {
    jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick', 'Date', 'performance'] });
    try {
      const world = createWorld();
      await world.put();
      let finish = (): void => {};
      world.handler = () =>
        new Promise((resolve) => {
          finish = () => resolve(undefined);
        });
      const running = world.worker().run(ID, EXCHANGE);
      while ((await world.claim()) === undefined) await Promise.resolve();
      for (let passed = 0; passed < 5 * CLAIM_MS; passed += 20_000) {
        world.nowMs += 20_000;
        await jest.advanceTimersByTimeAsync(20_000);
      }
      expect(await world.worker().run(ID, EXCHANGE)).toMatchObject({ status: 'again' });
      const theirs = JSON.stringify({ v: 1, state: 'taken', owner: 'other', until: world.nowMs + CLAIM_MS });
      await world.store.set(jobClaimKey(ID), theirs);
      finish();
      expect(await running).toEqual({ status: 'done' });
      expect(await world.claim()).toBe(theirs);
    } finally {
      jest.useRealTimers();
    }
  });

  it('passes on the trace, the time that is left, and a log that names the job', async () => {
    const world = createWorld();
    await world.put();
    world.handler = async (_job, exchange) => {
      expect(exchange.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(exchange.remainingMs).toBe(300_000);
      exchange.log.info('seen');
      return undefined;
    };
    await world.worker().run(ID, EXCHANGE);
    expect(events(world, 'seen')).toMatchObject([{ fields: { job: ID, kind: 'test.job', request_id: 'request-1' } }]);
  });
});
