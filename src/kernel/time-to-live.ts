/** A lifetime in whole milliseconds, rounded up so that no record dies early. A lifetime that is not positive is a mistake in our own code. */
export function ttlMs(ttlSeconds: number): number {
  if (!Number.isFinite(ttlSeconds) || ttlSeconds <= 0) {
    throw new RangeError(`a lifetime must be a positive number of seconds, not ${ttlSeconds}`);
  }
  return Math.ceil(ttlSeconds * 1000);
}
