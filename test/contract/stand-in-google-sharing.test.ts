import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createGoogleClient,
  type GoogleCalendarClient,
  installGoogleClient,
  refusalOf,
} from '../support/google-calendar-client.ts';
import { ANN, accessTokenOf, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// What people see of each other in the stand-in's Calendar: guests, shared calendars, free/busy. Driven by Google's own client.

type Item = Readonly<Record<string, unknown>>;

let stand: TestGoogle;
let ann: GoogleCalendarClient;
let bob: GoogleCalendarClient;

beforeAll(installGoogleClient, 600_000);
beforeAll(async () => {
  stand = await startTestGoogle();
  ann = createGoogleClient(stand.google, await accessTokenOf(stand.google, ANN.email));
  bob = createGoogleClient(stand.google, await accessTokenOf(stand.google, BOB.email));
});
afterAll(() => stand.google.close());

const berlin = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' });
const items = (answer: { readonly data: Item }): readonly Item[] => answer.data['items'] as Item[];
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

describe('guests', () => {
  it('see the event on their own calendar, answer it, and may not change what is shared', async () => {
    const { id } = await insert(ann, {
      summary: 'Together',
      start: berlin('2044-01-10T10:00:00'),
      end: berlin('2044-01-10T11:00:00'),
      attendees: [{ email: BOB.email }],
    });
    const [seen] = await listYear(bob, 2044);
    expect(seen).toMatchObject({
      id,
      start: { dateTime: '2044-01-10T04:00:00-05:00' },
      organizer: { email: ANN.email },
      attendees: [{ email: BOB.email, self: true, responseStatus: 'needsAction' }],
    });
    expect(seen?.['organizer']).not.toHaveProperty('self');
    await bob.events.patch({
      calendarId: 'primary',
      eventId: id,
      requestBody: { attendees: [{ email: BOB.email, responseStatus: 'accepted' }] },
    });
    expect((await ann.events.get({ calendarId: 'primary', eventId: id })).data).toMatchObject({
      attendees: [{ email: BOB.email, responseStatus: 'accepted' }],
    });
    const change = bob.events.patch({ calendarId: 'primary', eventId: id, requestBody: { summary: 'Mine' } });
    expect(await refusalOf(change)).toMatchObject({ status: 403, reason: 'forbiddenForNonOrganizer' });
    await bob.events.delete({ calendarId: 'primary', eventId: id });
    expect(await listYear(bob, 2044)).toEqual([]);
    expect((await ann.events.get({ calendarId: 'primary', eventId: id })).data).toMatchObject({
      status: 'confirmed',
      attendees: [{ email: BOB.email, responseStatus: 'declined' }],
    });
  });
});

describe('calendars', () => {
  it('are listed with the role on each, the own ones and those shared on purpose', async () => {
    const of = async (client: GoogleCalendarClient, parameters: Item = {}) =>
      items(await client.calendarList.list(parameters)).map(({ id, accessRole, primary }) => [id, accessRole, primary]);
    expect(await of(ann)).toEqual([
      [ANN.email, 'owner', true],
      ['team@group.calendar.google.com', 'owner', undefined],
    ]);
    expect(await of(bob)).toEqual([
      ['team@group.calendar.google.com', 'reader', undefined],
      [BOB.email, 'owner', true],
    ]);
    expect(await of(bob, { minAccessRole: 'writer' })).toEqual([[BOB.email, 'owner', true]]);
    expect((await bob.calendars.get({ calendarId: 'primary' })).data).toMatchObject({
      id: BOB.email,
      timeZone: 'America/New_York',
    });
  });

  it('show a reader everything, a stranger times only, and take writes from neither', async () => {
    const calendarId = 'team@group.calendar.google.com';
    const requestBody = { summary: 'Secret', start: berlin('2045-01-10T10:00:00'), end: berlin('2045-01-10T11:00:00') };
    await ann.events.insert({ calendarId, requestBody });
    await insert(ann, requestBody);
    expect(items(await bob.events.list({ calendarId }))).toMatchObject([{ summary: 'Secret' }]);
    const [seen] = items(await bob.events.list({ calendarId: ANN.email, ...inYear(2045) }));
    expect(seen).toMatchObject({ visibility: 'private', start: { dateTime: '2045-01-10T10:00:00+01:00' } });
    expect(JSON.stringify(seen)).not.toContain('Secret');
    for (const id of [calendarId, ANN.email]) {
      const refusal = await refusalOf(bob.events.insert({ calendarId: id, requestBody }));
      expect(refusal).toMatchObject({ status: 403, reason: 'requiredAccessLevel' });
    }
    expect(await refusalOf(bob.events.list({ calendarId: 'nobody@example.com' }))).toMatchObject({ status: 404 });
  });
});

describe('freebusy.query', () => {
  const busyOf = async (client: GoogleCalendarClient, requestBody: Item) =>
    (await client.freebusy.query({ requestBody })).data['calendars'] as Record<string, Item>;

  it('merges what overlaps or touches, cuts at the window, and counts series and whole days', async () => {
    const book = (start: string, end: string, over: Item = {}) =>
      insert(ann, { start: berlin(start), end: berlin(end), ...over });
    await book('2046-03-05T09:00:00', '2046-03-05T10:00:00', { recurrence: ['RRULE:FREQ=DAILY;COUNT=2'] });
    await book('2046-03-05T09:30:00', '2046-03-05T10:30:00');
    await book('2046-03-05T10:30:00', '2046-03-05T11:00:00');
    await book('2046-03-05T15:00:00', '2046-03-05T16:00:00', { transparency: 'transparent' });
    await book('2046-03-05T17:00:00', '2046-03-05T19:00:00');
    await insert(ann, { start: { date: '2046-03-07' }, end: { date: '2046-03-08' } });
    const calendars = await busyOf(bob, {
      timeMin: '2046-03-05T00:00:00Z',
      timeMax: '2046-03-05T17:00:00Z',
      items: [{ id: ANN.email }],
    });
    expect(calendars).toEqual({
      [ANN.email]: {
        busy: [
          { start: '2046-03-05T08:00:00Z', end: '2046-03-05T10:00:00Z' },
          { start: '2046-03-05T16:00:00Z', end: '2046-03-05T17:00:00Z' },
        ],
      },
    });
    const later = await busyOf(ann, {
      timeMin: '2046-03-06T00:00:00Z',
      timeMax: '2046-03-09T00:00:00Z',
      timeZone: 'Europe/Berlin',
      items: [{ id: 'primary' }],
    });
    expect(later['primary']?.['busy']).toEqual([
      { start: '2046-03-06T09:00:00+01:00', end: '2046-03-06T10:00:00+01:00' },
      { start: '2046-03-07T00:00:00+01:00', end: '2046-03-08T00:00:00+01:00' },
    ]);
  });

  it('leaves a guest free who has declined, and says notFound for a calendar that nobody has', async () => {
    const { id } = await insert(ann, {
      start: berlin('2047-01-10T10:00:00'),
      end: berlin('2047-01-10T11:00:00'),
      attendees: [{ email: BOB.email }],
    });
    const ask = () =>
      busyOf(ann, {
        timeMin: '2047-01-10T00:00:00Z',
        timeMax: '2047-01-11T00:00:00Z',
        items: [{ id: BOB.email }, { id: 'nobody@example.com' }],
      });
    const before = await ask();
    expect(before[BOB.email]?.['busy']).toHaveLength(1);
    expect(before['nobody@example.com']).toEqual({ errors: [{ domain: 'global', reason: 'notFound' }], busy: [] });
    await bob.events.patch({
      calendarId: 'primary',
      eventId: id,
      requestBody: { attendees: [{ email: BOB.email, responseStatus: 'declined' }] },
    });
    expect((await ask())[BOB.email]?.['busy']).toEqual([]);
  });

  it('refuses an empty range and a missing bound', async () => {
    const ask = (requestBody: Item) => refusalOf(ann.freebusy.query({ requestBody }));
    expect(await ask({ timeMin: '2046-03-05T00:00:00Z', timeMax: '2046-03-05T00:00:00Z' })).toMatchObject({
      status: 400,
      reason: 'timeRangeEmpty',
    });
    expect(await ask({ timeMax: '2046-03-05T00:00:00Z' })).toMatchObject({ status: 400, reason: 'required' });
  });
});
