// Figures and how they are told: medians with their spread, never a single run.

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [min, max, upper] = [sorted[0], sorted.at(-1), sorted[middle]];
  if (min === undefined || max === undefined || upper === undefined) throw new Error('nothing was measured');
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? upper;
  return { median: (lower + upper) / 2, min, max };
}

export interface Row {
  /** `a` to `g`. */
  readonly bench: string;
  readonly what: string;
  readonly value: Spread;
  readonly unit: '%' | 'µs' | 'ms' | 'MB' | 'kB' | 'calls/s' | '×';
  /** In the unit; only rows that the project promises something about have one. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

export function meets({ value, target }: Row): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atLeast' in target ? value.median >= target.atLeast : value.median <= target.atMost;
}

function digits(value: number): string {
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function targetText({ target, unit }: Row): string {
  if (target === undefined) return '';
  return 'atLeast' in target ? `≥ ${target.atLeast} ${unit}` : `≤ ${target.atMost} ${unit}`;
}

/** A Markdown table, for a terminal and for docs/performance.md alike. */
export function renderTable(rows: readonly Row[]): string {
  const head = ['', 'measured', 'median', 'min – max', 'target', ''];
  const lines = rows.map((row) => {
    const { value, unit } = row;
    const verdict = meets(row);
    const range = value.min === value.max ? '' : `${digits(value.min)} – ${digits(value.max)}`;
    const word = verdict === undefined ? '' : verdict ? 'meets' : 'misses';
    return [row.bench, row.what, `${digits(value.median)} ${unit}`, range, targetText(row), word];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const print = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [print(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...lines.map(print)].join('\n');
}
