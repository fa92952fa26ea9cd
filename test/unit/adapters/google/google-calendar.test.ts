import { describe, expect, it } from '@jest/globals';
import { createGoogleCalendar } from '../../../../src/adapters/google/google-calendar.ts';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { PersonCalendar } from '../../../../src/ports/calendar.ts';
import type { OutsideRequest, OutsideResponse } from '../../../../src/ports/outside-client.ts';

// What is asked of Google, and what its documented answers mean, with the way out replaced by a script of answers.

const CONNECT = 'https://oauth.example.com/connections';

interface Script {
  readonly calendar: PersonCalendar;
  readonly sent: OutsideRequest[];
  readonly rejected: (string | undefined)[];
}

type Step =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
      readonly triedBefore?: boolean;
    }
  | AppError;

function script(...steps: readonly Step[]): Script {
  const sent: OutsideRequest[] = [];
  const rejected: (string | undefined)[] = [];
  const calendar = createGoogleCalendar({
    baseUrl: 'https://www.googleapis.com/calendar/v3/',
    connectUrl: CONNECT,
    tokens: {
      access: async (person, options) => {
        rejected.push(options?.rejected);
        return { accessToken: `${person}-${rejected.length}`, scopes: [] };
      },
    },
    http: {
      send: async (request): Promise<OutsideResponse> => {
        sent.push(request);
        const step = steps[sent.length - 1];
        if (step === undefined) throw new Error('the script has no more answers');
        if (step instanceof AppError) throw step;
        const body = step.body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(step.body));
        const { status, headers = {}, triedBefore } = step;
        return { status, headers, body, ...(triedBefore === undefined ? {} : { triedBefore }) };
      },
    },
  }).open('p_1', new AbortController().signal);
  return { calendar, sent, rejected };
}

function googleError(status: number, reason: string, message = 'Google says no'): Step {
  return { status, body: { error: { code: status, message, errors: [{ domain: 'global', reason, message }] } } };
}

const failureOf = (promise: Promise<unknown>): Promise<AppError> =>
  promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: AppError) => error,
  );

describe('requests', () => {
  it('carry the person’s token and encode each part of the path', async () => {
    const { calendar, sent } = script({ status: 200, body: { id: 'e1', status: 'confirmed' } });
    await calendar.getEvent('a/b?c#d@group.calendar.google.com', '../e1');
    expect(sent[0]).toMatchObject({
      method: 'GET',
      url: 'https://www.googleapis.com/calendar/v3/calendars/a%2Fb%3Fc%23d%40group.calendar.google.com/events/..%2Fe1',
      headers: { authorization: 'Bearer p_1-1' },
      retry: true,
    });
  });

  it.each([
    ['primary', '..'],
    ['primary', '.'],
    ['team@group.calendar.google.com', '..'],
    ['..', 'e1'],
    ['.', 'e1'],
    ['', 'e1'],
    ['primary', '\ud800'],
  ])('are not sent for calendar %j and event %j, which would name something else', async (where, event) => {
    const { calendar, sent } = script();
    const read = await failureOf(calendar.getEvent(where, event));
    expect(read).toMatchObject({ code: 'not_found', message: expect.stringContaining('eventId') });
    expect(await failureOf(calendar.deleteEvent(where, event, { sendUpdates: 'none' }))).toMatchObject({
      code: 'not_found',
    });
    expect(sent).toEqual([]);
  });

  it('ask again only for what Google says is worth it', async () => {
    const { calendar, sent } = script({ status: 200, body: {} });
    await calendar.listCalendars({ maxResults: 5 });
    const again = (step: Step): boolean | undefined => {
      if (step instanceof AppError) return undefined;
      return sent[0]?.retryOn?.({ status: step.status, headers: {}, body: Buffer.from(JSON.stringify(step.body)) });
    };
    expect(again(googleError(403, 'rateLimitExceeded'))).toBe(true);
    expect(again(googleError(403, 'userRateLimitExceeded'))).toBe(true);
    const newer = { error: { code: 403, details: [{ reason: 'RATE_LIMIT_EXCEEDED' }] } };
    expect(again({ status: 403, body: newer })).toBe(true);
    for (const [status, reason] of [
      [403, 'forbidden'],
      [403, 'quotaExceeded'],
      [403, 'insufficientPermissions'],
      [404, 'rateLimitExceeded'],
      [400, 'rateLimitExceeded'],
    ] as const) {
      expect(again(googleError(status, reason))).toBe(false);
    }
  });

  it('name the version they change, and ask for conference data only with a meeting', async () => {
    const { calendar, sent } = script({ status: 200, body: { id: 'e1' } }, { status: 200, body: { id: 'e2' } });
    await calendar.changeEvent('primary', 'e1', { summary: 'x' }, { sendUpdates: 'none', etag: '"7"' });
    await calendar.insertEvent('primary', { id: 'e2', meetRequestId: 'm' }, { sendUpdates: 'all' });
    expect(sent[0]).toMatchObject({ method: 'PATCH', headers: { 'if-match': '"7"' } });
    expect(sent[0]?.url).toMatch(/sendUpdates=none$/);
    expect(sent[1]?.url).toMatch(/sendUpdates=all&conferenceDataVersion=1$/);
    expect(JSON.parse(String(sent[1]?.body))).toEqual({
      id: 'e2',
      conferenceData: { createRequest: { requestId: 'm', conferenceSolutionKey: { type: 'hangoutsMeet' } } },
    });
  });
});

