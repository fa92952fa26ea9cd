import { describe, expect, it } from '@jest/globals';
import { type Answers, createPerson, event } from './person.ts';

// Names with digits in them: what tells `Job 5` from `Job 15` is the number.

const TITLES = [
  'Job 5',
  'Job 6',
  'Job 15',
  'Q3 review',
  'Q4 review',
  'CS101 lecture',
  'CS 202 lecture',
  'B2B sync',
  'Sprint 34 planning',
];
const EVENTS = TITLES.map((title, index) =>
  event(title, title, `2026-12-0${index + 1}T10:00:00+01:00`, `2026-12-0${index + 1}T11:00:00+01:00`),
);
const holding: Answers = {
  listevents: ({ query }) => ({
    events: EVENTS.filter(({ summary }) => String(summary).toLowerCase().includes(String(query).toLowerCase())),
  }),
  updateevent: ({ eventId }) => ({ event: EVENTS.find(({ id }) => id === eventId) }),
  deleteevent: ({ eventId }) => ({ eventId }),
};

describe('names with digits', () => {
  it.each([
    ['Cancel the Q4 review', 'Q4', 'Q4 review'],
    ['Cancel the CS101 lecture', 'CS101', 'CS101 lecture'],
    ['Please delete my CS 202 lecture', 'CS', 'CS 202 lecture'],
    ['Cancel the b2b sync', 'b2b', 'B2B sync'],
    ['Cancel Job 5 in December', 'Job', 'Job 5'],
    ['Call off job #15', 'job', 'Job 15'],
    ['Move Sprint 34 planning to 3pm', 'Sprint', 'Sprint 34 planning'],
  ])('%s', async (text, query, id) => {
    const { calls } = await createPerson(holding).says(text);
    expect(calls[0]?.args).toMatchObject({ query });
    expect(calls[1]?.args).toMatchObject({ eventId: id });
  });

  it.each(['Cancel Job 7', 'Move the Q2 review to 4pm', 'Cancel job 1 in December'])(
    'takes no other number: %s',
    async (text) => {
      const { answer, calls } = await createPerson(holding).says(text);
      expect(calls).toHaveLength(1);
      expect(answer).toContain('I found no such event');
    },
  );

  it('keeps times and counts out of the name', async () => {
    for (const text of [
      'cancel the 30 minute Q4 review',
      'cancel the Q4 review at 10 on 5 December',
      'cancel my 2 Q4 review calls',
    ]) {
      const { calls } = await createPerson(holding).says(text);
      expect(calls[1]?.args).toEqual({ eventId: 'Q4 review' });
    }
  });
});
