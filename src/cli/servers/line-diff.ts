// Two texts line by line, for a person who compares them: what went with `-`, what came with `+`, and a little of what stayed around them.

export interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

const AROUND = 2;
/** Beyond this the table of lengths is not worth its memory: both are shown whole. */
const MAX_CELLS = 4_000_000;

/** Longest common subsequence by the usual table, from the end. */
function align(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    const [was, is] = [before[row], after[column]];
    if (was !== undefined && was === is) {
      lines.push({ sign: ' ', text: was });
      [row, column] = [row + 1, column + 1];
    } else if (was !== undefined && (is === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ sign: '-', text: was });
      row += 1;
    } else {
      lines.push({ sign: '+', text: is ?? '' });
      column += 1;
    }
  }
  return lines;
}

/** Only lines near a difference; nothing for texts that are the same. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  if (before === after) return [];
  const [was, is] = [before, after].map((text) => (text === '' ? [] : text.split('\n')));
  if (was === undefined || is === undefined) return [];
  const lines =
    was.length * is.length > MAX_CELLS
      ? [...was.map((text): DiffLine => ({ sign: '-', text })), ...is.map((text): DiffLine => ({ sign: '+', text }))]
      : align(was, is);
  const near = (index: number): boolean =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ sign }) => sign !== ' ');
  return lines.filter((_line, index) => near(index));
}
