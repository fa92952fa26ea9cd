import { describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { KeyService } from '../../../src/ports/key-service.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { vaultKey } from '../../../src/vault/vault.ts';
import { ALICE, BORIS, createEntry, createTestKeyService, createTestVault, put } from '../../support/vault.ts';

const key = vaultKey('google', ALICE);

async function readSealed(store: KeyValueStore): Promise<string> {
  const record = JSON.parse((await store.get(key)) ?? '{}') as { sealed?: string };
  return record.sealed ?? '';
}

describe('an entry', () => {
  it('comes back as it was saved', async () => {
    const { vault, clock } = createTestVault();
    const entry = createEntry(clock);
    const version = await put(vault, ALICE, entry);
    expect(await vault.read('google', ALICE)).toEqual({ state: 'connected', version, entry });
  });

  it('is absent for everybody else and for every other provider', async () => {
    const { vault, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    expect((await vault.read('google', BORIS)).state).toBe('absent');
    expect((await vault.read('other', ALICE)).state).toBe('absent');
  });

  it('shows nothing of itself in the store, nor in the log', async () => {
    const { vault, store, clock, log } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    await vault.read('google', ALICE);
    await vault.revoke('google', ALICE);
    const kept = `${await store.get(key)} ${JSON.stringify(log.events)}`;
    const decoded = kept.split(/[."]/).map((part) => Buffer.from(part, 'base64url').toString('utf8'));
    expect(kept + decoded.join(' ')).not.toContain('canary');
  });

  it('is a compact JWE (dir, A256GCM) with the wrapped key and the context’s hash in its header', async () => {
    const { vault, store, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const sealed = await readSealed(store);
    expect(sealed.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(sealed)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      typ: 'sallyport-vault',
      wrapped_key: expect.stringMatching(/^[\w-]{60,}$/),
      context: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('gets a fresh data key with each write', async () => {
    const { vault, store, keys, clock } = createTestVault();
    const wrapped = new Set<unknown>();
    for (let n = 0; n < 5; n += 1) {
      await put(vault, ALICE, createEntry(clock));
      wrapped.add(decodeProtectedHeader(await readSealed(store))['wrapped_key']);
    }
    expect(wrapped.size).toBe(5);
    expect(keys.counts.generated).toBe(5);
  });
});

describe('what cannot be opened', () => {
  it('stays shut when moved to another person, provider or environment', async () => {
    const { vault, store, clock, another, log } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const record = (await store.get(key)) ?? '';
    await store.set(vaultKey('google', BORIS), record);
    await store.set(vaultKey('other', ALICE), record);
    expect((await vault.read('google', BORIS)).state).toBe('unreadable');
    expect((await vault.read('other', ALICE)).state).toBe('unreadable');
    expect((await another({ environment: 'prod' }).read('google', ALICE)).state).toBe('unreadable');
    expect(log.events.filter(({ event }) => event === 'vault.record_unreadable')).toHaveLength(3);
  });

  it('stays shut when moved with a header that claims the other person’s context', async () => {
    const { vault, store, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    await put(vault, BORIS, createEntry(clock));
    const ofBoris = JSON.parse((await store.get(vaultKey('google', BORIS))) ?? '') as { sealed: string };
    const [header = '', ...rest] = (await readSealed(store)).split('.');
    const claimed = {
      ...JSON.parse(Buffer.from(header, 'base64url').toString()),
      context: decodeProtectedHeader(ofBoris.sealed)['context'],
    };
    const forged = [Buffer.from(JSON.stringify(claimed)).toString('base64url'), ...rest].join('.');
    await store.set(vaultKey('google', BORIS), JSON.stringify({ ...ofBoris, sealed: forged }));
    expect((await vault.read('google', BORIS)).state).toBe('unreadable');
  });

  it('stays shut under another master key, and may be replaced and revoked all the same', async () => {
    const { vault, clock, another } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const other = another({ keys: createTestKeyService() });
    expect((await other.read('google', ALICE)).state).toBe('unreadable');
    await put(other, ALICE, createEntry(clock, { accessToken: 'new' }));
    expect(await other.read('google', ALICE)).toMatchObject({ state: 'connected', entry: { accessToken: 'new' } });
    expect((await vault.revoke('google', ALICE)).ok).toBe(true);
    expect((await vault.read('google', ALICE)).state).toBe('revoked');
  });

  it('is no verdict when the key service is down: reading and writing are unavailable', async () => {
    const { vault, clock, another, store } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const before = await store.get(key);
    const down = (): Promise<never> => Promise.reject(new AppError('unavailable', 'down'));
    const other = another({ keys: { generateDataKey: down, openDataKey: down } });
    await expect(other.read('google', ALICE)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(other.save('google', BORIS, createEntry(clock), 'absent')).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await store.get(key)).toBe(before);
    expect(await store.get(vaultKey('google', BORIS))).toBeUndefined();
  });
});

describe('a write', () => {
  it('by two writers who read the same version succeeds for one of them', async () => {
    const { vault, clock, another } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const { version } = await vault.read('google', ALICE);
    const writers = Array.from({ length: 10 }, () => another());
    const outcomes = await Promise.all(
      writers.map((writer, n) => writer.save('google', ALICE, createEntry(clock, { accessToken: `by ${n}` }), version)),
    );
    const winners = outcomes.flatMap((outcome, n) => (outcome.ok ? [n] : []));
    expect(winners).toHaveLength(1);
    expect(outcomes.filter((outcome) => !outcome.ok && outcome.reason === 'version_conflict')).toHaveLength(9);
    expect(await vault.read('google', ALICE)).toMatchObject({ entry: { accessToken: `by ${winners[0]}` } });
  });

  it('of a first connection by two writers succeeds for one of them', async () => {
    const { clock, another } = createTestVault();
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => another().save('google', ALICE, createEntry(clock), 'absent')),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('cannot bring back what was revoked or removed meanwhile', async () => {
    const { vault, clock } = createTestVault();
    const version = await put(vault, ALICE, createEntry(clock));
    await vault.revoke('google', ALICE);
    const late = createEntry(clock, { accessToken: 'late' });
    expect(await vault.save('google', ALICE, late, version)).toEqual({ ok: false, reason: 'version_conflict' });
    expect(await vault.save('google', ALICE, late, 'absent')).toEqual({ ok: false, reason: 'version_conflict' });
    expect((await vault.read('google', ALICE)).state).toBe('revoked');
    await vault.remove('google', ALICE);
    expect(await vault.save('google', ALICE, late, version)).toEqual({ ok: false, reason: 'version_conflict' });
    expect((await vault.read('google', ALICE)).state).toBe('absent');
  });

  it('cannot undo a connection made after a revocation', async () => {
    const { vault, clock } = createTestVault();
    const version = await put(vault, ALICE, createEntry(clock));
    await vault.revoke('google', ALICE);
    await put(vault, ALICE, createEntry(clock, { refreshToken: 'of the new connection' }));
    expect((await vault.save('google', ALICE, createEntry(clock), version)).ok).toBe(false);
    expect(await vault.revoke('google', ALICE, version)).toEqual({ ok: false, reason: 'version_conflict' });
    expect(await vault.read('google', ALICE)).toMatchObject({ entry: { refreshToken: 'of the new connection' } });
  });
});

describe('a refresh token', () => {
  it.each([undefined, ''])('is never overwritten with nothing (%p)', async (refreshToken) => {
    const { vault, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const { refreshToken: _, ...without } = createEntry(clock, { accessToken: 'access-2' });
    await put(vault, ALICE, refreshToken === undefined ? without : { ...without, refreshToken });
    expect(await vault.read('google', ALICE)).toMatchObject({
      entry: { accessToken: 'access-2', refreshToken: 'refresh-canary-1' },
    });
  });

  it('of another account, of a revoked connection or of nobody stands in for none', async () => {
    const { vault, clock } = createTestVault();
    const { refreshToken: _, ...without } = createEntry(clock);
    const missing = { ok: false, reason: 'refresh_token_missing' };
    expect(await vault.save('google', ALICE, without, 'absent')).toEqual(missing);
    const version = await put(vault, ALICE, createEntry(clock));
    expect(await vault.save('google', ALICE, { ...without, sub: 'other' }, version)).toEqual(missing);
    await vault.revoke('google', ALICE);
    const tombstone = await vault.read('google', ALICE);
    expect(await vault.save('google', ALICE, without, tombstone.version)).toEqual(missing);
  });
});

describe('a revocation', () => {
  it('answers what it ended and leaves a tombstone that knows the account, without its tokens', async () => {
    const { vault, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    clock.advance(60_000);
    const revoked = await vault.revoke('google', ALICE);
    expect(revoked).toMatchObject({
      ok: true,
      value: { state: 'connected', entry: { refreshToken: 'refresh-canary-1' } },
    });
    const tombstone = await vault.read('google', ALICE);
    expect(tombstone).toMatchObject({
      state: 'revoked',
      revokedAt: Math.floor(clock.nowMs() / 1000),
      account: { sub: 'sub-canary', email: 'canary@example.com' },
    });
    expect(JSON.stringify(tombstone)).not.toMatch(/access-canary|refresh-canary/);
  });

  it('of nothing, or for the second time, changes nothing', async () => {
    const { vault, clock, store } = createTestVault();
    expect(await vault.revoke('google', ALICE)).toMatchObject({ ok: true, value: { state: 'absent' } });
    expect(await store.get(key)).toBeUndefined();
    await put(vault, ALICE, createEntry(clock));
    await vault.revoke('google', ALICE);
    const before = await store.get(key);
    expect(await vault.revoke('google', ALICE)).toMatchObject({ ok: true, value: { state: 'revoked' } });
    expect(await store.get(key)).toBe(before);
  });

  it('works without a key service for the tombstone, which is then bare', async () => {
    const { vault, clock, another, keys } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const halfDown: KeyService = {
      ...keys,
      generateDataKey: () => Promise.reject(new AppError('unavailable', 'down')),
    };
    expect((await another({ keys: halfDown }).revoke('google', ALICE)).ok).toBe(true);
    const tombstone = await vault.read('google', ALICE);
    expect(tombstone.state).toBe('revoked');
    expect(tombstone).not.toHaveProperty('account');
  });

  it('holds against a refresh in the same moment', async () => {
    const { vault, clock, another } = createTestVault();
    for (let n = 0; n < 20; n += 1) {
      const version = await put(vault, ALICE, createEntry(clock));
      await Promise.all([another().save('google', ALICE, createEntry(clock), version), vault.revoke('google', ALICE)]);
      expect((await vault.read('google', ALICE)).state).toBe('revoked');
    }
  });

  it('is forgotten after 90 days', async () => {
    const { vault, clock } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    await vault.revoke('google', ALICE);
    clock.advance(90 * 86_400_000 - 1);
    expect((await vault.read('google', ALICE)).state).toBe('revoked');
    clock.advance(1);
    expect((await vault.read('google', ALICE)).state).toBe('absent');
  });
});

describe('opened data keys', () => {
  it('are remembered for five minutes, no longer, and for their own record only', async () => {
    const { vault, clock, another, keys } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    const reader = another();
    for (let n = 0; n < 5; n += 1) await reader.read('google', ALICE);
    expect(keys.counts.opened).toBe(1);
    clock.advance(299_999);
    await reader.read('google', ALICE);
    expect(keys.counts.opened).toBe(1);
    clock.advance(1);
    await reader.read('google', ALICE);
    expect(keys.counts.opened).toBe(2);
    await put(vault, ALICE, createEntry(clock));
    const before = keys.counts.opened;
    await reader.read('google', ALICE);
    expect(keys.counts.opened).toBe(before + 1);
  });

  it('make room for newer ones, the one unused for longest first', async () => {
    const { vault, clock, another, keys, store } = createTestVault();
    await put(vault, ALICE, createEntry(clock));
    await put(vault, BORIS, createEntry(clock));
    const reader = another();
    await reader.read('google', BORIS);
    await reader.read('google', ALICE);
    const crowd = Array.from({ length: 999 }, (_, n) => `p_crowd${n}`);
    for (const person of crowd) await put(vault, person, createEntry(clock));
    for (const person of crowd) await reader.read('google', person);
    const before = keys.counts.opened;
    await reader.read('google', ALICE);
    expect(keys.counts.opened).toBe(before);
    await reader.read('google', BORIS);
    expect(keys.counts.opened).toBe(before + 1);
    await store.close();
  });
});
