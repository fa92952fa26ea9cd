// How long an agent waits for a call, told to whoever makes it: a tool that works on behind a caller who has given up does harm, if anything.
// Relative, so that clocks need not agree. The signature does not cover it: it can only make a call end sooner than the platform would.

export const TIMEOUT_HEADER = 'sallyport-timeout-ms';

const TIMEOUT = /^[1-9]\d{0,6}$/;

/** Milliseconds, or undefined where nothing sensible is said. */
export function readTimeout(header: string | undefined): number | undefined {
  return header !== undefined && TIMEOUT.test(header) ? Number(header) : undefined;
}