describe('times', () => {
  it('are asked for in whole seconds', async () => {
    const { calendar, sent } = script({ status: 200, body: {} }, { status: 200, body: {} });
    const range = { timeMinMs: Date.parse('2026-11-24T10:00:00.123Z'), timeMaxMs: Date.parse('2026-11-24T11:00:00Z') };
    await calendar.listEvents({ ...range, calendar: 'primary', maxResults: 1 });
    await calendar.freeBusy({ ...range, calendars: ['primary'] });
    expect(new URL(sent[0]?.url ?? '').searchParams.get('timeMin')).toBe('2026-11-24T10:00:00Z');
    expect(JSON.parse(String(sent[1]?.body))).toMatchObject({
      timeMin: '2026-11-24T10:00:00Z',
      timeMax: '2026-11-24T11:00:00Z',
    });
  });

  it('empty the members of the other kind only where the kind changes', async () => {
    const event: Step = { status: 200, body: { id: 'e1' } };
    const { calendar, sent } = script(event, event, event);
    const day = { start: { date: '2026-11-24' } };
    const time = { start: { dateTime: '2026-11-24T10:00:00Z' } };
    const change = (input: typeof day | typeof time, otherKind?: boolean): Promise<unknown> =>
      calendar.changeEvent('primary', 'e1', input, {
        sendUpdates: 'none',
        ...(otherKind === undefined ? {} : { otherKind }),
      });
    await change(day, true);
    await change(time, true);
    await change(time);
    expect(sent.map((request) => JSON.parse(String(request.body)).start)).toEqual([
      { date: '2026-11-24', dateTime: null, timeZone: null },
      { dateTime: '2026-11-24T10:00:00Z', date: null },
      { dateTime: '2026-11-24T10:00:00Z' },
    ]);
  });
});

