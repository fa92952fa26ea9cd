import type { TurnRecord } from './turn-record.ts';
import { type TurnHandle, TurnLost } from './turn-store.ts';

// What happens to a turn while its calls or its models take longer than a lease lasts: it stays ours, and what is learned of the calls meanwhile is
// written down, one save after the other. Who has lost the turn stops waiting.

/** Of a lease of 60 s: one renewal may fail. */
const RENEW_MS = 20_000;

export interface Waiting {
  /** Aborts when the turn is somebody else's, or cancelled. */
  readonly signal: AbortSignal;
  /** Saves what `change` makes of the record as it is then. */
  save(change: (record: TurnRecord) => Partial<TurnRecord>): void;
}

/** Rejects with TurnLost as soon as a save says so, else as `work` does. A store that is away for a moment costs a renewal, not the turn. */
export async function whileWaiting<Value>(
  handle: TurnHandle,
  signal: AbortSignal,
  work: (waiting: Waiting) => Promise<Value>,
): Promise<Value> {
  const lost = new AbortController();
  let saving: Promise<void> = Promise.resolve();
  let isOver = false;
  const save: Waiting['save'] = (change) => {
    // Who speaks up later is not heard: the turn may have ended since.
    if (isOver) return;
    saving = saving
      .then(() => handle.save(change(handle.record)))
      .catch((error: unknown) => {
        if (error instanceof TurnLost) lost.abort(error);
      });
  };
  const timer = setInterval(() => save(() => ({})), RENEW_MS);
  timer.unref();
  const end = async (): Promise<void> => {
    isOver = true;
    clearInterval(timer);
    await saving;
    if (lost.signal.aborted) throw lost.signal.reason;
  };
  try {
    const value = await work({ signal: AbortSignal.any([signal, lost.signal]), save });
    await end();
    return value;
  } catch (error) {
    await end();
    throw error;
  }
}
