import { describe, expect, it } from '@jest/globals';
import { createArgumentCheck } from '../../../src/agent/argument-check.ts';
import type { ListedTool } from '../../../src/ports/tool-client.ts';

const tool = (name: string, inputSchema: Readonly<Record<string, unknown>>): ListedTool => ({ name, inputSchema });

/** A pair: in draft-07 a list of `items`, in 2020-12 `prefixItems`. */
const PAIR = [{ type: 'string' }, { type: 'integer' }];
const pairIn = (dialect: object, keyword: string) => ({
  ...dialect,
  type: 'object',
  properties: { pair: { type: 'array', [keyword]: PAIR } },
  required: ['pair'],
  additionalProperties: false,
});

describe('a call of another server’s tool', () => {
  const check = createArgumentCheck(() => false);

  it.each([
    ['draft-07', pairIn({ $schema: 'http://json-schema.org/draft-07/schema#' }, 'items')],
    ['2019-09', pairIn({ $schema: 'https://json-schema.org/draft/2019-09/schema' }, 'items')],
    ['2020-12', pairIn({ $schema: 'https://json-schema.org/draft/2020-12/schema' }, 'prefixItems')],
    ['no named dialect', pairIn({}, 'prefixItems')],
  ])('is checked by a schema of %s', async (_dialect, schema) => {
    const one = tool('mail__pair', schema);
    expect(await check(one, { pair: ['a', 1] })).toBeUndefined();
    expect(await check(one, { pair: ['a', 'b'] })).toMatch(/pair\/1.*integer/s);
    expect(await check(one, {})).toContain('pair');
    expect(await check(one, { pair: ['a', 1], more: true })).toContain('more');
  });

  it('follows references within the schema, and two tools may give theirs the same id', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.com/search.json',
      type: 'object',
      definitions: { word: { type: 'string', minLength: 2 } },
      properties: { word: { $ref: '#/definitions/word' } },
    };
    for (const name of ['mail__search', 'docs__search']) {
      const one = tool(name, structuredClone(schema));
      expect(await check(one, { word: 'ab' })).toBeUndefined();
      expect(await check(one, { word: 'a' })).toContain('word');
    }
  });
});

describe('a call of a tool of this build', () => {
  it('is checked in the validator’s words', async () => {
    const check = createArgumentCheck((name) => name === 'get_weather');
    const own = tool('get_weather', { type: 'object', properties: { days: { enum: [1, 2] } } });
    expect(await check(own, { days: 3 })).toBe('arguments/days must be one of [1,2]');
    expect(await check(own, { days: 2 })).toBeUndefined();
  });
});
