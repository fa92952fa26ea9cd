import { describe, expect, it } from '@jest/globals';
import { created, createPerson, event } from './person.ts';

// Times that are said by what is before or after them, and answers that only say a time.

describe('before and after a meal', () => {
  it.each([
    ['Book a chat with Ana right after lunch on Thursday', '2026-11-26T13:00:00', '2026-11-27T00:00:00'],
    ['Book a call straight after lunch tomorrow', '2026-11-25T13:00:00', '2026-11-26T00:00:00'],
    ['Schedule a call just before lunch on Thursday', '2026-11-26T00:00:00', '2026-11-26T12:00:00'],
    ['Arrange a chat before lunch on Friday', '2026-11-27T00:00:00', '2026-11-27T12:00:00'],
  ])('%s', async (text, timeMin, timeMax) => {
    const { calls } = await createPerson({ suggesttime: () => ({ slots: [] }) }).says(text);
    expect(calls).toMatchObject([{ tool: 'suggesttime', args: { timeMin, timeMax } }]);
  });

  it('still books the meal itself at its hour', async () => {
    const { calls } = await createPerson({ createevent: created }).says('Book lunch with Tom on Thursday');
    expect(calls).toMatchObject([{ tool: 'createevent', args: { start: '2026-11-26T12:00:00' } }]);
  });
});

describe('New Year as an end', () => {
  it.each([
    ['What do I have between Christmas and New Year?', '2026-12-25T00:00:00', '2027-01-02T00:00:00'],
    ['What is on from Boxing Day to the new year?', '2026-12-26T00:00:00', '2027-01-02T00:00:00'],
    ['Show my meetings between 27 December and New Year', '2026-12-27T00:00:00', '2027-01-02T00:00:00'],
  ])('%s', async (text, timeMin, timeMax) => {
    const { calls } = await createPerson({ listevents: () => ({ events: [] }) }).says(text);
    expect(calls[0]?.args).toEqual({ timeMin, timeMax, timeZone: 'Europe/Berlin' });
  });
});

describe('the same time', () => {
  const REVIEW = event('e_review', 'Review', '2026-11-24T15:00:00+01:00', '2026-11-24T16:00:00+01:00');
  it.each([
    ['Move the review to the same time on Thursday', '2026-11-26T15:00:00'],
    ['Reschedule the review to the same time next Friday', '2026-12-04T15:00:00'],
    ['Move the review to Thursday at the same time', '2026-11-26T15:00:00'],
  ])('%s', async (text, start) => {
    const person = createPerson({ listevents: () => ({ events: [REVIEW] }), updateevent: () => ({ event: REVIEW }) });
    const { calls } = await person.says(text);
    expect(calls[0]?.args).toMatchObject({ query: 'review' });
    expect(calls[1]?.args).toMatchObject({ eventId: 'e_review', start });
  });
});

describe('make it 5pm', () => {
  it('answers the question for a time', async () => {
    const person = createPerson({ createevent: created });
    await person.says('Book the dentist');
    const { calls } = await person.says('Actually, make it tomorrow at 5pm');
    expect(calls[0]?.args).toMatchObject({ summary: 'Dentist', start: '2026-11-25T17:00:00' });
  });

  it.each(['Actually make it 5pm', 'make it tomorrow from 5pm to 6pm', 'then it should be at 5pm'])(
    'books nothing of its own: %s',
    async (text) => {
      const person = createPerson({ createevent: created });
      await person.says('Book the dentist tomorrow at 4pm');
      const { answer, calls } = await person.says(text);
      expect(calls).toEqual([]);
      expect(answer).toContain('Name it');
    },
  );
});
