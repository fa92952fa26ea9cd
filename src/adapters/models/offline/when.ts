import { type Clock, type ClockHints, type ClockRange, resolveClock, resolveRange } from './clocks.ts';
import type { Day } from './day-names.ts';
import type { Length } from './lengths.ts';
import type { Located, Mention, Point, Side, TimeContext } from './mentions.ts';
import type { Part } from './parts.ts';
import { joinRepeats, type Repeat } from './repeats.ts';
import type { Days } from './stretches.ts';
import { DAY, MINUTE, partsOf, startOfDay, type Wall } from './wall.ts';

// What the pieces of a request mean together: when something is to be, or which stretch of the calendar is asked about. Everything
// here is wall-clock time.

/** All that one request says about time; each kind at most once, the first wins. */
export interface Timing {
  readonly days?: readonly Day[];
  readonly stretch?: Days;
  readonly clock?: Clock;
  readonly orClocks: readonly Clock[];
  readonly clocks?: ClockRange;
  readonly part?: Part;
  readonly length?: Length;
  readonly whole: boolean;
  readonly repeat?: Repeat;
  readonly moment?: number;
  /** `starting next week`: the stretch is where a series begins, not where it ends. */
  readonly stretchStarts: boolean;
  readonly span?: { readonly from: Point; readonly to: Point };
  readonly aheadMinutes?: number;
  readonly restOfDay: boolean;
  readonly after?: Point & { readonly side: Side };
  readonly before?: Point & { readonly side: Side };
  readonly zone?: string;
  readonly times?: number;
  /** Days of the week that were left out. */
  readonly except?: readonly number[];
  /** A length in days beside a repetition: how long the series runs. */
  readonly running?: Length;
}

type Writable = { -readonly [Key in keyof Timing]: Timing[Key] };

export const noTiming: Timing = { orClocks: [], whole: false, restOfDay: false, stretchStarts: false };

export function mergeMentions(located: readonly Located[]): Timing {
  const timing: Writable = { ...noTiming };
  for (const { mention } of located) take(timing, mention);
  return withWeekdays(timing);
}

/** `Monday and Friday at 7, every week`: the weekdays belong to the repetition, not to one week. */
function withWeekdays(timing: Writable): Timing {
  const { repeat, days } = timing;
  // "Daily, Monday to Friday" is on working days, not for five days.
  if (repeat !== undefined && repeat.weekdays.length === 0 && /^(?:DAILY|WEEKLY)$/.test(repeat.frequency)) {
    const { stretch: said, ...rest } = timing;
    if (said?.weekdays !== undefined)
      return { ...rest, repeat: { ...repeat, frequency: 'WEEKLY', weekdays: said.weekdays } };
  }
  if (repeat?.frequency !== 'WEEKLY' || repeat.weekdays.length > 0 || days === undefined) return timing;
  if (!days.every(({ again }) => again !== undefined)) return timing;
  const { days: _days, ...rest } = timing;
  return { ...rest, repeat: { ...repeat, weekdays: days.map(({ day }) => partsOf(day).weekday) } };
}

function take(timing: Writable, mention: Mention): void {
  switch (mention.kind) {
    case 'days':
      timing.days ??= mention.days;
      break;
    case 'stretch':
      if (timing.stretch === undefined) timing.stretchStarts = mention.starting;
      timing.stretch ??= mention.stretch;
      break;
    case 'clock':
      takeClock(timing, mention.clock, mention.or);
      break;
    case 'clocks':
      timing.clocks ??= mention.clocks;
      break;
    case 'part':
      timing.part ??= mention.part;
      if (mention.day !== undefined) timing.days ??= [mention.day];
      break;
    case 'length':
      takeLength(timing, mention.length);
      break;
    case 'whole':
      timing.whole = true;
      break;
    case 'repeat':
      timing.repeat = timing.repeat === undefined ? mention.repeat : joinRepeats(timing.repeat, mention.repeat);
      break;
    case 'moment':
      timing.moment ??= mention.instant;
      break;
    case 'span':
      timing.span ??= mention;
      break;
    case 'ahead':
      timing.aheadMinutes ??= mention.minutes;
      break;
    case 'rest':
      timing.restOfDay = true;
      break;
    case 'bound':
      if (mention.side === 'after' || mention.side === 'from')
        timing.after ??= { ...mention.point, side: mention.side };
      else timing.before ??= { ...mention.point, side: mention.side };
      break;
    case 'zone':
      timing.zone ??= mention.zone;
      break;
    case 'times':
      timing.times ??= mention.count;
      break;
    case 'except':
      timing.except ??= mention.weekdays;
      break;
  }
}

