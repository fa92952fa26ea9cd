import { AppError } from '../../kernel/app-error.ts';

// What went wrong with Redis, as our errors. The client's own errors carry the command with its arguments (records, sealed tokens):
// only their message goes on.

/** A copy of an error that holds nothing but its name, code and message. */
function bare(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause));
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code}: ` : '';
  const copy = new Error(`${code}${cause.message}`);
  copy.name = cause.name;
  return copy;
}

export function redisFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const message = cause instanceof Error ? cause.message : '';
  // A script that is refused inside says so in words of its own: first as of Redis 7.2, then as of 7.0.
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b|^ERR (ACL failure in script|The user executing the script can't)/.test(message)) {
    return new AppError('misconfigured', 'Redis refuses our user: check its name, password and ACL.', {
      cause: bare(cause),
    });
  }
  if (/^ERR value is not an integer|^WRONGTYPE\b/.test(message)) {
    return new AppError('internal', 'The record to change is not of the kind expected.', { cause: bare(cause) });
  }
  const text = /^OOM\b/.test(message)
    ? 'The store is full. Nothing was written.'
    : 'The store cannot be reached right now. Try again shortly.';
  return new AppError('unavailable', text, { cause: bare(cause), retryAfterSeconds: 1 });
}
