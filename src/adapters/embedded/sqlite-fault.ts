import { AppError } from '../../kernel/app-error.ts';

// What SQLite's result codes (https://www.sqlite.org/rescode.html) mean to someone who runs Sallyport. Messages name the file, never a record.

const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** The primary result code: extended codes keep it in their low byte. */
function resultCode(cause: unknown): number | undefined {
  if (typeof cause !== 'object' || cause === null || !('errcode' in cause)) return undefined;
  return typeof cause.errcode === 'number' ? cause.errcode & 0xff : undefined;
}

export function sqliteFault(cause: unknown, file: string): AppError {
  if (cause instanceof AppError) return cause;
  const code = resultCode(cause);
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return new AppError(
      'misconfigured',
      `The store file ${file} is damaged or is no SQLite database. Stop Sallyport, move ${file}, ${file}-wal and ` +
        `${file}-shm away (or put a backup in their place) and start it again: with a new file, people connect and grant anew.`,
      { cause, details: { reason: 'corrupt' } },
    );
  }
  if (code === FULL) {
    return new AppError(
      'unavailable',
      `The store is full. Nothing was written. Free space for ${file} and try again.`,
      {
        cause,
        details: { reason: 'full' },
      },
    );
  }
  return new AppError('unavailable', 'The store cannot be used right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}
