import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RRuleTemporal } from 'rrule-temporal';
import { AppError } from '../../../src/kernel/app-error.ts';
import {
  endBefore,
  goOnFrom,
  moveRecurrence,
  readRecurrence,
  type SplitPoint,
} from '../../../src/mcp/tools/calendar/recurrence.ts';
import { findZone, formatLocal, toWall, type Zone } from '../../../src/mcp/tools/calendar/zone.ts';

// Splitting and moving series, with rrule-temporal as the judge of what a rule means.

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC'];
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const HOUR = 3_600_000;

function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw new Error(`no zone ${name}`);
  return zone;
}

const stamp = (wallMs: number): string => formatLocal(wallMs).replaceAll(/[-:]/g, '');

/** Instants of a series that begins at a wall time. */
function expand(wallMs: number, zone: Zone, lines: readonly string[]): readonly number[] {
  const rule = new RRuleTemporal({ rruleString: [`DTSTART;TZID=${zone.name}:${stamp(wallMs)}`, ...lines].join('\n') });
  return rule.all((_date, index) => index < 200).map((date) => Number(date.epochMilliseconds));
}

interface Series {
  readonly wallMs: number;
  readonly zone: Zone;
  readonly lines: readonly string[];
}

/** Hours from 4 on: no clock jumps there, so that every rule has one reading. */
const series: fc.Arbitrary<Series> = fc
  .record({
    day: fc.integer({ min: Date.UTC(2026, 0, 1) / 86_400_000, max: Date.UTC(2028, 0, 1) / 86_400_000 }),
    hour: fc.integer({ min: 4, max: 23 }),
    zone: fc.constantFrom(...ZONES),
    freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY'),
    interval: fc.integer({ min: 1, max: 3 }),
    extraDays: fc.subarray(DAYS),
    count: fc.integer({ min: 2, max: 30 }),
    byUntil: fc.boolean(),
  })
  .map(({ day, hour, zone, freq, interval, extraDays, count, byUntil }) => {
    const wallMs = day * 86_400_000 + hour * HOUR;
    const own = DAYS[new Date(wallMs).getUTCDay()] ?? 'MO';
    const byDay = freq === 'WEEKLY' ? `;BYDAY=${[...new Set([own, ...extraDays])].join(',')}` : '';
    const rule = `RRULE:FREQ=${freq};INTERVAL=${interval}${byDay}`;
    const place = zoneOf(zone);
    const counted = { wallMs, zone: place, lines: [`${rule};COUNT=${count}`] };
    const last = expand(wallMs, place, counted.lines).at(-1) ?? 0;
    return byUntil ? { ...counted, lines: [`${rule};UNTIL=${stamp(last)}Z`] } : counted;
  });

describe('a split', () => {
  it('loses no occurrence, adds none, and moves none, whatever the zone and the rule', () => {
    fc.assert(
      fc.property(series, fc.nat(), ({ wallMs, zone, lines }, pick) => {
        const whole = expand(wallMs, zone, lines);
        fc.pre(whole.length > 1);
        const at = 1 + (pick % (whole.length - 1));
        const instantMs = whole[at] ?? 0;
        const split: SplitPoint = { instantMs, wallMs: toWall(instantMs, zone), allDay: false };
        expect(expand(wallMs, zone, endBefore(lines, split))).toEqual(whole.slice(0, at));
        expect(expand(split.wallMs, zone, goOnFrom(lines, split, at))).toEqual(whole.slice(at));
      }),
      { numRuns: 150 },
    );
  });

  it('gives single dates to the part they lie in', () => {
    const split: SplitPoint = {
      instantMs: Date.parse('2026-12-10T08:00:00Z'),
      wallMs: Date.parse('2026-12-10T09:00:00Z'),
      allDay: false,
    };
    const lines = [
      'RRULE:FREQ=DAILY',
      'EXDATE;TZID=Europe/Berlin:20261208T090000,20261212T090000',
      'RDATE:20261201T080000Z',
      'RDATE:20261224T080000Z',
    ];
    expect(endBefore(lines, split)).toEqual([
      'RRULE:FREQ=DAILY;UNTIL=20261210T075959Z',
      'EXDATE;TZID=Europe/Berlin:20261208T090000',
      'RDATE:20261201T080000Z',
    ]);
    expect(goOnFrom(lines, split, 0)).toEqual([
      'RRULE:FREQ=DAILY',
      'EXDATE;TZID=Europe/Berlin:20261212T090000',
      'RDATE:20261224T080000Z',
    ]);
  });

  it('of whole days ends on the day before', () => {
    const day = Date.parse('2026-12-10T00:00:00Z');
    const split: SplitPoint = { instantMs: day, wallMs: day, allDay: true };
    expect(endBefore(['RRULE:FREQ=WEEKLY;COUNT=9'], split)).toEqual(['RRULE:FREQ=WEEKLY;UNTIL=20261209']);
    expect(goOnFrom(['RRULE:FREQ=WEEKLY;COUNT=9'], split, 4)).toEqual(['RRULE:FREQ=WEEKLY;COUNT=5']);
  });
});

