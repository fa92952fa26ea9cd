import { isUtf8 } from 'node:buffer';
import { accept, type Result, refuse } from '../../kernel/result.ts';

// From a body's bytes to one JSON value, within bounds. What comes out is only JSON: what it says is the protocol's business.

/** Arguments are short texts and dates; 256 KiB leaves room for long descriptions and guards memory and validators. */
export const MAX_BODY_BYTES = 256 * 1024;
/** No tool's schema comes near; deeper values serve only to exhaust the stack of something that recurses. */
export const MAX_DEPTH = 64;

export type BodyFault = 'too_large' | 'not_utf8' | 'too_deep' | 'not_json';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether brackets outside strings nest deeper than the limit. Looks at bytes, so that nothing deep is ever built. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (inString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return false;
}

/** Fewer opening brackets than levels allowed cannot nest too deep: that settles nearly every message. */
function mayBeTooDeep(text: string): boolean {
  let brackets = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      brackets += 1;
      if (brackets > MAX_DEPTH) return true;
    }
  }
  return false;
}

export function readBody(body: Uint8Array): Result<unknown, BodyFault> {
  if (body.byteLength > MAX_BODY_BYTES) return refuse('too_large');
  // RFC 8259 §8.1: JSON between systems is UTF-8. A lenient decoder would let two readers see two different messages.
  if (!isUtf8(body)) return refuse('not_utf8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (mayBeTooDeep(text) && isTooDeep(body)) return refuse('too_deep');
  try {
    return accept(JSON.parse(text));
  } catch {
    return refuse('not_json');
  }
}
