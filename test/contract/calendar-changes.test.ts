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
import { ANN, BOB, startTestGoogle, type TestGoogle } from '../support/google-stand-in.ts';

// Changes of series, and changes that meet somebody else's or a broken Google, over real HTTP against the stand-in. Each test has a
// month of its own.

type Item = Readonly<Record<string, unknown>>;

const berlin = 'Europe/Berlin';
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

async function create(args: Item): Promise<string> {
  return eventOf(await call('createevent', { summary: 'Series', ...args }))['id'] as string;
}

/** Every occurrence of a month, as id, start and title. */
async function inMonth(month: string): Promise<readonly Item[]> {
  const [year = '', number = ''] = month.split('-');
  const next =
    number === '12' ? `${Number(year) + 1}-01-01` : `${year}-${String(Number(number) + 1).padStart(2, '0')}-01`;
  const result = await call('listevents', { timeMin: `${month}-01`, timeMax: next, timeZone: berlin, maxResults: 250 });
  return contentOf(result)['events'] as Item[];
}
const startsIn = async (month: string): Promise<readonly unknown[]> =>
  (await inMonth(month)).map((event) => event['start']);
const idOf = (events: readonly Item[], index: number): string => String(events[index]?.['id']);

describe('a series', () => {
  it('keeps its hour on both sides of the change of clocks when it is split there', async () => {
    await create({
      start: '2028-03-20T09:00:00',
      end: '2028-03-20T10:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=DAILY;COUNT=10'],
    });
    const march = await inMonth('2028-03');
    await call('updateevent', {
      eventId: idOf(march, 5),
      scope: 'following',
      start: '2028-03-25T10:30:00',
      timeZone: berlin,
    });
    expect(await startsIn('2028-03')).toEqual([
      ...['20', '21', '22', '23', '24'].map((day) => `2028-03-${day}T09:00:00+01:00`),
      '2028-03-25T10:30:00+01:00',
      ...['26', '27', '28', '29'].map((day) => `2028-03-${day}T10:30:00+02:00`),
    ]);
  });

  it('of whole days is split and moved by days, and a deleted occurrence still counts', async () => {
    await create({ start: '2028-05-01', end: '2028-05-02', recurrence: ['RRULE:FREQ=DAILY;COUNT=6'] });
    const may = await inMonth('2028-05');
    await call('deleteevent', { eventId: idOf(may, 1) });
    const moved = await call('updateevent', { eventId: idOf(may, 3), scope: 'following', start: '2028-05-14' });
    expect(contentOf(moved)).toMatchObject({
      changed: 'following',
      event: { start: '2028-05-14', end: '2028-05-15', allDay: true },
    });
    expect(await startsIn('2028-05')).toEqual(['01', '03', '14', '15', '16'].map((day) => `2028-05-${day}`));
  });

  it('of whole days keeps its last occurrence when it moves to another day', async () => {
    const rule = ['RRULE:FREQ=WEEKLY;UNTIL=20270415'];
    const eventId = await create({ start: '2027-04-01', end: '2027-04-02', recurrence: rule });
    await call('updateevent', { eventId, scope: 'all', start: '2027-04-02' });
    expect(await startsIn('2027-04')).toEqual(['2027-04-02', '2027-04-09', '2027-04-16']);
  });

  it('is changed as a whole when "following" begins with its first occurrence', async () => {
    await create({
      start: '2028-06-01T09:00:00',
      end: '2028-06-01T10:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
    });
    const june = await inMonth('2028-06');
    const changed = await call('updateevent', { eventId: idOf(june, 0), scope: 'following', summary: 'All' });
    expect(contentOf(changed)['changed']).toBe('all');
    expect((await inMonth('2028-06')).map((event) => event['summary'])).toEqual(['All', 'All', 'All']);
    expect(contentOf(await call('deleteevent', { eventId: idOf(june, 0), scope: 'following' }))['changed']).toBe('all');
    expect(await inMonth('2028-06')).toHaveLength(0);
  });

  it('takes a time with an offset, but stays in its own zone', async () => {
    await create({
      start: '2028-10-27T09:00:00',
      end: '2028-10-27T10:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=DAILY;COUNT=4'],
    });
    const october = await inMonth('2028-10');
    await call('updateevent', { eventId: idOf(october, 0), scope: 'all', start: '2028-10-27T06:00:00Z' });
    expect(await startsIn('2028-10')).toEqual([
      '2028-10-27T08:00:00+02:00',
      '2028-10-28T08:00:00+02:00',
      '2028-10-29T08:00:00+01:00',
      '2028-10-30T08:00:00+01:00',
    ]);
  });

  it('that names its days moves to another day only together with its rule', async () => {
    const eventId = await create({
      start: '2028-07-03T09:00:00',
      end: '2028-07-03T10:00:00',
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3'],
    });
    const move = { eventId, scope: 'all', start: '2028-07-04T09:00:00', timeZone: berlin };
    const refused = await call('updateevent', move);
    expect(refused).toMatchObject({ isError: true, code: 'invalid_request' });
    expect(refused.text).toContain('recurrence');
    await call('updateevent', { ...move, recurrence: ['RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3'] });
    expect(await startsIn('2028-07')).toEqual(['04', '11', '18'].map((day) => `2028-07-${day}T09:00:00+02:00`));
  });

  it('comes of a single event that gets a rule', async () => {
    const eventId = await create({ start: '2028-08-01T09:00:00', end: '2028-08-01T10:00:00', timeZone: berlin });
    expect(contentOf(await call('updateevent', { eventId, recurrence: ['RRULE:FREQ=DAILY;COUNT=2'] }))['changed']).toBe(
      'single',
    );
    expect(await startsIn('2028-08')).toHaveLength(2);
    const occurrence = idOf(await inMonth('2028-08'), 1);
    const refused = await call('updateevent', { eventId: occurrence, scope: 'this', recurrence: ['RRULE:FREQ=DAILY'] });
    expect(refused).toMatchObject({ isError: true, code: 'invalid_request' });
  });

  it('never mixes whole days and times', async () => {
    const eventId = await create({ start: '2028-09-01', end: '2028-09-02', recurrence: ['RRULE:FREQ=DAILY;COUNT=2'] });
    const refused = await call('updateevent', {
      eventId,
      scope: 'all',
      start: '2028-09-01T09:00:00Z',
      end: '2028-09-01T10:00:00Z',
    });
    expect(refused).toMatchObject({ isError: true, code: 'invalid_request' });
  });
});

