import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createGrants } from '../../../src/oauth/grants.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { grantIndexKey, grantKey } from '../../../src/trust/grant.ts';
import { createTestClock } from '../../support/clock.ts';

const person = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const agent = 'agent/assistant';
const change = { person, agent, days: 1, scopes: () => ['calendar.read'] };

/** A store that breaks off after so many writes. */
function breakingAfter(store: KeyValueStore, writes: number): KeyValueStore {
  let left = writes;
  const write =
    <Args extends readonly unknown[], Value>(method: (...args: Args) => Promise<Value>) =>
    async (...args: Args): Promise<Value> => {
      if (left === 0) throw new Error('gone');
      left -= 1;
      return method(...args);
    };
  return {
    ...store,
    set: write(store.set),
    setIfAbsent: write(store.setIfAbsent),
    compareAndSet: write(store.compareAndSet),
    compareAndDelete: write(store.compareAndDelete),
  };
}

describe('a grant', () => {
  it('is in force for nobody whose list does not show it, wherever a write or a delete breaks off', async () => {
    const clock = createTestClock();
    for (const writes of [0, 1, 2]) {
      const store = createMemoryStore({ clock });
      await createGrants({ store: breakingAfter(store, writes), clock })
        .put(change)
        .catch(() => undefined);
      const live = (await store.get(grantKey(agent, person))) !== undefined;
      expect((await createGrants({ store, clock }).list(person)).length).toBe(live ? 1 : 0);
      await createGrants({ store, clock }).put(change);
      await createGrants({ store: breakingAfter(store, writes), clock })
        .remove(person, agent)
        .catch(() => undefined);
      const left = (await store.get(grantKey(agent, person))) !== undefined;
      expect((await createGrants({ store, clock }).list(person)).length).toBe(left ? 1 : 0);
    }
  });

  it('merges with what is held at the very moment of the write', async () => {
    const clock = createTestClock();
    const store = createMemoryStore({ clock });
    const grants = createGrants({ store, clock });
    const add = (scope: string) => grants.put({ ...change, scopes: (held) => [...held, scope] });
    await Promise.all([add('calendar.read'), add('push.write'), add('aws.read')]);
    expect((await grants.find(person, agent))?.scopes).toEqual(['aws.read', 'calendar.read', 'push.write']);
  });

  it('leaves nothing behind when it is removed or has ended', async () => {
    const clock = createTestClock();
    const store = createMemoryStore({ clock });
    const grants = createGrants({ store, clock });
    await grants.put(change);
    expect(await grants.remove(person, agent)).toBe(true);
    expect(await grants.remove(person, agent)).toBe(false);
    expect((await store.list('')).keys).toEqual([]);
    await grants.put(change);
    clock.advance(86_400_000);
    expect(await grants.list(person)).toEqual([]);
    expect(await store.get(grantIndexKey(person, agent))).toBeUndefined();
  });

  it('that cannot be read is a fault, not an absent one', async () => {
    const clock = createTestClock();
    const store = createMemoryStore({ clock });
    const grants = createGrants({ store, clock });
    await grants.put(change);
    await store.set(grantKey(agent, person), '{"v":1,"scopes":"all"}');
    await expect(grants.list(person)).rejects.toMatchObject({ code: 'internal' });
  });
});
