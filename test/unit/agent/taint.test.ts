import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { personsWords, standsInWords, taints } from '../../../src/agent/taint.ts';
import type { StoredMessage } from '../../../src/agent/turn-record.ts';

const inputSchema = {
  type: 'object',
  properties: {
    location: { type: 'string' },
    days: { type: 'integer' },
    hourly: { type: 'boolean' },
    near: { type: 'object', properties: { place: { type: 'string' } } },
    extra: { type: 'object' },
  },
};
const stands = (args: Readonly<Record<string, unknown>>, ...words: readonly string[]) =>
  standsInWords({ arguments: args, inputSchema }, words);

describe('an argument stands in the person’s own words', () => {
  it.each([
    ['as it is', { location: 'Berlin' }, 'What is the weather in Berlin?'],
    ['in another case', { location: 'berlin' }, 'BERLIN please'],
    ['with other blanks', { location: 'New York' }, 'weather for new\n  york'],
    ['in capitals', { location: 'NEW YORK' }, 'weather for new york'],
    ['in the person’s own case', { location: 'nEw yOrK' }, 'weather for nEw yOrK'],
    ['with the person’s own blanks', { location: 'new\n  york' }, 'weather for new\n  york'],
    ['in another form of Unicode', { location: 'Zürich' }, 'Wetter in Zu\u0308rich'],
    ['at the very beginning and end', { location: 'Berlin' }, 'Berlin'],
    ['inside, behind a part of another word', { location: 'art' }, 'start the art'],
    ['as a number', { location: 'Rome', days: 3 }, 'Rome for 3 days'],
    ['as a number in words', { location: 'Rome', days: 3 }, 'Rome for three days'],
    ['in a list', { location: ['Rome', 'Oslo'] }, 'Rome or Oslo?'],
    ['below a name that the tool declares', { near: { place: 'Rome' } }, 'near Rome'],
    ['when it holds nothing', { location: '', near: {}, days: [] }, 'hello'],
    ['when it is null', { extra: null }, 'hello'],
    ['when there is none', {}, 'hello'],
  ])('%s', (_how, args, words) => {
    expect(stands(args, words)).toBe(true);
  });

  it('in an earlier message, too', () => {
    expect(stands({ location: 'Oslo' }, 'I live in Oslo.', 'And the weather?')).toBe(true);
  });
});

describe('it does not', () => {
  it.each([
    ['when the person said something else', { location: 'Paris' }, 'What is the weather in Berlin?'],
    ['when only a part of it was said', { location: 'Berlin 4711' }, 'Berlin'],
    ['when it is a part of a word', { location: 'Ber' }, 'Berlin'],
    ['when it is the end of a word', { location: 'lin' }, 'Berlin'],
    ['when its blanks carry something', { location: 'New \t \t\t York' }, 'weather for New York'],
    ['when blanks follow', { location: 'Berlin   ' }, 'weather for Berlin'],
    ['when it is nothing but blanks', { location: '   ' }, 'weather for Berlin'],
    ['when its capitals carry something', { location: 'bErLin' }, 'weather for Berlin'],
    ['when its letters are of another width', { location: 'Ｂerlin' }, 'weather for Berlin'],
    ['when something unseen is in it', { location: 'Ber\u200blin' }, 'weather for Berlin'],
    ['when said words make a pattern', { location: ['Rome', 'Oslo', 'Rome', 'Rome'] }, 'Rome or Oslo?'],
    ['when empty ones make a pattern', { location: ['', null, ''] }, 'Rome or Oslo?'],
    ['when its words stand apart', { location: 'New York' }, 'New shoes in York'],
    ['when one of several is not', { location: 'Berlin', near: { place: 'Paris' } }, 'Berlin'],
    ['when it is another number', { location: 'Rome', days: 5 }, 'Rome for 3 days'],
    ['when it is a number within a number', { days: 3 }, 'for 35 days'],
    ['when it is a choice that nobody can say', { location: 'Rome', hourly: true }, 'Rome, hourly: true'],
    ['when the name carries what the value may not', { extra: { 'secret-4711': '' } }, 'Rome'],
    ['deep inside', { extra: { location: [{ location: 'Paris' }] } }, 'Berlin'],
    ['when nothing was said', { location: 'Berlin' }, ''],
    ['beyond the words for numbers', { days: 13 }, 'undefined'],
    ['when it is a fraction', { days: 0.5 }, 'zero'],
  ])('%s', (_how, args, words) => {
    expect(stands(args, words)).toBe(false);
  });

  it('when it stands across two messages', () => {
    expect(stands({ location: 'New York' }, 'something New', 'York')).toBe(false);
  });
});

describe('whatever is asked for', () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('Berlin', 'berlin', 'New York', 'x'),
    fc.integer(),
    fc.boolean(),
  );
  const anything = fc.dictionary(
    fc.constantFrom('location', 'near', 'other'),
    fc.oneof(leaf, fc.array(leaf, { maxLength: 3 })),
  );
  const words = 'The weather in Berlin, or New York, for 3 days';

  it('one value that nobody said is enough', () => {
    fc.assert(fc.property(anything, (args) => expect(stands({ ...args, place: 'qzv001kxw' }, words)).toBe(false)));
  });

  it('what passes was said: nothing is left of it when the person’s words are taken out', () => {
    fc.assert(
      fc.property(anything, (args) => {
        if (!stands(args, words)) return;
        const left = Object.values(args)
          .flat()
          .filter((value) => !words.toLowerCase().includes(String(value).toLowerCase()));
        expect(left).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the person’s words', () => {
  it('are what they wrote: no answer, no tool, and none of our own', () => {
    const messages: readonly StoredMessage[] = [
      { role: 'user', text: 'mine' },
      { role: 'assistant', text: 'the model’s', calls: [] },
      { role: 'tool', call_id: 'c', name: 'listevents', text: 'an event’s', is_error: false },
      { role: 'user', text: 'ours', ours: true },
    ];
    expect(personsWords(messages)).toEqual(['mine']);
  });
});

describe('what comes back from a call', () => {
  it.each([
    [{ kind: 'result', text: '', isError: false }, true],
    [{ kind: 'result', text: 'No event called "…"', isError: true }, true],
    [{ kind: 'unclear', message: '' }, true],
    [{ kind: 'approval', approval: { id: '', url: '', tool: '', summary: 'Delete "…"', expiresAt: '' } }, true],
    [{ kind: 'refused', code: 'forbidden', message: 'ours' }, false],
  ] as const)('%j taints: %p', (outcome, expected) => {
    expect(taints(outcome, 'get_weather')).toBe(expected);
  });

  it('is what is known anyway when it is a search of the tools', () => {
    expect(taints({ kind: 'result', text: 'mail__send', isError: false }, 'find_tools')).toBe(false);
  });
});
