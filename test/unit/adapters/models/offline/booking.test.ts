import { describe, expect, it } from '@jest/globals';
import { created, createPerson } from './person.ts';

const ANA = { name: 'Ana Berg', address: 'ana@example.com' };
const free = () => ({ busy: [], errors: [] });
const busyAtThree = () => ({
  busy: [{ calendar: 'primary', start: '2026-11-25T15:30:00+01:00', end: '2026-11-25T16:00:00+01:00' }],
  errors: [],
});

describe('a question whether the time is free, with a booking behind it', () => {
  it('looks first and books when the time is free', async () => {
    const person = createPerson({ freebusy: free, createevent: created }, { contacts: [ANA] });
    const { answer, calls } = await person.says('Am I free tomorrow at three? Book an hour with Ana.');
    expect(calls).toEqual([
      {
        tool: 'freebusy',
        args: { timeMin: '2026-11-25T15:00:00', timeMax: '2026-11-25T16:00:00', timeZone: 'Europe/Berlin' },
      },
      {
        tool: 'createevent',
        args: {
          summary: 'Meeting with Ana',
          attendees: ['ana@example.com'],
          sendUpdates: 'all',
          start: '2026-11-25T15:00:00',
          end: '2026-11-25T16:00:00',
          timeZone: 'Europe/Berlin',
        },
      },
    ]);
    expect(answer).toBe('You are free then. Booked: “Meeting with Ana”, Wed 25 Nov 2026, 15:00–16:00.');
  });

  it('books nothing when it is not, and says what is in the way', async () => {
    const person = createPerson({ freebusy: busyAtThree });
    const { answer, calls } = await person.says('am I free tomorrow at three? if so book an hour with Ana');
    expect(calls.map(({ tool }) => tool)).toEqual(['freebusy']);
    expect(answer).toContain('Nothing was booked.');
    expect(answer).toContain('15:30–16:00');
  });

  it('asks about as long a time as is to be booked', async () => {
    const person = createPerson({ freebusy: busyAtThree });
    const { calls } = await person.says('am I free tomorrow at three? book two hours with Ana');
    expect(calls[0]?.args['timeMax']).toBe('2026-11-25T17:00:00');
  });

  it('books nothing when the calendar cannot be read', async () => {
    const person = createPerson({ freebusy: () => ({ fails: 'Google is not reachable.' }) });
    const { answer, calls } = await person.says("book an hour tomorrow at 3 if I'm free");
    expect(calls).toHaveLength(1);
    expect(answer).toContain('Google is not reachable.');
    expect(answer).toContain('Nothing was booked.');
  });

  it('means the same time in every step, though the clock goes on between them', async () => {
    const person = createPerson({ freebusy: free, createevent: created }, { minutesBetweenSteps: 2 });
    const { calls } = await person.says('am I free in two hours? book a call with Tom');
    expect(calls.map(({ args }) => args['timeMin'] ?? args['start'])).toEqual([
      '2026-11-24T11:30:00',
      '2026-11-24T11:30:00',
    ]);
  });

  it('reads answers that come as marked-up text only', async () => {
    const person = createPerson({ freebusy: busyAtThree }, { textOnly: true });
    const { answer } = await person.says('am I free tomorrow at three? if so book an hour');
    expect(answer).toContain('15:30–16:00');
  });
});

describe('who is invited', () => {
  it('says that nobody was invited where no address is known', async () => {
    const person = createPerson({ createevent: created });
    const { answer, calls } = await person.says('book an hour with Zoe tomorrow at 3pm');
    expect(calls[0]?.args).not.toHaveProperty('attendees');
    expect(calls[0]?.args['summary']).toBe('Meeting with Zoe');
    expect(answer).toContain('I know no address for Zoe, so nobody was invited.');
  });

  it('asks which of two people of one name is meant, and takes the answer', async () => {
    const contacts = [
      { name: 'Sue Ray', address: 'ray@example.com' },
      { name: 'Sue Lee', address: 'lee@example.com' },
    ];
    const person = createPerson({ createevent: created }, { contacts });
    const first = await person.says('book lunch with Sue tomorrow at noon');
    expect(first.calls).toEqual([]);
    expect(first.answer).toContain('Sue Ray (ray@example.com) and Sue Lee (lee@example.com)');
    const second = await person.says('Sue Lee');
    expect(second.calls[0]?.args).toMatchObject({ attendees: ['lee@example.com'], start: '2026-11-25T12:00:00' });
  });

  it('uses an address as it was written, whatever the contacts hold', async () => {
    const person = createPerson({ createevent: created }, { contacts: [ANA] });
    const { calls } = await person.says('book a call with Ana and bob@example.com tomorrow at 9');
    expect(calls[0]?.args['attendees']).toEqual(['ana@example.com', 'bob@example.com']);
  });

  it('sends no mail when told so', async () => {
    const person = createPerson({ createevent: created }, { contacts: [ANA] });
    const { calls } = await person.says('book a call with Ana tomorrow at 9 without sending invitations');
    expect(calls[0]?.args['sendUpdates']).toBe('none');
  });
});

