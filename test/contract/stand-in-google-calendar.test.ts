import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createGoogleClient,
  type GoogleCalendarClient,
  installGoogleClient,
  refusalOf,
} from '../support/google-calendar-client.ts';
import { ANN, accessTokenOf, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// The stand-in's Calendar, driven by Google's own client.

type Item = Readonly<Record<string, unknown>>;

let stand: TestGoogle;
let ann: GoogleCalendarClient;

beforeAll(installGoogleClient, 600_000);
beforeAll(async () => {
  stand = await startTestGoogle();
  ann = createGoogleClient(stand.google, await accessTokenOf(stand.google, ANN.email));
});
afterAll(() => stand.google.close());

const berlin = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' });
const items = (answer: { readonly data: Item }): readonly Item[] => answer.data['items'] as Item[];
const startOf = (event: Item): unknown => {
  const { dateTime, date } = event['start'] as Item;
  return dateTime ?? date;
};

async function insert(client: GoogleCalendarClient, requestBody: Item, parameters: Item = {}): Promise<Item> {
  return (await client.events.insert({ calendarId: 'primary', requestBody, ...parameters })).data;
}

/** Each test books into a year of its own, so that none sees another's events. */
const inYear = (year: number) => ({ timeMin: `${year}-01-01T00:00:00Z`, timeMax: `${year + 1}-01-01T00:00:00Z` });

async function listYear(client: GoogleCalendarClient, year: number, parameters: Item = {}): Promise<readonly Item[]> {
  return items(
    await client.events.list({
      calendarId: 'primary',
      singleEvents: true,
      orderBy: 'startTime',
      ...inYear(year),
      ...parameters,
    }),
  );
}

describe('events.insert', () => {
  it('keeps a local time in its zone and shows it with the offset of the calendar', async () => {
    const event = await insert(ann, {
      summary: 'Lunch',
      start: { dateTime: '2030-07-01T12:00:00', timeZone: 'America/New_York' },
      end: { dateTime: '2030-07-01T13:00:00', timeZone: 'America/New_York' },
    });
    expect(event).toMatchObject({
      kind: 'calendar#event',
      status: 'confirmed',
      summary: 'Lunch',
      start: { dateTime: '2030-07-01T18:00:00+02:00', timeZone: 'America/New_York' },
      creator: { email: ANN.email, self: true },
      organizer: { email: ANN.email, self: true },
      reminders: { useDefault: true },
      sequence: 0,
    });
    expect(event['id']).toMatch(/^[a-v0-9]{26}$/);
    expect(event['iCalUID']).toBe(`${event['id']}@google.com`);
  });

  it('answers 409 for an id that is taken, also when its event is deleted', async () => {
    const body = { id: 'idempotent01', start: { date: '2030-08-01' }, end: { date: '2030-08-02' } };
    await insert(ann, body);
    const duplicate = { status: 409, reason: 'duplicate', message: 'The requested identifier already exists.' };
    expect(await refusalOf(ann.events.insert({ calendarId: 'primary', requestBody: body }))).toEqual(duplicate);
    await ann.events.delete({ calendarId: 'primary', eventId: 'idempotent01' });
    expect(await refusalOf(ann.events.insert({ calendarId: 'primary', requestBody: body }))).toEqual(duplicate);
  });

  it.each([
    ['an id with letters outside base32hex', { id: 'xyz-12345' }, 'invalid', 'Invalid resource id value.'],
    ['no end', { end: undefined }, 'required', 'Missing end time.'],
    ['no start', { start: undefined }, 'required', 'Missing start time.'],
    [
      'a date and a date-time at once',
      { start: { date: '2030-01-01', dateTime: '2030-01-01T10:00:00Z' } },
      'invalid',
      'Invalid start time.',
    ],
    [
      'a date and a date-time mixed',
      { end: { date: '2030-01-02' } },
      'invalid',
      'Start and end times must either both be date or both be dateTime.',
    ],
    [
      'a local time without a zone',
      { start: { dateTime: '2030-01-01T10:00:00' } },
      'required',
      'Missing time zone definition for start time.',
    ],
    [
      'a zone that does not exist',
      { start: { dateTime: '2030-01-01T10:00:00', timeZone: 'Mars/Olympus' } },
      'invalid',
      'Invalid time zone definition for start time.',
    ],
    [
      'an end before the start',
      { end: { dateTime: '2030-01-01T09:00:00Z' } },
      'timeRangeEmpty',
      'The specified time range is empty.',
    ],
    [
      'a series without a zone',
      { recurrence: ['RRULE:FREQ=DAILY'] },
      'required',
      'Missing time zone definition for start time.',
    ],
    ['an attendee without an address', { attendees: [{ displayName: 'Bob' }] }, 'required', 'Missing attendee email.'],
    ['an attendee whose address is none', { attendees: [{ email: 'bob' }] }, 'invalid', 'Invalid attendee email.'],
  ])('answers 400 for %s', async (_name, over, reason, message) => {
    const body = { start: { dateTime: '2030-01-01T10:00:00Z' }, end: { dateTime: '2030-01-01T11:00:00Z' }, ...over };
    const refusal = await refusalOf(ann.events.insert({ calendarId: 'primary', requestBody: body }));
    expect(refusal).toEqual({ status: 400, reason, message });
  });

  it.each([
    'RRULE:FREQ=NEVER',
    'RRULE:COUNT=2',
    'RRULE:FREQ=DAILY;COUNT=0',
    'RRULE:FREQ=DAILY;COUNT=2;UNTIL=20300202',
    'RRULE:FREQ=HOURLY',
    'RRULE:FREQ=MONTHLY;BYMONTHDAY=32',
    'RRULE:FREQ=MONTHLY;BYDAY=54MO',
    'RRULE:FREQ=YEARLY;BYMONTH=13',
    'RDATE:someday',
    'EXDATE:20300101',
    'nonsense',
  ])('answers 400 for the rule %s', async (rule) => {
    const requestBody = {
      start: berlin('2030-01-01T10:00:00'),
      end: berlin('2030-01-01T11:00:00'),
      recurrence: [rule],
    };
    const refusal = await refusalOf(ann.events.insert({ calendarId: 'primary', requestBody }));
    expect(refusal).toEqual({ status: 400, reason: 'invalid', message: 'Invalid recurrence rule.' });
  });

  it('makes a Meet link only under conferenceDataVersion=1, ready when the event is read again', async () => {
    const requestBody = {
      start: berlin('2031-01-01T10:00:00'),
      end: berlin('2031-01-01T11:00:00'),
      conferenceData: { createRequest: { requestId: 'one', conferenceSolutionKey: { type: 'hangoutsMeet' } } },
    };
    expect(await insert(ann, requestBody)).not.toHaveProperty('conferenceData');
    const event = await insert(ann, requestBody, { conferenceDataVersion: 1 });
    expect(event).not.toHaveProperty('hangoutLink');
    expect(event).toMatchObject({ conferenceData: { createRequest: { status: { statusCode: 'pending' } } } });
    const { data } = await ann.events.get({ calendarId: 'primary', eventId: event['id'] });
    expect(data['hangoutLink']).toMatch(/^https:\/\/meet\.google\.com\/[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
    expect(data).toMatchObject({ conferenceData: { createRequest: { status: { statusCode: 'success' } } } });
  });

  it('writes to guests only when sendUpdates says so', async () => {
    const requestBody = {
      start: berlin('2031-02-01T10:00:00'),
      end: berlin('2031-02-01T11:00:00'),
      attendees: [{ email: BOB.email }, { email: 'carol@elsewhere.example' }],
    };
    const before = stand.google.mails().length;
    await insert(ann, requestBody);
    await insert(ann, requestBody, { sendUpdates: 'externalOnly' });
    await insert(ann, requestBody, { sendUpdates: 'all' });
    const told = stand.google
      .mails()
      .slice(before)
      .map(({ to }) => to);
    expect(told).toEqual([['carol@elsewhere.example'], [BOB.email, 'carol@elsewhere.example']]);
    const refusal = await refusalOf(ann.events.insert({ calendarId: 'primary', requestBody, sendUpdates: 'some' }));
    expect(refusal).toMatchObject({ status: 400, reason: 'invalidParameter' });
  });
});

describe('series', () => {
  const weekly = (year: number, over: Item = {}) => ({
    summary: 'Weekly',
    start: berlin(`${year}-10-15T09:00:00`),
    end: berlin(`${year}-10-15T09:30:00`),
    recurrence: ['RRULE:FREQ=WEEKLY;COUNT=4'],
    ...over,
  });

  it('keep their wall-clock time across daylight saving', async () => {
    const series = await insert(ann, weekly(2032));
    const found = await listYear(ann, 2032);
    expect(found.map(startOf)).toEqual([
      '2032-10-15T09:00:00+02:00',
      '2032-10-22T09:00:00+02:00',
      '2032-10-29T09:00:00+02:00',
      '2032-11-05T09:00:00+01:00',
    ]);
    expect(found.at(-1)).toMatchObject({
      id: `${series['id']}_20321105T080000Z`,
      recurringEventId: series['id'],
      originalStartTime: { dateTime: '2032-11-05T09:00:00+01:00', timeZone: 'Europe/Berlin' },
    });
    expect(found.at(-1)).not.toHaveProperty('recurrence');
  });

  it('list their instances, and one alone by its original start', async () => {
    const series = await insert(ann, weekly(2033));
    const all = await ann.events.instances({ calendarId: 'primary', eventId: series['id'] });
    expect(items(all)).toHaveLength(4);
    const one = await ann.events.instances({
      calendarId: 'primary',
      eventId: series['id'],
      originalStart: '2033-10-22T07:00:00Z',
    });
    expect(items(one).map(startOf)).toEqual(['2033-10-22T09:00:00+02:00']);
    const single = await insert(ann, { start: { date: '2033-01-01' }, end: { date: '2033-01-02' } });
    const refusal = await refusalOf(ann.events.instances({ calendarId: 'primary', eventId: single['id'] }));
    expect(refusal.status).toBe(400);
  });

  it('set one instance apart that is moved, and leave out one that is deleted', async () => {
    const series = await insert(ann, weekly(2034));
    const [first, second, third] = await listYear(ann, 2034);
    const moved = await ann.events.patch({
      calendarId: 'primary',
      eventId: second?.['id'],
      requestBody: { start: berlin('2034-10-23T14:00:00'), end: berlin('2034-10-23T15:00:00'), summary: 'Moved' },
    });
    expect(moved.data).toMatchObject({
      id: second?.['id'],
      recurringEventId: series['id'],
      originalStartTime: { dateTime: '2034-10-22T09:00:00+02:00' },
      start: { dateTime: '2034-10-23T14:00:00+02:00' },
    });
    await ann.events.delete({ calendarId: 'primary', eventId: third?.['id'] });
    const left = await listYear(ann, 2034);
    expect(left.map(startOf)).toEqual([startOf(first ?? {}), '2034-10-23T14:00:00+02:00', '2034-11-05T09:00:00+01:00']);
    const stored = items(await ann.events.list({ calendarId: 'primary', ...inYear(2034) }));
    expect(stored.map(({ id, status }) => [id, status])).toEqual([
      [series['id'], 'confirmed'],
      [second?.['id'], 'confirmed'],
      [third?.['id'], 'cancelled'],
    ]);
  });

  it('end early when UNTIL is patched in, and forget what was set apart after it', async () => {
    const series = await insert(ann, weekly(2035));
    const last = (await listYear(ann, 2035)).at(-1);
    await ann.events.patch({ calendarId: 'primary', eventId: last?.['id'], requestBody: { summary: 'Last' } });
    const { data } = await ann.events.patch({
      calendarId: 'primary',
      eventId: series['id'],
      requestBody: { recurrence: ['RRULE:FREQ=WEEKLY;UNTIL=20351022T065959Z'] },
    });
    expect(data['sequence']).toBe(1);
    expect((await listYear(ann, 2035)).map(startOf)).toEqual(['2035-10-15T09:00:00+02:00']);
    expect(await refusalOf(ann.events.get({ calendarId: 'primary', eventId: last?.['id'] }))).toMatchObject({
      status: 404,
      reason: 'notFound',
    });
  });

  it('honour EXDATE and RDATE, and unroll whole days without a zone', async () => {
    await insert(ann, {
      start: { date: '2036-03-28' },
      end: { date: '2036-03-30' },
      recurrence: ['RRULE:FREQ=DAILY;INTERVAL=2;COUNT=3', 'EXDATE;VALUE=DATE:20360330', 'RDATE;VALUE=DATE:20360410'],
    });
    const found = await listYear(ann, 2036);
    expect(found.map(({ id, start, end }) => [String(id).split('_')[1], start, end])).toEqual([
      ['20360328', { date: '2036-03-28' }, { date: '2036-03-30' }],
      ['20360401', { date: '2036-04-01' }, { date: '2036-04-03' }],
      ['20360410', { date: '2036-04-10' }, { date: '2036-04-12' }],
    ]);
  });

  it('are gone with all their instances once deleted', async () => {
    const series = await insert(ann, weekly(2037));
    await ann.events.delete({ calendarId: 'primary', eventId: series['id'] });
    expect(await listYear(ann, 2037)).toEqual([]);
    const shown = items(await ann.events.list({ calendarId: 'primary', showDeleted: true, ...inYear(2037) }));
    expect(shown).toMatchObject([{ id: series['id'], status: 'cancelled' }]);
  });
});

describe('events.list', () => {
  it('counts what ends after timeMin and starts before timeMax, both exclusive', async () => {
    await insert(ann, { start: berlin('2040-05-01T10:00:00'), end: berlin('2040-05-01T11:00:00') });
    const within = async (timeMin: string, timeMax: string) =>
      items(await ann.events.list({ calendarId: 'primary', timeMin, timeMax })).length;
    expect(await within('2040-05-01T08:00:00Z', '2040-05-01T09:00:00Z')).toBe(1);
    expect(await within('2040-05-01T09:00:00Z', '2040-05-01T10:00:00Z')).toBe(0);
    expect(await within('2040-05-01T07:00:00Z', '2040-05-01T08:00:00Z')).toBe(0);
    expect(await within('2040-05-01T10:59:59+02:00', '2040-05-02T00:00:00+02:00')).toBe(1);
  });

  it('pages through, and refuses a token of another query', async () => {
    for (const summary of ['01', '02', '03']) {
      const day = `2041-06-${summary}`;
      await insert(ann, { summary, start: berlin(`${day}T10:00:00`), end: berlin(`${day}T11:00:00`) });
    }
    const base = { calendarId: 'primary', singleEvents: true, orderBy: 'startTime', maxResults: 2, ...inYear(2041) };
    const first = await ann.events.list(base);
    expect(items(first).map(({ summary }) => summary)).toEqual(['01', '02']);
    const pageToken = first.data['nextPageToken'];
    const second = await ann.events.list({ ...base, pageToken });
    expect(items(second).map(({ summary }) => summary)).toEqual(['03']);
    expect(second.data).not.toHaveProperty('nextPageToken');
    const refusal = await refusalOf(ann.events.list({ ...base, q: 'else', pageToken }));
    expect(refusal).toEqual({ status: 400, reason: 'invalid', message: 'Invalid page token value.' });
  });

  it('searches title, place and guests with q, and answers in the zone asked for', async () => {
    await insert(ann, {
      summary: 'Budget review',
      location: 'Blue room',
      attendees: [{ email: 'dora@elsewhere.example' }],
      start: berlin('2042-01-10T10:00:00'),
      end: berlin('2042-01-10T11:00:00'),
    });
    const search = async (q: string) => (await listYear(ann, 2042, { q, timeZone: 'Asia/Tokyo' })).map(startOf);
    expect(await search('budget blue')).toEqual(['2042-01-10T18:00:00+09:00']);
    expect(await search('DORA@elsewhere')).toHaveLength(1);
    expect(await search('green')).toEqual([]);
  });

  it('refuses an empty range, a time without an offset, and ordering series by start', async () => {
    const list = (parameters: Item) => refusalOf(ann.events.list({ calendarId: 'primary', ...parameters }));
    expect(await list({ timeMin: '2040-01-02T00:00:00Z', timeMax: '2040-01-01T00:00:00Z' })).toMatchObject({
      status: 400,
      reason: 'timeRangeEmpty',
    });
    expect(await list({ timeMin: '2040-01-02T00:00:00' })).toMatchObject({ status: 400, reason: 'badRequest' });
    expect(await list({ orderBy: 'startTime' })).toMatchObject({ status: 400, reason: 'badRequest' });
    expect(await list({ orderBy: 'length' })).toMatchObject({ status: 400, reason: 'invalidParameter' });
    expect(await list({ singelEvents: true })).toMatchObject({ status: 400, reason: 'invalidParameter' });
  });
});

describe('changes', () => {
  const meeting = (day: string) => ({
    summary: 'Meeting',
    description: 'Agenda',
    start: berlin(`${day}T10:00:00`),
    end: berlin(`${day}T11:00:00`),
  });

  it('patch what is named, remove what is null, and raise the sequence only for a new time', async () => {
    const { id } = await insert(ann, meeting('2043-01-01'));
    const named = await ann.events.patch({
      calendarId: 'primary',
      eventId: id,
      requestBody: { location: 'Room 1', description: null },
    });
    expect(named.data).toMatchObject({ summary: 'Meeting', location: 'Room 1', sequence: 0 });
    expect(named.data).not.toHaveProperty('description');
    const moved = await ann.events.patch({
      calendarId: 'primary',
      eventId: id,
      requestBody: { start: { dateTime: '2043-01-01T09:00:00' } },
    });
    expect(moved.data).toMatchObject({
      start: { dateTime: '2043-01-01T09:00:00+01:00', timeZone: 'Europe/Berlin' },
      sequence: 1,
    });
  });

  it('update replaces the whole event', async () => {
    const { id } = await insert(ann, meeting('2043-02-01'));
    const { description: _description, ...requestBody } = meeting('2043-02-02');
    const { data } = await ann.events.update({ calendarId: 'primary', eventId: id, requestBody });
    expect(data).toMatchObject({ id, start: { dateTime: '2043-02-02T10:00:00+01:00' } });
    expect(data).not.toHaveProperty('description');
    const lacking = await refusalOf(
      ann.events.update({ calendarId: 'primary', eventId: id, requestBody: { summary: 'x' } }),
    );
    expect(lacking).toEqual({ status: 400, reason: 'required', message: 'Missing start time.' });
  });

  it('answer 412 when If-Match names an older version, and change nothing', async () => {
    const { id, etag } = await insert(ann, meeting('2043-03-01'));
    const patch = (summary: string, version: unknown) =>
      ann.events.patch(
        { calendarId: 'primary', eventId: id, requestBody: { summary } },
        { headers: { 'If-Match': version } },
      );
    const { data } = await patch('Second', etag);
    expect(data['etag']).not.toBe(etag);
    expect(await refusalOf(patch('Third', etag))).toEqual({
      status: 412,
      reason: 'conditionNotMet',
      message: 'Precondition Failed',
    });
    const deletion = ann.events.delete({ calendarId: 'primary', eventId: id }, { headers: { 'If-Match': etag } });
    expect(await refusalOf(deletion)).toMatchObject({ status: 412 });
    expect((await ann.events.get({ calendarId: 'primary', eventId: id })).data).toMatchObject({ summary: 'Second' });
  });

  it('answer 404 for an unknown event and 410 for a deletion repeated', async () => {
    const { id } = await insert(ann, meeting('2043-04-01'));
    await ann.events.delete({ calendarId: 'primary', eventId: id });
    expect(await refusalOf(ann.events.delete({ calendarId: 'primary', eventId: id }))).toEqual({
      status: 410,
      reason: 'deleted',
      message: 'Resource has been deleted',
    });
    expect((await ann.events.get({ calendarId: 'primary', eventId: id })).data).toMatchObject({ status: 'cancelled' });
    expect(await refusalOf(ann.events.get({ calendarId: 'primary', eventId: 'unknown0' }))).toEqual({
      status: 404,
      reason: 'notFound',
      message: 'Not Found',
    });
  });
});