/** A second time is an alternative: `at two or at four`. */
function takeClock(timing: Writable, clock: Clock, or: readonly Clock[]): void {
  if (timing.clock === undefined) {
    timing.clock = clock;
    timing.orClocks = or;
  } else if (timing.clocks === undefined && timing.orClocks.length < 4) {
    timing.orClocks = [...timing.orClocks, clock];
  }
}

function takeLength(timing: Writable, length: Length): void {
  if (length.minutes > 0) timing.length ??= length;
  else timing.running ??= length;
}

export function hasTime(timing: Timing): boolean {
  const { days, stretch, clock, clocks, part, repeat, moment, span, aheadMinutes, after, before } = timing;
  const said = [days, stretch, clock, clocks, part, repeat, moment, span, aheadMinutes, after, before];
  return timing.restOfDay || timing.whole || said.some((piece) => piece !== undefined);
}

export function hintsOf(part: Part | undefined): ClockHints {
  return part === undefined ? {} : { half: part.half, night: part.night };
}

/** A stretch of wall-clock time, the end exclusive. */
export interface Stretch {
  readonly from: Wall;
  readonly to: Wall;
}

export interface Window extends Stretch {
  /** Within every day of a longer stretch: minutes since midnight. */
  readonly hours?: { readonly from: number; readonly to: number };
  /** A time was said, not only a day. */
  readonly timed: boolean;
  /** Where it begins as an instant, when it was counted from now. */
  readonly instant?: number;
  /** Its length as elapsed time, where not both ends were said. */
  readonly minutes?: number;
}

const floorMinute = (time: number): number => Math.floor(time / MINUTE) * MINUTE;
const minutes = (count: number): number => count * MINUTE;

/** The day on which a time of day is meant: the one that was said, else the next on which it lies ahead. */
export function dayFor(
  day: Day | undefined,
  fromMinute: number,
  { now, today }: TimeContext,
  toMinute = fromMinute,
): Wall {
  if (day === undefined) return today + minutes(toMinute) > now ? today : today + DAY;
  const over = day.day === today && day.day + minutes(toMinute) <= now;
  return over && day.again !== undefined ? day.again(day.day) : day.day;
}

/** `today at 9`, said in the afternoon, is tonight's nine. */
function aheadToday(
  clock: Clock,
  minute: number,
  day: Day | undefined,
  part: Part | undefined,
  context: TimeContext,
): number {
  const fixed = day !== undefined && day.day === context.today && day.again === undefined;
  if (!fixed || clock.half !== 'bare' || part !== undefined || minute >= 12 * 60) return minute;
  const passed = context.today + minutes(minute) <= context.now;
  return passed && context.today + minutes(minute + 12 * 60) > context.now ? minute + 12 * 60 : minute;
}

/** Where a clock time stands on its day. */
export function placeClock(clock: Clock, day: Day | undefined, part: Part | undefined, context: TimeContext): Wall {
  const minute = aheadToday(clock, resolveClock(clock, hintsOf(part)), day, part, context);
  return dayFor(day, minute, context) + minutes(minute);
}

/** Picks the weekday inside a stretch that was said apart from it: `next week … on Friday`. */
export function daysOf(timing: Timing): readonly Day[] | undefined {
  const { days, stretch } = timing;
  if (days === undefined || stretch === undefined) return days;
  return days.map((day) => {
    let moved = day.day;
    for (let tries = 0; tries < 60 && moved < stretch.from && day.again !== undefined; tries += 1)
      moved = day.again(moved);
    return moved >= stretch.from && moved < stretch.to ? { day: moved } : day;
  });
}

function pointStart(point: Point, context: TimeContext, part: Part | undefined): Wall {
  if (point.clock !== undefined) return placeClock(point.clock, point.day, point.part ?? part, context);
  const minute = point.part?.from ?? 0;
  return dayFor(point.day, minute, context, point.part?.to ?? 24 * 60) + minutes(minute);
}

