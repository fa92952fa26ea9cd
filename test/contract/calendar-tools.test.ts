import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ToolResult } from '../../src/mcp/tools/tool.ts';
import { CONNECT_URL, createGoogleBench, createStandInTokens, type GoogleBench } from '../support/calendar-tools.ts';
import { ANN, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// All eight calendar tools over real HTTP against the stand-in Google. Each test books into a month of its own.

type Item = Readonly<Record<string, unknown>>;

let stand: TestGoogle;
let bench: GoogleBench;
let tokens: ReturnType<typeof createStandInTokens>;

beforeAll(async () => {
  stand = await startTestGoogle();
  tokens = createStandInTokens(stand, ANN.email);
  bench = createGoogleBench({
    baseUrl: stand.google.calendarUrl,
    tokens,
    clock: stand.clock,
    timeoutMs: 1_500,
  });
});
afterEach(() => stand.google.faults.clear());
afterAll(async () => {
  bench.http.close();
  await stand.google.close();
});

const berlin = 'Europe/Berlin';
const eventOf = (result: ToolResult): Item => {
  if (result.isError === true) throw new Error(`${result.code}: ${result.text}`);
  return result.structuredContent?.['event'] as Item;
};
function eventsOf(result: ToolResult): readonly Item[] {
  const events = result.structuredContent?.['events'];
  if (!Array.isArray(events)) throw new Error(`no events: ${result.text}`);
  return events;
}
const call = (name: string, args: Item): Promise<ToolResult> => bench.call(name, args);

async function starts(timeMin: string, timeMax: string): Promise<readonly unknown[]> {
  const result = await call('listevents', { timeMin, timeMax, timeZone: berlin, maxResults: 250 });
  return eventsOf(result).map((event) => event['start']);
}

describe('createevent', () => {
  it('books a local time in its zone and answers what the calendar holds', async () => {
    const result = await call('createevent', {
      summary: 'Lunch',
      start: '2027-01-12T12:00:00',
      end: '2027-01-12T13:00:00',
      timeZone: berlin,
      location: 'Canteen',
    });
    expect(eventOf(result)).toMatchObject({
      summary: 'Lunch',
      location: 'Canteen',
      start: '2027-01-12T12:00:00+01:00',
      end: '2027-01-12T13:00:00+01:00',
      allDay: false,
      link: expect.stringMatching(/^https?:/),
    });
    expect(result.text).toContain('Tue 12 Jan 2027, 12:00–13:00 (Europe/Berlin)');
  });

  it('takes a time with an offset', async () => {
    const result = await call('createevent', {
      summary: 'Call',
      start: '2027-01-13T12:00:00-05:00',
      end: '2027-01-13T12:30:00-05:00',
    });
    expect(eventOf(result)).toMatchObject({ start: '2027-01-13T12:00:00-05:00' });
    expect(await starts('2027-01-13', '2027-01-13')).toEqual(['2027-01-13T18:00:00+01:00']);
  });

  it('books a whole day, and the same date twice is one day', async () => {
    const result = await call('createevent', { summary: 'Off', start: '2027-01-14', end: '2027-01-14' });
    expect(eventOf(result)).toMatchObject({ start: '2027-01-14', end: '2027-01-15', allDay: true });
  });

  it('never books twice under one idempotency key', async () => {
    const args = {
      summary: 'Once',
      start: '2027-02-01T10:00:00',
      end: '2027-02-01T11:00:00',
      timeZone: berlin,
      idempotencyKey: 'k-1',
    };
    const first = await call('createevent', args);
    const second = await call('createevent', args);
    expect(first.structuredContent?.['replayed']).toBe(false);
    expect(second.structuredContent?.['replayed']).toBe(true);
    expect(eventOf(second)['id']).toBe(eventOf(first)['id']);
    const all = await Promise.all([1, 2, 3, 4].map(() => call('createevent', args)));
    expect(new Set(all.map((result) => eventOf(result)['id'])).size).toBe(1);
    expect(await starts('2027-02-01', '2027-02-01')).toHaveLength(1);
  });

  it('refuses a key that was used for something else, and one whose event was deleted', async () => {
    const args = { summary: 'A', start: '2027-02-02T10:00:00Z', end: '2027-02-02T11:00:00Z', idempotencyKey: 'k-2' };
    const { id } = eventOf(await call('createevent', args)) as { id: string };
    expect(await call('createevent', { ...args, summary: 'B' })).toMatchObject({ isError: true, code: 'conflict' });
    await call('deleteevent', { eventId: id });
    expect(await call('createevent', args)).toMatchObject({ isError: true, code: 'gone' });
  });

  it('keeps the ids of two persons and of two agents apart', async () => {
    const args = { summary: 'Mine', start: '2027-02-03T10:00:00Z', end: '2027-02-03T11:00:00Z', idempotencyKey: 'k-3' };
    const first = await call('createevent', args);
    const other = await bench.call('createevent', args, { agent: 'agent/other' });
    expect(eventOf(other)['id']).not.toBe(eventOf(first)['id']);
  });

  it('finds the event booked when the answer is lost after the commit', async () => {
    stand.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, commitThenTimeout: true });
    const result = await call('createevent', {
      summary: 'Lost',
      start: '2027-02-04T10:00:00Z',
      end: '2027-02-04T11:00:00Z',
    });
    expect(eventOf(result)['summary']).toBe('Lost');
    expect(result.text).toContain('answer was lost');
    expect(await starts('2027-02-04', '2027-02-04')).toHaveLength(1);
  });

  it('says what to do when nothing is known', async () => {
    stand.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, commitThenTimeout: true });
    stand.google.faults.next({ match: { method: 'GET', pathIncludes: '/events/' }, status: 503, times: 10 });
    const args = {
      summary: 'Unclear',
      start: '2027-02-05T10:00:00Z',
      end: '2027-02-05T11:00:00Z',
      idempotencyKey: 'k-4',
    };
    const result = await call('createevent', args);
    expect(result).toMatchObject({ isError: true, code: 'timed_out' });
    expect(result.text).toContain('may have been booked');
    stand.google.faults.clear();
    expect((await call('createevent', args)).structuredContent?.['replayed']).toBe(true);
  });

  it('books once through 500, rate limits and a broken connection', async () => {
    const rateLimited = {
      error: { code: 403, errors: [{ domain: 'usageLimits', reason: 'rateLimitExceeded' }], message: 'Slow down' },
    };
    for (const fault of [{ status: 500 }, { status: 429 }, { status: 403, body: rateLimited }]) {
      stand.google.faults.next({ match: { method: 'POST' }, ...fault });
    }
    const result = await call('createevent', {
      summary: 'Stubborn',
      start: '2027-02-06T10:00:00Z',
      end: '2027-02-06T11:00:00Z',
    });
    expect(eventOf(result)['summary']).toBe('Stubborn');
    stand.google.faults.next({ match: { method: 'POST' }, reset: true });
    await call('createevent', { summary: 'Broken', start: '2027-02-07T10:00:00Z', end: '2027-02-07T11:00:00Z' });
    expect(await starts('2027-02-06', '2027-02-08')).toHaveLength(2);
  });

  it('refuses a busy time only when asked to, and not its own event on a repetition', async () => {
    const args = {
      summary: 'Review',
      start: '2027-02-09T10:00:00',
      end: '2027-02-09T11:00:00',
      timeZone: berlin,
      checkConflicts: true,
      idempotencyKey: 'k-5',
    };
    expect(eventOf(await call('createevent', args))['summary']).toBe('Review');
    expect((await call('createevent', args)).structuredContent?.['replayed']).toBe(true);
    const other = {
      ...args,
      summary: 'Other',
      start: '2027-02-09T10:30:00',
      end: '2027-02-09T11:30:00',
      idempotencyKey: 'k-6',
    };
    const refused = await call('createevent', other);
    expect(refused).toMatchObject({ isError: true, code: 'conflict' });
    expect(refused.text).toContain('“Review”, Tue 9 Feb 2027, 10:00–11:00 (Europe/Berlin)');
    expect(eventOf(await call('createevent', { ...other, checkConflicts: false }))['summary']).toBe('Other');
  });

  it('invites guests, with mail unless told otherwise, and adds a Meet link', async () => {
    const args = {
      summary: 'Plan',
      start: '2027-02-10T10:00:00Z',
      end: '2027-02-10T11:00:00Z',
      attendees: [BOB.email],
    };
    const before = stand.google.mails().length;
    const result = await call('createevent', { ...args, meet: true });
    expect(eventOf(result)).toMatchObject({
      meetLink: expect.stringContaining('meet'),
      attendees: [{ email: BOB.email }],
    });
    expect(stand.google.mails().length).toBe(before + 1);
    await call('createevent', { ...args, sendUpdates: 'none' });
    expect(stand.google.mails().length).toBe(before + 1);
  });

  it('keeps a weekly series on its hour across the change of clocks', async () => {
    await call('createevent', {
      summary: 'Weekly',
      start: '2027-03-22T09:00:00',
      end: '2027-03-22T10:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=WEEKLY;COUNT=2'],
    });
    expect(await starts('2027-03-22', '2027-03-31')).toEqual([
      '2027-03-22T09:00:00+01:00',
      '2027-03-29T09:00:00+02:00',
    ]);
  });

  it('includes the last day of a rule that ends on a date', async () => {
    await call('createevent', {
      summary: 'Daily',
      start: '2027-04-05T22:00:00',
      end: '2027-04-05T23:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=DAILY;UNTIL=20270407'],
    });
    expect(await starts('2027-04-05', '2027-04-12')).toHaveLength(3);
  });
});

