import { resolveClock, resolveRange } from './clocks.ts';
import type { TimeContext } from './mentions.ts';
import { firstTurn, leavingOut, type RepeatEnd, recurrenceLine, turnsIn } from './repeats.ts';
import type { JsonObject } from './results.ts';
import { addMonths, DAY, dateText, localText, MINUTE, partsOf, startOfDay, type Wall } from './wall.ts';
import { dayFor, daysOf, hintsOf, type Timing, type Window, windowsOf } from './when.ts';
import { offsetText, placeIn, wallAt } from './zones.ts';

// From wall-clock time to what the tools take: instants in a zone, whole days, repetition.

/** A piece of time with its place in the world. */
export interface Slot {
  /** Instants; for whole days midnight by the wall clock, as if in UTC. */
  readonly start: number;
  readonly end: number;
  readonly allDay: boolean;
  readonly zone: string;
  readonly recurrence?: string;
  /** What the clocks did to it, in words. */
  readonly notes: readonly string[];
}

export function toSlot(window: Window, zone: string): Slot {
  const start = window.instant ?? placeIn(window.from, zone).instant;
  const end = window.minutes === undefined ? placeIn(window.to, zone).instant : start + window.minutes * MINUTE;
  const notes = window.instant === undefined && window.timed ? oddities(window.from, zone) : [];
  return { start, end: end > start ? end : start + 60 * MINUTE, allDay: false, zone, notes };
}

function oddities(wall: Wall, zone: string): readonly string[] {
  const { oddity, wall: shown } = placeIn(wall, zone);
  const clock = localText(wall).slice(11, 16);
  if (oddity === 'skipped') {
    return [
      `${clock} does not exist on ${dateText(wall)} in ${zone}, because the clocks go forward then; I took ${localText(shown).slice(11, 16)}.`,
    ];
  }
  if (oddity === 'twice')
    return [
      `${clock} happens twice on ${dateText(wall)} in ${zone}, because the clocks go back then; I took the earlier one.`,
    ];
  return [];
}

/** `2026-11-24T15:00:00` where the zone makes that clear, else with the offset. */
function timeText(instant: number, zone: string): string {
  const wall = wallAt(instant, zone);
  return placeIn(wall, zone).instant === instant ? localText(wall) : offsetText(instant, zone);
}

export function boundArguments({ start, end, zone }: Slot): JsonObject {
  return { timeMin: timeText(start, zone), timeMax: timeText(end, zone), timeZone: zone };
}

export function eventArguments(slot: Slot): JsonObject {
  if (slot.allDay) return { start: dateText(slot.start), end: dateText(slot.end) };
  const [start, end] = [timeText(slot.start, slot.zone), timeText(slot.end, slot.zone)];
  const exact = start.length > 19 || end.length > 19;
  return exact && slot.recurrence === undefined
    ? { start: offsetText(slot.start, slot.zone), end: offsetText(slot.end, slot.zone) }
    : { start, end, timeZone: slot.zone };
}

export function wholeDays(from: Wall, to: Wall, zone: string): Slot {
  return { start: from, end: Math.max(to, from + DAY), allDay: true, zone, notes: [] };
}

/** What a booking's words ask for: times that are certain, a time still to be found, or nothing that can be booked. */
export type Booking =
  | { readonly kind: 'slots'; readonly slots: readonly Slot[] }
  | { readonly kind: 'search'; readonly window: Window; readonly minutes: number }
  | { readonly kind: 'missing' };

export interface BookingStyle {
  /** `put`, `add`, `block`: what is entered as said. Otherwise a day without a time is one in which to find a time. */
  readonly enters: boolean;
  /** A meeting, a call: not something that lasts for days. */
  readonly hourly: boolean;
  /** `block Friday afternoon`: a part of the day is the event. */
  readonly blocks: boolean;
  /** A holiday, a birthday: whole days unless a time is said. */
  readonly wholeDay: boolean;
  /** When such an event is by custom: lunch at noon. */
  readonly customMinute: number | undefined;
}

const slots = (...found: readonly Slot[]): Booking => ({ kind: 'slots', slots: found });

/** `submit the report by Friday at 4pm`: what has a last moment and no length stands at that moment. */
function atDeadline(timing: Timing): Timing {
  const { before } = timing;
  const placed = timing.days ?? timing.clock ?? timing.clocks ?? timing.length ?? timing.stretch ?? timing.repeat;
  if (before?.side !== 'by' || before.clock === undefined || placed !== undefined) return timing;
  const { before: _deadline, ...rest } = timing;
  return { ...rest, clock: before.clock, ...(before.day === undefined ? {} : { days: [before.day] }) };
}

