import { AppError } from '../../../kernel/app-error.ts';

// What may have become of a change at the calendar when its answer says no, or does not come.

/** Whether the service may have acted although its answer was lost. */
export function mayHaveWritten(error: unknown): error is AppError {
  return error instanceof AppError && error.details?.['written'] === 'unknown';
}

export function isConflict(error: unknown, reason: 'exists' | 'changed'): error is AppError {
  return error instanceof AppError && error.code === 'conflict' && error.details?.['reason'] === reason;
}

/** Whether the service answered so only after an answer to the same request had been lost. */
export function followsLoss(error: unknown): boolean {
  return error instanceof AppError && error.details?.['afterLoss'] === true;
}

/** What was asked for is not there (any more). */
export function isAbsent(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'not_found' || error.code === 'gone');
}
