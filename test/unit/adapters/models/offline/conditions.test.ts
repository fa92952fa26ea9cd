import { describe, expect, it } from '@jest/globals';
import { type Answers, created, createPerson, event } from './person.ts';

// What is asked for only under a condition, or with something left out. What cannot be judged is not done.

const DENTIST = event('e_dentist', 'Dentist', '2026-11-25T10:00:00+01:00', '2026-11-25T11:00:00+01:00');
const LUNCH = event('e_lunch', 'Lunch with Tom', '2026-11-27T12:30:00+01:00', '2026-11-27T13:30:00+01:00');
const contacts = [{ name: 'Tom Berger', address: 'tom@example.com' }];

const calendar = (freebusy: Readonly<Record<string, unknown>>): Answers => ({
  listevents: () => ({ events: [DENTIST, LUNCH] }),
  freebusy: () => freebusy,
  createevent: created,
  updateevent: () => ({ event: DENTIST, changed: 'single' }),
  deleteevent: ({ eventId }) => ({ eventId, changed: 'single' }),
});
const FREE = calendar({ busy: [] });
const period = (who: string, start: string, end: string) => ({
  busy: [{ calendar: who, start: `${start}:00+01:00`, end: `${end}:00+01:00` }],
});

const toolsFor = async (answers: Answers, text: string) =>
  (await createPerson(answers, { contacts }).says(text)).calls.map(({ tool }) => tool);

describe('a booking if somebody is free', () => {
  const text = 'book lunch with Tom tomorrow at 1 if Tom is free';

  it('looks at the calendars of all who come', async () => {
    const { calls } = await createPerson(FREE, { contacts }).says(text);
    expect(calls.map(({ tool }) => tool)).toEqual(['freebusy', 'createevent']);
    expect(calls[0]?.args).toMatchObject({ calendars: ['primary', 'tom@example.com'] });
    expect(calls[1]?.args).toMatchObject({ summary: 'Lunch with Tom', attendees: ['tom@example.com'] });
  });

  it('is not made where one of them is busy, or where that cannot be seen', async () => {
    const taken = calendar(period('tom@example.com', '2026-11-25T13:00', '2026-11-25T14:00'));
    expect(await toolsFor(taken, text)).toEqual(['freebusy']);
    const hidden = calendar({ busy: [], errors: [{ calendar: 'tom@example.com', reason: 'notFound' }] });
    expect(await toolsFor(hidden, text)).toEqual(['freebusy']);
    expect(await toolsFor(FREE, 'book lunch with Zoe tomorrow at 1 if Zoe is free')).toEqual([]);
  });
});

describe('somebody who was named before', () => {
  it.each([
    'Is Tom free tomorrow at 1? If so book lunch with him',
    'If Tom is free tomorrow at 1, book lunch with him',
  ])('is the one meant: %s', async (text) => {
    const { calls } = await createPerson(FREE, { contacts }).says(text);
    expect(calls[1]?.args).toMatchObject({ summary: 'Lunch with Tom', attendees: ['tom@example.com'] });
  });

  it('has to be known', async () => {
    expect(await toolsFor(FREE, 'Is Zoe free tomorrow at 1? If so book lunch with her')).toEqual([]);
  });

  it('is not whoever belongs to somebody else', async () => {
    const { calls } = await createPerson(FREE, { contacts }).says(
      'Is Tom free at 1 tomorrow? Book lunch with his boss',
    );
    expect(calls[1]?.args).not.toHaveProperty('attendees');
  });

  it('counts where he is not invited', async () => {
    const taken = calendar(period('tom@example.com', '2026-11-27T19:00', '2026-11-27T20:00'));
    const dinner = 'Book a table on Friday at 7pm if Tom is free';
    expect(await toolsFor(taken, dinner)).toEqual(['freebusy']);
    expect(await toolsFor(FREE, dinner)).toEqual(['freebusy', 'createevent']);
  });
});

describe('a change if the time is free', () => {
  const text = "move the dentist to 10:30 tomorrow if I'm free";

  it('is made where only the event itself stands there', async () => {
    const own = calendar(period('primary', '2026-11-25T10:00', '2026-11-25T11:00'));
    expect(await toolsFor(own, text)).toEqual(['listevents', 'freebusy', 'updateevent']);
  });

  it('is not made where something else does', async () => {
    const taken = calendar(period('primary', '2026-11-25T10:00', '2026-11-25T11:15'));
    expect(await toolsFor(taken, text)).toEqual(['listevents', 'freebusy']);
  });
});

describe('a cancellation', () => {
  it.each([
    'cancel everything on Friday except lunch with Tom',
    'cancel my meetings on Friday but keep lunch with Tom',
    'cancel all my meetings this week apart from the dentist',
    'cancel the dentist unless Tom comes',
    "cancel the dentist if I'm busy",
    'should I cancel the dentist?',
    'cancel the dentist? No, leave it',
    'take Tom off the dentist',
    'drop Tom from the dentist',
    'drop Tom from lunch with Tom',
    'delete Tom from lunch on Friday',
    "cancel Tom's invitation to the dentist",
    'delete the guests of the dentist',
    'cancel the room for the dentist',
  ])('is not made: %s', async (text) => {
    expect(await toolsFor(FREE, text)).not.toContain('deleteevent');
  });

  it('takes `if possible` for politeness', async () => {
    expect(await toolsFor(FREE, 'cancel the dentist if possible')).toEqual(['listevents', 'deleteevent']);
  });
});

describe('days and times that there are not', () => {
  it.each([
    ['book a meeting on 31 February at 10', 'There is no 31 February, so I did nothing.'],
    ['book a call tomorrow at 25:00', 'There is no 25:00, so I did nothing.'],
    ['move the dentist to 30/02', 'There is no 30/02, so I did nothing.'],
  ])('%s', async (text, answer) => {
    expect(await createPerson(FREE).says(text)).toEqual({ answer, calls: [] });
  });

  it('are names where a day and a time are said besides', async () => {
    const { calls } = await createPerson(FREE).says('book the 30/30 review on Friday at 10');
    expect(calls[0]?.args).toMatchObject({ summary: '30/30 review', start: '2026-11-27T10:00:00' });
  });
});