describe('the reads', () => {
  beforeAll(async () => {
    for (const hour of ['09', '13']) {
      await call('createevent', {
        summary: `Busy at ${hour}`,
        start: `2027-05-04T${hour}:00:00`,
        end: `2027-05-04T${hour}:45:00`,
        timeZone: berlin,
      });
    }
  });

  it('freebusy answers busy times in the asked zone and names calendars that cannot be read', async () => {
    const result = await call('freebusy', {
      timeMin: '2027-05-04',
      timeMax: '2027-05-04',
      timeZone: berlin,
      calendars: ['primary', 'nobody@nowhere.example'],
    });
    expect(result.structuredContent).toEqual({
      busy: [
        { calendar: 'primary', start: '2027-05-04T09:00:00+02:00', end: '2027-05-04T09:45:00+02:00' },
        { calendar: 'primary', start: '2027-05-04T13:00:00+02:00', end: '2027-05-04T13:45:00+02:00' },
      ],
      errors: [{ calendar: 'nobody@nowhere.example', reason: 'notFound' }],
      timeZone: berlin,
    });
    expect(result.text).toContain('Not known: nobody@nowhere.example (notFound)');
  });

  it('freebusy fails when no calendar can be read', async () => {
    const result = await call('freebusy', {
      timeMin: '2027-05-04T00:00:00Z',
      timeMax: '2027-05-05T00:00:00Z',
      calendars: ['nobody@nowhere.example'],
    });
    expect(result).toMatchObject({ isError: true, code: 'not_found' });
  });

  it('suggesttime offers what is free for all calendars within working hours', async () => {
    const result = await call('suggesttime', {
      timeMin: '2027-05-04',
      timeMax: '2027-05-04',
      timeZone: berlin,
      durationMinutes: 120,
      calendars: ['primary', BOB.email],
      workingHours: { start: '09:00', end: '17:00' },
    });
    expect(result.structuredContent?.['slots']).toEqual([
      { start: '2027-05-04T09:45:00+02:00', end: '2027-05-04T11:45:00+02:00' },
      { start: '2027-05-04T13:45:00+02:00', end: '2027-05-04T15:45:00+02:00' },
    ]);
  });

  it('suggesttime does not guess about a calendar that it cannot read', async () => {
    const args = { timeMin: '2027-05-04', timeMax: '2027-05-04', timeZone: berlin, durationMinutes: 30 };
    expect(await call('suggesttime', { ...args, calendars: ['primary', 'nobody@nowhere.example'] })).toMatchObject({
      isError: true,
      code: 'not_found',
    });
  });

  it('neither suggests nor lists what is over, and still looks back when asked to', async () => {
    // The stand-in's clock stands at noon UTC of Saturday, 21 November 2026.
    const today = { timeMin: '2026-11-21', timeMax: '2026-11-21', timeZone: berlin };
    const args = { ...today, durationMinutes: 60, workingHours: { days: ['sat'] }, maxResults: 1 };
    const next = await call('suggesttime', args);
    expect(next.structuredContent?.['slots']).toEqual([
      { start: '2026-11-21T13:00:00+01:00', end: '2026-11-21T14:00:00+01:00' },
    ]);
    const past = await call('suggesttime', { ...args, timeMin: '2026-11-14', timeMax: '2026-11-14' });
    expect(past.structuredContent?.['slots']).toEqual([
      { start: '2026-11-14T09:00:00+01:00', end: '2026-11-14T10:00:00+01:00' },
    ]);
    await call('createevent', { summary: 'Earlier', start: '2026-11-21T09:00:00Z', end: '2026-11-21T10:00:00Z' });
    await call('createevent', { summary: 'Soon', start: '2026-11-21T13:00:00Z', end: '2026-11-21T14:00:00Z' });
    expect(eventsOf(await call('listevents', { maxResults: 1 }))[0]).toMatchObject({ summary: 'Soon' });
    expect(eventsOf(await call('listevents', today)).map((event) => event['summary'])).toEqual(['Earlier', 'Soon']);
  });

  it('listcalendars, listevents by query and pages, getevent', async () => {
    const calendars = await call('listcalendars', {});
    expect(calendars.structuredContent?.['calendars']).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: ANN.email, primary: true })]),
    );
    const first = await call('listevents', { query: 'Busy at', maxResults: 1 });
    expect(first.structuredContent?.['events']).toHaveLength(1);
    const cursor = first.structuredContent?.['cursor'];
    const second = await call('listevents', { query: 'Busy at', maxResults: 1, cursor });
    const [event] = eventsOf(second);
    expect(event).toMatchObject({ summary: 'Busy at 13', start: '2027-05-04T13:00:00+02:00' });
    expect(eventOf(await call('getevent', { eventId: event?.['id'], timeZone: 'UTC' }))['start']).toBe(
      '2027-05-04T11:00:00Z',
    );
  });

  it('names the argument of what is not there', async () => {
    const result = await call('getevent', { eventId: 'nosuchevent' });
    expect(result).toMatchObject({ isError: true, code: 'not_found' });
    expect(result.text).toContain('eventId');
    expect(await call('listevents', { calendar: 'nobody@nowhere.example' })).toMatchObject({ code: 'not_found' });
  });
});

