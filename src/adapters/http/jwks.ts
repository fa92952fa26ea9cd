import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet } from 'jose';
import { JWKSMultipleMatchingKeys, JWKSNoMatchingKey } from 'jose/errors';
import { createLocalJWKSet } from 'jose/jwks/local';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { accept, refuse } from '../../kernel/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import type { FindKey, KeyRequest } from '../../trust/jwt.ts';

// The keys of one issuer: found by OpenID Connect Discovery, fetched through the one outside client, kept for a while behind a closure.
// A key nobody knows asks for the set anew, but seldom: else anybody could make us knock at the issuer's door. While the issuer is
// silent, keys go on being good for some hours and no longer: one that was withdrawn must end some time.

export interface IssuerKeysOptions {
  readonly issuer: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a set is used without asking; what the issuer says in Cache-Control counts between the two bounds. */
const FRESH_MS = { least: 60_000, usual: 600_000, most: 3_600_000 };
/** How long one is used while the issuer does not answer. */
const STALE_MS = 6 * 3_600_000;
/** Between two fetches that made-up key ids can bring about, and between two that an issuer that fails can. */
const RELOAD_MS = 30_000;
/** Issuers seldom move their keys; a day-old address is asked for again. */
const DISCOVERY_MS = 86_400_000;
const MAX_BYTES = 256 * 1024;
const MAX_KEYS = 100;
const TIMEOUT_MS = 5000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MAX_KEYS) });

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface Known {
  readonly keys: KeySet;
  readonly fetchedAtMs: number;
  readonly freshUntilMs: number;
}

/** RFC 9111 §5.2.2.1, within our own bounds. */
function freshMs(cacheControl: string | undefined): number {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(cacheControl ?? '')?.[1];
  if (seconds === undefined) return FRESH_MS.usual;
  return Math.min(Math.max(Number(seconds) * 1000, FRESH_MS.least), FRESH_MS.most);
}

function createFetcher({ issuer, http, clock }: IssuerKeysOptions): () => Promise<Known> {
  let address: { readonly url: string; readonly foundAtMs: number } | undefined;

  async function read<Schema extends z.ZodType>(url: string, schema: Schema) {
    const answer = await http.send({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      maxResponseBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    const value: z.infer<Schema> = schema.parse(JSON.parse(Buffer.from(answer.body).toString('utf8')));
    return { value, headers: answer.headers };
  }

  /** OpenID Connect Discovery §4; by §4.3 a document under another name may be another issuer's. */
  async function keysUrl(): Promise<string> {
    if (address !== undefined && clock.nowMs() - address.foundAtMs < DISCOVERY_MS) return address.url;
    const { value } = await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, discovery);
    if (value.issuer !== issuer) throw new Error('calls itself by another name');
    address = { url: value.jwks_uri, foundAtMs: clock.nowMs() };
    return address.url;
  }

  return async () => {
    try {
      const { value, headers } = await read(await keysUrl(), keySet);
      const fetchedAtMs = clock.nowMs();
      const keys = createLocalJWKSet(value as unknown as JSONWebKeySet);
      return { keys, fetchedAtMs, freshUntilMs: fetchedAtMs + freshMs(headers['cache-control']) };
    } catch (cause) {
      // The address may have moved.
      address = undefined;
      throw cause;
    }
  };
}

/** Words of ours, or the kind of fault: parsers quote what they could not read. */
function causeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  if (!(error instanceof Error)) return typeof error;
  return error.name === 'Error' ? error.message : error.name;
}

async function pick(keys: KeySet, request: KeyRequest): ReturnType<FindKey> {
  try {
    // The set looks at the protected header alone.
    return accept<CryptoKey>(await keys({ ...request }, undefined as unknown as FlattenedJWSInput));
  } catch (error) {
    if (error instanceof JWKSNoMatchingKey) return refuse('jwt_key_unknown');
    if (error instanceof JWKSMultipleMatchingKeys) return refuse('jwt_key_ambiguous');
    return refuse('jwt_key_unfit');
  }
}

export function createIssuerKeys(options: IssuerKeysOptions): FindKey {
  const { issuer, clock, log } = options;
  const fetchKeys = createFetcher(options);
  const host = new URL(issuer).host;
  let known: Known | undefined;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let guessedAtMs = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  /** One fetch at a time. */
  async function reload(): Promise<void> {
    underWay ??= (async () => {
      triedAtMs = clock.nowMs();
      try {
        known = await fetchKeys();
      } catch (error) {
        log.warn('issuer.keys_not_read', { host, cause: causeOf(error) });
      } finally {
        underWay = undefined;
      }
    })();
    await underWay;
  }

  /** Too soon after the last fetch for another one: who comes then goes on with what there is, or waits for the one that is under way. */
  const isSoon = (lastMs: number): boolean => underWay === undefined && clock.nowMs() - lastMs < RELOAD_MS;

  /** An issuer may change its keys a moment after they were read, so the first key id that is not there counts whenever that was. */
  async function lookForNewKeys(): Promise<void> {
    if (isSoon(guessedAtMs)) return;
    guessedAtMs = clock.nowMs();
    await reload();
  }

  async function current(): Promise<Known> {
    if ((known === undefined || clock.nowMs() >= known.freshUntilMs) && !isSoon(triedAtMs)) await reload();
    if (known === undefined || clock.nowMs() - known.fetchedAtMs > STALE_MS) {
      throw new AppError('unavailable', 'Your sign-in provider cannot be asked just now. Try again in a minute.', {
        retryAfterSeconds: RELOAD_MS / 1000,
      });
    }
    return known;
  }

  return async (request) => {
    const held = await current();
    const found = await pick(held.keys, request);
    if (found.ok || found.reason !== 'jwt_key_unknown') return found;
    await lookForNewKeys();
    // Behind a new set the answer is final; behind the old one as well.
    return known === undefined || known === held ? found : pick(known.keys, request);
  };
}
