import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { OutsideClient, OutsideRequest, OutsideResponse } from '../../ports/outside-client.ts';
import type { Random } from '../../ports/random.ts';
import { backoffMs, retryAfterMs } from './backoff.ts';
import { createExchange, type Exchange, type ExchangeTrace } from './outside-exchange.ts';
import { createTargetPolicy, type Resolve, type TargetPolicy } from './outside-target.ts';

// The one way out: a deadline over everything, limited sizes, retries that wait as long as the service asks, and every
// redirect checked like a first address. It never logs a path, a query or a body: those hold people's addresses.

const DEFAULT_TIMEOUT_MS = 10_000;
/** The first try and three more: with full jitter they span about two seconds, within every caller's deadline. */
const MAX_ATTEMPTS = 4;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Never sent on to another origin than the one they were meant for. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

export interface OutsideClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The operator's exceptions: exactly `host` or `host:port`. They may be private, and may be plain http. */
  readonly allow: { readonly hosts: readonly string[] };
  /** How names are resolved; the system's way unless given. */
  readonly resolve?: Resolve;
}

interface Round {
  readonly request: OutsideRequest;
  readonly signal: AbortSignal;
  readonly trace: ExchangeTrace;
}

function withoutCredentials(request: OutsideRequest): OutsideRequest {
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
  return { ...request, headers: Object.fromEntries(headers) };
}

/** Sends once and follows a GET's redirects; each hop passes the same policy. Other methods get the redirect as it is. */
async function follow(exchange: Exchange, policy: TargetPolicy, round: Round): Promise<OutsideResponse> {
  let target = policy(round.request.url);
  let request = round.request;
  for (let hop = 0; ; hop += 1) {
    const response = await exchange(target, request, round.signal, round.trace);
    const location = response.headers['location'];
    if (request.method !== 'GET' || !REDIRECTS.has(response.status) || location === undefined) return response;
    if (hop === MAX_REDIRECTS) throw new AppError('upstream_failed', 'The service redirects without end.');
    const next = policy(URL.parse(location, target.url.href)?.href ?? '');
    if (target.url.protocol === 'https:' && next.url.protocol !== 'https:') {
      throw new AppError('forbidden', 'The service redirects from https to http, which is not followed.');
    }
    if (next.url.origin !== target.url.origin) request = withoutCredentials(request);
    target = next;
  }
}

function asksAgain(request: OutsideRequest, response: OutsideResponse): boolean {
  return response.status === 429 || response.status >= 500 || request.retryOn?.(response) === true;
}

type Outcome = { readonly response: OutsideResponse } | { readonly error: unknown };

export function createOutsideClient(options: OutsideClientOptions): OutsideClient & { close(): void } {
  const { clock, random, log } = options;
  const policy = createTargetPolicy(options.allow.hosts, options.resolve);
  const { exchange, close } = createExchange();

  async function attempt(round: Round): Promise<Outcome> {
    try {
      return { response: await follow(exchange, policy, round) };
    } catch (error) {
      // What the policy or a limit refused stays refused; a broken connection may do better next time.
      if (error instanceof AppError || round.signal.aborted) throw error;
      return { error };
    }
  }

  /** How long to wait before the next try, or nothing when this outcome is the last. */
  function nextWait(round: Round, outcome: Outcome, tries: number, endMs: number): number | undefined {
    const repeatable = round.request.retry ?? round.request.method === 'GET';
    if (!repeatable || tries >= MAX_ATTEMPTS) return undefined;
    if ('response' in outcome && !asksAgain(round.request, outcome.response)) return undefined;
    const asked = 'response' in outcome ? retryAfterMs(outcome.response.headers['retry-after'], clock.nowMs()) : 0;
    const wait = Math.max(backoffMs(tries - 1, random), asked ?? 0);
    return clock.nowMs() + wait < endMs ? wait : undefined;
  }

  async function rounds(round: Round, endMs: number): Promise<OutsideResponse> {
    let triedBefore = false;
    for (let tries = 1; ; tries += 1) {
      const outcome = await attempt(round);
      const wait = nextWait(round, outcome, tries, endMs);
      if (wait === undefined) {
        if ('response' in outcome) return triedBefore ? { ...outcome.response, triedBefore } : outcome.response;
        throw outcome.error;
      }
      const status = 'response' in outcome ? outcome.response.status : 0;
      triedBefore ||= status >= 500 || (status === 0 && round.trace.reached);
      log.info('outside_retry', { host: URL.parse(round.request.url)?.host, status, tries, wait_ms: wait });
      await delay(wait, undefined, { signal: round.signal });
    }
  }

  async function send(request: OutsideRequest): Promise<OutsideResponse> {
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const signal = request.signal === undefined ? deadline.signal : AbortSignal.any([request.signal, deadline.signal]);
    const trace: ExchangeTrace = { reached: false };
    try {
      return await rounds({ request, signal, trace }, clock.nowMs() + timeoutMs);
    } catch (error) {
      throw describeFault(error, request, deadline.signal, trace);
    } finally {
      clearTimeout(timer);
    }
  }

  return { send, close };
}

/** `details.reached` says whether the service may have acted on the request. */
function describeFault(error: unknown, request: OutsideRequest, deadline: AbortSignal, trace: ExchangeTrace): AppError {
  const details = { reached: trace.reached };
  if (deadline.aborted) {
    return new AppError('timed_out', 'The service did not answer in time.', { cause: error, details });
  }
  if (request.signal?.aborted === true) {
    return new AppError('timed_out', 'The call was given up before the service answered.', { cause: error, details });
  }
  if (error instanceof AppError) return new AppError(error.code, error.message, { cause: error.cause, details });
  return new AppError('upstream_failed', 'The service could not be reached or broke the connection.', {
    cause: error,
    details,
  });
}