export function bookingOf(said: Timing, style: BookingStyle, context: TimeContext, zone: string): Booking {
  const timing = atDeadline(said);
  if (timing.repeat !== undefined) {
    const repeat = leavingOut(timing.repeat, timing.except ?? []);
    return slots(seriesSlot({ ...timing, repeat }, style, context, zone));
  }
  const days = daysOf(timing);
  const timed = timing.clock !== undefined || timing.clocks !== undefined || timing.moment !== undefined;
  if (timing.clocks !== undefined || timing.clock !== undefined) {
    const series = stretchSeries(timing, context, zone);
    if (series !== undefined) return slots(series);
  }
  if (timed || timing.span !== undefined || timing.aheadMinutes !== undefined) {
    return slots(...windowsOf({ ...timing, orClocks: [] }, context).map((window) => toSlot(eachDay(window), zone)));
  }
  if (timing.whole || (timing.running !== undefined && timing.length === undefined))
    return wholeBooking(timing, context, zone);
  const [window] = windowsOf(timing, context);
  if (window === undefined) return { kind: 'missing' };
  const minutes = timing.length?.minutes;
  const bounded = timing.after?.clock !== undefined || timing.before?.clock !== undefined || timing.restOfDay;
  if (
    minutes === undefined &&
    (style.blocks || (style.enters && timing.part !== undefined)) &&
    (timing.part !== undefined || bounded)
  ) {
    return slots(toSlot(eachDay(window), zone));
  }
  if (style.customMinute !== undefined && days?.length === 1 && timing.part === undefined) {
    const start = dayFor(days[0], style.customMinute, context) + style.customMinute * MINUTE;
    return slots(toSlot({ from: start, to: start, timed: true, minutes: minutes ?? 60 }, zone));
  }
  const wholeDay =
    minutes === undefined &&
    timing.part === undefined &&
    !bounded &&
    (style.enters || style.wholeDay || style.blocks || (timing.stretch?.lasts === true && !style.hourly));
  if (wholeDay) {
    if (days !== undefined && days.length > 1) return slots(...days.map(({ day }) => wholeDays(day, day + DAY, zone)));
    return timing.before === undefined || timing.after !== undefined
      ? slots(wholeDays(startOfDay(window.from), startOfDay(window.to - 1) + DAY, zone))
      : slots(wholeDays(startOfDay(window.to - 1), startOfDay(window.to - 1) + DAY, zone));
  }
  return { kind: 'search', window, minutes: minutes ?? 60 };
}

/** A stretch with hours is a series to the calendar; as one event it is its first day. */
function eachDay(window: Window): Window {
  if (window.hours === undefined) return window;
  const day = startOfDay(window.from);
  return { from: day + window.hours.from * MINUTE, to: day + window.hours.to * MINUTE, timed: true };
}

function wholeBooking(timing: Timing, context: TimeContext, zone: string): Booking {
  const [window] = windowsOf(timing, context);
  const from = window === undefined ? context.today : startOfDay(window.from);
  const running = timing.running;
  if (running !== undefined) return slots(wholeDays(from, addMonths(from, running.months) + running.days * DAY, zone));
  const days = daysOf(timing);
  if (days !== undefined && days.length > 1) return slots(...days.map(({ day }) => wholeDays(day, day + DAY, zone)));
  return slots(wholeDays(from, window === undefined ? from + DAY : startOfDay(window.to - 1) + DAY, zone));
}

interface Minutes {
  readonly from: number;
  readonly to: number;
}

function minutesOf(timing: Timing): Minutes | undefined {
  if (timing.clocks !== undefined) return resolveRange(timing.clocks, hintsOf(timing.part));
  if (timing.clock === undefined) return undefined;
  const from = resolveClock(timing.clock, hintsOf(timing.part));
  const end =
    timing.before?.day === undefined && timing.before?.clock !== undefined
      ? resolveRange({
          from: { hour: Math.floor(from / 60), minute: from % 60, half: 'exact' },
          to: timing.before.clock,
        }).to
      : from + (timing.length?.minutes ?? 60);
  return { from, to: end };
}

/** `Monday to Wednesday from 9 to 10`: the same hours on each of a few days. */
function stretchSeries(timing: Timing, context: TimeContext, zone: string): Slot | undefined {
  const { stretch, days } = timing;
  const minutes = minutesOf(timing);
  if (stretch === undefined || days !== undefined || minutes === undefined) return undefined;
  const count = Math.round((stretch.to - stretch.from) / DAY);
  if (count < 2 || count > 14) return undefined;
  const from = Math.max(stretch.from, context.today);
  const slot = toSlot({ from: from + minutes.from * MINUTE, to: from + minutes.to * MINUTE, timed: true }, zone);
  const working = count === 7;
  return { ...slot, recurrence: `RRULE:FREQ=DAILY;COUNT=${working ? 5 : Math.round((stretch.to - from) / DAY)}` };
}

