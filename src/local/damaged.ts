import { AppError } from '../kernel/app-error.ts';

/** For a file of this machine that cannot be read as what it is: never overwritten, never guessed at. `mend` says what a person can do. */
export function damagedFile(path: string, mend: string, cause?: unknown): AppError {
  return new AppError('misconfigured', `${path} is damaged. ${mend}`, cause === undefined ? {} : { cause });
}
