import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createEventStream } from '../../src/agent/event-stream.ts';
import type { HttpResponse } from '../../src/ports/http.ts';
import type { ModelRequest } from '../../src/ports/model.ts';
import {
  type AgentWorld,
  approvalOf,
  calling,
  createAgentWorld,
  EVENT,
  OTHER_PERSON,
  type Send,
  send,
  TIMES,
} from '../support/agent-world.ts';

// A turn told while it runs.

const LEFT_OUT = '(a link that neither you nor a tool gave was left out)';

interface Told {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

let world: AgentWorld;
let token: string;
beforeEach(async () => {
  world = createAgentWorld();
  token = await world.token();
});

const decoder = new TextDecoder();

function parse(block: string): Told {
  const [event = '', data = ''] = block.split('\n');
  expect(event).toMatch(/^event: /);
  expect(data).toMatch(/^data: /);
  return { event: event.slice(7), data: JSON.parse(data.slice(6)) };
}

/** Each event as soon as it is there. Comments are left out. */
async function* eventsOf(response: HttpResponse): AsyncGenerator<Told> {
  let rest = '';
  for await (const piece of response.chunks ?? []) {
    rest += decoder.decode(piece, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) if (!block.startsWith(':')) yield parse(block);
  }
  expect(rest).toBe('');
}

/** The answer itself: `send` reads bodies that come whole. */
function open(body: unknown, options: Send = {}): Promise<HttpResponse> {
  return post('/stream', { body, ...options });
}

async function post(path: string, options: Send): Promise<HttpResponse> {
  let answer: HttpResponse | undefined;
  const keep = async (request: Parameters<typeof world.app>[0]) => {
    answer = await world.app(request);
    return answer.chunks === undefined ? answer : { ...answer, body: '' };
  };
  await send(keep, 'POST', path, { token, ...options });
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const continued = (turn: unknown, accept = 'text/event-stream', options: Send = {}): Promise<HttpResponse> =>
  post(`/turns/${String(turn)}/continue`, { headers: { accept }, ...options });

async function all(response: HttpResponse): Promise<readonly Told[]> {
  const told: Told[] = [];
  for await (const event of eventsOf(response)) told.push(event);
  return told;
}

const saying =
  (...pieces: readonly string[]) =>
  ({ onText }: ModelRequest) => {
    for (const piece of pieces) onText?.(piece);
    return { text: pieces.join('') };
  };

describe('a stream', () => {
  it('tells a turn from its start to its end: calls, results, text, usage', async () => {
    world.replies.push(calling(['freebusy', TIMES]), saying('You are ', 'free.\nAll day.'));
    const response = await open({ message: 'am I free?' });
    expect(response).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' },
    });
    const told = await all(response);
    expect(told.map(({ event }) => event)).toEqual([
      'turn.start',
      'usage',
      'tool.call',
      'tool.result',
      'text.delta',
      'text.delta',
      'usage',
      'turn.end',
    ]);
    expect(told[2]?.data).toMatchObject({ id: 'call_1', tool: 'freebusy', arguments: TIMES });
    expect(told[3]?.data).toMatchObject({ id: 'call_1', tool: 'freebusy', outcome: 'completed' });
    expect(told[4]?.data).toEqual({ text: 'You are ' });
    expect(told[5]?.data).toEqual({ text: 'free.\nAll day.' });
    expect(told.at(-2)?.data).toEqual({ steps: 2, input_tokens: 20, output_tokens: 10 });
    const { turn } = told[0]?.data ?? {};
    expect(told.at(-1)?.data).toMatchObject({ status: 'completed', turn, answer: 'You are free.\nAll day.' });
    expect((await send(world.app, 'GET', `/turns/${String(turn)}`, { token })).body).toEqual(told.at(-1)?.data);
  });

  it('passes each piece on before the next is there', async () => {
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    world.replies.push(async ({ onText }: ModelRequest) => {
      onText?.('first');
      await held;
      onText?.(' second');
      return { text: 'first second' };
    });
    const events = eventsOf(await open({ message: 'hello' }));
    expect((await events.next()).value).toMatchObject({ event: 'turn.start' });
    expect((await events.next()).value).toEqual({ event: 'text.delta', data: { text: 'first' } });
    goOn();
    expect((await events.next()).value).toEqual({ event: 'text.delta', data: { text: ' second' } });
    const rest: string[] = [];
    for await (const { event } of events) rest.push(event);
    expect(rest).toEqual(['usage', 'turn.end']);
  });

  it('tells no link that a model put together, no image and no tag, however they are cut', async () => {
    const given = 'https://meet.example/abc';
    world.tool = () => ({ kind: 'result', text: `Join at ${given}`, isError: false });
    const words = `Enter [here](${given}). https://evil.example/?d=4711 ![p](https://evil.example/p.png?d=4711) <img src=x>!`;
    world.replies.push(calling(['freebusy', TIMES]), saying(...words));
    const told = await all(await open({ message: 'am I free?' }));
    const said = told.flatMap(({ event, data }) => (event === 'text.delta' ? [String(data['text'])] : []));
    const answer = `Enter here (${given}). ${LEFT_OUT} p (${LEFT_OUT}) ‹img src=x>!`;
    expect(said.join('')).toBe(answer);
    expect(said.slice(0, 6)).toEqual([...'Enter ']);
    expect(told.at(-1)?.data).toMatchObject({ status: 'completed', answer });
    expect(JSON.stringify(told)).not.toContain('evil');
  });

  it('says what waits for the person, and ends there', async () => {
    world.replies.push(calling(['createevent', EVENT]));
    world.tool = () => approvalOf('a1');
    const told = await all(await open({ message: 'book lunch' }));
    expect(told.map(({ event }) => event)).toEqual([
      'turn.start',
      'usage',
      'tool.call',
      'approval.required',
      'turn.end',
    ]);
    expect(told[3]?.data).toMatchObject({ approvals: [{ id: 'a1', tool: 'createevent', summary: 'Book Lunch' }] });
    expect(told[4]?.data).toMatchObject({ status: 'approval_required', approvals: [{ id: 'a1' }] });
  });

  it('that nobody reads any more cancels nothing: the turn is read at its own address', async () => {
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    world.replies.push(async () => {
      await held;
      return calling(['freebusy', TIMES]);
    });
    const events = eventsOf(await open({ message: 'am I free?' }));
    const { turn } = (await events.next()).value?.data ?? {};
    await events.return(undefined);
    goOn();
    const look = () => send(world.app, 'GET', `/turns/${String(turn)}`, { token });
    let view = await look();
    while (view.body.status === 'running') view = await look();
    expect(view.body).toMatchObject({ status: 'completed', tool_calls: [{ outcome: 'completed' }] });
  });

  it('ends with the turn still running when the front door has to answer', async () => {
    world.replies.push(() => new Promise(() => {}));
    const told = await all(await open({ message: 'hello' }, { remainingMs: 4200 }));
    expect(told.map(({ event }) => event)).toEqual(['turn.start', 'turn.end']);
    expect(told[1]?.data).toMatchObject({ status: 'running' });
    await send(world.app, 'DELETE', `/turns/${String(told[0]?.data['turn'])}`, { token });
  });

  it('ends with the error of a turn that failed, its code and the request’s id, and nothing of what went wrong inside', async () => {
    world.replies.push(new Error('canary 7d1'));
    const told = await all(await open({ message: 'hello' }));
    expect(told.map(({ event }) => event)).toEqual(['turn.start', 'error']);
    expect(told[1]?.data).toMatchObject({ error: { code: 'internal', request_id: 'request-1' } });
    expect(JSON.stringify(told)).not.toContain('canary');
  });

  it('ends with an error when all breaks behind its beginning, and says in the log what broke', async () => {
    const store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
    let broken = false;
    const get = async (key: string) => {
      if (broken) throw new Error('canary 9c4');
      return store.get(key);
    };
    world = createAgentWorld({ store: { ...store, get } });
    token = await world.token();
    world.replies.push(() => {
      broken = true;
      return { text: 'said' };
    });
    const told = await all(await open({ message: 'hello' }));
    expect(told.at(-1)).toMatchObject({ event: 'error', data: { error: { code: 'internal' } } });
    expect(JSON.stringify(told)).not.toContain('canary');
    expect(world.log.events).toContainEqual({
      level: 'error',
      event: 'stream.broke_off',
      fields: { request_id: 'request-1', cause: 'canary 9c4' },
    });
  });

  it.each([
    ['nobody we know', 401, { token: 'nonsense' }, { message: 'hi' }],
    ['a body that is wrong', 400, {}, { message: '' }],
    ['a conversation of nobody’s', 404, {}, { message: 'hi', conversation_id: 'c_01KAJ5Q2W7A1B2C3D4E5F6G7H8' }],
  ])('is refused with a status like any other request: %s', async (_what, status, options, body) => {
    const answer = await open(body, options);
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
    expect(answer.chunks).toBeUndefined();
    expect(world.asked).toHaveLength(0);
  });

  it('takes the token from its own header where the other one carries a signature of AWS', async () => {
    const headers = {
      authorization: 'AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host, Signature=y',
      'x-sallyport-authorization': `Bearer ${token}`,
    };
    const { token: _none, ...options }: Send = { token, headers };
    let answer: HttpResponse | undefined;
    const keep = async (request: Parameters<typeof world.app>[0]) => {
      answer = await world.app(request);
      return { ...answer, body: '' };
    };
    await send(keep, 'POST', '/stream', { ...options, body: { message: 'hi' } });
    expect((await all(answer ?? { status: 0, headers: {}, body: '' })).at(-1)?.event).toBe('turn.end');
  });

  it('belongs to the person of the token alone', async () => {
    const told = await all(await open({ message: 'hello' }));
    const other = await world.token({ person: OTHER_PERSON });
    const path = `/turns/${String(told[0]?.data['turn'])}`;
    expect((await send(world.app, 'GET', path, { token: other })).status).toBe(404);
  });
});