describe('a move', () => {
  it('keeps the number of occurrences when a series ends by its last one', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: -3, max: 3 }), ({ wallMs, zone, lines }, hours) => {
        const hour = new Date(wallMs).getUTCHours() + hours;
        fc.pre(hour >= 4 && hour <= 23 && hours !== 0);
        const moved = moveRecurrence(lines, { byMs: hours * HOUR, days: 0 });
        expect(expand(wallMs + hours * HOUR, zone, moved)).toHaveLength(expand(wallMs, zone, lines).length);
      }),
      { numRuns: 150 },
    );
  });

  it('to another day is refused where the rule names days, and takes single dates along', () => {
    const day = { byMs: 86_400_000, days: 1 };
    expect(() => moveRecurrence(['RRULE:FREQ=WEEKLY;BYDAY=MO'], day)).toThrow('recurrence');
    expect(moveRecurrence(['RRULE:FREQ=WEEKLY;UNTIL=20261231T080000Z', 'EXDATE:20261208'], day)).toEqual([
      'RRULE:FREQ=WEEKLY;UNTIL=20270101T080000Z',
      'EXDATE:20261209',
    ]);
  });
});

describe('a move of dates', () => {
  it.each([
    ['a day on', { byMs: 24 * HOUR, days: 1 }, '20270416'],
    ['a day back', { byMs: -24 * HOUR, days: -1 }, '20270414'],
    ['hours on, the same day', { byMs: 2 * HOUR, days: 0 }, '20270415'],
    ['hours back, the same day', { byMs: -2 * HOUR, days: 0 }, '20270415'],
    ['over midnight', { byMs: 2 * HOUR, days: 1 }, '20270416'],
  ])('goes by whole days: %s', (_name, move, date) => {
    expect(moveRecurrence(['RRULE:FREQ=WEEKLY;UNTIL=20270415', 'EXDATE;VALUE=DATE:20270415'], move)).toEqual([
      `RRULE:FREQ=WEEKLY;UNTIL=${date}`,
      `EXDATE;VALUE=DATE:${date}`,
    ]);
  });
});

describe('recurrence lines as arguments', () => {
  const berlin = zoneOf('Europe/Berlin');

  it('are brought to what the event needs', () => {
    expect(readRecurrence(['freq=weekly;until=20261231'], berlin)).toEqual([
      'RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z',
    ]);
    expect(readRecurrence(['RRULE:FREQ=WEEKLY;UNTIL=20260701T090000'], berlin)).toEqual([
      'RRULE:FREQ=WEEKLY;UNTIL=20260701T070000Z',
    ]);
    expect(readRecurrence(['RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z'], undefined)).toEqual([
      'RRULE:FREQ=WEEKLY;UNTIL=20261231',
    ]);
    expect(readRecurrence(['RDATE;VALUE=DATE:20261224'], undefined)).toEqual(['RDATE;VALUE=DATE:20261224']);
  });

  it.each([
    'RRULE:',
    'RRULE:FREQ',
    'RRULE:INTERVAL=2',
    'RRULE:FREQ=DAILY;COUNT=0',
    'RRULE:FREQ=DAILY;COUNT=2;UNTIL=20261231',
    'RRULE:FREQ=DAILY;FREQ=WEEKLY',
    'RRULE:FREQ=DAILY;NOISE=1',
    'RRULE:FREQ=DAILY;UNTIL=soon',
    'RRULE:FREQ=DAILY;UNTIL=20270230',
    'RRULE:FREQ=DAILY;UNTIL=20271301T100000Z',
    'RRULE:FREQ=DAILY;UNTIL=20270228T250000Z',
    'DTSTART:20261231T100000Z',
    'EXDATE:20261231',
    'every monday',
    '',
    'RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY',
  ])('refuse %j', (line) => {
    expect(() => readRecurrence([line], berlin)).toThrow(AppError);
  });

  it('fail in one way only, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.string().map((text) => `RRULE:FREQ=DAILY;${text}`),
          ),
        ),
        (lines) => {
          try {
            readRecurrence(lines, berlin);
          } catch (error) {
            expect(error).toMatchObject({ code: 'invalid_request' });
          }
        },
      ),
    );
  });
});