export function spanOf(
  span: { readonly from: Point; readonly to: Point },
  part: Part | undefined,
  context: TimeContext,
): Stretch {
  const { from, to } = span;
  if (to.day === undefined && to.clock !== undefined && from.clock !== undefined) {
    const range = resolveRange({ from: from.clock, to: to.clock }, hintsOf(from.part ?? part));
    const day = dayFor(from.day, range.from, context, range.to);
    return { from: day + minutes(range.from), to: day + minutes(range.to) };
  }
  const start = pointStart(from, context, part);
  const later: Day | undefined =
    to.day === undefined ? { day: startOfDay(start) } : { ...to.day, day: rolled(to.day, startOfDay(start)) };
  const end =
    to.clock !== undefined
      ? placeClock(to.clock, { day: later.day }, to.part ?? part, context)
      : later.day + (to.part === undefined ? DAY : minutes(to.part.to));
  return { from: start, to: end > start ? end : start + 60 * MINUTE };
}

function rolled(day: Day, from: Wall): Wall {
  let value = day.day;
  for (let tries = 0; tries < 3 && value < from && day.again !== undefined; tries += 1) value = day.again(value);
  return value;
}

/** Every stretch that a question asks about; usually one. Nothing when no time was said. */
export function windowsOf(timing: Timing, context: TimeContext): readonly Window[] {
  const { now, today } = context;
  const length = timing.length?.minutes ?? 60;
  const counted = timing.moment ?? (timing.aheadMinutes === undefined ? undefined : floorMinute(context.nowMs));
  if (counted !== undefined) {
    const from = context.now + (counted - context.nowMs);
    const long = timing.aheadMinutes ?? length;
    return [{ from, to: from + minutes(long), timed: true, instant: counted, minutes: long }];
  }
  if (timing.span !== undefined) return [{ ...spanOf(timing.span, timing.part, context), timed: true }];
  const days = daysOf(timing);
  if (timing.clocks !== undefined) return clocksWindows(timing.clocks, timing, days, context);
  if (timing.clock !== undefined) {
    return [timing.clock, ...timing.orClocks].flatMap((clock) =>
      (days ?? [undefined]).map((day) => {
        const from = placeClock(clock, day ?? stretchDay(timing), timing.part, context);
        const to = endAfter(timing, from, length, context);
        return { from, to, timed: true, ...(to - from === minutes(length) ? { minutes: length } : {}) };
      }),
    );
  }
  if (timing.restOfDay) return [bounded({ from: floorMinute(now), to: today + DAY, timed: false }, timing, context)];
  return dayWindows(timing, days, context).map((window) => bounded(window, timing, context));
}

const stretchDay = ({ stretch }: Timing): Day | undefined =>
  stretch === undefined ? undefined : { day: stretch.from };

/** An end that was said (`at 3 until 4:30`), else one after the length. */
export function endAfter(timing: Timing, from: Wall, length: number, context: TimeContext): Wall {
  const clock = timing.before?.clock;
  if (clock === undefined || timing.length !== undefined) return from + minutes(length);
  if (timing.before?.day !== undefined) {
    const end = placeClock(clock, timing.before.day, timing.before.part, context);
    return end > from ? end : from + minutes(length);
  }
  const day = startOfDay(from);
  const startMinute = (from - day) / MINUTE;
  const range = resolveRange({
    from: { hour: Math.floor(startMinute / 60), minute: startMinute % 60, half: 'exact' },
    to: clock,
  });
  return day + minutes(range.to);
}

function clocksWindows(
  clocks: ClockRange,
  timing: Timing,
  days: readonly Day[] | undefined,
  context: TimeContext,
): readonly Window[] {
  const range = resolveRange(clocks, hintsOf(timing.part));
  if (days === undefined && timing.stretch !== undefined) {
    return [{ ...timing.stretch, hours: range, timed: true }];
  }
  if (days !== undefined && days.length > 1) {
    const whole = contiguous(days);
    if (whole !== undefined) return [{ ...whole, hours: range, timed: true }];
  }
  return (days ?? [undefined]).map((day) => {
    const start = dayFor(day, range.from, context, range.to);
    return { from: start + minutes(range.from), to: start + minutes(range.to), timed: true };
  });
}

function contiguous(days: readonly Day[]): Stretch | undefined {
  const sorted = days.map(({ day }) => day).sort((a, b) => a - b);
  const first = sorted[0];
  const last = sorted.at(-1);
  return first === undefined || last === undefined || last - first > 31 * DAY
    ? undefined
    : { from: first, to: last + DAY };
}

