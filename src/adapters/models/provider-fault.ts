import { AppError } from '../../kernel/app-error.ts';

// What a provider's failure means, in one place for all of them. A provider's own words may repeat the key or what was said, so they stay
// behind: only class and status are kept, as the cause.

/** The cause of a model's AppError. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';
  /** Whether another provider may do better: it is busy, broken or silent (429, 5xx, time-out), and nothing is wrong with the question. */
  readonly passing: boolean;

  constructor(message: string, passing: boolean) {
    super(message);
    this.passing = passing;
  }
}

export interface SeenFault {
  /** The error's class. */
  readonly kind: string;
  /** Absent when the provider was not reached. */
  readonly status?: number | undefined;
  /** Its own time ran out. */
  readonly timedOut: boolean;
  /** The person's turn ended meanwhile: no other provider needs to be asked. */
  readonly cancelled: boolean;
  readonly retryAfterSeconds?: number | undefined;
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'The model’s provider did not accept the request. Ask for less at once, or tell your operator.',
  401: 'The model’s provider does not accept this system’s key. Tell your operator.',
  402: 'The model’s provider wants to be paid first. Tell your operator.',
  403: 'The model’s provider does not accept this system’s key. Tell your operator.',
  404: 'The model’s provider does not know this model. Tell your operator.',
  413: 'The model’s provider did not accept the request. Ask for less at once, or tell your operator.',
  422: 'The model’s provider did not accept the request. Ask for less at once, or tell your operator.',
};

/** AppError `timed_out`, `rate_limited` or `model_failed`, its cause a `ProviderFault`. */
export function providerError({ kind, status, timedOut, cancelled, retryAfterSeconds }: SeenFault): AppError {
  const seen = status === undefined ? kind : `${kind} ${status}`;
  if (cancelled || timedOut) {
    const message = 'The model took too long to answer. Try again, or ask for less at once.';
    return new AppError('timed_out', message, { cause: new ProviderFault(seen, !cancelled) });
  }
  if (status === 429) {
    const message = 'The model’s provider takes no more requests just now. Wait a little, then ask again.';
    const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return new AppError('rate_limited', message, { cause: new ProviderFault(seen, true), ...wait });
  }
  const words = status === undefined ? undefined : WORDS[status];
  const message = words ?? 'The model could not be reached or failed. Try again in a moment.';
  return new AppError('model_failed', message, { cause: new ProviderFault(seen, words === undefined) });
}

/** A `Retry-After` in seconds, kept within reason. */
export function readRetryAfter(value: string | null | undefined): number | undefined {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : undefined;
}

export function unreadable(): AppError {
  const message = 'The model gave an answer that could not be read. Try again.';
  return new AppError('model_failed', message, { cause: new ProviderFault('unreadable answer', true) });
}
