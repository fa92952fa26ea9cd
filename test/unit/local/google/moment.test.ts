import { describe, expect, it } from '@jest/globals';
import {
  formatInstant,
  instanceStamp,
  instantOf,
  lengthOf,
  type Moment,
  momentOfStamp,
  parseInstant,
  readMoment,
  shift,
  showMoment,
} from '../../../../src/local/google/moment.ts';

describe('readMoment', () => {
  it('takes an offset as it stands and keeps the zone beside it', () => {
    const moment = readMoment({ dateTime: '2026-11-02T09:00:00-05:00', timeZone: 'Europe/Berlin' }, 'start');
    expect(moment).toEqual({ kind: 'instant', ms: Date.parse('2026-11-02T14:00:00Z'), timeZone: 'Europe/Berlin' });
    expect(showMoment(moment, 'Asia/Tokyo')).toEqual({
      dateTime: '2026-11-02T23:00:00+09:00',
      timeZone: 'Europe/Berlin',
    });
  });

  it('reads a local time in its zone, to the second', () => {
    const moment = readMoment({ dateTime: '2026-07-01T09:00:00.900', timeZone: 'Europe/Berlin' }, 'start');
    expect(instantOf(moment, 'UTC')).toBe(Date.parse('2026-07-01T07:00:00Z'));
  });

  it.each([
    [{ dateTime: '2026-02-30T09:00:00Z' }],
    [{ dateTime: '2026-11-02T25:00:00Z' }],
    [{ dateTime: '2026-11-02' }],
    [{ dateTime: 12 }],
    [{ date: '2026-13-01' }],
    [{ date: '20261102' }],
    [{ date: '2026-11-02T09:00:00Z' }],
    [{ date: '2026-11-02', timeZone: 'Nowhere' }],
    [{}],
    ['2026-11-02'],
    [null],
  ])('refuses %j', (value) => {
    expect(() => readMoment(value, 'start')).toThrow();
  });
});

describe('parseInstant', () => {
  it('demands the offset', () => {
    expect(parseInstant('2026-11-02T09:00:00Z')).toBe(Date.parse('2026-11-02T09:00:00Z'));
    expect(parseInstant('2026-11-02T09:00:00.5+01:00')).toBe(Date.parse('2026-11-02T08:00:00.500Z'));
    for (const text of ['2026-11-02T09:00:00', '2026-11-02', '', 'now', '2026-11-02T09:00:00 01:00']) {
      expect(parseInstant(text)).toBeUndefined();
    }
  });
});

describe('whole days', () => {
  const day: Moment = { kind: 'date', date: '2026-10-25' };

  it('begin at midnight of the calendar, which daylight saving makes 25 hours long here', () => {
    const next = shift(day, 86_400_000);
    expect(next).toEqual({ kind: 'date', date: '2026-10-26' });
    expect(instantOf(next, 'Europe/Berlin') - instantOf(day, 'Europe/Berlin')).toBe(25 * 3_600_000);
    expect(lengthOf(day, next)).toBe(86_400_000);
  });
});

describe('instance stamps', () => {
  it('name the original start in UTC, or the day, and can be read back', () => {
    const timed: Moment = { kind: 'instant', ms: Date.parse('2026-11-02T08:00:00Z'), timeZone: 'Europe/Berlin' };
    expect(instanceStamp(timed)).toBe('20261102T080000Z');
    expect(momentOfStamp('20261102T080000Z', timed)).toEqual(timed);
    const day: Moment = { kind: 'date', date: '2026-11-02' };
    expect(instanceStamp(day)).toBe('20261102');
    expect(momentOfStamp('20261102', day)).toEqual(day);
    expect(momentOfStamp('20261102T080000Z', day)).toBeUndefined();
    expect(momentOfStamp('20261302', day)).toBeUndefined();
  });
});

describe('formatInstant', () => {
  it('writes the offset of the zone on that day', () => {
    expect(formatInstant(Date.parse('2026-07-01T12:00:00Z'), 'Europe/Berlin')).toBe('2026-07-01T14:00:00+02:00');
    expect(formatInstant(Date.parse('2026-12-01T12:00:00Z'), 'Europe/Berlin')).toBe('2026-12-01T13:00:00+01:00');
    expect(formatInstant(Date.parse('2026-12-01T12:00:00Z'), 'UTC')).toBe('2026-12-01T12:00:00Z');
  });
});