describe('answers', () => {
  it('get one fresh token after a 401, and no second one', async () => {
    const healed = script(googleError(401, 'authError'), { status: 200, body: { items: [] } });
    await healed.calendar.listCalendars({ maxResults: 1 });
    expect(healed.rejected).toEqual([undefined, 'p_1-1']);
    expect(healed.sent[1]?.headers?.['authorization']).toBe('Bearer p_1-2');
    const dead = script(googleError(401, 'authError'), googleError(401, 'authError'));
    const error = await failureOf(dead.calendar.listCalendars({ maxResults: 1 }));
    expect(error).toMatchObject({ code: 'reconnect_required', details: { url: CONNECT } });
    expect(dead.sent).toHaveLength(2);
  });

  it.each([
    [
      googleError(400, 'timeRangeEmpty', 'The specified time range is empty.'),
      'invalid_request',
      'time range is empty',
    ],
    [googleError(403, 'insufficientPermissions'), 'reconnect_required', CONNECT],
    [googleError(403, 'forbidden'), 'forbidden', 'eventId and calendar'],
    [googleError(403, 'forbiddenForNonOrganizer'), 'forbidden', 'eventId and calendar'],
    [googleError(403, 'rateLimitExceeded'), 'rate_limited', 'slow down'],
    [googleError(403, 'quotaExceeded'), 'rate_limited', 'quota'],
    [googleError(403, 'accessNotConfigured'), 'misconfigured', 'not switched on'],
    [googleError(404, 'notFound'), 'not_found', 'eventId and calendar'],
    [googleError(409, 'duplicate'), 'conflict', 'exists'],
    [googleError(410, 'deleted'), 'gone', 'deleted'],
    [googleError(410, 'fullSyncRequired'), 'invalid_request', 'cursor'],
    [googleError(412, 'conditionNotMet'), 'conflict', 'changed meanwhile'],
    [googleError(429, 'rateLimitExceeded'), 'rate_limited', 'slow down'],
    [googleError(503, 'backendError'), 'upstream_failed', 'Try again later'],
    [{ status: 302 }, 'upstream_failed', '302'],
    [{ status: 403 }, 'forbidden', 'eventId and calendar'],
    [{ status: 200, body: ['no object'] }, 'upstream_failed', 'cannot be read'],
  ] as const)('mean %j', async (step, code, words) => {
    const error = await failureOf(script(step).calendar.getEvent('primary', 'e1'));
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
  });

  it('hand on how long Google asks to wait', async () => {
    const step = { ...googleError(429, 'rateLimitExceeded'), headers: { 'retry-after': '17' } } as Step;
    expect(await failureOf(script(step).calendar.getEvent('primary', 'e1'))).toMatchObject({ retryAfterSeconds: 17 });
  });

  it('with 409 mean a taken id for a new event, and somebody else’s write for one that is there', async () => {
    const taken = googleError(409, 'duplicate');
    const after = { ...taken, triedBefore: true } as Step;
    const { calendar } = script(taken, after, googleError(409, 'conflict'));
    const insert = (): Promise<AppError> =>
      failureOf(calendar.insertEvent('primary', { id: 'e1' }, { sendUpdates: 'none' }));
    expect(await insert()).toMatchObject({ code: 'conflict', details: { reason: 'exists', afterLoss: false } });
    expect(await insert()).toMatchObject({ code: 'conflict', details: { reason: 'exists', afterLoss: true } });
    const change = calendar.changeEvent('primary', 'e1', { summary: 'x' }, { sendUpdates: 'none' });
    expect(await failureOf(change)).toMatchObject({ code: 'conflict', details: { reason: 'changed' } });
  });

  it('that hold no event are lost answers, but a deletion has nothing to say', async () => {
    const { calendar } = script({ status: 200 }, { status: 200, body: {} }, { status: 200 }, { status: 204 });
    const insert = (): Promise<AppError> =>
      failureOf(calendar.insertEvent('primary', { id: 'e1' }, { sendUpdates: 'none' }));
    const lost = { code: 'upstream_failed', details: { written: 'unknown' } };
    expect(await insert()).toMatchObject(lost);
    expect(await insert()).toMatchObject(lost);
    expect(await failureOf(calendar.getEvent('primary', 'e1'))).toMatchObject({ details: { written: 'no' } });
    await calendar.deleteEvent('primary', 'e1', { sendUpdates: 'none' });
  });

  it('say whether something may have been written when they are lost', async () => {
    const lost = (reached: boolean): AppError => new AppError('timed_out', 'late', { details: { reached } });
    const write = (step: Step): Promise<AppError> =>
      failureOf(script(step).calendar.insertEvent('primary', { id: 'e1' }, { sendUpdates: 'none' }));
    expect(await write(lost(true))).toMatchObject({ code: 'timed_out', details: { written: 'unknown' } });
    expect(await write(lost(false))).toMatchObject({ code: 'timed_out', details: { written: 'no' } });
    expect(await write(googleError(500, 'backendError'))).toMatchObject({ details: { written: 'unknown' } });
    const putOff = { ...googleError(429, 'rateLimitExceeded'), triedBefore: true } as Step;
    expect(await write(putOff)).toMatchObject({ code: 'rate_limited', details: { written: 'unknown' } });
    expect((await write(googleError(429, 'rateLimitExceeded'))).details).toBeUndefined();
    const read = script(lost(true)).calendar.freeBusy({ timeMinMs: 0, timeMaxMs: 1, calendars: ['primary'] });
    expect(await failureOf(read)).toMatchObject({ details: { written: 'no' } });
  });
});

