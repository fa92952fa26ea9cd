/** The first `length` UTF-16 units of a text, or one fewer where that would cut through a character. */
export function startOf(text: string, length: number): string {
  const head = text.slice(0, length);
  return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head;
}
