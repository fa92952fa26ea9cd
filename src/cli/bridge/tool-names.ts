import { createHash } from 'node:crypto';

// Names of tools and prompts of several servers beside each other: `<server>__<tool>`. Clients take 64 characters at most; what is longer keeps its
// beginning and gets a mark of the whole, so that two long names stay two.

const MAX_LENGTH = 64;
const SEPARATOR = '__';
const MARK_LENGTH = 8;

export function prefixed(server: string, name: string): string {
  const whole = `${server}${SEPARATOR}${name}`;
  if (whole.length <= MAX_LENGTH) return whole;
  const mark = createHash('sha256').update(whole).digest('hex').slice(0, MARK_LENGTH);
  return `${whole.slice(0, MAX_LENGTH - MARK_LENGTH - 1)}_${mark}`;
}
