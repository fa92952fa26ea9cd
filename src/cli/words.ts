import { oneLine } from './visible.ts';

// Arguments of a call as a person reads them before they say yes: each under its name, whole, and nothing left out.

/** RFC 3339, and the same without an offset, as calendars take it. */
const DATE = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

function dateInWords(text: string): string | undefined {
  const [, day, time, offset] = DATE.exec(text) ?? [];
  const atMs = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`);
  // A 31st of February is shown as it is.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== day) return undefined;
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'UTC' }).format(atMs);
  return [weekday, day, time, offset === 'Z' ? 'UTC' : offset].filter((part) => part !== undefined).join(' ');
}

function valueInWords(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '(empty)' : (dateInWords(value) ?? oneLine(value));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map(valueInWords).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, inner]) => `${nameInWords(name)} ${valueInWords(inner)}`)
      .join('; ');
  }
  return String(value);
}

/** `sendUpdates` and `send_updates` are “send updates”. */
function nameInWords(name: string): string {
  const spaced = name.replace(/_/g, ' ').replace(/([a-z\d])([A-Z])/g, '$1 $2');
  return oneLine(spaced).toLowerCase();
}

/** One line for each argument, in two columns. Safe for a terminal. */
export function argumentsInWords(args: Readonly<Record<string, unknown>>): readonly string[] {
  const named = Object.entries(args).map(([name, value]) => [nameInWords(name), valueInWords(value)] as const);
  const width = Math.max(0, ...named.map(([name]) => name.length));
  return named.map(([name, words]) => `${name.padEnd(width)}  ${words}`);
}

/** `2026-11-21 09:12` in the zone, for lists. */
export function momentInWords(iso: string, timeZone: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return oneLine(iso);
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return parts.format(at);
}

/** Columns of equal width, the last as long as it is. Cells are made safe. */
export function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const safe = rows.map((row) => row.map(oneLine));
  const widths = (safe[0] ?? []).map((_, index) => Math.max(...safe.map((row) => row[index]?.length ?? 0)));
  return safe.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
