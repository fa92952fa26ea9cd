// ULIDs (https://github.com/ulid/spec): 48 bits of milliseconds, then 80 random bits, in Crockford's base 32.
// Ours because time and randomness are ports here, and because it is these few lines.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** `nowMs` is Unix time in milliseconds; `random` needs at least 10 bytes. */
export function encodeUlid(nowMs: number, random: Uint8Array): string {
  if (random.length < 10) throw new RangeError('a ULID needs 10 random bytes');
  let value = BigInt(nowMs);
  for (let index = 0; index < 10; index += 1) value = (value << 8n) | BigInt(random[index] ?? 0);
  let text = '';
  for (let index = 0; index < 26; index += 1) {
    text = ALPHABET.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}
