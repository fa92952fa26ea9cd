import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../kernel/app-error.ts';
import type { Result } from '../kernel/result.ts';
import type { Secret } from '../kernel/secret.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { GoogleAccess, GoogleTokens } from '../ports/google-tokens.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Vault, VaultSnapshot, VaultVersion } from './vault.ts';
import type { VaultEntry } from './vault-record.ts';

// Gives out a person's Google access token, refreshed in time and by one process at a time. What Google says of an old refresh token is never
// held against a newer connection; what Google cannot say right now (429, 5xx, silence) is never held against the person.

const PROVIDER = 'google';
/** A token is refreshed this long before it ends, so that it does not end on the way to Google. */
const SKEW_SECONDS = 60;
/** A refresh takes at most this long, its retries included. */
const REFRESH_TIMEOUT_MS = 10_000;
/** Longer than a refresh and the write after it: a lock outlives only a process that died. */
const LOCK_TTL_SECONDS = 20;
/** How long a call waits for another process's refresh: longer than a refresh takes. */
const DEFAULT_LOCK_WAIT_MS = 12_000;
const FIRST_WAIT_MS = 40;
const LONGEST_WAIT_MS = 500;
/** A new token is tried to be kept this often while the store is away: Google may have rotated the refresh token. */
const SAVE_ATTEMPTS = 3;
/** Each new round follows somebody else's write, so more than a few mean that something is wrong. */
const MAX_ROUNDS = 4;

export interface RefreshedTokens {
  readonly accessToken: string;
  /** Only when Google gave a new one. */
  readonly refreshToken?: string;
  /** Unix milliseconds. */
  readonly expiresAtMs: number;
  /** Only when Google said. */
  readonly scopes?: readonly string[];
}

/** `invalid_grant` is Google's last word on this refresh token; everything else is rejected as an AppError. */
export type RefreshGrant = (
  refreshToken: Secret,
  signal: AbortSignal,
) => Promise<Result<RefreshedTokens, 'invalid_grant'>>;

export interface GoogleTokensOptions {
  readonly vault: Vault;
  /** For the lock under `lock:vault:google:<person>`. */
  readonly store: KeyValueStore;
  readonly refresh: RefreshGrant;
  readonly clock: Clock;
  readonly random: Random;
  /** Where a person connects Google (again). */
  readonly reconnectUrl: string;
  readonly log: Log;
  /** How long a call waits for another process's refresh. */
  readonly lockWaitMs?: number;
}

export const vaultLockKey = (provider: string, person: string): string => `lock:vault:${provider}:${person}`;

interface Held {
  readonly entry: VaultEntry;
  readonly version: VaultVersion;
}

