import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { findSlots, type Interval, type SlotSearch } from '../../../src/mcp/tools/calendar/slots.ts';
import { findZone, type Zone } from '../../../src/mcp/tools/calendar/zone.ts';

// Finding time, for any diary: what is offered can be kept, and what could be kept is offered.

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'];
const MINUTE = 60_000;

function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return zone;
}

/** Two weeks around a change of clocks in Berlin, New York or on Lord Howe, or anywhere else in the year. */
const searches: fc.Arbitrary<SlotSearch> = fc
  .record({
    start: fc.oneof(
      fc.constantFrom(Date.UTC(2027, 2, 8), Date.UTC(2027, 2, 22), Date.UTC(2027, 9, 25), Date.UTC(2027, 9, 1)),
      fc
        .integer({ min: Date.UTC(2027, 0, 1) / MINUTE, max: Date.UTC(2027, 11, 31) / MINUTE })
        .map((minute) => minute * MINUTE),
    ),
    minutes: fc.integer({ min: 1, max: 14 * 1440 }),
    busy: fc.array(fc.tuple(fc.integer({ min: -1440, max: 15 * 1440 }), fc.integer({ min: 1, max: 3000 })), {
      maxLength: 40,
    }),
    duration: fc.integer({ min: 1, max: 600 }),
    from: fc.integer({ min: 0, max: 1438 }),
    length: fc.integer({ min: 1, max: 1440 }),
    days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
    zone: fc.constantFrom(...ZONES),
  })
  .map(({ start, minutes, busy, duration, from, length, days, zone }) => ({
    startMs: start,
    endMs: start + minutes * MINUTE,
    busy: busy.map(([at, lasts]) => ({ startMs: start + at * MINUTE, endMs: start + (at + lasts) * MINUTE })),
    durationMs: duration * MINUTE,
    hours: { startMinute: from, endMinute: Math.min(1440, from + length), days: new Set(days) },
    zone: zoneOf(zone),
    maxSlots: 10_000,
  }));

const overlap = (left: Interval, right: Interval): boolean => left.startMs < right.endMs && right.startMs < left.endMs;

describe('findSlots', () => {
  it('offers slots of the asked length, in range and order, that overlap nothing busy and not each other', () => {
    fc.assert(
      fc.property(searches, (search) => {
        let last = Number.NEGATIVE_INFINITY;
        for (const slot of findSlots(search)) {
          expect(slot.endMs - slot.startMs).toBe(search.durationMs);
          expect(slot.startMs).toBeGreaterThanOrEqual(Math.max(search.startMs, last));
          expect(slot.endMs).toBeLessThanOrEqual(search.endMs);
          expect(search.busy.some((period) => overlap(period, slot))).toBe(false);
          last = slot.endMs;
        }
      }),
      { numRuns: 150 },
    );
  });

  it('stays within the working hours of a working day, by that wall clock', () => {
    fc.assert(
      fc.property(searches, (search) => {
        for (const slot of findSlots(search)) {
          const start = DateTime.fromMillis(slot.startMs, { zone: search.zone.name });
          const end = DateTime.fromMillis(slot.endMs, { zone: search.zone.name });
          expect(search.hours.days.has(start.weekday % 7)).toBe(true);
          // A jump of the clock can move an hour that does not exist, on that day only.
          if (start.startOf('day').offset !== start.endOf('day').offset) continue;
          expect(start.hour * 60 + start.minute).toBeGreaterThanOrEqual(search.hours.startMinute);
          const endMinute = end.hasSame(start, 'day') ? end.hour * 60 + end.minute : 1440;
          expect(endMinute).toBeLessThanOrEqual(search.hours.endMinute);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('finds a slot wherever some minute of the range could begin one', () => {
    fc.assert(
      fc.property(searches, (search) => {
        if (findSlots({ ...search, maxSlots: 1 }).length > 0) return;
        for (let startMs = search.startMs; startMs + search.durationMs <= search.endMs; startMs += 7 * MINUTE) {
          const slot = { startMs, endMs: startMs + search.durationMs };
          const start = DateTime.fromMillis(slot.startMs, { zone: search.zone.name });
          const day = start.startOf('day');
          if (day.offset !== day.endOf('day').offset) continue;
          const inHours =
            search.hours.days.has(start.weekday % 7) &&
            slot.startMs >= day.toMillis() + search.hours.startMinute * MINUTE &&
            slot.endMs <= day.toMillis() + search.hours.endMinute * MINUTE;
          expect(inHours && !search.busy.some((period) => overlap(period, slot))).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  const monday = (time: string): number => Date.parse(`2026-11-23T${time}:00+01:00`);
  const day: SlotSearch = {
    startMs: monday('00:00'),
    endMs: monday('23:59'),
    busy: [],
    durationMs: 30 * MINUTE,
    hours: { startMinute: 540, endMinute: 1020, days: new Set([1]) },
    zone: zoneOf('Europe/Berlin'),
    maxSlots: 3,
  };

  it('starts on quarter hours, and at once where the gap is too short for that', () => {
    const busy = [
      { startMs: monday('08:00'), endMs: monday('09:05') },
      { startMs: monday('09:35'), endMs: monday('10:05') },
    ];
    expect(findSlots({ ...day, busy }).map((slot) => slot.startMs)).toEqual([
      monday('09:05'),
      monday('10:15'),
      monday('10:45'),
    ]);
  });

  it('works through the day on which the clocks change', () => {
    const search = {
      ...day,
      startMs: Date.parse('2027-03-28T00:00:00+01:00'),
      endMs: Date.parse('2027-03-29T00:00:00+02:00'),
      hours: { startMinute: 60, endMinute: 240, days: new Set([0]) },
      durationMs: 60 * MINUTE,
      maxSlots: 9,
    };
    // From 01:00 to 04:00 by the wall are two hours that night.
    expect(findSlots(search).map((slot) => new Date(slot.startMs).toISOString())).toEqual([
      '2027-03-28T00:00:00.000Z',
      '2027-03-28T01:00:00.000Z',
    ]);
  });
});
