// Why a command ends early, with the exit code that says so and the command that goes on from there.

export interface StopOptions {
  /** The next step, as something that can be typed. */
  readonly next?: string;
  readonly cause?: unknown;
}

export class Stop extends Error {
  override readonly name = 'Stop';
  readonly exitCode: number;
  readonly next: string | undefined;

  constructor(exitCode: number, message: string, options: StopOptions = {}) {
    super(message, { cause: options.cause });
    this.exitCode = exitCode;
    this.next = options.next;
  }
}