const FORBIDDEN = { error: { code: 403, message: 'Forbidden', errors: [{ domain: 'calendar', reason: 'forbidden' }] } };

describe('a split that fails', () => {
  const daily = (month: string) =>
    create({
      start: `${month}-01T09:00:00`,
      end: `${month}-01T10:00:00`,
      timeZone: berlin,
      recurrence: ['RRULE:FREQ=DAILY;COUNT=4'],
    });

  it('takes the new series back when the old one cannot be ended', async () => {
    await daily('2029-01');
    const eventId = idOf(await inMonth('2029-01'), 2);
    stand.google.faults.next({ match: { method: 'PATCH' }, status: 403, body: FORBIDDEN });
    const failed = await call('updateevent', { eventId, scope: 'following', summary: 'Split' });
    expect(failed).toMatchObject({ isError: true, code: 'forbidden' });
    expect(failed.text).toContain('as it was');
    expect((await inMonth('2029-01')).map((event) => event['summary'])).toEqual([
      'Series',
      'Series',
      'Series',
      'Series',
    ]);
  });

  it('names both series when that fails as well', async () => {
    await daily('2029-02');
    const eventId = idOf(await inMonth('2029-02'), 2);
    stand.google.faults.next({ match: { method: 'PATCH' }, status: 403, body: FORBIDDEN });
    stand.google.faults.next({ match: { method: 'DELETE' }, status: 403, body: FORBIDDEN });
    const failed = await call('updateevent', { eventId, scope: 'following', summary: 'Split' });
    expect(failed).toMatchObject({ isError: true, code: 'upstream_failed' });
    expect(failed.text).toContain('could not be removed');
  });

  it('is none when only the answers were lost', async () => {
    await daily('2029-03');
    const eventId = idOf(await inMonth('2029-03'), 2);
    stand.google.faults.next({ match: { method: 'POST' }, commitThenTimeout: true });
    stand.google.faults.next({ match: { method: 'PATCH' }, commitThenTimeout: true });
    expect(contentOf(await call('updateevent', { eventId, scope: 'following', summary: 'Split' }))['changed']).toBe(
      'following',
    );
    expect((await inMonth('2029-03')).map((event) => event['summary'])).toEqual(['Series', 'Series', 'Split', 'Split']);
  });
});

