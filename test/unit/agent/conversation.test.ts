import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { boundTurns, createConversations } from '../../../src/agent/conversation.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';
import { createTestClock } from '../../support/clock.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const user = (text: string): StoredMessage => ({ role: 'user', text });
const exchange = (size: number): StoredMessage[] => [
  user('q'),
  { role: 'assistant', text: '', calls: [{ id: 'call_1', name: 'listevents', arguments: {} }] },
  { role: 'tool', call_id: 'call_1', name: 'listevents', text: 'x'.repeat(size), is_error: false },
  { role: 'assistant', text: 'a', calls: [] },
];

function create() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const random = { bytes: (count: number) => new Uint8Array(count).fill(7) };
  return { clock, store, conversations: createConversations({ store, clock, random }) };
}

describe('a conversation', () => {
  it('is one person’s, empty at first, and gone after thirty days', async () => {
    const { conversations, clock } = create();
    const id = await conversations.start(PERSON);
    expect(await conversations.load(PERSON, id)).toEqual([]);
    expect(await conversations.load('p_01BX5ZZKBKACTAV9WEVGEMMVRZ', id)).toBeUndefined();
    clock.advance(31 * 86_400_000);
    expect(await conversations.load(PERSON, id)).toBeUndefined();
  });

  it('replaces a turn it has and leaves it out when asked', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    await conversations.remember(PERSON, id, 't1', [user('one'), user('waits')]);
    await conversations.remember(PERSON, id, 't2', [user('two')]);
    await conversations.remember(PERSON, id, 't1', [user('one'), user('done')]);
    expect((await conversations.load(PERSON, id))?.map((message) => 'text' in message && message.text)).toEqual([
      'one',
      'done',
      'two',
    ]);
    expect(await conversations.load(PERSON, id, 't1')).toEqual([user('two')]);
  });

  it('keeps every turn that ends at the same time as another', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    await Promise.all(['a', 'b', 'c'].map((name) => conversations.remember(PERSON, id, name, [user(name)])));
    expect(await conversations.load(PERSON, id)).toHaveLength(3);
  });

  it('shortens long answers of tools', async () => {
    const { conversations } = create();
    const id = await conversations.start(PERSON);
    await conversations.remember(PERSON, id, 't1', exchange(20_000));
    const kept = (await conversations.load(PERSON, id))?.[2];
    expect(kept?.role === 'tool' && kept.text.length).toBeLessThan(3100);
    expect(kept?.role === 'tool' && kept.text).toContain('(shortened)');
  });

  it('loses its oldest turns whole, never half of one', () => {
    const turns = Array.from({ length: 30 }, (_, index) => ({ turn: `t${index}`, messages: exchange(2900) }));
    const kept = boundTurns(turns);
    expect(kept.length).toBeLessThan(20);
    expect(kept).toEqual(turns.slice(-kept.length));
  });

  it('keeps the newest turn however long it is', () => {
    expect(boundTurns([{ messages: exchange(10) }, { messages: exchange(100_000) }])).toHaveLength(1);
  });
});
