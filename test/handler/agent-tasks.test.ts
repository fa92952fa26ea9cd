import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { TaskNews } from '../../src/ports/tool-client.ts';
import { type AgentWorld, calling, createAgentWorld, EVENT, result, send, TIMES } from '../support/agent-world.ts';

// A turn whose calls take long: waited for, told of, and found again by another process.

let world: AgentWorld;
let token: string;
const LEASE_MS = 60_000;
const clock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs };
beforeEach(async () => {
  clock.offsetMs = 0;
  world = createAgentWorld({ clock });
  token = await world.token();
});

async function stream(): Promise<readonly (readonly [string, Readonly<Record<string, unknown>>])[]> {
  let text = '';
  const keep = async (request: Parameters<AgentWorld['app']>[0]) => {
    const answer = await world.app(request);
    for await (const piece of answer.chunks ?? []) text += Buffer.from(piece).toString('utf8');
    return { ...answer, body: '' };
  };
  await send(keep, 'POST', '/stream', { token, body: { message: 'Am I free?' } });
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('event: '))
    .map((block) => {
      const [event = '', data = ''] = block.split('\n');
      return [event.slice(7), JSON.parse(data.slice(6))] as const;
    });
}

describe('a turn whose call goes on behind its answer', () => {
  it('gives it nearly all the time that the turn has left, and tells how far it is', async () => {
    world.replies.push(calling(['freebusy', TIMES]), { text: 'You are free.' });
    world.tool = ({ onTask }) => {
      onTask?.({ id: 'task-1' });
      onTask?.({ id: 'task-1', words: 'It waits to be begun.' });
      onTask?.({ id: 'task-1', words: '3 answers so far' });
      return result({});
    };
    const told = await stream();
    const kinds = told.map(([kind]) => kind).filter((kind) => kind.startsWith('tool.') || kind === 'turn.end');
    expect(kinds).toEqual(['tool.call', 'tool.progress', 'tool.progress', 'tool.result', 'turn.end']);
    expect(
      told.find(([kind, data]) => kind === 'tool.progress' && data['message'] !== 'It waits to be begun.')?.[1],
    ).toEqual({ id: 'call_1', tool: 'freebusy', message: '3 answers so far' });
    expect(told.at(-1)?.[1]).toMatchObject({ status: 'completed', answer: 'You are free.' });
    const { waitMs = 0, timeoutMs } = world.called[0] ?? {};
    expect(timeoutMs).toBe(25_000);
    expect(waitMs).toBeGreaterThan(200_000);
    expect(waitMs).toBeLessThan(300_000);
  });

  it('stays its own for as long as the call takes', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
    try {
      world.replies.push(calling(['freebusy', TIMES]), { text: 'You are free.' });
      let finish: (() => void) | undefined;
      const called = new Promise<void>((resolve) => {
        world.tool = () =>
          new Promise((end) => {
            finish = () => end(result({}));
            resolve();
          });
      });
      const turn = send(world.app, 'POST', '/chat', { token, body: { message: 'Am I free?' } });
      await called;
      const { keys } = await world.store.list('turn:');
      for (let beat = 0; beat < 6; beat += 1) {
        await jest.advanceTimersByTimeAsync(LEASE_MS / 3);
        const record = JSON.parse((await world.store.get(keys[0] ?? '')) ?? '{}');
        expect(record.lease.until).toBeGreaterThan(clock.nowMs());
      }
      finish?.();
      expect((await turn).body).toMatchObject({ status: 'completed', answer: 'You are free.' });
    } finally {
      jest.useRealTimers();
    }
  });

  it.each([
    ['reads', 'freebusy', TIMES],
    ['writes', 'deleteevent', { eventId: 'e1' }],
    ['writes with a key', 'createevent', EVENT],
  ])(
    'and whose process dies is gone on with by another, which looks for that call that %s',
    async (_what, name, args) => {
      world.replies.push(calling([name, args]), { text: 'Done.' });
      const begun = new Promise<void>((resolve) => {
        world.tool = ({ onTask }) => {
          onTask?.({ id: 'task-1' });
          resolve();
          // Its process never hears of it again.
          return new Promise(() => {});
        };
      });
      void send(world.app, 'POST', '/chat', { token, body: { message: 'Do it.' }, remainingMs: 6_000 });
      await begun;
      const [key = ''] = (await world.store.list('turn:')).keys;
      // The note of the task is a save of its own.
      while (!(await world.store.get(key))?.includes('"task":"task-1"')) await new Promise(setImmediate);
      clock.offsetMs = LEASE_MS + 1_000;
      world.tool = () => result({});
      const { id } = JSON.parse((await world.store.get(key)) ?? '{}');
      const { body } = await send(world.sibling(), 'GET', `/turns/${id}`, { token });
      expect(body).toMatchObject({ turn: id });
      const again = world.called.at(-1);
      expect(again).toMatchObject({ task: 'task-1', tool: { name } });
      let ended = body;
      while (ended.status === 'running') ended = (await send(world.sibling(), 'GET', `/turns/${id}`, { token })).body;
      expect(ended).toMatchObject({ status: 'completed', tool_calls: [{ tool: name, outcome: 'completed' }] });
      expect(JSON.stringify(ended)).not.toContain('task-1');
    },
  );

  it('and that its person cancels in another process stops waiting within a renewal', async () => {
    jest.useFakeTimers({ now: Date.now(), doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] });
    try {
      world.replies.push(calling(['freebusy', TIMES]));
      const waits = new Promise<AbortSignal>((resolve) => {
        world.tool = ({ signal }) =>
          new Promise((_end, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
            resolve(signal);
          });
      });
      const turn = send(world.app, 'POST', '/chat', { token, body: { message: 'Am I free?' } });
      const signal = await waits;
      const [key = ''] = (await world.store.list('turn:')).keys;
      const { id } = JSON.parse((await world.store.get(key)) ?? '{}');
      await send(world.sibling(), 'DELETE', `/turns/${id}`, { token });
      expect(signal.aborted).toBe(false);
      await jest.advanceTimersByTimeAsync(LEASE_MS / 3);
      expect((await turn).body).toMatchObject({ status: 'cancelled' });
      expect(signal.aborted).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });
});

// What a client is told of a task is told in order, whatever it is.
describe('news of a task', () => {
  it('after the turn has ended change nothing', async () => {
    world.replies.push(calling(['freebusy', TIMES]), { text: 'You are free.' });
    let late: ((said: TaskNews) => void) | undefined;
    world.tool = ({ onTask }) => {
      late = onTask;
      return result({});
    };
    const { body } = await send(world.app, 'POST', '/chat', { token, body: { message: 'Am I free?' } });
    const [key = ''] = (await world.store.list('turn:')).keys;
    const before = await world.store.get(key);
    late?.({ id: 'task-1' });
    late?.({ id: 'task-1', words: 'late' });
    await new Promise(setImmediate);
    expect(await world.store.get(key)).toBe(before);
    expect(body.status).toBe('completed');
  });
});