describe('free/busy', () => {
  it('puts each asked calendar into busy times or errors, also one that Google passed over', async () => {
    const { calendar, sent } = script({
      status: 200,
      body: {
        calendars: {
          primary: { busy: [{ start: '2026-11-24T10:00:00Z', end: '2026-11-24T11:00:00Z' }] },
          'a@example.com': { errors: [{ domain: 'global', reason: 'notFound' }] },
          'member@example.com': { busy: [{ start: '2026-11-24T09:00:00+01:00', end: '2026-11-24T10:00:00+01:00' }] },
        },
        groups: { 'team@example.com': { calendars: ['member@example.com'] } },
      },
    });
    const asked = ['primary', 'a@example.com', 'team@example.com', 'lost@example.com', 'primary'];
    const result = await calendar.freeBusy({ timeMinMs: 0, timeMaxMs: 86_400_000, calendars: asked });
    expect(JSON.parse(String(sent[0]?.body)).items).toHaveLength(4);
    expect(result).toEqual({
      busy: [
        {
          calendar: 'member@example.com',
          startMs: Date.parse('2026-11-24T08:00:00Z'),
          endMs: Date.parse('2026-11-24T09:00:00Z'),
        },
        { calendar: 'primary', startMs: Date.parse('2026-11-24T10:00:00Z'), endMs: Date.parse('2026-11-24T11:00:00Z') },
      ],
      errors: [
        { calendar: 'a@example.com', reason: 'notFound' },
        { calendar: 'lost@example.com', reason: 'notAnswered' },
      ],
    });
  });
});

describe('free/busy of one calendar', () => {
  it('is found when it is answered under the calendar’s own id', async () => {
    const busy = [{ start: '2026-11-24T10:00:00Z', end: '2026-11-24T11:00:00Z' }];
    const { calendar } = script({ status: 200, body: { calendars: { 'ann@example.com': { busy } } } });
    const result = await calendar.freeBusy({ timeMinMs: 0, timeMaxMs: 1, calendars: ['primary'] });
    expect(result).toMatchObject({ busy: [{ calendar: 'primary' }], errors: [] });
  });
});

describe('busy times', () => {
  it('that cannot be read are never taken for free time', async () => {
    const { calendar } = script({ status: 200, body: { calendars: { primary: { busy: [{ start: 'soon' }] } } } });
    const asked = calendar.freeBusy({ timeMinMs: 0, timeMaxMs: 1, calendars: ['primary'] });
    expect(await failureOf(asked)).toMatchObject({ code: 'upstream_failed' });
  });
});

