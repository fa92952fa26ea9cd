import { describe, expect, it } from '@jest/globals';
import { type Answers, createPerson, event } from './person.ts';

// How much is meant: one event, a series, one and all that follow, or all of a stretch; and what is said where a list goes on.

type Entry = Readonly<Record<string, unknown>>;

const at = (id: string, summary: string, day: string, hour: number, more: Entry = {}): Entry =>
  event(id, summary, `${day}T${hour}:00:00+01:00`, `${day}T${hour + 1}:00:00+01:00`, more);
const SYNCS = ['07', '14', '21', '28'].map((day) =>
  at(`e_${day}`, 'Weekly pricing sync', `2026-12-${day}`, 10, { seriesId: 'e_sync' }),
);
const DENTISTS = [1, 2].map((day) => at(`e_dentist_${day}`, 'Dentist', `2026-12-0${day}`, 10));

/** A calendar that looks at the times and at the words, as the real one does. */
function holding(events: readonly Entry[], cursor?: string): Answers {
  const instant = (value: unknown): number | undefined =>
    value === undefined ? undefined : Date.parse(`${String(value)}+01:00`);
  return {
    listevents: (args) => ({
      events: events.filter(
        ({ start, end, summary }) =>
          Date.parse(String(end)) > (instant(args['timeMin']) ?? 0) &&
          Date.parse(String(start)) < (instant(args['timeMax']) ?? Number.POSITIVE_INFINITY) &&
          String(summary)
            .toLowerCase()
            .includes(String(args['query'] ?? '').toLowerCase()),
      ),
      ...(cursor === undefined ? {} : { cursor }),
    }),
    updateevent: (args) => ({ event: { ...events.find(({ id }) => id === args['eventId']) } }),
    deleteevent: (args) => ({ eventId: args['eventId'] }),
  };
}

const changes = (calls: readonly { readonly tool: string; readonly args: Entry }[]) =>
  calls.filter(({ tool }) => tool !== 'listevents').map(({ args }) => [args['eventId'], args['scope']]);

describe('how much of a series', () => {
  it.each([
    ['Cancel the weekly pricing sync on December 14', ['e_14', undefined]],
    ['Move the weekly pricing sync on December 14 to 11am', ['e_14', undefined]],
    ['On December 14, cancel the weekly pricing sync', ['e_14', undefined]],
    ['Cancel my weekly sync', ['e_07', undefined]],
    ['Delete the weekly pricing series', ['e_07', 'all']],
    ['Move all pricing syncs to 11am', ['e_07', 'all']],
    ['Cancel all of my weekly pricing syncs', ['e_07', 'all']],
    ['Cancel every pricing sync', ['e_07', 'all']],
    ['Cancel the pricing sync from December 21 on', ['e_21', 'following']],
    ['From December 21 on, cancel the weekly pricing sync', ['e_21', 'following']],
    ['From now on, move the pricing sync to 11', ['e_07', 'following']],
    ['Move the pricing sync from December 21 on to 11am', ['e_21', 'following']],
  ])('%s', async (text, expected) => {
    const { calls } = await createPerson(holding(SYNCS)).says(text);
    expect(changes(calls)).toEqual([expected]);
  });

  it.each([
    ['Cancel all pricing syncs before Christmas', ['e_07', 'e_14', 'e_21']],
    ['Cancel all pricing syncs from December 8 to December 22', ['e_14', 'e_21']],
    ['Delete all my meetings next month', ['e_07', 'e_14', 'e_21', 'e_28']],
  ])('single ones of a stretch: %s', async (text, ids) => {
    const { calls } = await createPerson(holding(SYNCS)).says(text);
    expect(changes(calls)).toEqual(ids.map((id) => [id, undefined]));
  });

  it('takes all of a name where they are no series', async () => {
    const { calls } = await createPerson(holding(DENTISTS)).says('Cancel all dentist appointments');
    expect(changes(calls).map(([id]) => id)).toEqual(['e_dentist_1', 'e_dentist_2']);
  });

  it('asks which one where several would be changed', async () => {
    const { answer, calls } = await createPerson(holding(DENTISTS)).says('Move all dentist appointments to 11');
    expect(changes(calls)).toEqual([]);
    expect(answer).toContain('Which one do you mean?');
  });

  it('does not take an all-hands for all', async () => {
    const hands = [at('e_a', 'All-hands', '2026-11-27', 10), at('e_b', 'All-hands notes', '2026-11-27', 12)];
    const { calls } = await createPerson(holding(hands)).says('Cancel the all-hands on Friday');
    expect(changes(calls)).toEqual([]);
  });
});

describe('more than can be changed at once', () => {
  const many = Array.from({ length: 60 }, (_, index) =>
    at(`e_${index}`, `Job ${index}`, `2027-09-${String((index % 30) + 1).padStart(2, '0')}`, 10),
  );

  it('says how many are left', async () => {
    const { answer, calls } = await createPerson(holding(many)).says('Delete everything in September');
    expect(changes(calls)).toHaveLength(12);
    expect(answer).toContain('These are 12 of 60; ask again for the rest.');
  });

  it('knows that a list which goes on may hold more', async () => {
    const { answer } = await createPerson(holding(many, 'next')).says('Delete everything in September');
    expect(answer).toContain('12 of at least 60');
  });

  it.each([
    'Cancel the opera',
    'Move the opera to 3pm',
    'Cancel everything on Saturday',
    'What do I have on Saturday?',
  ])('does not say that there is nothing when only a part was seen: %s', async (text) => {
    const { answer, calls } = await createPerson(holding([], 'next')).says(text);
    expect(changes(calls)).toEqual([]);
    expect(answer).toContain('I looked at a part of your calendar only');
  });
});

describe('clearing what is left of a stretch', () => {
  const day = [
    at('e_over', 'Over', '2026-11-24', 12),
    at('e_on', 'Going on', '2026-11-24', 15),
    at('e_later', 'Later', '2026-11-24', 17),
  ];
  it.each(['Clear my afternoon', 'Cancel all my meetings today', 'This afternoon, cancel everything'])(
    '%s',
    async (text) => {
      const person = createPerson(holding(day), { now: '2026-11-24T15:04:30+01:00' });
      const { calls } = await person.says(text);
      expect(calls[0]?.args).toMatchObject({ timeMin: '2026-11-24T15:04:00' });
      expect(changes(calls).map(([id]) => id)).toEqual(['e_on', 'e_later']);
    },
  );
});

describe('days in and out of a stretch', () => {
  it.each([
    ['What do I have from Friday on?', '2026-11-27T00:00:00', '2026-12-04T00:00:00'],
    ['What do I have after Friday?', '2026-11-28T00:00:00', '2026-12-05T00:00:00'],
    ['What is on for the rest of the year?', '2026-11-24T00:00:00', '2027-01-01T00:00:00'],
    ['Cancel the pricing sync for the rest of this year', '2026-11-24T00:00:00', '2027-01-01T00:00:00'],
    ['What is on this year?', '2026-01-01T00:00:00', '2027-01-01T00:00:00'],
  ])('%s', async (text, timeMin, timeMax) => {
    const { calls } = await createPerson(holding(SYNCS)).says(text);
    expect(calls[0]?.args).toMatchObject({ timeMin, timeMax });
  });
});
