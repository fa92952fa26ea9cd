import { DAY_MS, fromWall, toWall, type Zone } from './zone.ts';

// Finding time: what is free for everybody, inside working hours, in pieces of the asked length. Pure.

const QUARTER_MS = 15 * 60_000;
const MINUTE_MS = 60_000;

export interface Interval {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
}

export interface WorkingHours {
  /** Minutes after midnight by the wall clock; the end is at most 1440. */
  readonly startMinute: number;
  readonly endMinute: number;
  /** 0 is Sunday. */
  readonly days: ReadonlySet<number>;
}

export interface SlotSearch extends Interval {
  readonly busy: readonly Interval[];
  readonly durationMs: number;
  readonly hours: WorkingHours;
  readonly zone: Zone;
  readonly maxSlots: number;
}

/** Working time within the range, one interval a day at most, by that day's wall clock. */
function* workingTime(search: SlotSearch): Generator<Interval> {
  const { hours, zone } = search;
  const lastDay = toWall(search.endMs, zone);
  for (let day = Math.floor(toWall(search.startMs, zone) / DAY_MS) * DAY_MS; day <= lastDay; day += DAY_MS) {
    if (!hours.days.has(new Date(day).getUTCDay())) continue;
    const startMs = Math.max(search.startMs, fromWall(day + hours.startMinute * MINUTE_MS, zone).instantMs);
    const endMs = Math.min(search.endMs, fromWall(day + hours.endMinute * MINUTE_MS, zone).instantMs);
    if (startMs < endMs) yield { startMs, endMs };
  }
}

/** What is left of one interval. `busy` is sorted by start and may overlap itself. */
function* freeTime(within: Interval, busy: readonly Interval[]): Generator<Interval> {
  let from = within.startMs;
  for (const period of busy) {
    if (period.endMs <= from) continue;
    if (period.startMs >= within.endMs) break;
    if (period.startMs > from) yield { startMs: from, endMs: period.startMs };
    from = period.endMs;
  }
  if (from < within.endMs) yield { startMs: from, endMs: within.endMs };
}

function roundUp(instantMs: number, stepMs: number, zone: Zone): number {
  const wall = toWall(instantMs, zone);
  return instantMs + (Math.ceil(wall / stepMs) * stepMs - wall);
}

/**
 * Slots of exactly the asked length, in order, none overlapping another, starting on quarter hours; in a gap too short for
 * that, as early as the gap allows.
 */
export function findSlots(search: SlotSearch): readonly Interval[] {
  const busy = [...search.busy].sort((left, right) => left.startMs - right.startMs);
  const slots: Interval[] = [];
  for (const working of workingTime(search)) {
    for (const free of freeTime(working, busy)) {
      let startMs = roundUp(free.startMs, QUARTER_MS, search.zone);
      if (startMs + search.durationMs > free.endMs) startMs = roundUp(free.startMs, MINUTE_MS, search.zone);
      while (startMs + search.durationMs <= free.endMs) {
        slots.push({ startMs, endMs: startMs + search.durationMs });
        if (slots.length >= search.maxSlots) return slots;
        startMs = roundUp(startMs + search.durationMs, QUARTER_MS, search.zone);
      }
    }
  }
  return slots;
}