export function createGoogleTokens(options: GoogleTokensOptions): GoogleTokens {
  const { vault, store, refresh, clock, random, reconnectUrl, log, lockWaitMs = DEFAULT_LOCK_WAIT_MS } = options;
  /** Refreshes under way in this process; whoever comes meanwhile waits for the same one. */
  const underWay = new Map<string, Promise<void>>();

  function reconnect(): AppError {
    return new AppError('reconnect_required', `Google is not connected. Connect it here: ${reconnectUrl}`, {
      details: { url: reconnectUrl },
    });
  }

  function demandConnected(found: VaultSnapshot): Held {
    if (found.state !== 'connected') throw reconnect();
    return found;
  }

  const read = async (person: string): Promise<Held> => demandConnected(await vault.read(PROVIDER, person));

  function isUsable(entry: VaultEntry, rejected: string | undefined, skewSeconds = SKEW_SECONDS): boolean {
    return entry.accessToken !== rejected && entry.expiresAt - skewSeconds > clock.nowMs() / 1000;
  }

  /** Between half of `ms` and all of it, so that those who wait do not come back together. */
  const jitter = (ms: number): number => Math.ceil(ms * (0.5 + (random.bytes(1)[0] ?? 0) / 512));

  /** Google's answer is in hand: a store that is away for a moment must not lose it. */
  async function saveRefreshed(person: string, held: Held, tokens: RefreshedTokens): Promise<void> {
    const { accessToken, refreshToken, expiresAtMs, scopes } = tokens;
    const next: VaultEntry = {
      ...held.entry,
      accessToken,
      refreshToken: refreshToken || held.entry.refreshToken,
      expiresAt: Math.floor(expiresAtMs / 1000),
      scopes: scopes ?? held.entry.scopes,
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        const saved = await vault.save(PROVIDER, person, next, held.version);
        // Somebody connected or revoked meanwhile: theirs counts, and the next round reads it.
        if (!saved.ok) log.info('google.refresh_outdated', { person });
        return;
      } catch (error) {
        const mayPass = error instanceof AppError && error.code === 'unavailable';
        if (!mayPass || attempt === SAVE_ATTEMPTS) throw error;
        await delay(jitter(FIRST_WAIT_MS * 2 ** attempt));
      }
    }
  }

  async function refreshHeld(person: string, held: Held): Promise<void> {
    const answer = await refresh(createSecret(held.entry.refreshToken), AbortSignal.timeout(REFRESH_TIMEOUT_MS));
    if (answer.ok) return saveRefreshed(person, held, answer.value);
    const revoked = await vault.revoke(PROVIDER, person, held.version);
    if (!revoked.ok) return log.info('google.refresh_outdated', { person });
    log.warn('google.connection_ended', { person, reason: answer.reason });
    throw reconnect();
  }

  /** Waits while another process refreshes. Returns once there is something new to read or the lock is free. */
  async function waitForOther(person: string, rejected: string | undefined): Promise<void> {
    let wait = FIRST_WAIT_MS;
    for (let waited = 0; waited < lockWaitMs; waited += wait) {
      wait = jitter(Math.min(wait * 2, LONGEST_WAIT_MS));
      await delay(wait);
      if (isUsable((await read(person)).entry, rejected)) return;
      if ((await store.get(vaultLockKey(PROVIDER, person))) === undefined) return;
    }
    throw new AppError('unavailable', 'Google’s permission is being renewed. Try again in a moment.', {
      retryAfterSeconds: 2,
    });
  }

  async function refreshUnderLock(person: string, rejected: string | undefined): Promise<void> {
    const key = vaultLockKey(PROVIDER, person);
    const owner = Buffer.from(random.bytes(16)).toString('base64url');
    if (!(await store.setIfAbsent(key, owner, { ttlSeconds: LOCK_TTL_SECONDS }))) return waitForOther(person, rejected);
    try {
      // Read again: the one who had the lock before may have refreshed already.
      const held = await read(person);
      if (!isUsable(held.entry, rejected)) await refreshHeld(person, held);
    } finally {
      // Only our own lock: ours may have run out and be another's by now. One that stays runs out by itself.
      await store.compareAndDelete(key, owner).catch(() => log.warn('google.refresh_lock_left', { person }));
    }
  }

  function refreshOnce(person: string, rejected: string | undefined): Promise<void> {
    const running = underWay.get(person);
    if (running !== undefined) return running;
    const started = refreshUnderLock(person, rejected).finally(() => underWay.delete(person));
    underWay.set(person, started);
    return started;
  }

  return {
    async access(person, { rejected, signal } = {}): Promise<GoogleAccess> {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        signal?.throwIfAborted();
        const { entry } = await read(person);
        // What a refresh just gave is used even if it lives less than a minute: another refresh would give no better one.
        if (isUsable(entry, rejected, round === 0 ? SKEW_SECONDS : 0)) {
          const { accessToken, scopes, email } = entry;
          return { accessToken, scopes, ...(email === undefined ? {} : { email }) };
        }
        // A caller that leaves stops waiting; the refresh itself goes on for the others and for next time.
        await untilAborted(refreshOnce(person, rejected), signal);
      }
      throw new AppError('unavailable', 'Google’s permission could not be renewed just now. Try again in a moment.', {
        retryAfterSeconds: 2,
      });
    },
  };
}

async function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  // Nobody may be left to hear it.
  work.catch(() => undefined);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
