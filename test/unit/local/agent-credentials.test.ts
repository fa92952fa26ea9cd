import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { ensureAgentCredentials } from '../../../src/local/agent-credentials.ts';
import { KEYRING_KEY } from '../../../src/trust/keyring.ts';
import { createTestClock } from '../../support/clock.ts';

describe('credentials of agents that are made at the same moment', () => {
  it('leave every agent with its key in the keyring', async () => {
    const clock = createTestClock();
    const store = createMemoryStore({ clock });
    const names = Array.from({ length: 8 }, (_, index) => `spiffe://sallyport.local/local/agent/a${index}`);
    const certificate = { certificate: 'PEM', privateKey: 'PEM' };
    const make = (identity: string) =>
      ensureAgentCredentials({ store, clock, identity, hmacMaster: new Uint8Array(32), certificate, serverCa: 'PEM' });
    const made = await Promise.all(names.map(make));
    const { keys } = JSON.parse((await store.get(KEYRING_KEY)) ?? '');
    expect(keys.map((key: { identity: string }) => key.identity).sort()).toEqual(names);
    expect(new Set(made.map(({ key_id }) => key_id)).size).toBe(8);
    expect(await make(names[0] ?? '')).toEqual(made[0]);
  });
});
