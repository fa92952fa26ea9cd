import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCalendarApi } from '../../../../src/local/google/calendar-api.ts';
import { createCalendarRouter } from '../../../../src/local/google/calendar-router.ts';
import { createOAuthStore } from '../../../../src/local/google/oauth-store.ts';
import { createOutbox } from '../../../../src/local/google/outbox.ts';
import { createTestClock } from '../../../support/clock.ts';

// Nothing a client sends makes the calendar fall over: whatever it is, the answer is Google's, never a fault of ours.

const ann = { sub: '1', email: 'ann@example.com', name: 'Ann', timeZone: 'Europe/Berlin' };

async function createRouter() {
  const clock = createTestClock();
  const accounts = [ann];
  const tokens = createOAuthStore({ clock, accessTokenSeconds: 3600, clients: [] });
  const scope = 'https://www.googleapis.com/auth/calendar';
  await tokens.adapter('AccessToken').upsert('token', { accountId: ann.sub, clientId: 'client', scope });
  let counter = 0;
  const random = { bytes: (count: number) => Uint8Array.from({ length: count }, () => (counter++ * 7) % 256) };
  const outbox = createOutbox(() => false);
  const { methods } = createCalendarApi({ clock, accounts, random, outbox, meet: 'at once' });
  const route = createCalendarRouter({ methods, tokens, accounts });
  return (method: string, target: string, body: unknown) => {
    const [path = '', query = ''] = target.split('?', 2);
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    return route({
      method,
      path,
      query: new URLSearchParams(query),
      headers: { authorization: 'Bearer token' },
      body: bytes,
    });
  };
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('2026-11-02', '2026-11-02T09:00:00', '2026-11-02T09:00:00Z', 'Europe/Berlin', 'Nowhere', 'primary'),
);
/** Mostly what a client means, now and then anything at all: with less sense, nothing would get past the first check. */
const mostly = <Value>(sensible: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: sensible, weight: 19 }, { arbitrary: fc.jsonValue(), weight: 1 });
const berlin = (dateTime: string) => ({ dateTime, timeZone: 'Europe/Berlin' });
const start = mostly(fc.constantFrom(berlin('2026-11-02T09:00:00'), berlin('2026-10-25T02:30:00')));
const end = mostly(fc.constantFrom(berlin('2026-11-02T10:00:00'), berlin('2026-11-05T10:00:00')));
const oddTime = fc.record({ date: text, dateTime: text, timeZone: text }, { requiredKeys: [] });
const rule = fc.oneof(
  {
    arbitrary: fc
      .tuple(fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'), fc.array(rulePart(), { maxLength: 2 }))
      .map(([freq, parts]) => [`RRULE:FREQ=${freq}`, ...parts].join(';')),
    weight: 8,
  },
  fc.constantFrom('EXDATE:20261109', 'EXDATE;TZID=Nowhere:20261109T090000', 'RDATE;VALUE=DATE:20261231', 'RDATE:x'),
);
const eventFields = {
  id: fc.oneof(fc.stringMatching(/^[a-v0-9]{5,20}$/), text),
  summary: mostly(fc.string()),
  recurrence: mostly(fc.array(rule, { minLength: 1, maxLength: 2 })),
  attendees: mostly(fc.array(fc.record({ email: fc.constantFrom('b@example.com', 'c@example.com', ann.email) }))),
  status: mostly(fc.constantFrom('confirmed', 'tentative', 'cancelled')),
  reminders: mostly(fc.constant({ useDefault: false })),
  conferenceData: mostly(
    fc.constant({ createRequest: { requestId: 'r', conferenceSolutionKey: { type: 'hangoutsMeet' } } }),
  ),
};
const event = fc.record({ start, end, ...eventFields }, { requiredKeys: ['start', 'end'] });
const patch = fc.record({ start: fc.oneof(start, oddTime), end, ...eventFields }, { requiredKeys: [] });

function rulePart() {
  return fc.oneof(
    fc.integer({ min: -1, max: 400 }).map((count) => `COUNT=${count}`),
    fc.integer({ min: 0, max: 100 }).map((interval) => `INTERVAL=${interval}`),
    fc.integer({ min: -40, max: 40 }).map((day) => `BYMONTHDAY=${day}`),
    fc.integer({ min: -6, max: 6 }).map((position) => `BYDAY=${position}MO`),
    fc.integer({ min: -2, max: 14 }).map((month) => `BYMONTH=${month}`),
    fc.constantFrom('UNTIL=20261231', 'UNTIL=20261231T235959Z', 'WKST=SU', 'BYSETPOS=-1', 'BYHOUR=30', 'BYDAY=MO,FR'),
  );
}

const expectGoogle = (answer: { readonly status: number; readonly body?: unknown }) => {
  expect([200, 204, 400, 403, 404, 409, 410]).toContain(answer.status);
  if (answer.status >= 400) expect(answer.body).toMatchObject({ error: { code: answer.status } });
};

describe('the calendar router', () => {
  it('answers every event body with the event or one of Google’s refusals, and can list what it took', async () => {
    const route = await createRouter();
    const window = 'timeMin=2026-11-01T00:00:00Z&timeMax=2026-12-01T00:00:00Z';
    const taken = { made: 0, patched: 0 };
    fc.assert(
      fc.property(event, patch, (body, change) => {
        const answer = route('POST', 'calendars/primary/events?conferenceDataVersion=1', body);
        expectGoogle(answer);
        if (answer.status !== 200) return;
        taken.made += 1;
        const { id } = answer.body as { readonly id: string };
        const patched = route('PATCH', `calendars/primary/events/${id}?conferenceDataVersion=1`, change);
        expectGoogle(patched);
        if (patched.status === 200) taken.patched += 1;
        expectGoogle(route('PUT', `calendars/primary/events/${id}`, change));
        expectGoogle(route('GET', `calendars/primary/events/${id}/instances?${window}`, undefined));
      }),
      { numRuns: 400 },
    );
    expect(taken.made).toBeGreaterThan(80);
    expect(taken.patched).toBeGreaterThan(20);
    expect(route('GET', `calendars/primary/events?singleEvents=true&${window}`, undefined).status).toBe(200);
    const query = { timeMin: '2026-11-01T00:00:00Z', timeMax: '2026-12-01T00:00:00Z', items: [{ id: 'primary' }] };
    expect(route('POST', 'freeBusy', query).status).toBe(200);
  });

  it('answers every query string', async () => {
    const route = await createRouter();
    const names = ['timeMin', 'timeMax', 'maxResults', 'pageToken', 'orderBy', 'singleEvents', 'q', 'timeZone', 'x'];
    const parameters = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(text, fc.constantFrom('true', '1', 'startTime')),
    );
    fc.assert(
      fc.property(parameters, fc.webPath(), (given, path) => {
        const query = new URLSearchParams(given);
        expectGoogle(route('GET', `calendars/primary/events?${query}`, undefined));
        expectGoogle(
          route('GET', `calendars/primary/events/${encodeURIComponent(path)}/instances?${query}`, undefined),
        );
        expectGoogle(route('GET', `users/me/calendarList?${query}`, undefined));
      }),
      { numRuns: 200 },
    );
  });
});
