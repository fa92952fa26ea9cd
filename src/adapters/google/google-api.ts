import { AppError } from '../../kernel/app-error.ts';
import type { GoogleTokens } from '../../ports/google-tokens.ts';
import type { OutsideClient, OutsideRequest, OutsideResponse } from '../../ports/outside-client.ts';
import { describeAnswer, type GoogleErrorContext, isRateLimited403 } from './google-error.ts';
import { type JsonRecord, parseBody } from './google-json.ts';

// One call of Google's REST API with a person's token: sent again where that is safe, with a fresh token after one 401,
// and every answer that is no success turned into an AppError.

/** Reads and changes; short enough that a call with a read-back after it ends within an HTTP API's 30 seconds. */
const TIMEOUT_MS = 8_000;

export interface GoogleCall {
  readonly method: OutsideRequest['method'];
  /** Below the base URL; each part is one path segment and is encoded here. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: JsonRecord;
  readonly etag?: string | undefined;
  readonly names: string;
  /** POST that only reads (free/busy) is not a write. */
  readonly writes: boolean;
}

export type GoogleApi = (call: GoogleCall) => Promise<JsonRecord>;

export interface GoogleApiOptions {
  readonly http: OutsideClient;
  readonly tokens: GoogleTokens;
  readonly baseUrl: string;
  readonly connectUrl: string;
  readonly timeoutMs?: number;
}

/** A URL takes `.` and `..` for steps through its path even where they are encoded (URL Standard, path state): an event `..` would name the calendar. */
function namesNothing(part: string): boolean {
  return part === '' || part === '.' || part === '..' || /\p{Surrogate}/u.test(part);
}

function callUrl(baseUrl: string, call: GoogleCall): string {
  if (call.path.some(namesNothing)) {
    const details = { written: 'no' };
    throw new AppError('not_found', `Google Calendar has no such thing: check ${call.names}.`, { details });
  }
  const path = call.path.map((part) => encodeURIComponent(part)).join('/');
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const text = query.toString();
  return `${baseUrl.replace(/\/+$/, '')}/${path}${text === '' ? '' : `?${text}`}`;
}

/** A lost answer, in the port's words: `written` says whether Google may have acted. */
function describeLoss(error: unknown, call: GoogleCall): unknown {
  if (!(error instanceof AppError) || (error.code !== 'timed_out' && error.code !== 'upstream_failed')) return error;
  const written = call.writes && error.details?.['reached'] !== false ? 'unknown' : 'no';
  const message = error.message.replace('The service', 'Google Calendar');
  return new AppError(error.code, message, { cause: error, details: { written } });
}

/** The API of one person, within one call's signal. */
export function createGoogleApi(options: GoogleApiOptions, person: string, signal: AbortSignal): GoogleApi {
  async function send(call: GoogleCall, accessToken: string): Promise<OutsideResponse> {
    const headers: Record<string, string> = { authorization: `Bearer ${accessToken}`, accept: 'application/json' };
    if (call.body !== undefined) headers['content-type'] = 'application/json; charset=utf-8';
    if (call.etag !== undefined) headers['if-match'] = call.etag;
    try {
      return await options.http.send({
        method: call.method,
        url: callUrl(options.baseUrl, call),
        headers,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
        // Every call may be repeated: inserts carry an id of ours, changes an ETag, and a second delete finds nothing.
        retry: true,
        retryOn: isRateLimited403,
        signal,
      });
    } catch (error) {
      throw describeLoss(error, call);
    }
  }

  return async (call) => {
    const context: GoogleErrorContext = {
      names: call.names,
      connectUrl: options.connectUrl,
      writes: call.writes,
      changes: call.method === 'PATCH' || call.method === 'DELETE',
    };
    const { accessToken } = await options.tokens.access(person, { signal });
    let response = await send(call, accessToken);
    if (response.status === 401) {
      const fresh = await options.tokens.access(person, { rejected: accessToken, signal });
      response = await send(call, fresh.accessToken);
    }
    if (response.status < 200 || response.status > 299) throw describeAnswer(response, context);
    // Only a deletion has nothing to say; anywhere else an empty answer is a lost one.
    if (call.method === 'DELETE') return {};
    const body = parseBody(response.body);
    if (body !== undefined) return body;
    throw new AppError('upstream_failed', 'Google Calendar sent an answer that cannot be read.', {
      details: { written: call.writes ? 'unknown' : 'no' },
    });
  };
}
