import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { Tool } from '../../../../src/mcp/tools/tool.ts';
import type { KeyValueStore } from '../../../../src/ports/key-value-store.ts';
import { grantKey } from '../../../../src/trust/grant.ts';
import { identityKey } from '../../../../src/trust/person.ts';
import { REVOCATIONS_KEY } from '../../../../src/trust/revocation-list.ts';
import { createLongCallWorld, type LongCallWorld } from '../../../support/long-calls.ts';
import { OTHER_PERSON, PERSON } from '../../../support/mcp-app.ts';
import { createToolOf } from '../../../support/mcp-tools.ts';

const OPTIONAL = { execution: { taskSupport: 'optional' } } as const;
const WRITES = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false };
const MINUTE_MS = 60_000;

/** A tool that counts how often it was run. */
function counting(over: Parameters<typeof createToolOf>[2] = {}) {
  const runs: Parameters<Tool['run']>[] = [];
  const tool = createToolOf(
    'probe',
    async (...given) => {
      runs.push(given);
      return { text: 'Done.', structuredContent: { run: runs.length } };
    },
    { ...OPTIONAL, ...over },
  );
  return { tool, runs };
}

async function begin(world: LongCallWorld, args: object = {}): Promise<string> {
  return (await world.call('probe', args)).result.taskId;
}

async function remove({ store }: LongCallWorld, key: string): Promise<void> {
  await store.compareAndDelete(key, (await store.get(key)) ?? '');
}

const seconds = (world: LongCallWorld): number => Math.floor(world.clock.nowMs() / 1000);

const endedWith = async (world: LongCallWorld, id: string): Promise<unknown> => {
  const { status, outcome } = await world.record(id);
  return outcome?.kind === 'result' ? [status, outcome.result.code ?? 'done'] : [status, outcome?.kind];
};

const auditOf = (world: LongCallWorld): unknown[] =>
  world.log.lines.filter(({ event }) => event === 'tool_call').map(({ outcome }) => outcome);

describe('a worker of calls', () => {
  it('does a call once, however often and however many at once are handed it', async () => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    const name = world.sent[0] ?? '';
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.hand(name)));
    expect(outcomes.filter(({ status }) => status === 'done').length).toBeGreaterThanOrEqual(1);
    expect(await world.hand(name)).toEqual({ status: 'done' });
    expect(runs).toHaveLength(1);
    expect(await endedWith(world, id)).toEqual(['completed', 'done']);
    expect(auditOf(world)).toEqual(['queued', 'completed']);
  });

  it('gives the tool whom it is for and joins its lines to the request that asked', async () => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    await begin(world);
    await world.work();
    expect(runs[0]?.[1]).toMatchObject({ person: PERSON, agent: world.caller.agent, requestId: 'request-1' });
    const line = world.log.lines.filter(({ event }) => event === 'tool_call').at(-1);
    expect(line).toMatchObject({ request_id: 'request-1', worker_request_id: 'worker-1', person: PERSON });
  });

  it('keeps nothing of what was asked once it has ended', async () => {
    const { tool } = counting({ inputSchema: { type: 'object', properties: { text: { type: 'string' } } } });
    const world = await createLongCallWorld([tool]);
    const id = await begin(world, { text: 'canary' });
    expect(JSON.stringify(await world.record(id))).toContain('canary');
    await world.work();
    expect(JSON.stringify(await world.record(id))).not.toContain('canary');
    expect(JSON.stringify(world.log.lines)).not.toContain('canary');
  });

  it('drops what names no call', async () => {
    const { tool } = counting();
    const world = await createLongCallWorld([tool]);
    for (const name of ['', 'x', `${PERSON}:x`, `${PERSON}:${'A'.repeat(43)}`, `${PERSON}:${'A'.repeat(43)}:x`, 'a:b'])
      expect(await world.hand(name)).toEqual({ status: 'dropped' });
  });

  it('does not begin what nobody began within a quarter of an hour', async () => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    world.clock.advance(15 * MINUTE_MS + 1);
    await world.work();
    expect(await endedWith(world, id)).toEqual(['completed', 'expired']);
    expect(runs).toEqual([]);
  });

  it('says so where the tool is gone, takes other arguments by now, or answers more than can be kept', async () => {
    const { tool } = counting();
    const none = counting({
      inputSchema: { type: 'object', required: ['day'], properties: { day: { type: 'string' } } },
    });
    const huge = createToolOf('probe', async () => ({ text: 'x'.repeat(300_000), structuredContent: {} }), OPTIONAL);
    for (const [offered, code] of [
      [[], 'not_found'],
      [[none.tool], 'invalid_arguments'],
      [[huge], 'too_large'],
    ] as const) {
      const world = await createLongCallWorld([tool]);
      const id = await begin(world);
      await world.work(offered);
      expect(await endedWith(world, id)).toEqual(['completed', code]);
    }
    expect(none.runs).toEqual([]);
  });
});

