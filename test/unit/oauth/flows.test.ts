import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import { createFlows } from '../../../src/oauth/flows.ts';
import { hashSecret } from '../../../src/oauth/secrets.ts';
import { createTestClock } from '../../support/clock.ts';

const browser = hashSecret('this browser');
const other = hashSecret('another browser');
const ticket = hashSecret('a ticket');
const challenge = { kind: 'challenge', browser, ticket } as const;
const signIn = { kind: 'sign_in', browser, verifier: 'v', nonce: 'n', return_to: '/' } as const;

function createWorld() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  return { clock, store, flows: createFlows({ store, clock, random: { bytes: (count) => randomBytes(count) } }) };
}

describe('a flow', () => {
  it('is taken once by the browser that began it', async () => {
    const { flows } = createWorld();
    const secret = await flows.begin(signIn);
    expect(await flows.take(secret, { kind: 'sign_in', browser })).toMatchObject({ ok: true, value: signIn });
    expect(await flows.take(secret, { kind: 'sign_in', browser })).toMatchObject({ reason: 'flow_unknown' });
  });

  it('is taken by exactly one of 50 at the same moment', async () => {
    const { flows } = createWorld();
    const secret = await flows.begin(signIn);
    const taken = await Promise.all(Array.from({ length: 50 }, () => flows.take(secret, { kind: 'sign_in', browser })));
    expect(taken.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('is neither taken nor burned by another browser, as another kind, or for another ticket', async () => {
    const { flows } = createWorld();
    const secret = await flows.begin(signIn);
    expect(await flows.take(secret, { kind: 'sign_in', browser: other })).toMatchObject({
      reason: 'flow_of_another_browser',
    });
    expect(await flows.take(secret, { kind: 'sign_in' })).toMatchObject({ reason: 'flow_of_another_browser' });
    expect(await flows.take(secret, { kind: 'google', browser })).toMatchObject({ reason: 'flow_unknown' });
    const proof = await flows.begin(challenge);
    expect(await flows.take(proof, { kind: 'challenge', ticket: other })).toMatchObject({ reason: 'flow_unknown' });
    expect((await flows.take(secret, { kind: 'sign_in', browser })).ok).toBe(true);
    expect((await flows.take(proof, { kind: 'challenge', ticket })).ok).toBe(true);
  });

  it('is over after 10 minutes', async () => {
    const { flows, clock } = createWorld();
    const secret = await flows.begin(signIn);
    clock.advance(600_000);
    expect(await flows.take(secret, { kind: 'sign_in', browser })).toMatchObject({ reason: 'flow_unknown' });
  });

  it('is kept under a hash: whoever reads the store cannot present it', async () => {
    const { flows, store } = createWorld();
    const secret = await flows.begin(signIn);
    const { keys } = await store.list('');
    expect(keys).toEqual([`flow:${hashSecret(secret)}`]);
    expect(await store.get(keys[0] ?? '')).not.toContain(secret);
  });

  it('that cannot be read is a fault, not an unknown one', async () => {
    const { flows, store } = createWorld();
    const secret = await flows.begin(signIn);
    await store.set(`flow:${hashSecret(secret)}`, '{"v":2}');
    await expect(flows.take(secret, { kind: 'sign_in', browser })).rejects.toMatchObject({ code: 'internal' });
  });
});
