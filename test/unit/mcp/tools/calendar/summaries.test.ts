import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { summarizeCreate, summarizeDelete, summarizeUpdate } from '../../../../../src/mcp/tools/calendar/summaries.ts';

// The line that a person reads before saying yes.

describe('summaries', () => {
  it('cuts a title between characters, and holds no half of one', () => {
    const args = {
      summary: `x${'😀'.repeat(100)}`,
      start: '2026-12-01T12:00:00+01:00',
      end: '2026-12-01T13:00:00+01:00',
    };
    expect(summarizeCreate(args)).toContain('😀…”');
    expect(summarizeCreate(args).isWellFormed()).toBe(true);
    expect(summarizeCreate({ ...args, summary: 'a \ud83d b' })).toContain('“a \ufffd b”');
  });

  it('say what will be created, when, and who gets mail', () => {
    const args = {
      summary: 'Lunch',
      start: '2026-11-24T15:00:00',
      end: '2026-11-24T16:00:00',
      timeZone: 'Europe/Berlin',
    };
    expect(summarizeCreate({ ...args, attendees: ['ana@example.com'] })).toBe(
      'Create “Lunch” on Tue 24 Nov 2026, 15:00–16:00 (Europe/Berlin), inviting ana@example.com',
    );
    expect(
      summarizeCreate({ ...args, attendees: ['ana@example.com'], sendUpdates: 'none', meet: true, location: 'Room 1' }),
    ).toBe(
      'Create “Lunch” on Tue 24 Nov 2026, 15:00–16:00 (Europe/Berlin), at “Room 1”, with a Meet link, inviting ana@example.com, without mail to guests',
    );
    expect(summarizeCreate({ ...args, calendar: 'team@example.com', recurrence: ['RRULE:FREQ=WEEKLY'] })).toBe(
      'Create “Lunch” on Tue 24 Nov 2026, 15:00–16:00 (Europe/Berlin), repeating (RRULE:FREQ=WEEKLY) in calendar team@example.com',
    );
  });

  it.each([
    [{ start: '2026-11-24', end: '2026-11-24' }, 'Tue 24 Nov 2026, whole day'],
    [{ start: '2026-11-24', end: '2026-11-26' }, 'Tue 24 Nov 2026 to Wed 25 Nov 2026, whole days'],
    [
      { start: '2026-11-24T15:00:00+01:00', end: '2026-11-24T16:00:00+01:00' },
      'Tue 24 Nov 2026, 15:00–16:00 (UTC+01:00)',
    ],
    [
      { start: '2026-11-24T23:00:00Z', end: '2026-11-25T01:00:00Z' },
      'Tue 24 Nov 2026, 23:00–Wed 25 Nov 2026, 01:00 (UTC)',
    ],
    [{ start: 'whenever', end: 'later' }, 'whenever to later'],
  ])('write %j in words', (times, words) => {
    expect(summarizeCreate({ summary: 'X', ...times })).toBe(`Create “X” on ${words}`);
  });

  it('say which part of what changes', () => {
    expect(summarizeDelete({ eventId: 'e1', scope: 'following' })).toBe(
      'Delete event e1 (this and all following occurrences)',
    );
    expect(summarizeDelete({ eventId: 'e1', sendUpdates: 'none' })).toBe('Delete event e1, without mail to guests');
    expect(
      summarizeUpdate({
        eventId: 'e1',
        scope: 'all',
        summary: 'New',
        start: '2026-11-24T15:00:00',
        timeZone: 'Europe/Berlin',
        attendees: [],
        location: '',
      }),
    ).toBe(
      'Change event e1 (the whole series): title “New”; start Tue 24 Nov 2026, 15:00 (Europe/Berlin); no place; no guests',
    );
  });

  it('cannot be made to read otherwise than they are', () => {
    const summary = 'Tea” on Mon 1 Jan 2029\n\u202eevil';
    expect(summarizeCreate({ summary, start: '2026-11-24', end: '2026-11-24' })).toBe(
      'Create “Tea" on Mon 1 Jan 2029 \ufffdevil” on Tue 24 Nov 2026, whole day',
    );
  });

  it.each(['\u200e', '\u061c', '\u200b', '\u2060', '\u2066\u2069', '\u00ad', '\u{e0041}', '\u0007'])(
    'show that something unseen (%j) stands in an address',
    (unseen) => {
      const args = { summary: 'Tea', start: '2026-11-24', end: '2026-11-24' };
      expect(summarizeCreate({ ...args, attendees: [`bob@exam${unseen}ple.com`] })).toContain('bob@exam\ufffdple.com');
    },
  );

  it('keep the joiners that scripts and emoji need', () => {
    const args = { summary: '👩\u200d🍳', start: '2026-11-24', end: '2026-11-24' };
    expect(summarizeCreate(args)).toContain('“👩\u200d🍳”');
  });

  it('say what guests will read', () => {
    const args = { summary: 'Tea', start: '2026-11-24', end: '2026-11-24', description: 'Our figures: 4, 5 and 6' };
    expect(summarizeCreate({ ...args, attendees: ['eve@example.com'] })).toBe(
      'Create “Tea” on Tue 24 Nov 2026, whole day, described as “Our figures: 4, 5 and 6”, inviting eve@example.com',
    );
  });

  it('stay one line and never fail, whatever the words', () => {
    const words = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('a\nb\u2028c'));
    const args = fc.record(
      {
        summary: words,
        start: words,
        end: words,
        timeZone: words,
        location: words,
        description: words,
        calendar: fc.constant('c'),
        eventId: fc.constant('e'),
        attendees: fc.constant(['a@b.c']),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(args, (given) => {
        for (const line of [summarizeCreate(given), summarizeUpdate(given), summarizeDelete(given)]) {
          expect(line).not.toMatch(/[\r\n\u2028]/);
        }
      }),
    );
  });
});