describe('what allowed a call when it was taken on is looked up again before it is done', () => {
  const EXPIRES_MS = 10 * MINUTE_MS;

  /** A certificate with its grant, as the agent door lets them in. */
  async function asAgent(world: LongCallWorld): Promise<void> {
    const agent = 'agent/assistant';
    const standing = {
      kind: 'certificate',
      issuer: 'CN=ca',
      serial: '0A',
      ends_at_ms: world.clock.nowMs() + EXPIRES_MS,
    };
    world.caller = { ...world.caller, door: 'agent', agent, standing: standing as never };
    const at = { granted_at: seconds(world), expires_at: seconds(world) + 86_400 };
    await world.store.set(
      grantKey(agent, PERSON),
      JSON.stringify({ v: 1, agent, person: PERSON, scopes: ['test.write'], ...at }),
    );
    await revoke(world, []);
  }

  const revoke = (world: LongCallWorld, revoked: readonly object[]): Promise<void> =>
    world.store.set(REVOCATIONS_KEY, JSON.stringify({ v: 1, version: 1, updated_at: seconds(world), revoked }));

  async function asIdentity(world: LongCallWorld): Promise<void> {
    const identity = 'oidc:acme:1';
    const standing = { kind: 'identity', identity, ends_at_ms: world.clock.nowMs() + EXPIRES_MS } as const;
    world.caller = { ...world.caller, door: 'oauth', agent: 'client/acme/one', standing };
    await world.store.set(identityKey(identity), JSON.stringify({ v: 1, person: PERSON }));
  }

  const asToken = async (): Promise<void> => {};
  type Case = readonly [
    string,
    (world: LongCallWorld) => Promise<void>,
    (world: LongCallWorld) => Promise<void>,
    string,
  ];

  it.each<Case>([
    ['a token that was revoked', asToken, (world) => world.putToken({ revoked_at: seconds(world) }), 'token_revoked'],
    ['a token that has ended', asToken, (world) => world.putToken({ expires_at: seconds(world) }), 'token_expired'],
    ['a token that is gone', asToken, (world) => remove(world, `token:${world.token.id}`), 'token_unknown'],
    ['a token of another person', asToken, (world) => world.putToken({ person: OTHER_PERSON }), 'token_unknown'],
    ['a token for another API', asToken, (world) => world.putToken({ audience: 'agent' }), 'token_unknown'],
    ['a token with less rights', asToken, (world) => world.putToken({ scopes: ['other.read'] }), 'scope_lost'],
    [
      'a certificate that was revoked',
      asAgent,
      (world) => revoke(world, [{ issuer: 'CN=ca', serial: '0a' }]),
      'certificate_revoked',
    ],
    [
      'a certificate that has ended',
      asAgent,
      async (world) => world.clock.advance(EXPIRES_MS + 1),
      'certificate_expired',
    ],
    [
      'a list of revocations that is not there',
      asAgent,
      (world) => remove(world, REVOCATIONS_KEY),
      'revocations_unavailable',
    ],
    [
      'a grant that was taken back',
      asAgent,
      (world) => remove(world, grantKey('agent/assistant', PERSON)),
      'grant_missing',
    ],
    [
      'an access token that has ended',
      asIdentity,
      async (world) => world.clock.advance(EXPIRES_MS + MINUTE_MS),
      'access_token_expired',
    ],
    [
      'an identity that is another person’s by now',
      asIdentity,
      (world) => world.store.set(identityKey('oidc:acme:1'), JSON.stringify({ v: 1, person: OTHER_PERSON })),
      'identity_unlinked',
    ],
  ])('%s: nothing is done, and the log says why', async (_what, enter, change, reason) => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    await enter(world);
    const id = await begin(world);
    await change(world);
    await world.work();
    expect(runs).toEqual([]);
    expect(await endedWith(world, id)).toEqual(['completed', 'forbidden']);
    expect(world.log.lines.find(({ event }) => event === 'task.refused')).toMatchObject({ reason });
    // The caller is told no more than that it was refused.
    expect(JSON.stringify((await world.record(id)).outcome)).not.toContain(reason);
  });

  it.each([
    ['a token', asToken],
    ['a certificate and its grant', asAgent],
    ['an identity', asIdentity],
  ])('%s that still stand: it is done', async (_what, enter) => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    await enter(world);
    const id = await begin(world);
    world.clock.advance(MINUTE_MS);
    await world.work();
    expect(runs).toHaveLength(1);
    expect(await endedWith(world, id)).toEqual(['completed', 'done']);
  });
});

