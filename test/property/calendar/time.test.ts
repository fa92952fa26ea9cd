import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime, IANAZone } from 'luxon';
import { readEventTimes, readRange } from '../../../src/mcp/tools/calendar/event-times.ts';
import { parseTime } from '../../../src/mcp/tools/calendar/time.ts';
import {
  DAY_MS,
  findZone,
  formatInstant,
  formatLocal,
  fromWall,
  toWall,
  type Zone,
} from '../../../src/mcp/tools/calendar/zone.ts';

// Times and zones, held against luxon.

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Pacific/Kiritimati',
  'UTC',
  'America/St_Johns',
];
const instants = fc
  .integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2040, 0, 1) / 1000 })
  .map((seconds) => seconds * 1000);
const zoneNames = fc.constantFrom(...ZONES);

function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return zone;
}

describe('zones', () => {
  it('show the wall clock that luxon shows', () => {
    fc.assert(
      fc.property(instants, zoneNames, (instant, name) => {
        const theirs = DateTime.fromMillis(instant, { zone: name });
        expect(formatLocal(toWall(instant, zoneOf(name)))).toBe(theirs.toFormat("yyyy-MM-dd'T'HH:mm:ss"));
        expect(Date.parse(formatInstant(instant, zoneOf(name)))).toBe(instant);
      }),
      { numRuns: 500 },
    );
  });

  it('lead from the wall back to the instant, or to the earlier of two', () => {
    fc.assert(
      fc.property(instants, zoneNames, (instant, name) => {
        const zone = zoneOf(name);
        const read = fromWall(toWall(instant, zone), zone);
        expect(read.skipped).toBe(false);
        expect(read.instantMs).toBeLessThanOrEqual(instant);
        expect(toWall(read.instantMs, zone)).toBe(toWall(instant, zone));
        const possible = DateTime.fromMillis(instant, { zone: name })
          .getPossibleOffsets()
          .map((other) => other.toMillis());
        expect(read.instantMs).toBe(Math.min(...possible));
      }),
      { numRuns: 500 },
    );
  });

  it('notice every wall time that the clock jumps over', () => {
    for (const [name, skipped, meant] of [
      ['Europe/Berlin', '2027-03-28T02:30:00', '2027-03-28T03:30:00+02:00'],
      ['America/New_York', '2027-03-14T02:00:00', '2027-03-14T03:00:00-04:00'],
      ['Australia/Lord_Howe', '2026-10-04T02:15:00', '2026-10-04T02:45:00+11:00'],
    ] as const) {
      const read = fromWall(Date.parse(`${skipped}Z`), zoneOf(name));
      expect(read).toEqual({ instantMs: Date.parse(meant), skipped: true });
    }
  });

  it('are found by their names only', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('+02:00', 'UTC+2', 'Europe/Nowhere', '', 'Etc/GMT+5', 'CET')),
        (name) => {
          if (findZone(name) !== undefined) expect(IANAZone.isValidZone(name)).toBe(true);
        },
      ),
    );
    expect(findZone('+02:00')).toBeUndefined();
  });
});

describe('times as text', () => {
  it('are read as luxon reads them, whatever the offset', () => {
    fc.assert(
      fc.property(instants, zoneNames, (instant, name) => {
        const text = formatInstant(instant, zoneOf(name));
        expect(parseTime(text)).toMatchObject({
          ok: true,
          value: { kind: 'offset', instantMs: DateTime.fromISO(text).toMillis() },
        });
      }),
    );
  });

  it('never throw, and never roll a day over that does not exist', () => {
    const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{${count}}$`));
    const near = fc
      .tuple(
        digits(4),
        digits(2),
        digits(2),
        fc.option(fc.tuple(digits(2), digits(2))),
        fc.constantFrom('', 'Z', '+02:00', '+25:00', '-00:00'),
      )
      .map(
        ([year, month, day, clock, offset]) =>
          `${year}-${month}-${day}${clock === null ? '' : `T${clock[0]}:${clock[1]}${offset}`}`,
      );
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        const read = parseTime(text);
        if (read.ok)
          expect(
            formatLocal(read.value.wallMs).startsWith(
              text.slice(0, read.value.kind === 'date' ? 10 : 16).replace('t', 'T'),
            ),
          ).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    '2026-02-30',
    '2026-13-01',
    '2026-11-24T24:00',
    '2026-11-24T10:60',
    '2026-11-24T10:00:60',
    '0001-01-01',
    '2026-11-24T10:00+24:00',
    '2026-11-24T10:00+02',
    '2026-11-24 10:00',
    '24.11.2026',
    'tomorrow',
    '2026-11-24T',
  ])('refuse %j', (text) => expect(parseTime(text).ok).toBe(false));
});

describe('ranges and events', () => {
  const dates = instants.map((instant) => formatLocal(instant).slice(0, 10));

  it('make the same date twice that whole day, by the wall clock of the zone', () => {
    fc.assert(
      fc.property(dates, zoneNames, (date, name) => {
        const { startMs, endMs } = readRange(date, date, name);
        const day = DateTime.fromISO(date, { zone: name });
        expect([startMs, endMs]).toEqual([
          day.startOf('day').toMillis(),
          day.plus({ days: 1 }).startOf('day').toMillis(),
        ]);
      }),
    );
  });

  it('say where a time is exactly once', () => {
    fc.assert(
      fc.property(instants, zoneNames, fc.integer({ min: 1, max: 600 }), (instant, name, minutes) => {
        const zone = zoneOf(name);
        const [start, end] = [instant, instant + minutes * 60_000].map((at) => formatInstant(at, zone));
        const args = { start: start ?? '', end: end ?? '' };
        expect(readEventTimes(args, false)).toMatchObject({ startMs: instant, allDay: false });
        expect(() => readEventTimes({ ...args, timeZone: name }, false)).toThrow('timeZone');
        expect(() => readEventTimes(args, true)).toThrow('timeZone');
        const local = { start: args.start.slice(0, 19), end: args.end.slice(0, 19) };
        expect(() => readEventTimes(local, false)).toThrow('no offset');
      }),
    );
  });

  it('refuse a local start that the clock jumps over', () => {
    const args = { start: '2027-03-28T02:30:00', end: '2027-03-28T04:00:00', timeZone: 'Europe/Berlin' };
    expect(() => readEventTimes(args, false)).toThrow('clocks go forward');
  });

  it('count a whole day once when start and end are the same date', () => {
    fc.assert(
      fc.property(dates, (date) => {
        const times = readEventTimes({ start: date, end: date }, false);
        expect(times.endMs - times.startMs).toBe(DAY_MS);
      }),
    );
  });
});
