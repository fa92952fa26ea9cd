import { AppError } from '../../../kernel/app-error.ts';

// What went wrong at AWS, in words that say how to mend it. The codes are ours and stable; AWS's own name of the error stands beside them.

export interface AwsFailure {
  readonly code:
    | 'access_denied'
    | 'credentials_missing'
    | 'credentials_expired'
    | 'invalid_parameters'
    | 'not_found'
    | 'rate_limited'
    | 'timed_out'
    | 'unavailable'
    | 'upstream_failed';
  readonly message: string;
}

interface Asked {
  /** IAM actions. */
  readonly actions: readonly string[];
  readonly region: string;
  readonly account?: string;
}

const MAX_WORDS = 300;

const EXPIRED = /^(?:ExpiredToken|ExpiredTokenException|RequestExpired|TokenRefreshRequired)$/;
const DENIED = /AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError|^Forbidden$/;
/** A service, or a region, that the account has not switched on. */
const NOT_ENABLED = /OptInRequired|SubscriptionRequired/;
const UNKNOWN_KEY = /UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|AuthFailure/;
const MISSING = /CredentialsProviderError|TokenProviderError|NoCredentials/;
const BUSY =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded|LimitExceededException/;
const ABSENT = /NotFound|NoSuch|DoesNotExist|ResourceNotFoundException|NonExistent/;
const WRONG = /Validation|Invalid|Malformed|MissingParameter|Bad|SerializationException|ParamValidation/;
const UNREACHABLE = /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ECONNRESET|UnknownEndpoint|NetworkingError/;

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const code: unknown = Reflect.get(error, 'code') ?? Reflect.get(error, 'Code');
  return error.name === 'Error' && typeof code === 'string' ? code : error.name;
}

/** One line of AWS's own words, without the parts of a request that it quotes at length. */
const wordsOf = (error: unknown): string =>
  (error instanceof Error ? error.message : '').replace(/\s+/gu, ' ').trim().slice(0, MAX_WORDS);

const CREDENTIALS = 'Give this server credentials: `aws sso login` or `aws configure`, and the profile by AWS_PROFILE.';

export function describeAwsFailure(error: unknown, asked: Asked): AwsFailure {
  const name = nameOf(error);
  const place = asked.account === undefined ? asked.region : `${asked.region} of ${asked.account}`;
  if (error instanceof AppError && error.code === 'timed_out') return { code: 'timed_out', message: error.message };
  // Who keeps the credentials knows best what is wrong with them.
  if (error instanceof AppError && error.code === 'unauthenticated') {
    const expired = error.details?.['code'] === 'credentials_expired';
    return { code: expired ? 'credentials_expired' : 'credentials_missing', message: error.message };
  }
  if (error instanceof AppError && error.code === 'invalid_request')
    return { code: 'invalid_parameters', message: error.message };
  // Not the read was refused, but the role that would do it.
  if (error instanceof AppError && error.code === 'forbidden') return { code: 'access_denied', message: error.message };
  if (name === 'TimeoutError' || name === 'AbortError') {
    return { code: 'timed_out', message: `AWS did not answer in time in ${place}. Ask for less, or one region.` };
  }
  if (EXPIRED.test(name)) {
    return {
      code: 'credentials_expired',
      message: `The AWS credentials have expired. Sign in again: \`aws sso login\`.`,
    };
  }
  if (MISSING.test(name))
    return { code: 'credentials_missing', message: `There are no AWS credentials. ${CREDENTIALS}` };
  if (UNKNOWN_KEY.test(name)) {
    // A region that the account has not enabled knows nobody of it: AWS says no more than this.
    const other = 'Do other regions answer, this one is not enabled for the account: leave it out, or enable it.';
    const message = `AWS does not know these credentials in ${place} (${name}). ${other} Else: ${CREDENTIALS}`;
    return { code: 'credentials_missing', message };
  }
  if (NOT_ENABLED.test(name)) {
    const message = `The account has not enabled this service or region (${name} in ${place}). An administrator of the account can.`;
    return { code: 'access_denied', message };
  }
  if (DENIED.test(name)) {
    const needed = asked.actions.join(', ');
    return { code: 'access_denied', message: `These credentials may not do this in ${place}. Allow ${needed} in IAM.` };
  }
  if (BUSY.test(name)) {
    return {
      code: 'rate_limited',
      message: `AWS takes no more requests for now in ${place} (${name}). Wait a minute.`,
    };
  }
  if (ABSENT.test(name)) return { code: 'not_found', message: `Not in ${place}: ${wordsOf(error) || name}` };
  if (WRONG.test(name)) return { code: 'invalid_parameters', message: `${wordsOf(error) || name} (${name})` };
  if (UNREACHABLE.test(name) || UNREACHABLE.test(wordsOf(error))) {
    return {
      code: 'unavailable',
      message: `AWS cannot be reached in ${place}: is the region's name right, and the network there?`,
    };
  }
  return { code: 'upstream_failed', message: `AWS failed in ${place} (${name}). Try again.` };
}
