import { describe, expect, it, jest } from '@jest/globals';
import { AppError } from '../../../src/kernel/app-error.ts';
import { accept, refuse } from '../../../src/kernel/result.ts';
import type { GoogleTokens } from '../../../src/ports/google-tokens.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { createGoogleTokens, type RefreshGrant, vaultLockKey } from '../../../src/vault/google-tokens.ts';
import { ALICE, BORIS, createEntry, createTestVault, put, systemRandom, type TestVault } from '../../support/vault.ts';

const RECONNECT_URL = 'https://oauth.example.com/connect/google';
const LOCK = vaultLockKey('google', ALICE);

interface Setup extends TestVault {
  readonly refreshed: string[];
  /** Token givers of that many processes over one store. */
  start(
    refresh?: RefreshGrant,
    over?: { store?: KeyValueStore; vault?: TestVault['vault']; lockWaitMs?: number },
  ): GoogleTokens;
}

function setUp(): Setup {
  const base = createTestVault();
  const refreshed: string[] = [];
  const usual: RefreshGrant = async (token) => {
    refreshed.push(token.reveal());
    return accept({ accessToken: `access of ${refreshed.length}`, expiresAtMs: base.clock.nowMs() + 3_600_000 });
  };
  return {
    ...base,
    refreshed,
    start: (refresh = usual, over = {}) =>
      createGoogleTokens({
        vault: over.vault ?? base.another(),
        store: over.store ?? base.store,
        refresh,
        clock: base.clock,
        random: systemRandom,
        reconnectUrl: RECONNECT_URL,
        log: base.log,
        ...(over.lockWaitMs === undefined ? {} : { lockWaitMs: over.lockWaitMs }),
      }),
  };
}

const reconnect = expect.objectContaining({ code: 'reconnect_required', details: { url: RECONNECT_URL } });
const nowSeconds = (setup: Setup): number => Math.floor(setup.clock.nowMs() / 1000);
const putExpired = (setup: Setup, person = ALICE) =>
  put(setup.vault, person, createEntry(setup.clock, { expiresAt: nowSeconds(setup) - 1 }));

