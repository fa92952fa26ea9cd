import { describe, expect, it } from '@jest/globals';
import { googleInWords, googleScopesFor, inWords, readConsent } from '../../../src/oauth/scope-words.ts';
import { calendarScopes } from '../../../src/oauth/settings.ts';

const CALENDAR = 'https://www.googleapis.com/auth/calendar';
const FREE_BUSY = `${CALENDAR}.events.freebusy`;
const LIST = `${CALENDAR}.calendarlist.readonly`;
const READ = `${CALENDAR}.events.readonly`;
const EVENTS = `${CALENDAR}.events`;

describe('what Google is asked for', () => {
  it('is never the whole calendar', () => {
    for (const scopes of [['calendar.read'], ['calendar.write'], ['calendar.read', 'calendar.write']]) {
      expect(googleScopesFor(calendarScopes, scopes)).not.toContain(CALENDAR);
    }
  });
  it('is no more than what the wish needs', () => {
    expect(googleScopesFor(calendarScopes, ['calendar.read'])).toEqual([FREE_BUSY, LIST, READ]);
    expect(googleScopesFor(calendarScopes, ['calendar.write'])).toEqual([FREE_BUSY, LIST, EVENTS]);
    expect(googleScopesFor(calendarScopes, ['push.write'])).toEqual([]);
  });
});

describe('what Google’s answer grants', () => {
  const read = (google: readonly string[], wished = ['calendar.write']) => readConsent(calendarScopes, wished, google);
  it('is all of the wish when every box was ticked', () => {
    expect(read([FREE_BUSY, LIST, EVENTS])).toEqual({ granted: ['calendar.read', 'calendar.write'], notWorking: [] });
  });
  it('is the reading part when events may not be changed', () => {
    expect(read([FREE_BUSY, LIST])).toEqual({
      granted: ['calendar.read'],
      notWorking: ['reading your events', 'creating, changing and deleting events'],
    });
  });
  it('is still the wish, with a word on what is missing, when only a convenience was unticked', () => {
    expect(read([FREE_BUSY, EVENTS])).toEqual({
      granted: ['calendar.read', 'calendar.write'],
      notWorking: ['seeing which calendars you have'],
    });
  });
  it('is nothing when nothing was ticked', () => {
    expect(read(['openid', 'https://www.googleapis.com/auth/userinfo.email'])).toMatchObject({ granted: [] });
  });
  it('is never more than the wish, whatever Google says', () => {
    expect(read([FREE_BUSY, LIST, EVENTS, CALENDAR], ['calendar.read']).granted).toEqual(['calendar.read']);
  });
});

describe('words', () => {
  it('name each right once, and a scope without words by itself', () => {
    expect(inWords(calendarScopes, ['calendar.write', 'calendar.read', 'aws.read'])).toEqual([
      calendarScopes['calendar.read']?.words,
      calendarScopes['calendar.write']?.words,
      'aws.read',
    ]);
    expect(googleInWords(calendarScopes, [EVENTS])).toEqual([
      'reading your events',
      'creating, changing and deleting events',
    ]);
  });
});
