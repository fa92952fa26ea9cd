import { DateTime } from 'luxon';
import { RRuleTemporal } from 'rrule-temporal';
import { invalid, required } from './errors.ts';
import { instanceStamp, isTimeZone, type Moment } from './moment.ts';

// When a series happens: RRULE and RDATE less EXDATE (RFC 5545 §3.8.5). A timed series keeps its wall-clock time in its own zone
// across daylight saving; whole days know no zone. The rules are computed by rrule-temporal, the lists are read here.

export interface Series {
  readonly start: Moment;
  readonly lines: readonly string[];
}

/** Rules within a day (HOURLY, BYHOUR and finer) are left out: no calendar of a person's has them, and they unroll without end. */
const PART: Readonly<Record<string, RegExp>> = {
  FREQ: /^(DAILY|WEEKLY|MONTHLY|YEARLY)$/,
  INTERVAL: /^[1-9]\d{0,3}$/,
  COUNT: /^[1-9]\d{0,4}$/,
  UNTIL: /^\d{8}(T\d{6}Z?)?$/,
  BYDAY: listOf(String.raw`([+-]?([1-9]|[1-4]\d|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)`),
  BYMONTHDAY: listOf(String.raw`-?([1-9]|[12]\d|3[01])`),
  BYYEARDAY: listOf(String.raw`-?([1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])`),
  BYWEEKNO: listOf(String.raw`-?([1-9]|[1-4]\d|5[0-3])`),
  BYMONTH: listOf('([1-9]|1[0-2])'),
  BYSETPOS: listOf(String.raw`-?([1-9]\d?|[12]\d\d|3[0-5]\d|36[0-6])`),
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
};

function listOf(item: string): RegExp {
  return new RegExp(`^${item}(,${item})*$`);
}

const LIST = /^(RDATE|EXDATE)(?:;(?:TZID=([^;:]+)|VALUE=(DATE|DATE-TIME)))*:(.+)$/i;

/** Throws Google's 400 for lines it would not take. A timed series must name a zone, or its wall clock would be nobody's. */
export function checkSeries({ start, lines }: Series): void {
  if (start.kind === 'instant' && start.timeZone === undefined) {
    throw required('Missing time zone definition for start time.');
  }
  if (lines.length === 0 || !lines.some((line) => /^(RRULE|RDATE)/i.test(line))) {
    throw invalid('Invalid recurrence rule.');
  }
  for (const line of lines) {
    if (/^RRULE:/i.test(line)) checkRule(line.slice('RRULE:'.length));
    else readList(line, start);
  }
  try {
    occurrencesBetween({ start, lines }, { fromMs: startMs(start), toMs: startMs(start) + 1 });
  } catch {
    throw invalid('Invalid recurrence rule.');
  }
}

function checkRule(rule: string): void {
  const parts = rule.split(';').map((part) => part.split('='));
  const names = new Set<string>();
  for (const [name = '', value = '', ...more] of parts) {
    const pattern = PART[name.toUpperCase()];
    const isFine = pattern?.test(value.toUpperCase()) === true && more.length === 0 && !names.has(name.toUpperCase());
    if (!isFine) throw invalid('Invalid recurrence rule.');
    names.add(name.toUpperCase());
  }
  // RFC 5545 §3.3.10: FREQ is required; COUNT and UNTIL exclude each other.
  if (!names.has('FREQ') || (names.has('COUNT') && names.has('UNTIL'))) throw invalid('Invalid recurrence rule.');
}

/** Whole days are reckoned as midnights of UTC throughout this file. */
const startMs = (moment: Moment): number =>
  moment.kind === 'instant' ? moment.ms : Date.parse(`${moment.date}T00:00:00Z`);

function readList(line: string, start: Moment): readonly number[] {
  const match = LIST.exec(line.trim());
  if (match === null) throw invalid('Invalid recurrence rule.');
  const own = start.kind === 'instant' ? start.timeZone : undefined;
  const zone = match[2] ?? own ?? 'UTC';
  if (!isTimeZone(zone)) throw invalid('Invalid recurrence rule.');
  return (match[4] ?? '').split(',').map((text) => readListed(text.trim(), start, zone));
}

function readListed(text: string, start: Moment, zone: string): number {
  const isUtc = text.endsWith('Z');
  const format = text.length === 8 ? 'yyyyMMdd' : "yyyyMMdd'T'HHmmss";
  const parsed = DateTime.fromFormat(isUtc ? text.slice(0, -1) : text, format, { zone: isUtc ? 'UTC' : zone });
  if (!parsed.isValid) throw invalid('Invalid recurrence rule.');
  if (start.kind === 'date') return Date.parse(`${parsed.toISODate() ?? ''}T00:00:00Z`);
  if (text.length !== 8) return parsed.toMillis();
  // A date among date-times means that day's occurrence.
  const time = DateTime.fromMillis(start.ms, { zone });
  return parsed.set({ hour: time.hour, minute: time.minute, second: time.second }).toMillis();
}

/** Starts of occurrences within [fromMs, toMs], in order; for whole days the bounds are midnights of UTC. */
export function occurrencesBetween(
  series: Series,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly Moment[] {
  const listed = (kind: RegExp) =>
    series.lines.filter((line) => kind.test(line)).flatMap((line) => readList(line, series.start));
  const excluded = new Set(listed(/^EXDATE/i));
  const starts = new Set(listed(/^RDATE/i));
  const rules = series.lines.filter((line) => /^RRULE:/i.test(line));
  if (rules.length === 0) starts.add(startMs(series.start));
  for (const rule of rules) for (const ms of ruleBetween(rule, series.start, { fromMs, toMs })) starts.add(ms);
  return [...starts]
    .filter((ms) => ms >= fromMs && ms <= toMs && !excluded.has(ms))
    .sort((one, other) => one - other)
    .map((ms) => momentAt(ms, series.start));
}

function momentAt(ms: number, start: Moment): Moment {
  if (start.kind === 'instant') return { ...start, ms };
  return { kind: 'date', date: new Date(ms).toISOString().slice(0, 10) };
}

function ruleBetween(rule: string, start: Moment, range: { fromMs: number; toMs: number }): readonly number[] {
  const zone = start.kind === 'instant' ? (start.timeZone ?? 'UTC') : 'UTC';
  const local = DateTime.fromMillis(startMs(start), { zone }).toFormat("yyyyMMdd'T'HHmmss");
  const dates = new RRuleTemporal({
    rruleString: `DTSTART;TZID=${zone}:${local}\n${rule.toUpperCase()}`,
    // The first event of a series is one whatever the rule says, as RFC 5545 §3.8.5.3 has it.
    includeDtstart: true,
    maxIterations: MAX_ITERATIONS,
  }).between(new Date(range.fromMs), new Date(range.toMs), true);
  return dates.map((date) => date.epochMilliseconds);
}

/** A daily rule asked about a window a century away stays below it. */
const MAX_ITERATIONS = 50_000;

/** Whether the series ends by itself. */
export function isBounded({ lines }: Series): boolean {
  return lines.every((line) => !/^RRULE:/i.test(line) || /(COUNT|UNTIL)=/i.test(line));
}

export function hasOccurrence(series: Series, moment: Moment): boolean {
  const ms = startMs(moment);
  const found = occurrencesBetween(series, { fromMs: ms, toMs: ms });
  return found.some((occurrence) => instanceStamp(occurrence) === instanceStamp(moment));
}
