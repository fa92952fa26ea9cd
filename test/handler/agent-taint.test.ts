import { describe, expect, it } from '@jest/globals';
import { createKeyValueConversations } from '../../src/adapters/embedded/key-value-conversations.ts';
import { turnKey, turnRecord } from '../../src/agent/turn-record.ts';
import type { ToolOutcome } from '../../src/ports/tool-client.ts';
import {
  type AgentWorld,
  approvalOf,
  calling,
  createAgentWorld,
  EVENT,
  PERSON,
  type Reply,
  result,
  send,
  TIMES,
} from '../support/agent-world.ts';

// What a turn says of each call that it sends, and what is kept of it. `deleteevent` is the one tool here whose argument can be said in words.

const remove = (eventId: string): Reply => calling(['deleteevent', { eventId }]);
const look = calling(['freebusy', TIMES]);

async function start() {
  const world = createAgentWorld();
  return { world, token: await world.token() };
}

async function say(
  world: AgentWorld,
  token: string,
  message: string,
  replies: readonly Reply[],
  conversation?: string,
) {
  world.replies.length = 0;
  world.replies.push(...replies);
  const body = { message, ...(conversation === undefined ? {} : { conversation_id: conversation }) };
  return (await send(world.app, 'POST', '/chat', { token, body })).body;
}

interface ShownConversation {
  readonly turns: readonly { readonly messages: readonly { readonly role: string }[] }[];
}

const sent = (world: AgentWorld) => world.called.map(({ tool, tainted }) => `${tool.name} ${tainted}`);

async function kept(world: AgentWorld, turn: string): Promise<boolean> {
  return turnRecord.parse(JSON.parse((await world.store.get(turnKey(PERSON, turn))) ?? '')).tainted;
}

async function conversationOf(world: AgentWorld, id: string) {
  const clock = { nowMs: () => Date.now() };
  const random = { bytes: (count: number) => new Uint8Array(count) };
  return createKeyValueConversations({ store: world.store, clock, random }).read(PERSON, id);
}

describe('a call', () => {
  it('is clean before anything has come back, also beside others of its step', async () => {
    const { world, token } = await start();
    const both = calling(['freebusy', TIMES], ['listevents', { query: 'x' }]);
    const { turn } = await say(world, token, 'Hello', [both]);
    expect(sent(world)).toEqual(['freebusy false', 'listevents false']);
    expect(await kept(world, turn)).toBe(true);
  });

  it('is tainted once something has, unless the person wrote each argument', async () => {
    const { world, token } = await start();
    await say(world, token, 'Remove abc', [look, remove('abc'), remove('xyz')]);
    expect(sent(world)).toEqual(['freebusy false', 'deleteevent false', 'deleteevent true']);
  });

  it.each<[string, ToolOutcome, boolean]>([
    ['an error of a tool', { kind: 'result', text: 'No event “…”', isError: true }, true],
    ['an answer that never came', { kind: 'unclear', message: 'No answer.' }, true],
    ['a refusal at the door', { kind: 'refused', code: 'forbidden', message: 'Not allowed.' }, false],
  ])('after %s', async (_what, outcome, tainted) => {
    const { world, token } = await start();
    world.tool = ({ tool }) => (tool.name === 'freebusy' ? outcome : result({}));
    await say(world, token, 'Hello', [look, remove('xyz')]);
    expect(sent(world)).toEqual(['freebusy false', `deleteevent ${tainted}`]);
  });

  it('is not cleaned by words of ours that stand in the person’s place', async () => {
    const { world, token } = await start();
    const cutOff = { ...calling(['freebusy', TIMES]), stop: 'length' as const };
    const { conversation_id } = await say(world, token, 'Hello', [look, cutOff, remove('shorter')]);
    expect(sent(world).at(-1)).toBe('deleteevent true');
    const shown = await send<ShownConversation>(world.app, 'GET', `/api/conversations/${conversation_id}`, { token });
    const users = shown.body.turns.flatMap(({ messages }) => messages.filter(({ role }) => role === 'user'));
    expect(users).toEqual([{ role: 'user', text: 'Hello' }]);
  });

  it('is tainted by the names in events that are looked through for a person', async () => {
    const { world, token } = await start();
    world.tool = ({ tool }) =>
      result(tool.name === 'listevents' ? { events: [{ attendees: [{ email: 'zoe@x.example' }] }] } : {});
    await say(world, token, 'Meet with Zoe', [calling(['createevent', { ...EVENT, attendees: ['zoe@x.example'] }])]);
    expect(sent(world)).toEqual(['listevents false', 'createevent true']);
  });

  it('that waited for the person is sent again with what it was sent with before', async () => {
    const { world, token } = await start();
    let asked = 0;
    world.tool = ({ tool }) => {
      if (tool.name !== 'deleteevent') return result({});
      asked += 1;
      return asked === 1 ? approvalOf('one') : result({});
    };
    const { turn } = await say(world, token, 'Remove abc', [look, remove('xyz')]);
    await send(world.sibling(), 'POST', `/turns/${turn}/continue`, { token });
    expect(sent(world)).toEqual(['freebusy false', 'deleteevent true', 'deleteevent true']);
  });
});