describe('a worker that died', () => {
  const DEAD = { owner: 'gone', tries: 1 };

  /** As a worker leaves it that was killed in the middle of its work. */
  async function leaveBehind(world: LongCallWorld, id: string, tries = 1): Promise<void> {
    world.sent.splice(0);
    const work = { ...DEAD, tries, until_ms: world.clock.nowMs() + MINUTE_MS };
    await world.change(id, { status: 'working', work });
  }

  it('is waited for as long as it may live, and its read is then done by another', async () => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    const name = world.sent[0] ?? '';
    await leaveBehind(world, id);
    expect(await world.hand(name)).toEqual({ status: 'again', afterMs: MINUTE_MS });
    world.clock.advance(MINUTE_MS + 1);
    expect(await world.hand(name)).toEqual({ status: 'done' });
    expect(runs).toHaveLength(1);
    expect(await endedWith(world, id)).toEqual(['completed', 'done']);
  });

  it('leaves a write that nobody makes a second time: its owner is told that it is not known', async () => {
    const { tool, runs } = counting({ annotations: WRITES });
    const world = await createLongCallWorld([tool], { confirm: 'never' });
    const id = await begin(world);
    await leaveBehind(world, id);
    world.clock.advance(MINUTE_MS + 1);
    await world.hand(`${PERSON}:${id}`);
    expect(runs).toEqual([]);
    expect(await endedWith(world, id)).toEqual(['completed', 'unclear']);
    expect(auditOf(world)).toEqual(['queued', 'unclear']);
  });

  it('leaves a write with a key of its caller’s, which may be made again', async () => {
    const inputSchema = { type: 'object', properties: { idempotencyKey: { type: 'string' } } };
    const { tool, runs } = counting({ annotations: WRITES, inputSchema });
    const world = await createLongCallWorld([tool], { confirm: 'never' });
    const id = await begin(world, { idempotencyKey: 'k1' });
    await leaveBehind(world, id);
    world.clock.advance(MINUTE_MS + 1);
    await world.hand(`${PERSON}:${id}`);
    expect(runs).toHaveLength(1);
  });

  it('three times is not tried a fourth', async () => {
    const { tool, runs } = counting();
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    await leaveBehind(world, id, 3);
    world.clock.advance(MINUTE_MS + 1);
    await world.hand(`${PERSON}:${id}`);
    expect(runs).toEqual([]);
    expect(await endedWith(world, id)).toEqual(['completed', 'unclear']);
  });

  it('or a message that was lost is noticed by whoever looks, and its name is sent again', async () => {
    const { tool } = counting();
    const world = await createLongCallWorld([tool]);
    world.queueFails = true;
    const id = await begin(world);
    expect(world.log.lines.find(({ event }) => event === 'task.not_sent')).toMatchObject({ task: id });
    world.queueFails = false;
    await world.method('tasks/get', id);
    expect(world.sent).toEqual([]);
    world.clock.advance(MINUTE_MS);
    await Promise.all([world.method('tasks/get', id), world.method('tasks/get', id)]);
    expect(new Set(world.sent)).toEqual(new Set([`${PERSON}:${id}`]));
    await world.work();
    expect(await endedWith(world, id)).toEqual(['completed', 'done']);
  });
});

