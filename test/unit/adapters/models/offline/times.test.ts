import { describe, expect, it } from '@jest/globals';
import { createMentionReader } from '../../../../../src/adapters/models/offline/mentions.ts';
import { dateText, localText, startOfDay } from '../../../../../src/adapters/models/offline/wall.ts';
import { mergeMentions, windowsOf } from '../../../../../src/adapters/models/offline/when.ts';
import { readWords } from '../../../../../src/adapters/models/offline/words.ts';

// The grammar of times by itself, on Tuesday 24 November 2026 at 9:30 by the wall clock.

const now = Date.UTC(2026, 10, 24, 9, 30);

function windowOf(text: string, dayFirst = true): string {
  const context = { now, nowMs: now, today: startOfDay(now), dayFirst };
  const [window] = windowsOf(mergeMentions(createMentionReader(context)(readWords(text))), context);
  if (window === undefined) return 'nothing';
  const [from, to] = [localText(window.from).slice(0, 16), localText(window.to).slice(0, 16)];
  if (from.endsWith('T00:00') && to.endsWith('T00:00')) return `${dateText(window.from)}..${dateText(window.to)}`;
  return `${from}..${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}

describe('times of day', () => {
  it.each([
    ['at three', '2026-11-24T15:00..16:00'],
    ['at 7', '2026-11-24T19:00..20:00'],
    ['at 8', '2026-11-25T08:00..09:00'],
    ['at 12', '2026-11-24T12:00..13:00'],
    ['at 9:45', '2026-11-24T09:45..10:45'],
    ['at 07:15', '2026-11-25T07:15..08:15'],
    ['at 3 in the morning', '2026-11-25T03:00..04:00'],
    ['at 8 tonight', '2026-11-24T20:00..21:00'],
    ['half past 4', '2026-11-24T16:30..17:30'],
    ['half four', '2026-11-24T16:30..17:30'],
    ['quarter to nine tomorrow', '2026-11-25T08:45..09:45'],
    ['ten to four tomorrow', '2026-11-25T15:50..16:50'],
    ['3 p.m.', '2026-11-24T15:00..16:00'],
    ['3.30pm', '2026-11-24T15:30..16:30'],
    ['1500 hours', '2026-11-24T15:00..16:00'],
    ['noon', '2026-11-24T12:00..13:00'],
    ['today at 9', '2026-11-24T21:00..22:00'],
    ['tomorrow three thirty', '2026-11-25T15:30..16:30'],
    ['tomorrow at 12am', '2026-11-25T00:00..01:00'],
  ])('%s', (text, expected) => {
    expect(windowOf(text)).toBe(expected);
  });
});

describe('ranges of times', () => {
  it.each([
    ['from 10:30 to 11', '2026-11-24T10:30..11:00'],
    ['tomorrow 2-4pm', '2026-11-25T14:00..16:00'],
    ['tomorrow 11-1', '2026-11-25T11:00..13:00'],
    ['tomorrow 11am-1pm', '2026-11-25T11:00..13:00'],
    ['tomorrow from 9 to 5', '2026-11-25T09:00..17:00'],
    ['tomorrow from 7 to 3', '2026-11-25T07:00..15:00'],
    ['tomorrow between 2 and 5pm', '2026-11-25T14:00..17:00'],
    ['tomorrow from noon till 2', '2026-11-25T12:00..14:00'],
    ['tomorrow at 3 until 4:30', '2026-11-25T15:00..16:30'],
    ['tomorrow at 3 for an hour and a half', '2026-11-25T15:00..16:30'],
    ['tomorrow at 3 for 1h45', '2026-11-25T15:00..16:45'],
    ['tomorrow 11pm to 1am', '2026-11-25T23:00..2026-11-26T01:00'],
    ['from 3pm Monday to 11am Tuesday', '2026-11-30T15:00..2026-12-01T11:00'],
    ['after 4 on Friday', '2026-11-27T16:00..2026-11-28T00:00'],
    ['Friday before noon', '2026-11-27T00:00..12:00'],
    ['in two hours', '2026-11-24T11:30..12:30'],
    ['for the next 45 minutes', '2026-11-24T09:30..10:15'],
  ])('%s', (text, expected) => {
    expect(windowOf(text)).toBe(expected);
  });
});

describe('days', () => {
  it.each([
    ['Tuesday', '2026-11-24..2026-11-25'],
    ['Friday', '2026-11-27..2026-11-28'],
    ['next Friday', '2026-12-04..2026-12-05'],
    ['Friday next week', '2026-12-04..2026-12-05'],
    ['last Friday', '2026-11-20..2026-11-21'],
    ['Tuesday week', '2026-12-01..2026-12-02'],
    ['a week on Friday', '2026-12-04..2026-12-05'],
    ['two weeks from Monday', '2026-12-14..2026-12-15'],
    ['the Monday after next', '2026-12-07..2026-12-08'],
    ['the day after tomorrow', '2026-11-26..2026-11-27'],
    ['the 15th', '2026-12-15..2026-12-16'],
    ['on the fifteenth', '2026-12-15..2026-12-16'],
    ['3 December', '2026-12-03..2026-12-04'],
    ['December 3rd, 2027', '2027-12-03..2027-12-04'],
    ['2 January', '2027-01-02..2027-01-03'],
    ['Friday, 4 December', '2026-12-04..2026-12-05'],
    ['2026-12-03', '2026-12-03..2026-12-04'],
    ['3/12', '2026-12-03..2026-12-04'],
    ['24/12/2026', '2026-12-24..2026-12-25'],
    ['first Monday of next month', '2026-12-07..2026-12-08'],
    ['last Friday of December', '2026-12-25..2026-12-26'],
    ['end of the month', '2026-11-30..2026-12-01'],
    ['last working day of January', '2027-01-29..2027-01-30'],
    ['in three days', '2026-11-27..2026-11-28'],
    ['three days ago', '2026-11-21..2026-11-22'],
    ['Christmas Eve', '2026-12-24..2026-12-25'],
    ['Easter Monday', '2027-03-29..2027-03-30'],
    ['Thanksgiving', '2026-11-26..2026-11-27'],
    ['the day after Christmas', '2026-12-26..2026-12-27'],
  ])('%s', (text, expected) => {
    expect(windowOf(text)).toBe(expected);
  });

  it('reads the month first where people write it first', () => {
    expect(windowOf('12/3', false)).toBe('2026-12-03..2026-12-04');
  });

  it('has no day where there is none', () => {
    expect(windowOf('2026-02-30')).toBe('nothing');
    expect(windowOf('31 November')).toBe('nothing');
  });
});

describe('stretches of days', () => {
  it.each([
    ['this week', '2026-11-23..2026-11-30'],
    ['next week', '2026-11-30..2026-12-07'],
    ['the week after next', '2026-12-07..2026-12-14'],
    ['the week of 7 December', '2026-12-07..2026-12-14'],
    ['this weekend', '2026-11-28..2026-11-30'],
    ['next weekend', '2026-12-05..2026-12-07'],
    ['next month', '2026-12-01..2027-01-01'],
    ['in December', '2026-12-01..2027-01-01'],
    ['the next three days', '2026-11-24..2026-11-27'],
    ['the rest of the week', '2026-11-24..2026-11-30'],
    ['from Monday to Wednesday', '2026-11-30..2026-12-03'],
    ['3-5 December', '2026-12-03..2026-12-06'],
    ['December 28 to January 2', '2026-12-28..2027-01-03'],
    ['Thursday or Friday', '2026-11-26..2026-11-28'],
    ['before Friday', '2026-11-24T09:30..2026-11-27T00:00'],
    ['by Friday', '2026-11-24T09:30..2026-11-28T00:00'],
    ['tomorrow afternoon', '2026-11-25T12:00..18:00'],
    ['this evening', '2026-11-24T18:00..22:00'],
    ['tonight', '2026-11-24T18:00..2026-11-25T00:00'],
  ])('%s', (text, expected) => {
    expect(windowOf(text)).toBe(expected);
  });
});

describe('what is no time', () => {
  it.each([
    'a table for 4',
    '2-3 people',
    'version 2.0.1',
    'room 12',
    'the second one',
    '1:1 with Ana',
    'may I ask',
    'chapter 5',
  ])('%s', (text) => {
    expect(windowOf(text)).toBe('nothing');
  });
});