describe('updateevent and deleteevent', () => {
  async function create(args: Item): Promise<string> {
    return eventOf(await call('createevent', { timeZone: berlin, ...args }))['id'] as string;
  }
  const daily = (month: string, lines = ['RRULE:FREQ=DAILY;COUNT=5']) =>
    create({
      summary: 'Series',
      start: `2027-${month}-01T09:00:00`,
      end: `2027-${month}-01T10:00:00`,
      recurrence: lines,
    });

  async function occurrences(month: string): Promise<readonly Item[]> {
    const result = await call('listevents', {
      timeMin: `2027-${month}-01`,
      timeMax: `2027-${month}-28`,
      timeZone: berlin,
    });
    return eventsOf(result);
  }

  it('moves an event by its start alone and keeps its length', async () => {
    const eventId = await create({ summary: 'Move', start: '2027-06-01T09:00:00', end: '2027-06-01T10:30:00' });
    const result = await call('updateevent', {
      eventId,
      start: '2027-06-02T15:00:00',
      timeZone: berlin,
      summary: 'Moved',
    });
    expect(result.structuredContent?.['changed']).toBe('single');
    expect(eventOf(result)).toMatchObject({
      summary: 'Moved',
      start: '2027-06-02T15:00:00+02:00',
      end: '2027-06-02T16:30:00+02:00',
    });
  });

  it('makes a whole day of a timed event, and back', async () => {
    const eventId = await create({ summary: 'Kind', start: '2027-06-03T09:00:00', end: '2027-06-03T10:00:00' });
    expect(eventOf(await call('updateevent', { eventId, start: '2027-06-04', end: '2027-06-05' }))).toMatchObject({
      start: '2027-06-04',
      end: '2027-06-05',
    });
    const back = await call('updateevent', {
      eventId,
      start: '2027-06-04T09:00:00Z',
      end: '2027-06-04T10:00:00Z',
    });
    expect(eventOf(back)).toMatchObject({ allDay: false });
  });

  it('changes one occurrence, the following ones, or the series, and says which', async () => {
    await daily('07');
    const [, second, third] = await occurrences('07');
    const one = await call('updateevent', { eventId: second?.['id'], start: '2027-07-02T11:00:00', timeZone: berlin });
    expect(one.structuredContent?.['changed']).toBe('this');
    const rest = await call('updateevent', {
      eventId: third?.['id'],
      scope: 'following',
      start: '2027-07-03T14:00:00',
      timeZone: berlin,
      summary: 'Later',
    });
    expect(rest.structuredContent?.['changed']).toBe('following');
    expect((await occurrences('07')).map((event) => [event['start'], event['summary']])).toEqual([
      ['2027-07-01T09:00:00+02:00', 'Series'],
      ['2027-07-02T11:00:00+02:00', 'Series'],
      ['2027-07-03T14:00:00+02:00', 'Later'],
      ['2027-07-04T14:00:00+02:00', 'Later'],
      ['2027-07-05T14:00:00+02:00', 'Later'],
    ]);
  });

  it('moves a whole series by one of its occurrences', async () => {
    await daily('08');
    const [, second] = await occurrences('08');
    const result = await call('updateevent', {
      eventId: second?.['id'],
      scope: 'all',
      start: '2027-08-02T08:15:00',
      timeZone: berlin,
    });
    expect(result.structuredContent?.['changed']).toBe('all');
    expect((await occurrences('08')).map((event) => event['start'])).toEqual(
      ['01', '02', '03', '04', '05'].map((day) => `2027-08-${day}T08:15:00+02:00`),
    );
  });

  it('does not touch a series by its id without the word for it', async () => {
    const eventId = await daily('09');
    expect(await call('deleteevent', { eventId })).toMatchObject({ isError: true, code: 'invalid_request' });
    expect(await call('updateevent', { eventId, summary: 'X', scope: 'this' })).toMatchObject({
      code: 'invalid_request',
    });
    expect(await occurrences('09')).toHaveLength(5);
    expect((await call('deleteevent', { eventId, scope: 'all' })).structuredContent).toEqual({
      eventId,
      changed: 'all',
    });
    expect(await occurrences('09')).toHaveLength(0);
  });

  it('deletes one occurrence, then the following ones', async () => {
    await daily('10', ['RRULE:FREQ=DAILY;UNTIL=20271006']);
    const [, second, third] = await occurrences('10');
    expect((await call('deleteevent', { eventId: second?.['id'] })).structuredContent).toMatchObject({
      changed: 'this',
    });
    expect((await call('deleteevent', { eventId: third?.['id'], scope: 'following' })).structuredContent).toMatchObject(
      { changed: 'following' },
    );
    expect((await occurrences('10')).map((event) => event['start'])).toEqual(['2027-10-01T09:00:00+02:00']);
  });

  it('says that an event was deleted before', async () => {
    const eventId = await create({ summary: 'Gone', start: '2027-06-10T09:00:00', end: '2027-06-10T10:00:00' });
    expect((await call('deleteevent', { eventId })).isError).toBeUndefined();
    expect(await call('deleteevent', { eventId })).toMatchObject({ isError: true, code: 'gone' });
    expect(await call('updateevent', { eventId, summary: 'X' })).toMatchObject({ isError: true, code: 'gone' });
    expect(await call('deleteevent', { eventId: 'neverexisted' })).toMatchObject({ isError: true, code: 'not_found' });
  });

  it('recognises its own change when the answer is lost', async () => {
    const eventId = await create({ summary: 'Before', start: '2027-06-11T09:00:00', end: '2027-06-11T10:00:00' });
    stand.google.faults.next({ match: { method: 'PATCH' }, commitThenTimeout: true });
    const changed = await call('updateevent', { eventId, summary: 'After' });
    expect(eventOf(changed)['summary']).toBe('After');
    stand.google.faults.next({ match: { method: 'DELETE' }, commitThenTimeout: true });
    expect((await call('deleteevent', { eventId })).structuredContent).toMatchObject({ changed: 'single' });
  });
});

