import { AppError } from '../../kernel/app-error.ts';
import { providerError, readRetryAfter } from './provider-fault.ts';

// The packages of OpenAI and Anthropic are made by the same generator and throw errors of the same shape.

/** The package's classes, as far as they say more than a status. */
export interface SdkErrors {
  readonly APIConnectionTimeoutError: new (...args: never[]) => Error;
  readonly APIUserAbortError: new (...args: never[]) => Error;
}

interface Signals {
  /** The turn's. */
  readonly turn: AbortSignal;
  /** The turn's, or the adapter's own time. */
  readonly either: AbortSignal;
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}

function headersOf(error: unknown): Headers | undefined {
  if (!(error instanceof Error) || !('headers' in error)) return undefined;
  return error.headers instanceof Headers ? error.headers : undefined;
}

export function sdkFault(error: unknown, errors: SdkErrors, { turn, either }: Signals): AppError {
  if (error instanceof AppError) return error;
  const timedOut =
    either.aborted || error instanceof errors.APIConnectionTimeoutError || error instanceof errors.APIUserAbortError;
  return providerError({
    kind: error instanceof Error ? error.constructor.name : typeof error,
    status: statusOf(error),
    timedOut,
    cancelled: turn.aborted,
    retryAfterSeconds: readRetryAfter(headersOf(error)?.get('retry-after')),
  });
}
