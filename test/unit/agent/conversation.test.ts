import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createKeyValueConversations } from '../../../src/adapters/embedded/key-value-conversations.ts';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { boundTurns, type Conversations, createConversations } from '../../../src/agent/conversation.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';
import { createTestClock } from '../../support/clock.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const user = (text: string): StoredMessage => ({ role: 'user', text });
const said = (text: string): StoredMessage => ({ role: 'assistant', text, calls: [] });
const exchange = (size: number): StoredMessage[] => [
  user('q'),
  { role: 'assistant', text: '', calls: [{ id: 'call_1', name: 'listevents', arguments: {} }] },
  { role: 'tool', call_id: 'call_1', name: 'listevents', text: 'x'.repeat(size), is_error: false },
  { role: 'assistant', text: 'a', calls: [] },
];

function create() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
  const kept = createKeyValueConversations({ store, clock, random });
  return { clock, kept, conversations: createConversations({ store: kept, clock, random }) };
}

async function texts(conversations: Conversations, id: string, except?: string): Promise<string[] | undefined> {
  return (await conversations.load(PERSON, id, except))?.messages.map(({ text }) => text);
}

describe('a conversation', () => {
  it('is one person’s, empty at first, and gone after thirty days', async () => {
    const { conversations, clock } = create();
    const id = await conversations.start(PERSON);
    expect(await conversations.load(PERSON, id)).toEqual({ messages: [], tainted: false });
    expect(await conversations.load('p_01BX5ZZKBKACTAV9WEVGEMMVRZ', id)).toBeUndefined();
    clock.advance(31 * 86_400_000);
    expect(await conversations.load(PERSON, id)).toBeUndefined();
  });

  it('has a question in it as soon as it is asked, and says that it was not answered', async () => {
    const { conversations, kept } = create();
    const id = await conversations.start(PERSON, { id: 'c_1', turn: 't1', question: 'Am I free on Monday?' });
    expect(await texts(conversations, id)).toEqual([
      'Am I free on Monday?',
      expect.stringContaining('not been answered'),
    ]);
    await conversations.remember(PERSON, id, 't1', [user('Am I free on Monday?'), said('You are.')]);
    expect(await texts(conversations, id)).toEqual(['Am I free on Monday?', 'You are.']);
    expect(await conversations.ask(PERSON, id, { turn: 't2', question: 'And on Tuesday?' })).toBe(true);
    expect(await kept.read(PERSON, id)).toMatchObject({
      title: 'Am I free on Monday?',
      turns: [
        { turn: 't1', status: 'completed' },
        { turn: 't2', status: 'running' },
      ],
    });
  });

  it('replaces a turn it has and leaves it out when asked', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    await conversations.remember(PERSON, id, 't1', [user('one'), said('waits')], { status: 'approval_required' });
    await conversations.remember(PERSON, id, 't2', [user('two'), said('2')]);
    await conversations.remember(PERSON, id, 't1', [user('one'), said('done')]);
    expect(await texts(conversations, id)).toEqual(['one', 'done', 'two', '2']);
    expect(await texts(conversations, id, 't1')).toEqual(['two', '2']);
  });

  it('keeps every turn that ends at the same time as another', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => conversations.remember(PERSON, id, name, [user(name), said(name)])));
    expect((await texts(conversations, id))?.sort()).toEqual(names.flatMap((name) => [name, name]));
  });

  it('stays tainted once a turn was, whatever follows and whatever is dropped', async () => {
    const { conversations, kept } = create();
    const id = await conversations.start(PERSON);
    await conversations.remember(PERSON, id, 't1', [user('x'), said('y')]);
    expect((await conversations.load(PERSON, id))?.tainted).toBe(false);
    await conversations.remember(PERSON, id, 't2', [user('x'), said('y')], { tainted: true });
    await conversations.remember(PERSON, id, 't2', [user('x'), said('z')]);
    expect((await kept.read(PERSON, id))?.turns.map(({ tainted }) => tainted)).toEqual([false, true]);
    for (let turn = 3; turn < 510; turn += 1)
      await conversations.remember(PERSON, id, `t${turn}`, [user('x'), said('')]);
    const long = await kept.read(PERSON, id);
    expect(long).toMatchObject({ turnCount: 500, droppedTurns: 9, tainted: true });
    expect(long?.turns.some(({ tainted }) => tainted)).toBe(false);
    expect((await conversations.load(PERSON, id))?.tainted).toBe(true);
  });

  it('does not come back when a turn ends in it after it was deleted', async () => {
    const { conversations, kept } = create();
    const id = await conversations.start(PERSON, { id: 'c_1', turn: 't1', question: 'q' });
    await kept.remove(PERSON, id);
    await conversations.remember(PERSON, id, 't1', [user('q'), said('a')]);
    expect(await conversations.ask(PERSON, id, { turn: 't2', question: 'q' })).toBe(false);
    expect(await kept.read(PERSON, id)).toBeUndefined();
    expect((await kept.list(PERSON, { limit: 10 })).conversations).toEqual([]);
  });

  it('shortens long answers of tools', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    await conversations.remember(PERSON, id, 't1', exchange(20_000));
    const kept = (await conversations.load(PERSON, id))?.messages[2];
    expect(kept?.role === 'tool' && kept.text.length).toBeLessThan(3100);
    expect(kept?.role === 'tool' && kept.text).toContain('(shortened)');
  });

  it('loses its oldest turns whole, never half of one', () => {
    const turns = Array.from({ length: 30 }, (_, index) => ({ turn: `t${index}`, messages: exchange(2900) }));
    const kept = boundTurns(turns, { turns: 20, characters: 48_000 });
    expect(kept.length).toBeLessThan(20);
    expect(kept).toEqual(turns.slice(-kept.length));
  });

  it('keeps the newest turn however long it is', () => {
    expect(boundTurns([{ messages: exchange(10) }, { messages: exchange(500_000) }])).toHaveLength(1);
  });
});
