import { describe, expect, it } from '@jest/globals';
import { readEventTime, readZone } from '../../../../../src/mcp/tools/calendar/event-times.ts';
import { findZone } from '../../../../../src/mcp/tools/calendar/zone.ts';

describe('a time zone', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['AMERICA/NEW_YORK', 'America/New_York'],
    ['utc', 'UTC'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    // Aliases are names of their own right, and what a person wrote.
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
    ['US/Pacific', 'US/Pacific'],
    ['GMT', 'GMT'],
  ])('is named as the database spells it: %s', (written, name) => {
    expect(findZone(written)?.name).toBe(name);
  });

  it.each(['asia/kolkata', 'ASIA/KOLKATA', 'us/pacific', 'gmt'])(
    'of an alias in no known spelling, %s, is named by another name',
    (written) => {
      const name = findZone(written)?.name ?? '';
      expect(name).not.toBe(written);
      expect(Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone).toBe(name);
    },
  );

  it('goes to the calendar so spelled', () => {
    const { time } = readEventTime('start', '2026-11-24T15:00:00', readZone('europe/berlin'));
    expect(time).toEqual({ dateTime: '2026-11-24T15:00:00', timeZone: 'Europe/Berlin' });
  });
});
