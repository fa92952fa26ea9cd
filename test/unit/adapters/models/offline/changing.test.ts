import { describe, expect, it } from '@jest/globals';
import { type Answers, createPerson, event } from './person.ts';

const REVIEW = event('e_review', 'Review', '2026-11-24T15:00:00+01:00', '2026-11-24T16:00:00+01:00');
const DENTIST = event('e_dentist', 'Dentist', '2026-11-25T10:00:00+01:00', '2026-11-25T11:00:00+01:00');
const LUNCH = event('e_lunch', 'Lunch with Tom', '2026-11-27T12:30:00+01:00', '2026-11-27T13:30:00+01:00', {
  attendees: [{ email: 'tom@example.com' }],
});
const LATER_LUNCH = event('e_lunch2', 'Lunch with Tom', '2026-12-04T12:30:00+01:00', '2026-12-04T13:30:00+01:00');
const STANDUPS = [25, 26, 27].map((day) =>
  event(`e_standup_${day}`, 'Standup', `2026-11-${day}T09:00:00+01:00`, `2026-11-${day}T09:15:00+01:00`, {
    seriesId: 'e_standup',
  }),
);
const HOLIDAY = event('e_holiday', 'Holiday', '2026-12-07', '2026-12-10');

function holding(...events: readonly Readonly<Record<string, unknown>>[]): Answers {
  return {
    listevents: () => ({ events }),
    updateevent: (args) => ({ event: { ...events.find(({ id }) => id === args['eventId']) }, changed: 'single' }),
    deleteevent: (args) => ({ eventId: args['eventId'], changed: 'single' }),
  };
}

const ZONE = { timeZone: 'Europe/Berlin' };

describe('moving an event', () => {
  it.each([
    ['move my 3pm to 4', REVIEW, { eventId: 'e_review', start: '2026-11-24T16:00:00', end: '2026-11-24T17:00:00' }],
    ['move the review to tomorrow', REVIEW, { start: '2026-11-25T15:00:00', end: '2026-11-25T16:00:00' }],
    ['reschedule the review to Friday at 10', REVIEW, { start: '2026-11-27T10:00:00', end: '2026-11-27T11:00:00' }],
    ['push the review back 30 minutes', REVIEW, { start: '2026-11-24T15:30:00', end: '2026-11-24T16:30:00' }],
    ['bring the review forward by an hour', REVIEW, { start: '2026-11-24T14:00:00', end: '2026-11-24T15:00:00' }],
    ['postpone the review by a week', REVIEW, { start: '2026-12-01T15:00:00', end: '2026-12-01T16:00:00' }],
    ['move the review to 4-5:30pm', REVIEW, { start: '2026-11-24T16:00:00', end: '2026-11-24T17:30:00' }],
    ['make my 3pm an hour and a half long', REVIEW, { start: '2026-11-24T15:00:00', end: '2026-11-24T16:30:00' }],
    ['extend the review by 15 minutes', REVIEW, { start: '2026-11-24T15:00:00', end: '2026-11-24T16:15:00' }],
    ['shorten the review by 15 minutes', REVIEW, { start: '2026-11-24T15:00:00', end: '2026-11-24T15:45:00' }],
    ['extend the review until 5', REVIEW, { start: '2026-11-24T15:00:00', end: '2026-11-24T17:00:00' }],
    ['move the dentist to next week', DENTIST, { start: '2026-12-02T10:00:00', end: '2026-12-02T11:00:00' }],
    [
      'my dentist appointment needs to move to Thursday',
      DENTIST,
      { start: '2026-11-26T10:00:00', end: '2026-11-26T11:00:00' },
    ],
    [
      'change the dentist from 10 to 11 tomorrow',
      DENTIST,
      { start: '2026-11-25T11:00:00', end: '2026-11-25T12:00:00' },
    ],
    ['change the dentist from 10 to 11', DENTIST, { start: '2026-11-25T11:00:00', end: '2026-11-25T12:00:00' }],
    ['prepone the review by 15 minutes', REVIEW, { start: '2026-11-24T14:45:00', end: '2026-11-24T15:45:00' }],
    ['move the review to the next day', REVIEW, { start: '2026-11-25T15:00:00', end: '2026-11-25T16:00:00' }],
    // Today is a Tuesday, and nine is over.
    ['move the dentist to Tuesday at 9', DENTIST, { start: '2026-12-01T09:00:00', end: '2026-12-01T10:00:00' }],
    ["move tomorrow's dentist to 8", DENTIST, { start: '2026-11-25T08:00:00', end: '2026-11-25T09:00:00' }],
  ])('%s', async (text, held, expected) => {
    const { calls } = await createPerson(holding(held)).says(text);
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents', 'updateevent']);
    expect(calls[1]?.args).toMatchObject({ ...ZONE, ...expected });
  });

  it('moves whole days as whole days', async () => {
    const { calls } = await createPerson(holding(HOLIDAY)).says('postpone the holiday by a week');
    expect(calls[1]?.args).toEqual({ eventId: 'e_holiday', start: '2026-12-14', end: '2026-12-17' });
  });

  it('changes only the next one of a series unless told otherwise', async () => {
    const one = await createPerson(holding(...STANDUPS)).says('push the standup back 30 minutes');
    expect(one.calls[1]?.args).toEqual({
      ...ZONE,
      eventId: 'e_standup_25',
      start: '2026-11-25T09:30:00',
      end: '2026-11-25T09:45:00',
    });
    expect(one.answer).toContain('Only the next one of the series was changed.');
    const all = await createPerson(holding(...STANDUPS)).says('move the whole standup series to 9:30');
    expect(all.calls[1]?.args).toMatchObject({ scope: 'all', start: '2026-11-25T09:30:00' });
    const on = await createPerson(holding(...STANDUPS)).says('move the standup to 9:30 from now on');
    expect(on.calls[1]?.args).toMatchObject({ scope: 'following', start: '2026-11-25T09:30:00' });
  });

  it('looks for a free time where only a part of a day was said', async () => {
    const slots = [{ start: '2026-11-27T13:00:00+01:00', end: '2026-11-27T14:00:00+01:00' }];
    const person = createPerson({ ...holding(DENTIST), suggesttime: () => ({ slots }) });
    const { calls } = await person.says('move the dentist to Friday afternoon');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents', 'suggesttime', 'updateevent']);
    expect(calls[1]?.args).toMatchObject({ durationMinutes: 60, timeMin: '2026-11-27T12:00:00' });
    expect(calls[2]?.args).toMatchObject({ start: '2026-11-27T13:00:00' });
  });

  it('asks for the new time when none was said', async () => {
    const person = createPerson(holding(DENTIST));
    const { answer, calls } = await person.says('reschedule my dentist appointment');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents']);
    expect(answer).toContain('Tell me the new day or time.');
    const after = await person.says('Friday at 10');
    expect(after.calls.at(-1)?.args).toMatchObject({ eventId: 'e_dentist', start: '2026-11-27T10:00:00' });
  });
});