describe('a booking that lacks something', () => {
  it('asks when, and takes the next message as the answer', async () => {
    const person = createPerson({ createevent: created });
    expect((await person.says('book a meeting with Zoe')).answer).toContain('When should Meeting with Zoe be?');
    const { calls } = await person.says('tomorrow at 4');
    expect(calls[0]?.args).toMatchObject({ summary: 'Meeting with Zoe', start: '2026-11-25T16:00:00' });
  });

  it('takes the first free time of a week when only the week was said', async () => {
    const slots = [{ start: '2026-11-30T09:00:00+01:00', end: '2026-11-30T10:00:00+01:00' }];
    const person = createPerson({ suggesttime: () => ({ slots }), createevent: created }, { contacts: [ANA] });
    const { answer, calls } = await person.says('schedule an hour with Ana next week');
    expect(calls[0]).toMatchObject({ tool: 'suggesttime', args: { calendars: ['primary', 'ana@example.com'] } });
    expect(calls[1]).toMatchObject({ tool: 'createevent', args: { start: '2026-11-30T09:00:00' } });
    expect(answer).toContain('It is the first free time.');
  });

  it('books nothing when no time is free', async () => {
    const person = createPerson({ suggesttime: () => ({ slots: [] }) });
    const { answer, calls } = await person.says('schedule an hour with Ana next week');
    expect(calls).toHaveLength(1);
    expect(answer).toContain('nothing was booked');
  });

  it('takes up the time of the question before it', async () => {
    const person = createPerson({ freebusy: free, createevent: created });
    await person.says('am I free tomorrow at 2?');
    const { calls } = await person.says('book an hour with Tom then');
    expect(calls[0]?.args).toMatchObject({ summary: 'Meeting with Tom', start: '2026-11-25T14:00:00' });
  });
});

describe('a booking that fails', () => {
  it('is not reported as made', async () => {
    const person = createPerson({ createevent: () => ({ fails: 'approval_refused: the person said no' }) });
    const { answer } = await person.says('book lunch tomorrow at noon');
    expect(answer).toContain('the person said no');
    expect(answer).toContain('Not booked');
    expect(answer).not.toContain('Booked:');
  });
});

describe('daylight saving', () => {
  it('moves a time that does not exist forward, and says so', async () => {
    const person = createPerson(
      { createevent: created },
      { now: '2027-03-13T20:00:00-05:00', zone: 'America/New_York' },
    );
    const { answer, calls } = await person.says('book a call tomorrow at 2:30am');
    expect(calls[0]?.args).toMatchObject({ start: '2027-03-14T03:30:00', timeZone: 'America/New_York' });
    expect(answer).toContain('02:30 does not exist on 2027-03-14');
  });

  it('takes the earlier of a time that happens twice, and says so', async () => {
    const person = createPerson({ freebusy: free }, { now: '2026-10-28T14:00:00-04:00', zone: 'America/New_York' });
    const { answer, calls } = await person.says('am I free on Sunday at 1:30am for 20 minutes?');
    expect(calls[0]?.args).toMatchObject({ timeMin: '2026-11-01T01:30:00', timeMax: '2026-11-01T01:50:00' });
    expect(answer).toContain('01:30 happens twice');
  });

  it('counts elapsed hours, not the clock', async () => {
    const person = createPerson({ freebusy: free }, { now: '2026-10-31T23:30:00-04:00', zone: 'America/New_York' });
    const { calls } = await person.says('am I free in three hours?');
    // 23:30 EDT and three hours are 01:30 EST: the second half past one, which only an offset can name.
    expect(calls[0]?.args['timeMin']).toBe('2026-11-01T01:30:00-05:00');
  });

  it('knows a shift by half an hour', async () => {
    const person = createPerson(
      { createevent: created },
      { now: '2026-10-03T09:00:00+10:30', zone: 'Australia/Lord_Howe' },
    );
    const { calls } = await person.says('book a call tomorrow at 2:15am');
    expect(calls[0]?.args['start']).toBe('2026-10-04T02:45:00');
  });
});
