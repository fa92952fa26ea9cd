import { AppError } from '../../kernel/app-error.ts';

// How many calls one server takes at the same time. Those beyond it wait their turn, a few of them: a queue without end only turns a slow server
// into many calls that come too late.

export interface Slots {
  /** Runs the work when there is room. Rejects with AppError `rate_limited` when too many wait, `timed_out` when the signal aborts first. */
  use<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value>;
}

const WAITING_PER_SLOT = 8;

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;

  function take(signal: AbortSignal): Promise<void> {
    if (free > 0 && !signal.aborted) {
      free -= 1;
      return Promise.resolve();
    }
    if (waiting.length >= count * WAITING_PER_SLOT) {
      throw new AppError('rate_limited', 'Too many calls wait for it already. Try again in a moment.');
    }
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(turn), 1);
        reject(new AppError('timed_out', 'Its turn did not come in time.', { details: { reached: false } }));
      };
      waiting.push(turn);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  return {
    async use(signal, work) {
      await take(signal);
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
  };
}