function seriesSlot(timing: Timing, style: BookingStyle, context: TimeContext, zone: string): Slot {
  const repeat = timing.repeat ?? { frequency: 'DAILY', interval: 1, weekdays: [] };
  const part = timing.part;
  const custom =
    style.customMinute === undefined
      ? undefined
      : { from: style.customMinute, to: style.customMinute + (timing.length?.minutes ?? 60) };
  const minutes =
    minutesOf(timing) ??
    (part === undefined || timing.whole
      ? custom
      : { from: part.from, to: timing.length === undefined ? part.to : part.from + timing.length.minutes });
  const named = daysOf(timing)?.[0]?.day ?? timing.stretch?.from ?? timing.after?.day?.day;
  const anchor = Math.max(named ?? repeat.date ?? context.today, context.today);
  const over = (day: Wall): boolean =>
    minutes === undefined ? day < context.today : day + minutes.from * MINUTE <= context.now;
  let first = firstTurn(repeat, anchor);
  for (let tries = 0; tries < 2 && over(first); tries += 1) first = firstTurn(repeat, first + DAY);
  const end = seriesEnd(timing, first, minutes, zone);
  const recurrence = recurrenceLine(repeat, first, end);
  if (minutes === undefined) return { ...wholeDays(first, first + DAY, zone), recurrence };
  const window: Window = { from: first + minutes.from * MINUTE, to: first + minutes.to * MINUTE, timed: true };
  return { ...toSlot(window, zone), recurrence };
}

function seriesEnd(timing: Timing, first: Wall, minutes: Minutes | undefined, zone: string): RepeatEnd {
  const { repeat, running, times, stretch, before } = timing;
  if (times !== undefined) return { count: times };
  if (running !== undefined && repeat !== undefined) {
    const count = turnsIn(repeat, running);
    if (count !== undefined) return { count };
    return { until: untilText(addMonths(first, running.months) + running.days * DAY - DAY, minutes, zone) };
  }
  if (before?.day !== undefined || (before !== undefined && before.clock === undefined && before.part === undefined)) {
    const last = before.day === undefined ? first : before.day.day - (before.side === 'before' ? DAY : 0);
    return { until: untilText(Math.max(last, first), minutes, zone) };
  }
  if (stretch !== undefined && !timing.stretchStarts)
    return { until: untilText(Math.max(stretch.to - DAY, first), minutes, zone) };
  return {};
}

/** RFC 5545 section 3.3.10: UTC where the start has a time and a zone, a date where it is a date. */
function untilText(lastDay: Wall, minutes: Minutes | undefined, zone: string): string {
  if (minutes === undefined) return dateText(lastDay).replaceAll('-', '');
  const instant = placeIn(startOfDay(lastDay) + DAY, zone).instant - 1000;
  return `${localText(instant).replace(/[-:]/g, '')}Z`;
}

const CODES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Hours and days for a search, where the tool's own (weekdays, nine to five) would hide what was asked for. */
export function workingHours(
  window: Window,
  usual: { readonly start: string; readonly end: string } | undefined,
  /** Days of the week, 1 to 7. */
  {
    only,
    except = [],
  }: { readonly only?: readonly number[] | undefined; readonly except?: readonly number[] | undefined },
): JsonObject {
  const clock = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const days = new Set<number>();
  for (let day = startOfDay(window.from); day < window.to && days.size < 7; day += DAY) days.add(partsOf(day).weekday);
  const weekend = [...days].every((day) => day > 5);
  const open = (only ?? [...days].filter((day) => weekend || day <= 5)).filter((day) => !except.includes(day));
  const oneDay = startOfDay(window.to - 1) === startOfDay(window.from);
  const own =
    window.hours ??
    (oneDay && window.timed
      ? { from: (window.from - startOfDay(window.from)) / MINUTE, to: (window.to - startOfDay(window.from)) / MINUTE }
      : undefined);
  const outside = own !== undefined && (window.hours !== undefined || own.from < 9 * 60 || own.to > 17 * 60);
  const hours = outside
    ? { start: clock(Math.min(own.from, 23 * 60 + 59)), end: clock(Math.min(own.to, 24 * 60)) }
    : usual;
  const limited = open.length > 0 && (weekend || only !== undefined || except.length > 0);
  const named = limited ? { days: open.map((day) => CODES[day - 1] ?? 'mon') } : {};
  return hours === undefined && !limited ? {} : { workingHours: { ...hours, ...named } };
}
