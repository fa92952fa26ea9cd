import { describe, expect, it } from '@jest/globals';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { isCompilable } from '../../../../src/mcp/upstreams/compilable-schema.ts';

// Judged by what clients of the maintenance line compile with.

const judge = new AjvJsonSchemaValidator();
const compiles = (schema: object): boolean => {
  try {
    judge.getValidator(schema as never);
    return true;
  } catch {
    return false;
  }
};
const of = (n: unknown, more: object = {}) => ({ type: 'object', properties: { n }, ...more });

describe('an output schema that clients can compile', () => {
  it.each<[string, object]>([
    ['plain', of({ type: ['string', 'null'], minLength: 1, pattern: '^a+$', format: 'unheard-of' })],
    ['with words that nobody knows', of({ type: 'string', example: 'x', 'x-order': 1, deprecated: true })],
    [
      'with references',
      of({ $ref: '#/$defs/a~1b' }, { $defs: { 'a/b': { $ref: '#/properties/m' } }, properties: { m: true } }),
    ],
    ['with a reference to itself', of({ type: 'array', items: { $ref: '#' } })],
    [
      'with an encoded reference',
      { type: 'object', properties: { n: { $ref: '#/definitions/a%20b' } }, definitions: { 'a b': {} } },
    ],
    [
      'with members called as words of schemas',
      of({ type: 'object', properties: { type: { type: 'string' }, required: {}, $ref: {} } }),
    ],
    ['with values that look like schemas', of({ enum: [{ type: 'strin' }], default: { $ref: '#/nowhere' } })],
    ['with words that every object knows', of(JSON.parse('{"__proto__": 1, "__defineGetter__": 1, "toString": 1}'))],
    ['with choices', of({ anyOf: [{ type: 'null' }, { type: 'integer', exclusiveMinimum: 0 }] })],
    ['of the older form of tuples', of({ type: 'array', items: [{ type: 'string' }, true], additionalItems: false })],
    ['with dependencies', of({}, { dependencies: { a: ['b'], c: { required: ['d'] } } })],
    ['with patterns for names', of({ patternProperties: { '^x-': {} }, propertyNames: { maxLength: 5 } })],
    ['that may be null, as OpenAPI says it', of({ type: 'string', nullable: true })],
  ])('%s', (_what, schema) => {
    expect([isCompilable(schema as never), compiles(schema)]).toEqual([true, true]);
  });
});

describe('an output schema that clients cannot compile', () => {
  it.each<[string, object]>([
    ['a reference to nowhere', of({ $ref: '#/$defs/Gone' })],
    ['a name that nobody has', of({ $ref: '#gone' })],
    ['a type that does not exist', of({ type: 'strin' })],
    ['a type that is none', of({ type: 7 })],
    ['a pattern of another language', of({ type: 'string', pattern: '(?P<year>\\d+)' })],
    ['required as older drafts have it', of({ type: 'string', required: true })],
    ['a bound as older drafts have it', of({ type: 'number', minimum: 0, exclusiveMinimum: true })],
    ['a bound in words', of({ type: 'number', minimum: '0' })],
    ['a choice of nothing', of({ enum: [] })],
    ['a choice that is no list', of({ anyOf: { type: 'string' } })],
    ['null, as OpenAPI says it, of no type', of({ nullable: true })],
    ['deep inside', of({ items: { allOf: [{ not: { properties: { x: { type: 'any' } } } }] } })],
  ])('%s', (_what, schema) => {
    expect([isCompilable(schema as never), compiles(schema)]).toEqual([false, false]);
  });
});

describe('an output schema that only some clients can compile', () => {
  it.each<[string, object]>([
    ['a reference to no schema', of({ $ref: '#/type' })],
    ['a pattern for names of another language', of({ patternProperties: { '(': {} } })],
    ['a member that is no schema', of('string')],
  ])('%s', (_what, schema) => {
    expect(isCompilable(schema as never)).toBe(false);
  });
});