describe('a call that is being done', () => {
  /** A tool that tells where it is and then waits for its signal. */
  function waiting() {
    let tell: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const tool = createToolOf(
      'probe',
      (_args, { progress, signal }) => {
        progress?.({ progress: 2, total: 5, message: '  two\n of them ' });
        tell?.();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new AppError('timed_out', 'It was stopped.')), { once: true });
        });
      },
      OPTIONAL,
    );
    return { tool, begun };
  }

  it('shows its owner how far it is, and ends when they ask for it', async () => {
    const { tool, begun } = waiting();
    const told: (() => void)[] = [];
    const seen = new Promise<void>((resolve) => {
      told.push(resolve);
    });
    const watched = (memory: KeyValueStore): KeyValueStore => ({
      ...memory,
      async compareAndSet(key, before, after, options) {
        const done = await memory.compareAndSet(key, before, after, options);
        if (after.includes('"progress":2')) for (const tell of told) tell();
        return done;
      },
    });
    const world = await createLongCallWorld([tool], { store: watched });
    const id = await begin(world);
    const work = world.work();
    await begun;
    await seen;
    expect((await world.method('tasks/get', id)).result).toMatchObject({
      status: 'working',
      statusMessage: 'two of them (2 of 5)',
    });
    await world.method('tasks/cancel', id);
    expect(await work).toEqual({ status: 'done' });
    expect((await world.method('tasks/get', id)).result).toMatchObject({
      status: 'cancelled',
      statusMessage: 'It was cancelled. What had been done by then stays done.',
    });
    expect(auditOf(world)).toEqual(['queued', 'cancelled']);
  });

  it('is left alone by a worker that was overtaken: what the other wrote stands', async () => {
    const { tool, begun } = waiting();
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    const work = world.work();
    await begun;
    const until_ms = world.clock.nowMs() + MINUTE_MS;
    await world.change(id, { work: { owner: 'another', until_ms, tries: 2 } });
    await work;
    expect(await world.record(id)).toMatchObject({ status: 'working', work: { owner: 'another' } });
  });

  it('is put back as it was where what the check needs is away, and done when that is back', async () => {
    const { tool, runs } = counting();
    const away = { tokens: false };
    const store = (memory: KeyValueStore): KeyValueStore => ({
      ...memory,
      async get(key) {
        if (away.tokens && key.startsWith('token:')) throw new AppError('unavailable', 'The store is away.');
        return memory.get(key);
      },
    });
    const world = await createLongCallWorld([tool], { store });
    const id = await begin(world);
    const name = world.sent[0] ?? '';
    away.tokens = true;
    expect(await world.hand(name)).toEqual({ status: 'again', afterMs: 15_000 });
    expect(await world.record(id)).toMatchObject({ status: 'queued' });
    away.tokens = false;
    expect(await world.hand(name)).toEqual({ status: 'done' });
    expect(runs).toHaveLength(1);
  });
});
