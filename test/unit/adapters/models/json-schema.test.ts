import { describe, expect, it } from '@jest/globals';
import { dropNulls, toPlainSchema, toStrictSchema } from '../../../../src/adapters/models/json-schema.ts';
import { createCalendarTools } from '../../../../src/mcp/tools/calendar/calendar-tools.ts';

const object = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

describe('strict schemas', () => {
  it('require every property and let optional ones be null', () => {
    expect(toStrictSchema(object({ a: { type: 'string' }, b: { type: 'integer', minimum: 1 } }, ['a']))).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: ['integer', 'null'], minimum: 1 } },
      required: ['a', 'b'],
      additionalProperties: false,
    });
  });

  it('leave out keywords that strict mode does not know', () => {
    const strict = toStrictSchema(
      object(
        { a: { type: 'string', minLength: 2, format: 'uri', default: 'x' }, d: { type: 'string', format: 'date' } },
        ['a', 'd'],
      ),
    );
    expect(strict?.['properties']).toEqual({ a: { type: 'string' }, d: { type: 'string', format: 'date' } });
  });

  it('give enums without a type one', () => {
    expect(toStrictSchema(object({ a: { enum: ['x', 'y'] } }))?.['properties']).toEqual({
      a: { type: ['string', 'null'], enum: ['x', 'y', null] },
    });
  });

  it('convert nested objects, arrays and alternatives', () => {
    const strict = toStrictSchema(
      object({
        list: { type: 'array', items: object({ x: { type: 'number' } }) },
        either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      }),
    );
    expect(strict?.['properties']).toEqual({
      list: {
        type: ['array', 'null'],
        items: {
          type: 'object',
          properties: { x: { type: ['number', 'null'] } },
          required: ['x'],
          additionalProperties: false,
        },
      },
      either: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
    });
  });

  it.each([
    ['an open object', { type: 'object', properties: {} }],
    ['an open object inside', object({ a: { type: 'object' } })],
    ['oneOf', object({ a: { oneOf: [{ type: 'string' }] } })],
    ['a reference', object({ a: { $ref: '#/$defs/a' } })],
    ['no type', object({ a: {} })],
  ])('do not exist for %s', (_name, schema) => {
    expect(toStrictSchema(schema)).toBeUndefined();
  });

  it('exist for every calendar tool', () => {
    const calendar = new Proxy({}, {}) as Parameters<typeof createCalendarTools>[0]['calendar'];
    const tools = createCalendarTools({
      calendar,
      clock: { nowMs: () => 0 },
      random: { bytes: (count) => new Uint8Array(count) },
    });
    expect(
      tools
        .filter((tool) => toStrictSchema(tool.declaration.inputSchema) === undefined)
        .map((tool) => tool.declaration.name),
    ).toEqual([]);
  });
});

describe('plain schemas', () => {
  it('lose only the name of their dialect', () => {
    expect(toPlainSchema({ $schema: 'x', $id: 'y', type: 'object', minProperties: 1 })).toEqual({
      type: 'object',
      minProperties: 1,
    });
  });
});

describe('nulls', () => {
  it('go where a property is optional, at every depth, and stay where it is required', () => {
    const schema = object(
      {
        a: { type: ['string', 'null'] },
        b: { type: 'string' },
        list: { type: 'array', items: object({ c: { type: 'string' } }) },
      },
      ['a'],
    );
    expect(dropNulls(schema, { a: null, b: null, list: [{ c: null }, { c: 'x' }] })).toEqual({
      a: null,
      list: [{}, { c: 'x' }],
    });
  });

  it('leave members that the schema does not know to the validator', () => {
    expect(dropNulls(object({}), { x: { y: null } })).toEqual({ x: { y: null } });
  });
});