describe('changes that meet others', () => {
  /** The same calendar, where somebody else acts right before each change. */
  function withRival(act: (calendar: PersonCalendar, eventId: string) => Promise<unknown>): CalendarPort {
    return {
      open: (person, signal) => {
        const calendar = bench.calendar.open(person, signal);
        return {
          ...calendar,
          changeEvent: async (id, eventId, changes, options) => {
            await act(calendar, eventId);
            return calendar.changeEvent(id, eventId, changes, options);
          },
        };
      },
    };
  }
  const single = (day: string) =>
    create({ start: `2029-04-${day}T09:00:00`, end: `2029-04-${day}T10:00:00`, timeZone: berlin });

  it('are not written over somebody else’s, and say what the event is now', async () => {
    const eventId = await single('01');
    const rival = withRival((calendar, id) =>
      calendar.changeEvent('primary', id, { summary: 'Theirs' }, { sendUpdates: 'none' }),
    );
    const result = await createToolBench(rival, stand.clock).call('updateevent', { eventId, summary: 'Ours' });
    expect(result).toMatchObject({ isError: true, code: 'conflict' });
    expect(result.text).toContain('“Theirs”');
    expect(eventOf(await call('getevent', { eventId }))['summary']).toBe('Theirs');
  });

  it('are done when somebody made the very same one', async () => {
    const eventId = await single('02');
    const rival = withRival((calendar, id) =>
      calendar.changeEvent('primary', id, { summary: 'Same' }, { sendUpdates: 'none' }),
    );
    const result = await createToolBench(rival, stand.clock).call('updateevent', { eventId, summary: 'Same' });
    expect(eventOf(result)['summary']).toBe('Same');
  });

  it('do not bring a deleted event back', async () => {
    const eventId = await single('03');
    const rival = withRival((calendar, id) => calendar.deleteEvent('primary', id, { sendUpdates: 'none' }));
    const result = await createToolBench(rival, stand.clock).call('updateevent', { eventId, summary: 'Back' });
    expect(result).toMatchObject({ isError: true, code: expect.stringMatching(/gone|conflict/) });
    expect(await call('getevent', { eventId })).toMatchObject({ isError: true, code: 'gone' });
  });
});

describe('guests', () => {
  it('are told of changes unless that is switched off, and keep their answers', async () => {
    const eventId = await create({
      start: '2029-05-01T09:00:00',
      end: '2029-05-01T10:00:00',
      timeZone: berlin,
      attendees: [BOB.email],
    });
    const mails = (): number => stand.google.mails().length;
    const before = mails();
    await call('updateevent', { eventId, location: 'Room 2', sendUpdates: 'none' });
    expect(mails()).toBe(before);
    const result = await call('updateevent', { eventId, attendees: [BOB.email.toUpperCase(), 'new@example.com'] });
    expect(mails()).toBeGreaterThan(before);
    expect(eventOf(result)['attendees']).toEqual([
      { email: BOB.email, response: 'needsAction' },
      { email: 'new@example.com', response: 'needsAction' },
    ]);
    const told = mails();
    await call('deleteevent', { eventId });
    expect(mails()).toBeGreaterThan(told);
  });

  it('keep a Meet link through other changes, and get one when asked for', async () => {
    const eventId = await create({ start: '2029-05-02T09:00:00', end: '2029-05-02T10:00:00', timeZone: berlin });
    const link = eventOf(await call('updateevent', { eventId, meet: true }))['meetLink'];
    expect(link).toMatch(/^https:/);
    expect(eventOf(await call('updateevent', { eventId, summary: 'Other', meet: true }))['meetLink']).toBe(link);
  });
});

