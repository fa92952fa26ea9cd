import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ToolResult } from '../../src/mcp/tools/tool.ts';
import type { CalendarPort, PersonCalendar } from '../../src/ports/calendar.ts';
import {
  contentOf,
  createGoogleBench,
  createStandInTokens,
  createToolBench,
  eventOf,
  type GoogleBench,
} from '../support/calendar-tools.ts';
import { ANN, accessTokenOf, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// What a change says of itself when Google refuses it, or says nothing, or cannot be asked any more: done only what was done, and
// not done only what was not. And what a change leaves alone. Over real HTTP against the stand-in; each test has a month of its own.

type Item = Readonly<Record<string, unknown>>;

const berlin = 'Europe/Berlin';
const CARL = 'carl@example.com';
let stand: TestGoogle;
let bench: GoogleBench;

beforeAll(async () => {
  stand = await startTestGoogle();
  const tokens = createStandInTokens(stand, ANN.email);
  bench = createGoogleBench({ baseUrl: stand.google.calendarUrl, tokens, clock: stand.clock, timeoutMs: 1_000 });
});
afterEach(() => stand.google.faults.clear());
afterAll(async () => {
  bench.http.close();
  await stand.google.close();
});

const call = (name: string, args: Item): Promise<ToolResult> => bench.call(name, args);

/** An event of one hour on the first of the month. */
async function create(month: string, args: Item = {}): Promise<string> {
  const times = { start: `${month}-01T09:00:00`, end: `${month}-01T10:00:00`, timeZone: berlin };
  return eventOf(await call('createevent', { summary: 'Series', ...times, ...args }))['id'] as string;
}

async function inMonth(month: string): Promise<readonly Item[]> {
  const range = { timeMin: `${month}-01`, timeMax: `${month}-28`, timeZone: berlin };
  return contentOf(await call('listevents', range))['events'] as Item[];
}

/** The same calendar, where something happens right after each change or before it. */
function withCalendar(over: (calendar: PersonCalendar) => Partial<PersonCalendar>): GoogleBench['call'] {
  const port: CalendarPort = {
    open: (person, signal) => {
      const calendar = bench.calendar.open(person, signal);
      return { ...calendar, ...over(calendar) };
    },
  };
  return createToolBench(port, stand.clock).call;
}

const silenceReads = (status: number): void =>
  stand.google.faults.next({ match: { method: 'GET' }, status, retryAfter: 0, times: 20 });

const changedThenSilent = (status: number): GoogleBench['call'] =>
  withCalendar((calendar) => ({
    changeEvent: async (...args) => {
      try {
        return await calendar.changeEvent(...args);
      } finally {
        silenceReads(status);
      }
    },
  }));

const UNREAD = 'Google confirmed the event, but it could not be read back.';

describe('a change that Google confirmed', () => {
  it.each([
    [429, '2030-01'],
    [500, '2030-02'],
  ])('is done, also when reading it back ends in %i', async (status, month) => {
    const eventId = await create(month);
    const result = await changedThenSilent(status)('updateevent', { eventId, summary: 'Changed' });
    expect(contentOf(result)).toMatchObject({ changed: 'single', event: { summary: 'Changed' }, note: UNREAD });
  });

  it('of this and following occurrences is done as well', async () => {
    await create('2030-03', { recurrence: ['RRULE:FREQ=DAILY;COUNT=4'] });
    const eventId = (await inMonth('2030-03'))[2]?.['id'];
    const change = { eventId, scope: 'following', summary: 'Split' };
    const result = await changedThenSilent(429)('updateevent', change);
    expect(contentOf(result)).toMatchObject({ changed: 'following', event: { summary: 'Split' } });
    expect(result.text).toContain(UNREAD);
    stand.google.faults.clear();
    expect((await inMonth('2030-03')).map((event) => event['summary'])).toEqual(['Series', 'Series', 'Split', 'Split']);
  });
});

describe('a change that cannot be looked up', () => {
  it('stays refused when somebody else was faster', async () => {
    const eventId = await create('2030-04');
    stand.google.faults.next({ match: { method: 'PATCH' }, status: 412 });
    const result = await changedThenSilent(429)('updateevent', { eventId, summary: 'Changed' });
    expect(result).toMatchObject({ isError: true, code: 'conflict' });
    expect(result.text).toContain('Not changed: the event was changed by somebody else meanwhile');
  });

  it('leaves both parts of a series when nobody knows whether the old one ended', async () => {
    await create('2030-05', { recurrence: ['RRULE:FREQ=DAILY;COUNT=4'] });
    const eventId = (await inMonth('2030-05'))[2]?.['id'];
    stand.google.faults.next({ match: { method: 'PATCH' }, commitThenTimeout: true });
    stand.google.faults.next({ match: { method: 'PATCH' }, reset: true, times: 20 });
    const change = { eventId, scope: 'following', summary: 'Split' };
    const result = await changedThenSilent(500)('updateevent', change);
    expect(result).toMatchObject({ isError: true });
    expect(result.text).toContain('may have been split');
    stand.google.faults.clear();
    expect((await inMonth('2030-05')).map((event) => event['summary'])).toEqual(['Series', 'Series', 'Split', 'Split']);
  });
});

describe('a change that Google refused or lost', () => {
  const FASTER = 'Not changed: the event was changed by somebody else meanwhile';
  const NOT_THERE = 'The change is not in the calendar now.';
  const refused = { status: 412 };
  const lost = { reset: true, times: 20 };

  it.each([
    ['one guest fewer', '2030-06', { attendees: [BOB.email] }, refused, FASTER],
    ['no guests', '2030-07', { attendees: [] }, lost, NOT_THERE],
    ['a Meet link', '2030-08', { meet: true }, refused, FASTER],
    ['a Meet link', '2030-09', { meet: true }, lost, NOT_THERE],
  ])('to %s is not done (%s)', async (_name, month, change, fault, words) => {
    const eventId = await create(month, { attendees: [BOB.email, CARL] });
    stand.google.faults.next({ match: { method: 'PATCH' }, ...fault });
    const result = await call('updateevent', { eventId, ...change });
    expect(result).toMatchObject({ isError: true });
    expect(result.text).toContain(words);
    stand.google.faults.clear();
    expect(eventOf(await call('getevent', { eventId }))['attendees']).toHaveLength(2);
  });

  it.each([
    ['one guest fewer', '2030-10', { attendees: [BOB.email.toUpperCase()] }],
    ['a Meet link', '2030-11', { meet: true }],
  ])('to %s is done when it is found so', async (_name, month, change) => {
    const eventId = await create(month, { attendees: [BOB.email, CARL] });
    stand.google.faults.next({ match: { method: 'PATCH' }, commitThenTimeout: true });
    const result = await call('updateevent', { eventId, ...change });
    expect(contentOf(result)['changed']).toBe('single');
  });
});

const attachments = [{ fileUrl: 'https://drive.example.com/agenda', title: 'Agenda', mimeType: 'text/plain' }];
const conferenceData = {
  conferenceId: '123-456',
  conferenceSolution: { key: { type: 'addOn' }, name: 'Other Meeting' },
  entryPoints: [{ entryPointType: 'video', uri: 'https://meeting.example.com/j/123456' }],
  signature: 'signed',
};
const guest = { email: BOB.email, responseStatus: 'accepted', comment: 'Will be late', additionalGuests: 2 };

/** Google's own API, for what no tool of ours sets. */
async function google(method: string, path: string, body?: Item): Promise<Item> {
  const response = await fetch(
    `${stand.google.calendarUrl}/calendars/primary/events/${path}${method === 'GET' ? '' : '?conferenceDataVersion=1&supportsAttachments=true'}`,
    {
      method,
      headers: {
        authorization: `Bearer ${await accessTokenOf(stand.google, ANN.email)}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
  return (await response.json()) as Item;
}

describe('what no tool sets', () => {
  it('goes on in the second part of a series: another service’s meeting, attachments, what guests wrote', async () => {
    const seriesId = await create('2031-01', { recurrence: ['RRULE:FREQ=DAILY;COUNT=4'], attendees: [BOB.email] });
    await google('PATCH', seriesId, { attachments, conferenceData, attendees: [guest] });
    const eventId = (await inMonth('2031-01'))[2]?.['id'];
    const split = await call('updateevent', { eventId, scope: 'following', summary: 'Split' });
    expect(eventOf(split)).toMatchObject({ meetLink: 'https://meeting.example.com/j/123456' });
    const stored = await google('GET', String(eventOf(split)['id']));
    expect(stored).toMatchObject({ summary: 'Split', attachments, conferenceData, attendees: [guest] });
    expect(stored).not.toHaveProperty('hangoutLink');
  });

  it('stays on an event that gets another guest', async () => {
    const eventId = await create('2031-02', { attendees: [BOB.email] });
    await google('PATCH', eventId, { attachments, conferenceData, attendees: [guest] });
    await call('updateevent', { eventId, attendees: [BOB.email, CARL] });
    const stored = await google('GET', eventId);
    expect(stored).toMatchObject({ attachments, conferenceData, attendees: [guest, { email: CARL }] });
  });

  it('is not replaced by a Meet link, and the answer says so', async () => {
    const eventId = await create('2031-04');
    await google('PATCH', eventId, { conferenceData });
    const result = await call('updateevent', { eventId, meet: true });
    expect(contentOf(result)['note']).toBe('No Meet link was added: the event keeps its meeting of another service.');
    expect(await google('GET', eventId)).toMatchObject({ conferenceData });
  });

  it('does not take a Meet link along: the second part gets one of its own', async () => {
    await create('2031-03', { recurrence: ['RRULE:FREQ=DAILY;COUNT=4'], meet: true });
    const occurrence = (await inMonth('2031-03'))[2];
    const split = await call('updateevent', { eventId: occurrence?.['id'], scope: 'following', summary: 'Split' });
    expect(eventOf(split)['meetLink']).toMatch(/^https:\/\/meet\.google\.com\//);
    expect(eventOf(split)['meetLink']).not.toBe(occurrence?.['meetLink']);
  });
});
