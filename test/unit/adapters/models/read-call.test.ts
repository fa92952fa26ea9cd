import { describe, expect, it } from '@jest/globals';
import { readCall } from '../../../../src/adapters/models/read-call.ts';

describe('a call as a provider sent it', () => {
  it.each<[string, unknown]>([
    ['as a text', '{"title":"lunch \\ud83d","guests":["\\ude00"],"more":{"n":1,"x":null}}'],
    ['as a value', { title: 'lunch \ud83d', guests: ['\ude00'], more: { n: 1, x: null } }],
  ])('has whole characters in its arguments, given %s', (_how, input) => {
    expect(readCall({ id: 'c', name: 't', input }, []).arguments).toEqual({
      title: 'lunch \ufffd',
      guests: ['\ufffd'],
      more: { n: 1, x: null },
    });
  });

  it('keeps a member whatever its name', () => {
    const { arguments: args } = readCall({ id: 'c', name: 't', input: '{"__proto__":{"x":1}}' }, []);
    expect(JSON.stringify(args)).toBe('{"__proto__":{"x":1}}');
  });
});