describe('events', () => {
  it('that were deleted are not listed', async () => {
    const items = [{ id: 'a', status: 'cancelled' }, { id: 'b' }];
    const { calendar } = script({ status: 200, body: { items } });
    const { events } = await calendar.listEvents({ calendar: 'primary', maxResults: 5 });
    expect(events.map((event) => event.id)).toEqual(['b']);
  });

  it('are looked for behind pages that hold none, and behind so many only', async () => {
    const cancelled = { items: [{ id: 'a', status: 'cancelled' }], nextPageToken: 'p3' };
    const { calendar, sent } = script(
      { status: 200, body: { items: [], nextPageToken: 'p2' } },
      { status: 200, body: cancelled },
      { status: 200, body: { items: [{ id: 'b' }], nextPageToken: 'p4' } },
    );
    const query = { calendar: 'primary', maxResults: 5 };
    expect(await calendar.listEvents(query)).toMatchObject({ events: [{ id: 'b' }], cursor: 'p4' });
    expect(sent.map(({ url }) => new URL(url).searchParams.get('pageToken'))).toEqual([null, 'p2', 'p3']);
    const endless: Step = { status: 200, body: { items: [], nextPageToken: 'again' } };
    const stubborn = script(...Array.from({ length: 100 }, () => endless));
    expect(await stubborn.calendar.listEvents(query)).toMatchObject({ events: [], cursor: 'again' });
    expect(stubborn.sent.length).toBeLessThan(100);
  });

  it('are read without trusting their shape', async () => {
    const odd = {
      id: 'x',
      summary: 7,
      status: null,
      start: 'soon',
      attendees: 'all',
      recurrence: [1, 'RRULE:FREQ=DAILY'],
      hangoutLink: {},
    };
    expect(await script({ status: 200, body: odd }).calendar.getEvent('primary', 'x')).toMatchObject({
      id: 'x',
      summary: undefined,
      status: 'confirmed',
      start: undefined,
      attendees: [],
      recurrence: ['RRULE:FREQ=DAILY'],
      meetLink: undefined,
    });
  });

  it('find the Meet link where Google puts it, and know one in the making', async () => {
    const made = {
      id: 'a',
      conferenceData: {
        entryPoints: [
          { entryPointType: 'phone', uri: 'tel:1' },
          { entryPointType: 'video', uri: 'https://meet.google.com/a' },
        ],
      },
    };
    const pending = { id: 'b', conferenceData: { createRequest: { status: { statusCode: 'pending' } } } };
    const { calendar } = script({ status: 200, body: made }, { status: 200, body: pending });
    expect((await calendar.getEvent('primary', 'a')).meetLink).toBe('https://meet.google.com/a');
    expect(await calendar.getEvent('primary', 'b')).toMatchObject({ meetLink: undefined, meetPending: true });
  });

  it('count the occurrences before a time over all pages', async () => {
    const item = (hour: string): unknown => ({ id: 'x', originalStartTime: { dateTime: `2026-11-24T${hour}:00:00Z` } });
    const { calendar, sent } = script(
      { status: 200, body: { items: [item('08'), item('09')], nextPageToken: 'p2' } },
      { status: 200, body: { items: [item('10'), item('11')] } },
    );
    expect(await calendar.countOccurrencesBefore('primary', 's', Date.parse('2026-11-24T10:30:00Z'))).toBe(3);
    expect(sent[1]?.url).toContain('pageToken=p2');
    expect(sent[0]?.url).toContain('showDeleted=true');
  });

  it('are counted in the list where a server knows no instances', async () => {
    const item = (seriesId: string, hour: string): unknown => ({
      id: `${seriesId}_${hour}`,
      recurringEventId: seriesId,
      originalStartTime: { dateTime: `2026-11-24T${hour}:00:00Z` },
    });
    const { calendar, sent } = script(googleError(404, 'notFound'), {
      status: 200,
      body: { items: [item('s', '08'), item('other', '08'), item('s', '09')] },
    });
    expect(await calendar.countOccurrencesBefore('primary', 's', Date.parse('2026-11-24T10:30:00Z'))).toBe(2);
    expect(sent[1]?.url).toContain('singleEvents=true');
    const gone = script(googleError(404, 'notFound'), { status: 200, body: { items: [] } });
    expect(await failureOf(gone.calendar.countOccurrencesBefore('primary', 's', 0))).toMatchObject({
      code: 'not_found',
    });
  });

  it('are not counted without end', async () => {
    const endless: Step = { status: 200, body: { items: [], nextPageToken: 'again' } };
    const { calendar, sent } = script(...Array.from({ length: 100 }, () => endless));
    expect(await failureOf(calendar.countOccurrencesBefore('primary', 's', 0))).toMatchObject({
      code: 'upstream_failed',
    });
    expect(sent.length).toBeLessThan(100);
  });
});
