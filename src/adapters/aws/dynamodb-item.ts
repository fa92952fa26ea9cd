import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../kernel/app-error.ts';
import { ttlMs } from '../../kernel/time-to-live.ts';

// A record as an item of DynamoDB: `p` and `s` are its key, `v` the value, `x` the Unix milliseconds from which on it is absent, and `ttl` the same in
// seconds, from when on DynamoDB may delete it. That may take days, so whoever reads looks at `x`.

export type Item = Record<string, AttributeValue>;

/** DynamoDB takes items of 400 KB, names and keys included; what is left is room for what may once be kept beside a value. */
const MAX_BYTES = 350_000;

/** Holds for an item that is there and has not ended; `:now` must be given. */
export const LIVE = '(attribute_not_exists(x) OR x > :now)';

export const number = (value: number): AttributeValue => ({ N: String(value) });

/** Whole numbers are kept as numbers, so that they can be counted. Each text has one form only, so that forms can be compared. */
export function encodeValue(value: string): AttributeValue {
  return /^(?:0|-?[1-9]\d{0,14})$/.test(value) ? { N: value } : { S: value };
}

/** The value of an item that is live at `nowMs`. */
export function readValue(item: Item | undefined, nowMs: number): string | undefined {
  const endsAtMs = item?.['x']?.N;
  if (endsAtMs !== undefined && Number(endsAtMs) <= nowMs) return undefined;
  return item?.['v']?.N ?? item?.['v']?.S;
}

export function lifetime(
  nowMs: number,
  ttlSeconds: number,
): { readonly x: AttributeValue; readonly ttl: AttributeValue } {
  const endsAtMs = nowMs + ttlMs(ttlSeconds);
  return { x: number(endsAtMs), ttl: number(Math.ceil(endsAtMs / 1000)) };
}

/** A record that is too large is refused here: DynamoDB would say no more than that the request is invalid. */
export function demandSize(key: string, value: string): void {
  if (Buffer.byteLength(key) + Buffer.byteLength(value) <= MAX_BYTES) return;
  throw new AppError('too_large', `A record may have ${MAX_BYTES / 1000} kB in this store. Nothing was written.`);
}
