import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCalendarApi } from '../../src/local/google/calendar-api.ts';
import type { CalendarMethod } from '../../src/local/google/calendar-method.ts';
import { createOutbox } from '../../src/local/google/outbox.ts';
import { calendarScopes } from '../../src/local/google/scopes.ts';
import { createTestClock } from '../support/clock.ts';
import {
  type DiscoveryDocument,
  findDeviations,
  methodOf,
  readCalendarDiscovery,
} from '../support/google-discovery.ts';
import { ANN, accessTokenOf, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// The stand-in against Google's own description of Calendar v3: nothing is served that Google does not have, and every answer is one
// that Google's schemas foresee. As the stand-in refuses every query parameter that it does not list, whatever the product sends
// and gets an answer to exists at Google too.

let document: DiscoveryDocument;
let stand: TestGoogle;
let methods: readonly CalendarMethod[];

beforeAll(async () => {
  document = readCalendarDiscovery();
  stand = await startTestGoogle();
  const outbox = createOutbox(() => false);
  const random = { bytes: (count: number) => randomBytes(count) };
  ({ methods } = createCalendarApi({ clock: createTestClock(), accounts: [ANN], random, outbox, meet: 'at once' }));
}, 130_000);
afterAll(() => stand.google.close());

describe('what is served', () => {
  it('has its base path', () => {
    expect(`${new URL(stand.google.calendarUrl).pathname}/`).toBe(document.basePath);
  });

  it('is, method for method, at Google too: same verb, same path, same scopes', () => {
    const served = methods.map(({ id, httpMethod, path, scopes }) => ({
      id,
      httpMethod,
      path,
      scopes: scopes.map((name) => `https://www.googleapis.com/auth/${name}`).sort(),
    }));
    const described = methods.map(({ id }) => {
      const method = methodOf(document, id);
      return {
        id: method?.id,
        httpMethod: method?.httpMethod,
        path: method?.path,
        scopes: [...(method?.scopes ?? [])].sort(),
      };
    });
    expect(served).toHaveLength(11);
    expect(served).toEqual(described);
  });

  it('takes no query parameter that Google does not have', () => {
    const strange = methods.flatMap(({ id, query }) => {
      const parameters = methodOf(document, id)?.parameters ?? {};
      return query.filter((name) => parameters[name]?.location !== 'query').map((name) => `${id} ${name}`);
    });
    expect(strange).toEqual([]);
  });

  it('knows exactly the calendar scopes that Google has', () => {
    expect(Object.keys(calendarScopes).sort()).toEqual(Object.keys(document.auth.oauth2.scopes).sort());
  });
});

describe('the checker of answers', () => {
  it.each([
    ['an unknown field', { summry: 'x' }, ['$.summry: unknown']],
    ['a wrong type', { summary: 1 }, ['$.summary: 1 is no string']],
    [
      'a wrong format',
      { start: { dateTime: '2026-11-02 10:00' } },
      ['$.start.dateTime: "2026-11-02 10:00" is no date-time'],
    ],
    [
      'a wrong member of a list',
      { attendees: [{ email: 'a@example.com', self: 'yes' }] },
      ['$.attendees[0].self: "yes" is no boolean'],
    ],
  ])('finds %s', (_name, event, deviations) => {
    expect(findDeviations(document, { $ref: 'Event' }, event)).toEqual(deviations);
  });
});

describe('what is answered', () => {
  interface Exchange {
    readonly id: string;
    readonly path: string;
    readonly body?: unknown;
  }

  async function ask(token: string, { id, path, body }: Exchange): Promise<Readonly<Record<string, unknown>>> {
    const method = methodOf(document, id);
    const response = await fetch(`${stand.google.calendarUrl}/${path}`, {
      method: method?.httpMethod ?? '',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    expect([id, response.status]).toEqual([id, method?.response === undefined ? 204 : 200]);
    if (method?.response === undefined) return {};
    const answer: Readonly<Record<string, unknown>> = JSON.parse(text);
    expect([id, findDeviations(document, method.response, answer)]).toEqual([id, []]);
    return answer;
  }

  const everything = {
    summary: 'Everything',
    description: 'A description',
    location: 'A place',
    colorId: '5',
    transparency: 'transparent',
    visibility: 'private',
    start: { dateTime: '2026-10-19T09:00:00', timeZone: 'Europe/Berlin' },
    end: { dateTime: '2026-10-19T10:00:00', timeZone: 'Europe/Berlin' },
    recurrence: ['RRULE:FREQ=WEEKLY;COUNT=3', 'EXDATE;TZID=Europe/Berlin:20261026T090000'],
    attendees: [
      { email: BOB.email, optional: true, comment: 'Late', additionalGuests: 1, displayName: 'Bob' },
      { email: 'room@resource.example', resource: true },
      { email: ANN.email, responseStatus: 'accepted' },
    ],
    reminders: { useDefault: false, overrides: [{ method: 'popup', minutes: 5 }] },
    extendedProperties: { private: { one: '1' }, shared: { two: '2' } },
    source: { title: 'Here', url: 'https://example.com/' },
    guestsCanModify: true,
    guestsCanInviteOthers: false,
    guestsCanSeeOtherGuests: false,
    anyoneCanAddSelf: false,
    conferenceData: { createRequest: { requestId: 'r', conferenceSolutionKey: { type: 'hangoutsMeet' } } },
  };

  it('is within the schemas, for every method, full and sparse', async () => {
    const ann = await accessTokenOf(stand.google, ANN.email);
    const bob = await accessTokenOf(stand.google, BOB.email);
    const events = 'calendars/primary/events';
    const list = { id: 'calendar.events.list', path: `${events}?singleEvents=true&showDeleted=true` };
    const made = await ask(ann, {
      id: 'calendar.events.insert',
      path: `${events}?conferenceDataVersion=1`,
      body: everything,
    });
    const one = `${events}/${made['id']}`;
    await ask(ann, {
      id: 'calendar.events.insert',
      path: events,
      body: { start: { date: '2026-11-02' }, end: { date: '2026-11-03' } },
    });
    await ask(ann, { id: 'calendar.events.get', path: one });
    await ask(ann, { id: 'calendar.events.instances', path: `${one}/instances` });
    await ask(ann, {
      id: 'calendar.events.patch',
      path: `${one}_20261019T070000Z`,
      body: { summary: 'Apart', status: 'tentative' },
    });
    await ask(ann, { id: 'calendar.events.delete', path: `${one}_20261102T080000Z` });
    await ask(ann, list);
    await ask(ann, { ...list, path: `${events}?maxResults=1` });
    await ask(bob, list);
    await ask(bob, { ...list, path: `calendars/${ANN.email}/events?singleEvents=true` });
    await ask(ann, { id: 'calendar.events.update', path: one, body: { start: everything.start, end: everything.end } });
    await ask(ann, { id: 'calendar.calendarList.list', path: 'users/me/calendarList?maxResults=1' });
    await ask(bob, { id: 'calendar.calendarList.list', path: 'users/me/calendarList' });
    await ask(ann, { id: 'calendar.calendarList.get', path: 'users/me/calendarList/primary' });
    await ask(bob, { id: 'calendar.calendars.get', path: `calendars/${ANN.email}` });
    const items = [{ id: 'primary' }, { id: BOB.email }, { id: 'nobody@example.com' }];
    const window = { timeMin: '2026-10-01T00:00:00Z', timeMax: '2026-12-01T00:00:00Z' };
    await ask(ann, { id: 'calendar.freebusy.query', path: 'freeBusy', body: { ...window, items } });
    await ask(ann, { id: 'calendar.events.delete', path: one });
    await ask(ann, list);
  });
});
