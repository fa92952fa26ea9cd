import { describe, expect, it } from '@jest/globals';
import { ApiRefusal } from '../../../src/cli/client/api-refusal.ts';
import { exitCodeOf, UsageError } from '../../../src/cli/exit-codes.ts';
import { AppError } from '../../../src/kernel/app-error.ts';

// The table of docs/cli.md.

describe('how a command ends', () => {
  it.each<[number, string, unknown]>([
    [1, 'refused', new AppError('forbidden', 'No.')],
    [1, 'broken', new TypeError('x')],
    [2, 'a command line without sense', new UsageError('What?')],
    [4, 'nobody believed', new AppError('unauthenticated', 'Who?')],
    [5, 'nobody there', new AppError('unavailable', 'Later.')],
    [5, 'nobody in time', new AppError('timed_out', 'Later.')],
    [5, 'somebody busy', new AppError('rate_limited', 'Later.')],
    [5, 'the day’s budget spent: the next day has another', new ApiRefusal(429, 'budget_spent', 'Tomorrow.', 'r')],
  ])('with %i: %s', (code, _what, error) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
