import { AppError } from '../kernel/app-error.ts';
import { ApiRefusal } from './client/api-refusal.ts';

// How a command ends, for scripts: they can tell what is worth trying again from what is not. docs/cli.md lists them.

export const EXIT = {
  done: 0,
  /** Refused, or failed: the same command fails again. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** Something waits for the person's yes. */
  waiting: 3,
  /** Whoever asks has not proved who they are. */
  unauthenticated: 4,
  /** Nobody answered, or somebody was busy: try again later. */
  unavailable: 5,
  /** Ctrl-C, as shells have it: 128 + SIGINT. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const LATER = new Set(['unavailable', 'timed_out', 'rate_limited', 'budget_spent']);

/** What was typed makes no sense, so that nothing was tried. */
export class UsageError extends AppError {
  constructor(message: string) {
    super('invalid_request', message);
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof AppError || error instanceof ApiRefusal)) return EXIT.failed;
  if (error.code === 'unauthenticated') return EXIT.unauthenticated;
  return LATER.has(error.code) ? EXIT.unavailable : EXIT.failed;
}