describe('a turn that goes on after a yes', () => {
  /** A turn that waits for the person, and what it was told. */
  async function paused(): Promise<string> {
    world.replies.push(calling(['createevent', EVENT]));
    world.tool = () => approvalOf('a1');
    const told = await all(await open({ message: 'book lunch' }));
    expect(told.at(-1)?.data).toMatchObject({ status: 'approval_required' });
    return String(told[0]?.data['turn']);
  }

  it('is told from there to its end where events are asked for', async () => {
    const turn = await paused();
    world.tool = () => ({ kind: 'result', text: 'Booked.', isError: false });
    world.replies.push(saying('It is ', 'booked.'));
    const response = await continued(turn);
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    const told = await all(response);
    expect(told.map(({ event }) => event)).toEqual([
      'turn.start',
      'tool.result',
      'text.delta',
      'text.delta',
      'usage',
      'turn.end',
    ]);
    expect(told[0]?.data).toMatchObject({ turn });
    expect(told[1]?.data).toMatchObject({ tool: 'createevent', outcome: 'completed' });
    expect(told.at(-1)?.data).toMatchObject({ status: 'completed', turn, answer: 'It is booked.' });
  });

  it('is answered in one piece where they are not', async () => {
    const turn = await paused();
    world.tool = () => ({ kind: 'result', text: 'Booked.', isError: false });
    world.replies.push({ text: 'It is booked.' });
    for (const accept of ['application/json', '*/*', 'text/event-stream;q=0, application/json']) {
      const answer = await continued(turn, accept);
      expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      expect(answer.chunks).toBeUndefined();
    }
  });

  it('and still waits says again what for', async () => {
    const turn = await paused();
    const told = await all(await continued(turn));
    expect(told.map(({ event }) => event)).toEqual(['turn.start', 'approval.required', 'turn.end']);
    expect(told.at(-1)?.data).toMatchObject({ status: 'approval_required', approvals: [{ id: 'a1' }] });
  });

  it('and has ended is told by its end alone', async () => {
    const told = await all(await open({ message: 'hello' }));
    const again = await all(await continued(told[0]?.data['turn']));
    expect(again.map(({ event }) => event)).toEqual(['turn.start', 'turn.end']);
    expect(again[1]?.data).toEqual(told.at(-1)?.data);
  });

  it('is told to whoever comes back to it while it runs, from then on', async () => {
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    world.replies.push(async ({ onText }: ModelRequest) => {
      onText?.('first');
      await held;
      onText?.(' second');
      return { text: 'first second' };
    });
    const left = eventsOf(await open({ message: 'hello' }));
    const { turn } = (await left.next()).value?.data ?? {};
    await left.next();
    await left.return(undefined);
    const events = eventsOf(await continued(turn));
    expect((await events.next()).value).toMatchObject({ event: 'turn.start', data: { turn } });
    goOn();
    expect((await events.next()).value).toEqual({ event: 'text.delta', data: { text: ' second' } });
    const rest: Told[] = [];
    for await (const event of events) rest.push(event);
    expect(rest.at(-1)).toMatchObject({ event: 'turn.end', data: { status: 'completed', answer: 'first second' } });
  });

  it('ends at once for everybody who listens when the person cancels', async () => {
    world.replies.push(
      ({ signal }: ModelRequest) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    );
    const events = eventsOf(await open({ message: 'hello' }));
    const { turn } = (await events.next()).value?.data ?? {};
    const others = eventsOf(await continued(turn));
    await others.next();
    await send(world.app, 'DELETE', `/turns/${String(turn)}`, { token });
    for (const listener of [events, others]) {
      const rest: Told[] = [];
      for await (const event of listener) rest.push(event);
      expect(rest).toMatchObject([{ event: 'turn.end', data: { status: 'cancelled' } }]);
    }
  });

  it.each([
    ['another person', 404, async () => ({ token: await world.token({ person: OTHER_PERSON }) })],
    ['nobody we know', 401, async () => ({ token: 'nonsense' })],
    ['a request with a body', 400, async () => ({ body: { yes: true } })],
  ])('is refused with a status to %s', async (_who, status, options) => {
    const turn = await paused();
    const headers = { accept: 'text/event-stream' };
    const answer = await continued(turn, '', { headers, ...(await options()) });
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/json' } });
  });
});

describe('the silence of a stream', () => {
  it('is broken every ten seconds, so that nobody in between takes it for the end', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const stream = createEventStream();
      const reader = stream.body.getReader();
      await jest.advanceTimersByTimeAsync(9_999);
      stream.send({ type: 'text.delta', text: 'a' });
      expect(decoder.decode((await reader.read()).value)).toMatch(/^event: text.delta/);
      await jest.advanceTimersByTimeAsync(20_001);
      for (const _ of [1, 2, 3]) expect(decoder.decode((await reader.read()).value)).toBe(': still here\n\n');
      stream.end();
      expect((await reader.read()).done).toBe(true);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