describe('changing what is not its time', () => {
  const contacts = [{ name: 'Ana Berg', address: 'ana@example.com' }];
  it.each([
    ['rename the dentist to Dental check', DENTIST, { summary: 'Dental check' }],
    ['change the title of the review to "Sprint review"', REVIEW, { summary: 'Sprint review' }],
    ['change the location of the review to Room 5', REVIEW, { location: 'Room 5' }],
    ['move the review to Room 5', REVIEW, { location: 'Room 5' }],
    ['add a Meet link to the review', REVIEW, { meet: true }],
    ['add Ana to my lunch with Tom', LUNCH, { attendees: ['tom@example.com', 'ana@example.com'], sendUpdates: 'all' }],
    ['remove tom@example.com from the lunch', LUNCH, { attendees: [], sendUpdates: 'all' }],
    ['take tom@example.com off the lunch', LUNCH, { attendees: [], sendUpdates: 'all' }],
  ])('%s', async (text, held, expected) => {
    const { calls } = await createPerson(holding(held), { contacts }).says(text);
    expect(calls[1]).toEqual({ tool: 'updateevent', args: { eventId: held['id'], ...expected } });
  });

  it('invites nobody whose address is not known', async () => {
    const { answer, calls } = await createPerson(holding(LUNCH)).says('add Zoe to my lunch with Tom');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents']);
    expect(answer).toContain('I know no address for Zoe');
  });
});

describe('cancelling', () => {
  it('deletes the one event that fits', async () => {
    const { answer, calls } = await createPerson(holding(DENTIST, REVIEW)).says(
      'cancel my dentist appointment tomorrow',
    );
    expect(calls[1]).toEqual({ tool: 'deleteevent', args: { eventId: 'e_dentist' } });
    expect(answer).toBe('Cancelled: “Dentist”, Wed 25 Nov 2026, 10:00–11:00.');
  });

  it('asks which one where several fit, and takes the answer', async () => {
    const person = createPerson(holding(LUNCH, LATER_LUNCH));
    const first = await person.says('cancel lunch with Tom');
    expect(first.calls.map(({ tool }) => tool)).toEqual(['listevents']);
    expect(first.answer).toContain('Several events fit. Which one do you mean?');
    const second = await person.says('the second one');
    expect(second.calls.at(-1)).toEqual({ tool: 'deleteevent', args: { eventId: 'e_lunch2' } });
  });

  it('says so where none fits, and deletes nothing', async () => {
    const { answer, calls } = await createPerson(holding()).says('cancel the opera on Friday');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents']);
    expect(answer).toContain('I found no such event');
  });

  it('does not take an event of another name because it is the only one', async () => {
    const { calls } = await createPerson(holding(REVIEW)).says('cancel the opera tonight');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents']);
  });

  it('does not take an event that begins at another time', async () => {
    const early = event('e_early', 'Early', '2026-11-27T14:30:00+01:00', '2026-11-27T15:30:00+01:00');
    const { calls } = await createPerson(holding(early)).says('delete the 3pm on Friday');
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents']);
  });

  it('deletes a whole series only when told to', async () => {
    const one = await createPerson(holding(...STANDUPS)).says("cancel tomorrow's standup");
    expect(one.calls[1]?.args).toEqual({ eventId: 'e_standup_25' });
    const all = await createPerson(holding(...STANDUPS)).says('cancel all of the standup series');
    expect(all.calls[1]?.args).toEqual({ eventId: 'e_standup_25', scope: 'all' });
    expect(all.answer).toContain('the whole series');
  });

  it('deletes everything of a stretch when that is what was said', async () => {
    const { calls } = await createPerson(holding(STANDUPS[2] ?? {}, LUNCH)).says('cancel everything on Friday');
    expect(calls.slice(1).map(({ args }) => args)).toEqual([{ eventId: 'e_standup_27' }, { eventId: 'e_lunch' }]);
  });

  it('reports what could not be cancelled', async () => {
    const person = createPerson({ ...holding(DENTIST), deleteevent: () => ({ fails: 'That event is gone.' }) });
    const { answer } = await person.says('cancel the dentist');
    expect(answer).toContain('That event is gone.');
    expect(answer).not.toContain('Cancelled:');
  });
});