describe('the connection', () => {
  it('gets a fresh token once when Google rejects one', async () => {
    await call('listcalendars', {});
    stand.google.expireAccessTokens();
    const before = tokens.issued();
    expect((await call('listcalendars', {})).isError).toBeUndefined();
    expect(tokens.issued()).toBe(before + 1);
  });

  it('asks to connect again, with the link, when the permission was not given', async () => {
    const reader = createGoogleBench({
      baseUrl: stand.google.calendarUrl,
      tokens: createStandInTokens(stand, ANN.email, 'https://www.googleapis.com/auth/calendar.freebusy'),
      clock: stand.clock,
    });
    const result = await reader.call('createevent', {
      summary: 'No',
      start: '2027-06-12T09:00:00Z',
      end: '2027-06-12T10:00:00Z',
    });
    expect(result).toMatchObject({ isError: true, code: 'reconnect_required' });
    expect(result.text).toContain(CONNECT_URL);
    reader.http.close();
  });

  it('asks in the name of the person whom the door let in', async () => {
    const asked: string[] = [];
    const named = createGoogleBench({
      baseUrl: stand.google.calendarUrl,
      tokens: { access: (person, options) => tokens.access(person, options).finally(() => asked.push(person)) },
      clock: stand.clock,
    });
    await named.call('listcalendars', {}, { person: 'p_someone' });
    expect(new Set(asked)).toEqual(new Set(['p_someone']));
    named.http.close();
  });

  it('logs nothing of what calendars hold', () => {
    expect(bench.log.events.length).toBeGreaterThan(0);
    const logged = JSON.stringify(bench.log.events);
    for (const canary of ['Stubborn', 'example.com', 'primary', 'Bearer']) expect(logged).not.toContain(canary);
  });
});