describe('a conversation', () => {
  it('stays tainted in every later turn, and another one is clean', async () => {
    const { world, token } = await start();
    const first = await say(world, token, 'Am I free?', [look]);
    const later = await say(world, token, 'Fine.', [{ text: 'Good.' }], first.conversation_id);
    expect(await kept(world, later.turn)).toBe(true);
    await say(world, token, 'Go on.', [remove('xyz')], first.conversation_id);
    await say(world, token, 'Something else', [remove('xyz')]);
    expect(sent(world)).toEqual(['freebusy false', 'deleteevent true', 'deleteevent false']);
    expect((await conversationOf(world, first.conversation_id))?.tainted).toBe(true);
  });

  it('that nothing came into is clean', async () => {
    const { world, token } = await start();
    const first = await say(world, token, 'Hello', [{ text: 'Hello.' }]);
    expect(await kept(world, first.turn)).toBe(false);
    await say(world, token, 'Go on.', [remove('xyz')], first.conversation_id);
    expect(sent(world)).toEqual(['deleteevent false']);
  });

  it('keeps its taint when what tainted it no longer fits the model’s window; the model is told what that came to', async () => {
    const world = createAgentWorld({ config: { windowTokens: 8000 } });
    const token = await world.token();
    const first = await say(world, token, 'Am I free on Monday?', [look, { text: 'You are free on Monday.' }]);
    for (let turn = 0; turn < 2; turn += 1) {
      await say(
        world,
        token,
        `Tell me more ${turn} ${'word '.repeat(180)}`,
        [{ text: 'More. '.repeat(150) }],
        first.conversation_id,
      );
    }
    world.asked.length = 0;
    await say(world, token, 'Now do it.', [remove('xyz')], first.conversation_id);
    const [asked] = world.asked;
    expect(asked?.messages.some(({ role }) => role === 'tool')).toBe(false);
    expect(asked?.messages.at(-1)).toEqual({ role: 'user', text: 'Now do it.' });
    expect(asked?.instructions).toContain(
      'Earlier in this conversation, shortened:\n<data>\nAsked: "Am I free on Monday?". Ran: freebusy answered. Answered: "You are free on Monday.".',
    );
    expect(sent(world).at(-1)).toBe('deleteevent true');
  });

  it('that is older than the word for it counts as tainted', () => {
    const { tainted } = turnRecord.parse({
      ...JSON.parse(
        '{"v":1,"scopes":[],"time_zone":"UTC","status":"running","created_at":1,"updated_at":1,"spent_ms":0,"steps":0,"repaired":false,"messages":[],"calls":[],"step_start":0,"approvals":[]}',
      ),
      id: 't_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      person: PERSON,
      conversation_id: 'c_01ARZ3NDEKTSV4RRFFQ69G5FAV',
      usage: { input_tokens: 0, output_tokens: 0 },
    });
    expect(tainted).toBe(true);
  });
});

describe('the time of a turn', () => {
  it('bounds the time of each call', async () => {
    const world = createAgentWorld({ config: { turnMs: 5000, callTimeoutMs: 25_000 } });
    await say(world, await world.token(), 'Hello', [look]);
    const [{ timeoutMs } = { timeoutMs: 0 }] = world.called;
    expect(timeoutMs).toBeGreaterThan(0);
    expect(timeoutMs).toBeLessThanOrEqual(5000);
  });

  it('that ends while a write runs leaves it unclear, and is not told to be done', async () => {
    const world = createAgentWorld();
    world.tool = () => ({ kind: 'result', text: 'The tool took too long.', isError: true, code: 'timed_out' });
    const reply = calling(['createevent', EVENT]);
    const { tool_calls, answer } = await say(world, await world.token(), 'Book it', [
      reply,
      { text: 'I have booked it.' },
    ]);
    expect(tool_calls).toMatchObject([{ tool: 'createevent', outcome: 'unclear' }]);
    expect(answer).toContain('It is not known whether createevent went through.');
  });
});
