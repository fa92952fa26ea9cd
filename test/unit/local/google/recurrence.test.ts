import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import type { Moment } from '../../../../src/local/google/moment.ts';
import { hasOccurrence, isBounded, occurrencesBetween } from '../../../../src/local/google/recurrence.ts';

function at(local: string, timeZone: string): Moment {
  return { kind: 'instant', ms: DateTime.fromISO(local, { zone: timeZone }).toMillis(), timeZone };
}

function unroll(start: Moment, lines: readonly string[], from: string, to: string): readonly string[] {
  const zone = start.kind === 'instant' ? (start.timeZone ?? 'UTC') : 'UTC';
  const window = { fromMs: Date.parse(from), toMs: Date.parse(to) };
  return occurrencesBetween({ start, lines }, window).map((moment) =>
    moment.kind === 'date' ? moment.date : DateTime.fromMillis(moment.ms, { zone }).toFormat("yyyy-MM-dd'T'HH:mmZZ"),
  );
}

describe('occurrencesBetween', () => {
  it('keeps the wall clock through both changes of daylight saving', () => {
    const spring = unroll(at('2027-03-26T08:00', 'Europe/Berlin'), ['RRULE:FREQ=DAILY'], '2027-03-27', '2027-03-30');
    expect(spring).toEqual(['2027-03-27T08:00+01:00', '2027-03-28T08:00+02:00', '2027-03-29T08:00+02:00']);
    const autumn = unroll(
      at('2026-10-30T20:00', 'America/New_York'),
      ['RRULE:FREQ=DAILY;COUNT=4'],
      '2026-10-30',
      '2026-12-01',
    );
    expect(autumn.map((text) => text.slice(10))).toEqual([
      'T20:00-04:00',
      'T20:00-04:00',
      'T20:00-05:00',
      'T20:00-05:00',
    ]);
  });

  it('leaves out a time that the clock skips, as RFC 5545 §3.3.10 says, and does not count it', () => {
    const found = unroll(
      at('2027-03-27T02:30', 'Europe/Berlin'),
      ['RRULE:FREQ=DAILY;COUNT=3'],
      '2027-03-01',
      '2027-04-10',
    );
    expect(found).toEqual(['2027-03-27T02:30+01:00', '2027-03-29T02:30+02:00', '2027-03-30T02:30+02:00']);
  });

  it('takes the last weekday of a month, every other week, and positions in a set', () => {
    const start = at('2026-01-30T10:00', 'UTC');
    const window = ['2026-01-01', '2026-04-30'] as const;
    expect(unroll(start, ['RRULE:FREQ=MONTHLY;BYDAY=-1FR'], ...window)).toEqual([
      '2026-01-30T10:00+00:00',
      '2026-02-27T10:00+00:00',
      '2026-03-27T10:00+00:00',
      '2026-04-24T10:00+00:00',
    ]);
    expect(unroll(start, ['RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4'], ...window)).toEqual([
      '2026-01-30T10:00+00:00',
      '2026-02-09T10:00+00:00',
      '2026-02-13T10:00+00:00',
      '2026-02-23T10:00+00:00',
    ]);
  });

  it('counts the first event of a series even where the rule does not name its day', () => {
    const monday = at('2026-11-02T09:00', 'UTC');
    expect(unroll(monday, ['RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2'], '2026-11-01', '2026-12-01')).toEqual([
      '2026-11-02T09:00+00:00',
      '2026-11-03T09:00+00:00',
    ]);
  });

  it('adds RDATE and takes out EXDATE in zone, in UTC and as plain dates', () => {
    const start = at('2026-10-19T09:00', 'Europe/Berlin');
    const lines = [
      'RRULE:FREQ=WEEKLY;COUNT=5',
      'EXDATE;TZID=Europe/Berlin:20261026T090000',
      'EXDATE:20261102T080000Z',
      'EXDATE;VALUE=DATE:20261109',
      'RDATE;TZID=America/New_York:20261120T120000',
    ];
    expect(unroll(start, lines, '2026-10-01', '2026-12-31')).toEqual([
      '2026-10-19T09:00+02:00',
      '2026-11-16T09:00+01:00',
      '2026-11-20T18:00+01:00',
    ]);
  });

  it('unrolls whole days by the calendar alone', () => {
    const start: Moment = { kind: 'date', date: '2026-10-24' };
    expect(unroll(start, ['RRULE:FREQ=DAILY;UNTIL=20261027'], '2026-10-01', '2026-12-01')).toEqual([
      '2026-10-24',
      '2026-10-25',
      '2026-10-26',
      '2026-10-27',
    ]);
  });

  it('agrees with a calendar walked day by day, in zones of every kind', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/Santiago',
      'UTC',
    ];
    const cases = fc.record({
      zone: fc.constantFrom(...zones),
      day: fc.integer({ min: 0, max: 1000 }),
      // From 04:00 on no zone here changes its clock, so that every wall-clock time exists.
      hour: fc.integer({ min: 4, max: 23 }),
      interval: fc.integer({ min: 1, max: 9 }),
      count: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(cases, ({ zone, day, hour, interval, count }) => {
        const first = DateTime.fromObject({ year: 2025, month: 1, day: 1, hour }, { zone }).plus({ days: day });
        const start: Moment = { kind: 'instant', ms: first.toMillis(), timeZone: zone };
        const lines = [`RRULE:FREQ=DAILY;INTERVAL=${interval};COUNT=${count}`];
        const window = { fromMs: first.toMillis(), toMs: first.plus({ days: 1000 }).toMillis() };
        const found = occurrencesBetween({ start, lines }, window).map(
          (moment) => moment.kind === 'instant' && moment.ms,
        );
        const walked = Array.from({ length: count }, (_, index) => first.plus({ days: index * interval }).toMillis());
        expect(found).toEqual(walked);
      }),
      { numRuns: 100 },
    );
  });
});

describe('hasOccurrence', () => {
  it('knows the members of a series and no other moment', () => {
    const series = { start: at('2026-10-19T09:00', 'Europe/Berlin'), lines: ['RRULE:FREQ=WEEKLY'] };
    expect(hasOccurrence(series, at('2026-11-02T09:00', 'Europe/Berlin'))).toBe(true);
    expect(hasOccurrence(series, at('2026-11-02T09:01', 'Europe/Berlin'))).toBe(false);
    expect(hasOccurrence(series, at('2026-11-03T09:00', 'Europe/Berlin'))).toBe(false);
    expect(hasOccurrence(series, at('2026-10-12T09:00', 'Europe/Berlin'))).toBe(false);
  });
});

describe('isBounded', () => {
  it('tells an endless series from one that ends', () => {
    const start: Moment = { kind: 'date', date: '2026-10-24' };
    expect(isBounded({ start, lines: ['RRULE:FREQ=DAILY'] })).toBe(false);
    expect(isBounded({ start, lines: ['RRULE:FREQ=DAILY;COUNT=3'] })).toBe(true);
    expect(isBounded({ start, lines: ['RDATE;VALUE=DATE:20261101'] })).toBe(true);
  });
});
