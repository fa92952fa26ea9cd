import { describe, expect, it } from '@jest/globals';
import { type Answers, created, createPerson, event } from './person.ts';

// A time in front of the verb says when the event is, and not that one is to be booked.

const STANDUP = event('e_standup', 'Standup', '2026-11-25T09:00:00+01:00', '2026-11-25T09:15:00+01:00');
const REVIEW = event('e_review', 'Review', '2026-11-27T11:00:00+01:00', '2026-11-27T12:00:00+01:00');
const VENDOR = event('e_vendor', 'Vendor call', '2026-11-24T16:00:00+01:00', '2026-11-24T17:00:00+01:00');

const holding: Answers = {
  listevents: () => ({ events: [STANDUP, REVIEW, VENDOR] }),
  updateevent: () => ({ event: REVIEW }),
  deleteevent: (args) => ({ eventId: args['eventId'] }),
  createevent: created,
  freebusy: () => ({ busy: [] }),
};
const TOMORROW = { timeMin: '2026-11-25T00:00:00', timeMax: '2026-11-26T00:00:00' };
const FRIDAY = { timeMin: '2026-11-27T00:00:00', timeMax: '2026-11-28T00:00:00' };

describe('a time in front of a command', () => {
  it.each([
    ['Tomorrow cancel the standup', TOMORROW, 'e_standup'],
    ['Tomorrow, please cancel the standup', TOMORROW, 'e_standup'],
    ['Tomorrow morning, can you call off the standup?', { timeMin: '2026-11-25T08:00:00' }, 'e_standup'],
    ['On Friday please delete the review', FRIDAY, 'e_review'],
    ['This Friday: drop the review', FRIDAY, 'e_review'],
    ['Today please cancel my 4pm', { timeMin: '2026-11-24T16:00:00' }, 'e_vendor'],
    ['At 4pm today cancel the vendor call', { timeMin: '2026-11-24T16:00:00' }, 'e_vendor'],
  ])('%s', async (text, stretch, id) => {
    const { calls } = await createPerson(holding).says(text);
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents', 'deleteevent']);
    expect(calls[0]?.args).toMatchObject(stretch);
    expect(calls[1]?.args).toEqual({ eventId: id });
  });

  it.each([
    ['On Friday move the review to 3pm', { start: '2026-11-27T15:00:00', end: '2026-11-27T16:00:00' }],
    ['Friday, please push the review back 30 minutes', { start: '2026-11-27T11:30:00' }],
    ['This Friday, could you reschedule the review to Monday at 9?', { start: '2026-11-30T09:00:00' }],
    ['On Friday rename the review to Retro', { summary: 'Retro' }],
    ['On Friday add bob@example.com to the review', { attendees: ['bob@example.com'] }],
  ])('%s', async (text, values) => {
    const { calls } = await createPerson(holding).says(text);
    expect(calls.map(({ tool }) => tool)).toEqual(['listevents', 'updateevent']);
    expect(calls[0]?.args).toMatchObject(FRIDAY);
    expect(calls[1]?.args).toMatchObject({ eventId: 'e_review', ...values });
  });

  it.each(['On Friday what do I have?', 'Friday, which meetings do I have?'])('%s', async (text) => {
    const { calls } = await createPerson(holding).says(text);
    expect(calls).toMatchObject([{ tool: 'listevents', args: FRIDAY }]);
  });

  it('refuses what is not to be done', async () => {
    const { calls } = await createPerson(holding).says("Tomorrow don't book anything");
    expect(calls).toEqual([]);
  });

  it.each([
    ['Tomorrow at 3pm, book a call', 'Call'],
    ['Friday get the car at 5pm', 'Car'],
    ['Tomorrow update meeting at 10', 'Update meeting'],
    ['Tomorrow lunch with Tom at 12:30', 'Lunch with Tom'],
  ])('still books: %s', async (text, summary) => {
    const { calls } = await createPerson(holding).says(text);
    expect(calls).toMatchObject([{ tool: 'createevent', args: { summary } }]);
  });
});
