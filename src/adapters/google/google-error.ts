import { AppError } from '../../kernel/app-error.ts';
import type { OutsideResponse } from '../../ports/outside-client.ts';
import { parseBody, readRecord, readRecords, readText } from './google-json.ts';

// Google's error answers (https://developers.google.com/calendar/api/guides/errors) in our words. A 403 can mean four
// different things, told apart by `errors[].reason`. Messages name the argument to look at; what Google quotes stays out of logs.

const RATE_REASONS: ReadonlySet<string> = new Set([
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'RATE_LIMIT_EXCEEDED',
]);
const QUOTA_REASONS: ReadonlySet<string> = new Set([
  'quotaExceeded',
  'dailyLimitExceeded',
  'calendarUsageLimitsExceeded',
]);
const SCOPE_REASONS: ReadonlySet<string> = new Set(['insufficientPermissions', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT']);
const SETUP_REASONS: ReadonlySet<string> = new Set(['accessNotConfigured', 'SERVICE_DISABLED']);

/** Every word Google gives for why: the old `errors[].reason` and the newer `details[].reason`. */
function reasonsOf(response: OutsideResponse): readonly string[] {
  const error = readRecord(parseBody(response.body) ?? {}, 'error');
  return [...readRecords(error, 'errors'), ...readRecords(error, 'details')]
    .map((entry) => readText(entry, 'reason'))
    .filter((reason) => reason !== undefined);
}

function messageOf(response: OutsideResponse): string {
  const text = readText(readRecord(parseBody(response.body) ?? {}, 'error'), 'message') ?? 'no reason given';
  return text.slice(0, 200);
}

/** The one 403 that another try may heal; every other 4xx but 429 is final. */
export function isRateLimited403(response: OutsideResponse): boolean {
  return response.status === 403 && reasonsOf(response).some((reason) => RATE_REASONS.has(reason));
}

export interface GoogleErrorContext {
  /** Which arguments name what was not found, such as `eventId or calendar`. */
  readonly names: string;
  /** Where the person connects Google again. */
  readonly connectUrl: string;
  /** Whether the request could have changed something. */
  readonly writes: boolean;
  /** Whether it named something that is there already, to change or delete it. */
  readonly changes?: boolean;
}

export function reconnectRequired(context: GoogleErrorContext, why: string): AppError {
  return new AppError('reconnect_required', `${why} Connect Google Calendar again: ${context.connectUrl}`, {
    details: { url: context.connectUrl },
  });
}

function retryAfterSeconds(response: OutsideResponse): { retryAfterSeconds?: number } {
  const value = response.headers['retry-after'];
  return value !== undefined && /^\d{1,6}$/.test(value) ? { retryAfterSeconds: Number(value) } : {};
}

function forbidden(response: OutsideResponse, context: GoogleErrorContext): AppError {
  const reasons = reasonsOf(response);
  const has = (known: ReadonlySet<string>): boolean => reasons.some((reason) => known.has(reason));
  if (has(RATE_REASONS)) {
    return new AppError(
      'rate_limited',
      'Google asks to slow down. Try again in a minute.',
      retryAfterSeconds(response),
    );
  }
  if (has(QUOTA_REASONS)) return new AppError('rate_limited', 'A Google Calendar quota is used up. Try again later.');
  if (has(SCOPE_REASONS)) {
    return reconnectRequired(context, 'The permission that this needs was not given when Google was connected.');
  }
  if (has(SETUP_REASONS)) {
    return new AppError('misconfigured', 'The Google Calendar API is not switched on for this installation.');
  }
  return new AppError('forbidden', `Google does not allow this on that calendar or event: check ${context.names}.`);
}

/**
 * What a final answer that is no success means to the caller. 401 has been tried with a fresh token before. A write that was
 * lost once and then put off may be written all the same.
 */
export function describeAnswer(response: OutsideResponse, context: GoogleErrorContext): AppError {
  const error = meaningOf(response, context);
  if (error.code !== 'rate_limited' || !context.writes || response.triedBefore !== true) return error;
  const { message, retryAfterSeconds: wait } = error;
  const details = { written: 'unknown' };
  return new AppError('rate_limited', message, wait === undefined ? { details } : { details, retryAfterSeconds: wait });
}

function changedMeanwhile(response: OutsideResponse): AppError {
  const details = { reason: 'changed', afterLoss: response.triedBefore === true };
  return new AppError('conflict', 'The event was changed meanwhile.', { details });
}

function meaningOf(response: OutsideResponse, context: GoogleErrorContext): AppError {
  switch (response.status) {
    case 400:
      return new AppError('invalid_request', `Google refused the request: ${messageOf(response)}`);
    case 401:
      return reconnectRequired(context, 'Google no longer accepts the connection.');
    case 403:
      return forbidden(response, context);
    case 404:
      return new AppError('not_found', `Google Calendar has no such thing: check ${context.names}.`);
    case 409:
      // On a change no id is new: somebody else's write met this one.
      if (context.changes === true) return changedMeanwhile(response);
      return new AppError('conflict', 'An event with this id exists.', {
        details: { reason: 'exists', afterLoss: response.triedBefore === true },
      });
    case 410:
      return reasonsOf(response).includes('fullSyncRequired') || reasonsOf(response).includes('updatedMinTooLongAgo')
        ? new AppError('invalid_request', 'This cursor is no longer valid: list again without it.')
        : new AppError('gone', `It was deleted before: check ${context.names}.`);
    case 412:
      return changedMeanwhile(response);
    case 429:
      return new AppError(
        'rate_limited',
        'Google asks to slow down. Try again in a minute.',
        retryAfterSeconds(response),
      );
    default:
      return response.status >= 500
        ? new AppError('upstream_failed', 'Google Calendar failed. Try again later.', {
            details: { written: context.writes ? 'unknown' : 'no', status: response.status },
          })
        : new AppError('upstream_failed', `Google Calendar answered with status ${response.status}.`, {
            details: { written: 'no', status: response.status },
          });
  }
}
