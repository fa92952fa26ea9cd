// Cuts a text into pieces that each fit one record, and never through a character.

const CONTINUES = 0b1000_0000;
const TOP_BITS = 0b1100_0000;

/** Pieces of at most `maxBytes` of UTF-8. The same beginning of a text is always cut the same way. */
export function cutText(text: string, maxBytes: number): readonly string[] {
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    let end = Math.min(start + maxBytes, bytes.length);
    while (end < bytes.length && ((bytes[end] ?? 0) & TOP_BITS) === CONTINUES) end -= 1;
    if (end <= start) throw new RangeError('a piece must hold at least one character');
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}
