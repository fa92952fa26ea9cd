import { AppError } from '../../../kernel/app-error.ts';
import { DAY_MS, formatLocal, fromWall, type Zone } from './zone.ts';

// Recurrence lines (RFC 5545 §3.8.5): read from arguments, split where a series is split, moved where a series is moved.
// Which days a rule means is the calendar service's business; nothing here expands one.

const invalid = (message: string): AppError => new AppError('invalid_request', message);

const RULE_PARTS: ReadonlySet<string> = new Set([
  'FREQ',
  'UNTIL',
  'COUNT',
  'INTERVAL',
  'BYSECOND',
  'BYMINUTE',
  'BYHOUR',
  'BYDAY',
  'BYMONTHDAY',
  'BYYEARDAY',
  'BYWEEKNO',
  'BYMONTH',
  'BYSETPOS',
  'WKST',
]);
const DAY_PARTS = /(?:^|[:;])(?:BYDAY|BYMONTHDAY|BYYEARDAY|BYWEEKNO|BYMONTH|BYSETPOS)=/;
const STAMP = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/;
const DATES_LINE = /^(RDATE|EXDATE)((?:;[A-Z-]+=[^:;,]+)*):([0-9TZPDHMSW/,]+)$/;

type RulePart = readonly [name: string, value: string];

function parseRule(line: string): readonly RulePart[] {
  return line
    .slice('RRULE:'.length)
    .split(';')
    .map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, Math.max(at, 0)).toUpperCase(), part.slice(at + 1).toUpperCase()] as const;
    });
}

const writeRule = (parts: readonly RulePart[]): string =>
  `RRULE:${parts.map(([name, value]) => `${name}=${value}`).join(';')}`;

/** `20261124T140000Z` and its shorter forms, as the milliseconds it would be in UTC. Nothing for a time that no calendar has. */
function parseStamp(
  text: string,
): { readonly wallMs: number; readonly timed: boolean; readonly utc: boolean } | undefined {
  const match = STAMP.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute = 0, second = 0, utc] = match;
  const wallMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour ?? 0),
    Number(minute),
    Number(second),
  );
  const stamp = { wallMs, timed: hour !== undefined, utc: utc !== undefined };
  // Date.UTC carries over: 30 February would become 2 March.
  return (stamp.timed ? localStamp(wallMs) : dateStamp(wallMs)) === text.replace('Z', '') ? stamp : undefined;
}

const dateStamp = (wallMs: number): string => formatLocal(wallMs).slice(0, 10).replaceAll('-', '');
const localStamp = (wallMs: number): string => formatLocal(wallMs).replaceAll(/[-:]/g, '');
const utcStamp = (instantMs: number): string => `${localStamp(instantMs)}Z`;

/** `undefined` as the zone: whole days. UNTIL must be of the event's own kind, and in UTC for times (§3.3.10): brought there. */
function readUntil(text: string, zone: Zone | undefined): string {
  const stamp = parseStamp(text);
  if (stamp === undefined)
    throw invalid('UNTIL in recurrence must be a day or time that exists: 20261231 or 20261231T235959Z.');
  if (zone === undefined) return dateStamp(stamp.wallMs);
  if (stamp.utc) return text;
  const lastWall = stamp.timed ? stamp.wallMs : stamp.wallMs + DAY_MS - 1000;
  return utcStamp(fromWall(lastWall, zone).instantMs);
}

function readRule(line: string, zone: Zone | undefined): string {
  const parts = parseRule(line);
  const names = parts.map(([name]) => name);
  if (
    names.some((name) => !RULE_PARTS.has(name)) ||
    new Set(names).size !== names.length ||
    parts.some(([, value]) => !/^[A-Z0-9,+-]+$/.test(value))
  ) {
    throw invalid('recurrence holds a rule that is not valid: RRULE:FREQ=WEEKLY;BYDAY=MO is one that is.');
  }
  if (!names.includes('FREQ')) throw invalid('A rule in recurrence needs FREQ.');
  if (names.includes('UNTIL') && names.includes('COUNT'))
    throw invalid('A rule in recurrence has UNTIL or COUNT, never both.');
  for (const [name, value] of parts) {
    if ((name === 'COUNT' || name === 'INTERVAL') && !/^[1-9]\d{0,3}$/.test(value)) {
      throw invalid(`${name} in recurrence must be a whole number from 1.`);
    }
  }
  return writeRule(parts.map(([name, value]) => [name, name === 'UNTIL' ? readUntil(value, zone) : value] as const));
}

