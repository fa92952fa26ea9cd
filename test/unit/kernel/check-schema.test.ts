import { describe, expect, it } from '@jest/globals';
import { createSchemaCheck } from '../../../src/kernel/check-schema.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const HOSTILE = '^(a+)+$';
const VICTIM = `${'a'.repeat(32)}!`;

/** What a check says, and that it says so at once. */
function checked(schema: Readonly<Record<string, unknown>>, value: unknown): readonly string[] | undefined {
  let problems: readonly string[] | undefined;
  const cpuMs = cpuMsOf(() => {
    problems = createSchemaCheck(schema)(value);
  });
  expect(cpuMs).toBeLessThan(4000);
  return problems;
}

const evil = { type: 'string', pattern: HOSTILE };

describe('a schema whose regular expression takes hours', () => {
  it.each([
    ['a property', { properties: { a: evil } }],
    ['a definition', { properties: { a: { $ref: '#/$defs/evil' } }, $defs: { evil } }],
    ['a word that is no keyword', { properties: { a: { $ref: '#/x-parts' } }, 'x-parts': evil }],
    ['a choice', { properties: { a: { oneOf: [evil, { anyOf: [evil] }, { allOf: [{ not: evil }] }] } } }],
    ['a condition', { if: { properties: { a: evil } }, else: { properties: { a: evil } } }],
    ['the names of properties', { propertyNames: evil }],
    ['properties by pattern', { patternProperties: { [HOSTILE]: {} } }],
    ['what a property wants beside it', { dependentSchemas: { a: { properties: { a: evil } } } }],
    ['the same in older drafts', { dependencies: { a: { properties: { a: evil } } } }],
    [
      'names read as a schema',
      { properties: { a: { $ref: '#/dependentRequired' } }, dependentRequired: { pattern: [HOSTILE] } },
    ],
    [
      'names of older drafts read as a schema',
      { properties: { a: { $ref: '#/dependencies' } }, dependencies: { pattern: [HOSTILE] } },
    ],
  ])('is checked in an instant, in %s', (_where, schema) => {
    const value = { a: VICTIM, [VICTIM]: 1 };
    expect(checked({ type: 'object', ...schema }, value)).toBeUndefined();
  });

  it('is so in a list, and in a list of lists', () => {
    const list = { type: 'array', items: evil, prefixItems: [evil], contains: evil };
    const schema = { properties: { list, lists: { items: list } } };
    expect(checked(schema, { list: [VICTIM, VICTIM], lists: [[VICTIM, VICTIM]] })).toBeUndefined();
  });

  it('is still checked for the rest of what it says', () => {
    const schema = { properties: { a: evil, n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
    expect(checked(schema, { a: VICTIM })).toEqual(['Instance does not have required property "n".']);
    expect(checked(schema, { a: VICTIM, n: 'x' })).toContain(
      'n: Instance type "string" is invalid. Expected "integer".',
    );
    expect(checked(schema, { n: 1, more: 1 })).toContain('more: False boolean schema.');
  });
});

describe('a schema of which a part is left out', () => {
  it.each([
    ['what must not fit a pattern', { properties: { a: { not: { pattern: '^x' } } } }],
    ['one of two patterns', { properties: { a: { oneOf: [{ pattern: '^a' }, { pattern: '^b' }] } } }],
    ['a pattern as a condition', { if: { not: { properties: { a: { pattern: '^x' } } } }, else: { required: ['x'] } }],
    ['a pattern that only few may fit', { properties: { list: { contains: { pattern: '^x' }, maxContains: 1 } } }],
    ['names by pattern and no others', { patternProperties: { '.': {} }, additionalProperties: false }],
    ['the same from within', { allOf: [{ patternProperties: { '.': {} } }], unevaluatedProperties: false }],
    ['a pattern that is none', { properties: { a: { pattern: '(' } }, patternProperties: { '[': {} } }],
  ])('refuses nothing that the whole one takes: %s', (_what, schema) => {
    expect(checked(schema, { a: 'apple', list: ['y', 'z'] })).toBeUndefined();
  });

  it('knows a property that has a keyword’s name', () => {
    const schema = {
      properties: { pattern: { type: 'string' }, patternProperties: { type: 'object' }, format: { type: 'string' } },
    };
    expect(checked(schema, { pattern: 1 })).toContain('pattern: Instance type "number" is invalid. Expected "string".');
    expect(checked({ properties: { a: { const: { pattern: 'x' } } } }, { a: { pattern: 'x' } })).toBeUndefined();
    expect(checked({ properties: { a: { const: { pattern: 'x' } } } }, { a: {} })).toBeDefined();
  });
});

describe('a schema that costs more than it says', () => {
  it('because its references double at every step is given up, and refuses nothing', () => {
    const steps = Array.from({ length: 31 }, (_, step) => {
      const next = { $ref: `#/$defs/s${step + 1}` };
      return [`s${step}`, { allOf: [next, next] }] as const;
    });
    const $defs = { ...Object.fromEntries(steps), s31: { type: 'object' } };
    expect(checked({ $ref: '#/$defs/s0', $defs }, {})).toBeUndefined();
  });

  it('because it compares each with each, or asks for the form of a long text, is checked without', () => {
    const schema = { properties: { list: { uniqueItems: true }, url: { format: 'url' } } };
    const list = Array.from({ length: 300_000 }, (_, index) => index);
    expect(checked(schema, { list, url: `http://${':'.repeat(300_000)}` })).toBeUndefined();
  });

  it('is given up where it refers to nowhere, or in circles', () => {
    expect(checked({ properties: { a: { $ref: '#/$defs/nowhere' } } }, { a: 1 })).toBeUndefined();
    expect(checked({ $ref: '#' }, {})).toBeUndefined();
  });

  it('is checked whole where a long value asks for it', () => {
    const schema = { properties: { rows: { items: { properties: { id: { type: 'integer' } }, required: ['id'] } } } };
    const rows = Array.from({ length: 5_000 }, (_, id) => ({ id }));
    const check = createSchemaCheck(schema);
    for (let time = 0; time < 5; time += 1) expect(check({ rows })).toBeUndefined();
    expect(check({ rows: [...rows, {}] })).toContain('rows/5000: Instance does not have required property "id".');
  });
});