function dayWindows(timing: Timing, days: readonly Day[] | undefined, context: TimeContext): readonly Window[] {
  const { part, stretch } = timing;
  const hours = part === undefined ? {} : { hours: { from: part.from, to: part.to } };
  if (days === undefined) {
    if (stretch !== undefined) return [{ ...stretch, ...hours, timed: part !== undefined }];
    if (part === undefined) return openWindow(timing, context);
    const day = dayFor(undefined, part.from, context, part.to);
    return [{ from: day + minutes(part.from), to: day + minutes(part.to), timed: true }];
  }
  if (days.length > 1) {
    const whole = contiguous(days);
    if (whole !== undefined) return [{ ...whole, ...hours, timed: part !== undefined }];
  }
  return days.map((day) => {
    const start = dayFor(day, part?.from ?? 0, context, part?.to ?? 24 * 60);
    return part === undefined
      ? { from: start, to: start + DAY, timed: false }
      : { from: start + minutes(part.from), to: start + minutes(part.to), timed: true };
  });
}

/** Only a bound was said: `before Friday`, `after 4`, `by the 15th`. */
function openWindow(timing: Timing, context: TimeContext): readonly Window[] {
  const { after, before } = timing;
  const now = floorMinute(context.now);
  if (after === undefined && before === undefined) {
    if (timing.running !== undefined) return [];
    return timing.whole ? [{ from: context.today, to: context.today + DAY, timed: false }] : [];
  }
  const clockOnly = (after?.day ?? before?.day) === undefined;
  if (clockOnly) {
    const point = before ?? after;
    const start = point === undefined ? context.today : startOfDay(pointStart(point, context, timing.part));
    return [{ from: start === context.today ? now : start, to: start + DAY, timed: true }];
  }
  const from = after === undefined ? now : boundAfter(after, context);
  const openEnd = after?.clock === undefined ? from + 7 * DAY : startOfDay(from) + DAY;
  const to = before === undefined ? openEnd : boundBefore(before, context);
  return to > from ? [{ from, to, timed: true }] : [];
}

function boundAfter(point: Point & { readonly side: Side }, context: TimeContext): Wall {
  return point.clock === undefined && point.part === undefined
    ? dayFor(point.day, 0, context, 24 * 60) + (point.side === 'from' ? 0 : DAY)
    : pointStart(point, context, undefined);
}

function boundBefore(point: Point & { readonly side: Side }, context: TimeContext): Wall {
  if (point.clock !== undefined) return pointStart(point, context, undefined);
  const day = dayFor(point.day, 0, context, 24 * 60);
  if (point.part !== undefined) return day + minutes(point.side === 'before' ? point.part.from : point.part.to);
  return point.side === 'before' ? day : day + DAY;
}

/** Cuts a window at `after 3` and `before noon`: once, or on each of its days. */
function bounded(window: Window, timing: Timing, context: TimeContext): Window {
  const { after, before } = timing;
  if (after === undefined && before === undefined) return window;
  const oneDay = window.to - window.from <= DAY;
  if (!oneDay) return boundedDaily(window, timing, context);
  const day = startOfDay(window.from);
  const at = (point: Point | undefined): Wall | undefined =>
    point?.clock === undefined ? undefined : placeClock(point.clock, point.day ?? { day }, timing.part, context);
  const from = Math.max(window.from, at(after) ?? window.from);
  const to = Math.min(window.to, at(before) ?? window.to);
  return to > from ? { from, to, timed: true } : window;
}

function boundedDaily(window: Window, timing: Timing, context: TimeContext): Window {
  const { after, before } = timing;
  const minute = (point: Point | undefined): number | undefined =>
    point?.clock === undefined || point.day !== undefined ? undefined : resolveClock(point.clock, hintsOf(timing.part));
  const from = after?.day === undefined ? window.from : Math.max(window.from, boundAfter(after, context));
  const to = before?.day === undefined ? window.to : Math.min(window.to, boundBefore(before, context));
  const first = minute(after);
  const last = minute(before);
  if (first === undefined && last === undefined) return to > from ? { ...window, from, to } : window;
  const hours = {
    from: first ?? window.hours?.from ?? 9 * 60,
    to: last ?? window.hours?.to ?? Math.max(18 * 60, (first ?? 0) + 60),
  };
  return { from, to, hours: hours.to > hours.from ? hours : { from: hours.from, to: 24 * 60 }, timed: true };
}