/** The lines of an argument, checked and in the form that the service takes. `zone` is the event's; none means whole days. */
export function readRecurrence(lines: readonly string[], zone: Zone | undefined): readonly string[] {
  const read = lines.map((line) => {
    const text = /^FREQ=/i.test(line) ? `RRULE:${line}` : line;
    if (/^RRULE:/i.test(text)) return readRule(text, zone);
    if (DATES_LINE.test(text)) return text;
    throw invalid('recurrence takes RRULE, RDATE and EXDATE lines only; start and end say when it begins.');
  });
  if (!read.some((line) => line.startsWith('RRULE:') || line.startsWith('RDATE'))) {
    throw invalid('recurrence needs an RRULE line.');
  }
  return read;
}

/** Where a series is split: the occurrence that begins the second part. Whole days count in UTC. */
export interface SplitPoint {
  readonly instantMs: number;
  readonly wallMs: number;
  readonly allDay: boolean;
}

const mapRules = (
  lines: readonly string[],
  change: (parts: readonly RulePart[]) => readonly RulePart[],
): readonly string[] => lines.map((line) => (line.startsWith('RRULE:') ? writeRule(change(parseRule(line))) : line));

/** Rewrites the values of RDATE and EXDATE lines; a line that loses all of them goes. */
function mapDates(
  lines: readonly string[],
  change: (values: readonly string[]) => readonly string[],
): readonly string[] {
  return lines.flatMap((line) => {
    const match = DATES_LINE.exec(line);
    if (match === null) return [line];
    const values = change((match[3] ?? '').split(','));
    return values.length === 0 ? [] : [`${match[1]}${match[2]}:${values.join(',')}`];
  });
}

function isBefore(value: string, split: SplitPoint): boolean {
  const stamp = parseStamp(value.split('/')[0] ?? '');
  return stamp !== undefined && stamp.wallMs < (stamp.utc ? split.instantMs : split.wallMs);
}

/** The first part of a split series: it ends just before the split, so COUNT gives way to UNTIL. */
export function endBefore(lines: readonly string[], split: SplitPoint): readonly string[] {
  const until = split.allDay ? dateStamp(split.wallMs - DAY_MS) : utcStamp(split.instantMs - 1000);
  const rules = mapRules(lines, (parts) => [
    ...parts.filter(([name]) => name !== 'COUNT' && name !== 'UNTIL'),
    ['UNTIL', until] as const,
  ]);
  return mapDates(rules, (values) => values.filter((value) => isBefore(value, split)));
}

/** Whether the second part needs to know how many occurrences the first one used up. */
export function hasCount(lines: readonly string[]): boolean {
  return lines.some((line) => line.startsWith('RRULE:') && parseRule(line).some(([name]) => name === 'COUNT'));
}

/** The second part of a split series: what is left of COUNT, and the single dates from the split on. */
export function goOnFrom(lines: readonly string[], split: SplitPoint, used: number): readonly string[] {
  const rules = mapRules(lines, (parts) =>
    parts.map(([name, value]) => [name, name === 'COUNT' ? String(Math.max(1, Number(value) - used)) : value] as const),
  );
  return mapDates(rules, (values) => values.filter((value) => !isBefore(value, split)));
}

/** How a series moves by the wall clock. */
export interface ClockMove {
  readonly byMs: number;
  /** How many days later its start then lies: what dates without a time move by. */
  readonly days: number;
}

function moveStamp(text: string, { byMs, days }: ClockMove): string {
  const stamp = parseStamp(text);
  if (stamp === undefined) return text;
  if (!stamp.timed) return dateStamp(stamp.wallMs + days * DAY_MS);
  const moved = stamp.wallMs + byMs;
  return stamp.utc ? utcStamp(moved) : localStamp(moved);
}

/**
 * Moves a series' own dates along with its start. To another day only where the rule does not name days: which days it
 * would then mean is for a person to say.
 */
export function moveRecurrence(lines: readonly string[], move: ClockMove): readonly string[] {
  if (move.byMs === 0) return lines;
  if (move.days !== 0 && lines.some((line) => line.startsWith('RRULE:') && DAY_PARTS.test(line))) {
    throw invalid('The series names its days, so moving it to another day needs recurrence too.');
  }
  const rules = mapRules(lines, (parts) =>
    parts.map(([name, value]) => [name, name === 'UNTIL' ? moveStamp(value, move) : value] as const),
  );
  return mapDates(rules, (values) => values.map((value) => moveStamp(value, move)));
}