/** A promise and the way to settle it. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

describe('a token that is still good', () => {
  it('is given out as it is, with its scopes and the account’s address', async () => {
    const setup = setUp();
    const entry = createEntry(setup.clock);
    await put(setup.vault, ALICE, entry);
    const { accessToken, scopes, email } = entry;
    expect(await setup.start().access(ALICE)).toEqual({ accessToken, scopes, email });
    expect(setup.refreshed).toEqual([]);
  });

  it.each([
    [61, false],
    [60, true],
    [0, true],
  ])('and ends in %d s is refreshed: %p', async (seconds, expected) => {
    const setup = setUp();
    await put(setup.vault, ALICE, createEntry(setup.clock, { expiresAt: nowSeconds(setup) + seconds }));
    await setup.start().access(ALICE);
    expect(setup.refreshed.length === 1).toBe(expected);
  });

  it('but was answered 401 is refreshed, and not given out again', async () => {
    const setup = setUp();
    await put(setup.vault, ALICE, createEntry(setup.clock));
    const { accessToken } = await setup.start().access(ALICE, { rejected: 'access-canary-1' });
    expect(accessToken).toBe('access of 1');
    // Another process that heard 401 for the same old token finds the new one.
    expect(await setup.start().access(ALICE, { rejected: 'access-canary-1' })).toMatchObject({ accessToken });
    expect(setup.refreshed).toHaveLength(1);
  });
});

describe('a person without a connection', () => {
  it.each(['absent', 'revoked', 'unreadable'])('is asked to connect: %s', async (state) => {
    const setup = setUp();
    if (state !== 'absent') await put(setup.vault, ALICE, createEntry(setup.clock));
    if (state === 'revoked') await setup.vault.revoke('google', ALICE);
    if (state === 'unreadable') await setup.store.set(`vault:google:${ALICE}`, 'garbage');
    await expect(setup.start().access(ALICE)).rejects.toEqual(reconnect);
    expect(setup.refreshed).toEqual([]);
  });
});

describe('an expired token', () => {
  it('is refreshed exactly once for twenty callers in one process', async () => {
    const setup = setUp();
    await putExpired(setup);
    const tokens = setup.start();
    const given = await Promise.all(Array.from({ length: 20 }, () => tokens.access(ALICE)));
    expect(new Set(given.map(({ accessToken }) => accessToken))).toEqual(new Set(['access of 1']));
    expect(setup.refreshed).toEqual(['refresh-canary-1']);
  });

  it('is refreshed exactly once for twenty callers in four processes', async () => {
    const setup = setUp();
    await putExpired(setup);
    const processes = Array.from({ length: 4 }, () => setup.start());
    const given = await Promise.all(
      Array.from({ length: 20 }, (_, n) => processes[n % 4]?.access(ALICE).then(({ accessToken }) => accessToken)),
    );
    expect(new Set(given)).toEqual(new Set(['access of 1']));
    expect(setup.refreshed).toHaveLength(1);
    expect(await setup.store.get(LOCK)).toBeUndefined();
  });

  it('of one person holds up nobody else', async () => {
    const setup = setUp();
    await putExpired(setup);
    await put(setup.vault, BORIS, createEntry(setup.clock));
    const google = gate();
    const tokens = setup.start(async () => {
      await google.passed;
      return accept({ accessToken: 'late', expiresAtMs: setup.clock.nowMs() + 3_600_000 });
    });
    const waiting = tokens.access(ALICE);
    expect((await tokens.access(BORIS)).accessToken).toBe('access-canary-1');
    google.open();
    expect((await waiting).accessToken).toBe('late');
  });

  it('leaves account, connection date and refresh token as they were when Google gives no new ones', async () => {
    const setup = setUp();
    await putExpired(setup);
    setup.clock.advance(5_000);
    await setup.start().access(ALICE);
    const before = createEntry(setup.clock);
    expect(await setup.vault.read('google', ALICE)).toMatchObject({
      entry: {
        refreshToken: before.refreshToken,
        sub: before.sub,
        scopes: before.scopes,
        connectedAt: before.connectedAt - 5,
      },
    });
  });

  it('writes back a refresh token that Google rotated, and the scopes that Google names', async () => {
    const setup = setUp();
    await putExpired(setup);
    const rotated = {
      accessToken: 'a2',
      refreshToken: 'r2',
      scopes: ['less'],
      expiresAtMs: setup.clock.nowMs() + 3_600_000,
    };
    expect(await setup.start(async () => accept(rotated)).access(ALICE)).toMatchObject({ scopes: ['less'] });
    expect(await setup.vault.read('google', ALICE)).toMatchObject({ entry: { refreshToken: 'r2', scopes: ['less'] } });
  });

  it('that Google renews for less than a minute is given out all the same', async () => {
    const setup = setUp();
    await putExpired(setup);
    let count = 0;
    const tokens = setup.start(async () => {
      count += 1;
      return accept({ accessToken: 'brief', expiresAtMs: setup.clock.nowMs() + 20_000 });
    });
    expect((await tokens.access(ALICE)).accessToken).toBe('brief');
    expect(count).toBe(1);
  });
});

describe('what Google refuses for good', () => {
  it('ends the connection with a tombstone, and asks the person to connect', async () => {
    const setup = setUp();
    await putExpired(setup);
    await expect(setup.start(async () => refuse('invalid_grant')).access(ALICE)).rejects.toEqual(reconnect);
    expect((await setup.vault.read('google', ALICE)).state).toBe('revoked');
    expect(await setup.store.get(LOCK)).toBeUndefined();
    expect(JSON.stringify(setup.log.events)).not.toContain('canary');
  });

  it('never ends a connection that was made while Google was asked about the old token', async () => {
    const setup = setUp();
    await putExpired(setup);
    const tokens = setup.start(async () => {
      await put(
        setup.vault,
        ALICE,
        createEntry(setup.clock, { accessToken: 'new access', refreshToken: 'new refresh' }),
      );
      return refuse('invalid_grant');
    });
    expect((await tokens.access(ALICE)).accessToken).toBe('new access');
    expect(await setup.vault.read('google', ALICE)).toMatchObject({ entry: { refreshToken: 'new refresh' } });
  });
});

describe('what Google refuses for now', () => {
  it.each(['upstream_failed', 'rate_limited', 'timed_out', 'unavailable'] as const)(
    'is told as it is and ends nothing: %s',
    async (code) => {
      const setup = setUp();
      await putExpired(setup);
      const tokens = setup.start(() => Promise.reject(new AppError(code, 'not now')));
      await expect(tokens.access(ALICE)).rejects.toMatchObject({ code });
      expect((await setup.vault.read('google', ALICE)).state).toBe('connected');
      expect(await setup.store.get(LOCK)).toBeUndefined();
      expect((await setup.start().access(ALICE)).accessToken).toBe('access of 1');
    },
  );
});

describe('a revocation during a refresh', () => {
  it('stands: the late refresh brings nothing back, and its token is not given out', async () => {
    const setup = setUp();
    await putExpired(setup);
    const tokens = setup.start(async () => {
      await setup.vault.revoke('google', ALICE);
      return accept({ accessToken: 'late', refreshToken: 'late', expiresAtMs: setup.clock.nowMs() + 3_600_000 });
    });
    await expect(tokens.access(ALICE)).rejects.toEqual(reconnect);
    expect((await setup.vault.read('google', ALICE)).state).toBe('revoked');
  });
});

describe('the lock', () => {
  it('of a process that died is waited for and then taken over', async () => {
    const setup = setUp();
    await putExpired(setup);
    await setup.store.setIfAbsent(LOCK, 'of a dead process', { ttlSeconds: 20 });
    const asking = setup.start().access(ALICE);
    setup.clock.advance(20_000);
    expect((await asking).accessToken).toBe('access of 1');
  });

  it('of somebody else is left alone when ours has run out', async () => {
    const setup = setUp();
    await putExpired(setup);
    const tokens = setup.start(async () => {
      setup.clock.advance(25_000);
      await setup.store.setIfAbsent(LOCK, 'theirs', { ttlSeconds: 20 });
      return accept({ accessToken: 'slow', expiresAtMs: setup.clock.nowMs() + 3_600_000 });
    });
    await tokens.access(ALICE);
    expect(await setup.store.get(LOCK)).toBe('theirs');
  });

  it('is waited for only so long, then the caller is told to come back', async () => {
    const setup = setUp();
    await putExpired(setup);
    await setup.store.set(LOCK, 'held for ever');
    const tokens = setup.start(undefined, { lockWaitMs: 200 });
    await expect(tokens.access(ALICE)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    expect(setup.refreshed).toEqual([]);
  });
});

describe('a caller that leaves', () => {
  it('is let go at once, while the refresh goes on for the others', async () => {
    const setup = setUp();
    await putExpired(setup);
    const google = gate();
    const asked = gate();
    const tokens = setup.start(async () => {
      asked.open();
      await google.passed;
      return accept({ accessToken: 'fresh', expiresAtMs: setup.clock.nowMs() + 3_600_000 });
    });
    const controller = new AbortController();
    const leaving = tokens.access(ALICE, { signal: controller.signal });
    const staying = tokens.access(ALICE);
    await asked.passed;
    controller.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    google.open();
    expect((await staying).accessToken).toBe('fresh');
  });
});

describe('a store that fails', () => {
  it('fails the call before Google is asked', async () => {
    const setup = setUp();
    await putExpired(setup);
    const store = { ...setup.store, setIfAbsent: () => Promise.reject(new AppError('unavailable', 'down')) };
    await expect(setup.start(undefined, { store }).access(ALICE)).rejects.toMatchObject({ code: 'unavailable' });
    expect(setup.refreshed).toEqual([]);
  });

  it('for a moment, just when Google has answered, loses no rotated token', async () => {
    const setup = setUp();
    await putExpired(setup);
    const compareAndSet = jest
      .fn(setup.store.compareAndSet)
      .mockRejectedValueOnce(new AppError('unavailable', 'down'))
      .mockRejectedValueOnce(new AppError('unavailable', 'down'));
    const vault = setup.another({ store: { ...setup.store, compareAndSet } });
    const rotated = { accessToken: 'a2', refreshToken: 'r2', expiresAtMs: setup.clock.nowMs() + 3_600_000 };
    expect((await setup.start(async () => accept(rotated), { vault }).access(ALICE)).accessToken).toBe('a2');
    expect(await setup.vault.read('google', ALICE)).toMatchObject({ entry: { refreshToken: 'r2' } });
  });
});