describe('before a person is asked', () => {
  it('the event is named as the person knows it, with the part that changes and who gets mail', async () => {
    const event = { summary: 'Dentist', start: '2029-07-01T09:00:00', end: '2029-07-01T10:00:00', timeZone: berlin };
    const eventId = await create({ ...event, attendees: [BOB.email] });
    expect(await bench.prepare('deleteevent', { eventId, sendUpdates: 'none' })).toEqual({
      summary: 'Delete “Dentist”, Sun 1 Jul 2029, 09:00–10:00 (Europe/Berlin), without mail to guests',
    });
    await create({
      ...event,
      summary: 'Daily',
      recurrence: ['RRULE:FREQ=DAILY;COUNT=3'],
      start: '2029-07-02T09:00:00',
      end: '2029-07-02T09:15:00',
    });
    const second = idOf(await inMonth('2029-07'), 2);
    const change = { eventId: second, scope: 'following', start: '2029-07-03T08:00:00', timeZone: berlin };
    expect(await bench.prepare('updateevent', change)).toEqual({
      summary:
        'Change “Daily”, Tue 3 Jul 2029, 09:00–09:15 (Europe/Berlin) (this and all following occurrences): start Tue 3 Jul 2029, 08:00 (Europe/Berlin)',
    });
    expect((await inMonth('2029-07')).map((found) => found['summary'])).toEqual(['Dentist', 'Daily', 'Daily', 'Daily']);
  });

  it.each([
    ['createevent', { summary: 'X', start: '2029-06-01T09:00:00', end: '2029-06-01T10:00:00' }, 'invalid_request'],
    ['updateevent', { eventId: 'nosuchevent', summary: 'X' }, 'not_found'],
    ['deleteevent', { eventId: 'nosuchevent' }, 'not_found'],
  ])('%s refuses %j, which no yes could mend', async (name, args, code) => {
    expect(await bench.prepare(name, args)).toMatchObject({ refusal: { isError: true, code } });
  });
});

describe('arguments that make no sense', () => {
  it.each([
    [
      'createevent',
      { summary: 'X', start: '2029-06-01T09:00:00+02:00', end: '2029-06-01T10:00:00+02:00', timeZone: berlin },
      'drop timeZone',
    ],
    ['createevent', { summary: 'X', start: '2029-06-01T09:00:00', end: '2029-06-01T10:00:00' }, 'pass timeZone'],
    ['createevent', { summary: 'X', start: '2029-06-01', end: '2029-06-01T10:00:00Z' }, 'both'],
    ['createevent', { summary: 'X', start: '2029-06-01T10:00:00Z', end: '2029-06-01T10:00:00Z' }, 'later'],
    ['createevent', { summary: 'X', start: '2029-06-31', end: '2029-07-01' }, 'no such day'],
    [
      'createevent',
      { summary: 'X', start: '2029-06-01T09:00:00', end: '2029-06-01T10:00:00', timeZone: 'Mars/Olympus' },
      'IANA',
    ],
    [
      'createevent',
      { summary: 'X', start: '2029-06-01T09:00:00Z', end: '2029-06-01T10:00:00Z', recurrence: ['RRULE:FREQ=DAILY'] },
      'timeZone',
    ],
    ['updateevent', { eventId: 'e' }, 'nothing to change'],
    ['freebusy', { timeMin: '2029-06-02', timeMax: '2029-06-01', timeZone: berlin }, 'later'],
    ['freebusy', { timeMin: '2029-06-01', timeMax: '2029-06-02' }, 'pass timeZone'],
    ['suggesttime', { timeMin: '2029-06-01', timeMax: '2029-12-01', timeZone: berlin, durationMinutes: 30 }, '93 days'],
    [
      'suggesttime',
      {
        timeMin: '2029-06-01',
        timeMax: '2029-06-02',
        timeZone: berlin,
        durationMinutes: 30,
        workingHours: { start: '17:00', end: '09:00' },
      },
      'later',
    ],
  ])('are refused by %s before Google is asked: %j', async (name, args, words) => {
    stand.google.faults.next({ status: 418, times: 5 });
    const result = await call(name, args);
    expect(result).toMatchObject({ isError: true, code: 'invalid_request' });
    expect(result.text).toContain(words);
    expect(stand.google.faults.waiting()[0]?.times).toBe(5);
  });
});
