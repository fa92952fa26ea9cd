import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import { type LoadedRevocations, parseRevocations, REVOCATIONS_KEY } from '../../trust/revocation-list.ts';
import { describeCause } from './door.ts';
import { createSingleFlight } from './single-flight.ts';

// The revocation list as the door knows it: read again every few seconds, by one reading for all who wait. While the store
// cannot be reached the last list is handed out with its age, and `checkRevocation` decides how long that will do. A list
// that is gone or damaged is not replaced by the last one: someone changed it, and we do not know to what.

export interface RevocationSource {
  /** The list with the moment of its reading; nothing when there is none that could be believed. */
  current(): Promise<LoadedRevocations | undefined>;
}

/** A store that failed is not asked again sooner than this: every request would wait for its time-out. */
const RETRY_MS = 1000;

export function createRevocationSource(options: {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly reloadSeconds: number;
}): RevocationSource {
  const { store, clock, log } = options;
  let loaded: LoadedRevocations | undefined;
  let failedAtMs = Number.NEGATIVE_INFINITY;

  const load = createSingleFlight(async () => {
    const loadedAtMs = clock.nowMs();
    try {
      const raw = await store.get(REVOCATIONS_KEY);
      loaded = raw === undefined ? undefined : { list: parseRevocations(raw), loadedAtMs };
      if (raw === undefined) log.error('door.record_missing', { record: REVOCATIONS_KEY });
    } catch (cause) {
      const unreachable = cause instanceof AppError && cause.code === 'unavailable';
      if (!unreachable) loaded = undefined;
      failedAtMs = loadedAtMs;
      log.error('door.record_unreadable', { record: REVOCATIONS_KEY, cause: describeCause(cause) });
    }
  });

  return {
    current: async () => {
      const nowMs = clock.nowMs();
      const ageMs = loaded === undefined ? Number.POSITIVE_INFINITY : nowMs - loaded.loadedAtMs;
      const fresh = ageMs >= 0 && ageMs < options.reloadSeconds * 1000;
      const resting = loaded !== undefined && nowMs >= failedAtMs && nowMs - failedAtMs < RETRY_MS;
      if (!fresh && !resting) await load();
      return loaded;
    },
  };
}
