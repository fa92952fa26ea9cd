import type { FlattenedJWSInput, JWSHeaderParameters } from 'jose';
import { JWKSNoMatchingKey } from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import { parseBody } from './google-json.ts';

// The keys that sign Google's ID tokens, fetched through the one outside client, kept for a while, and fetched anew for a key id nobody knows:
// at most twice a minute, so that made-up key ids cannot make us knock at Google's door.

const LIFE_MS = 3_600_000;
const MIN_MS_BETWEEN_FETCHES = 30_000;
const MAX_BYTES = 64 * 1024;

type KeySet = ReturnType<typeof createLocalJWKSet>;

export type GoogleKeys = (
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
) => Promise<Awaited<ReturnType<KeySet>>>;

export function createGoogleKeys(deps: {
  readonly jwksUrl: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
}): GoogleKeys {
  const { jwksUrl, http, clock } = deps;
  let known: { readonly keys: KeySet; readonly fetchedAtMs: number } | undefined;
  let underWay: Promise<KeySet> | undefined;

  async function fetchKeys(): Promise<KeySet> {
    const response = await http.send({ method: 'GET', url: jwksUrl, maxResponseBytes: MAX_BYTES });
    const body = response.status === 200 ? parseBody(response.body) : undefined;
    try {
      const keys = createLocalJWKSet((body ?? {}) as unknown as Parameters<typeof createLocalJWKSet>[0]);
      known = { keys, fetchedAtMs: clock.nowMs() };
      return keys;
    } catch (cause) {
      throw new AppError('upstream_failed', 'Google’s signing keys cannot be read right now. Try again.', { cause });
    }
  }

  function fetchOnce(): Promise<KeySet> {
    underWay ??= fetchKeys().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  const ageMs = (): number => (known === undefined ? Number.POSITIVE_INFINITY : clock.nowMs() - known.fetchedAtMs);

  return async (header, token) => {
    const keys = known !== undefined && ageMs() < LIFE_MS ? known.keys : await fetchOnce();
    try {
      return await keys(header, token);
    } catch (error) {
      const isUnknown = error instanceof JWKSNoMatchingKey;
      if (!isUnknown || ageMs() < MIN_MS_BETWEEN_FETCHES) throw error;
      return await (await fetchOnce())(header, token);
    }
  };
}
