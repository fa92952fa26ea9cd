import { describe, expect, it } from '@jest/globals';
import { declaredTools } from '../../../build/tool-hashes.ts';
import { createSchemaValidators } from '../../../src/mcp/schema-validators.ts';

// Each constraint that any tool of ours declares for an argument is broken once, alone: it must be refused, and the refusal must name that argument.

type Schema = Readonly<Record<string, unknown>>;
type Args = Readonly<Record<string, unknown>>;

const validators = createSchemaValidators();
const of = (schema: Schema, member: string): Schema => (schema[member] ?? {}) as Schema;
const numberOf = (schema: Schema, member: string): number | undefined => schema[member] as number | undefined;

const BY_FORMAT: Readonly<Record<string, string>> = {
  date: '2030-01-02',
  'date-time': '2030-01-02T03:04:05Z',
  email: 'ana@example.com',
  uri: 'https://example.com/',
};
/** By the pattern, for texts of a form of their own. */
const TRIED_TEXTS = [
  'a',
  'ab',
  'abc',
  '2030-01-02',
  '2030-01-02T03:04:05',
  '07:30',
  '1',
  'Europe/Berlin',
  'eu-west-1',
  'x'.repeat(20),
  'x'.repeat(40),
];

function sampleText(schema: Schema): string | undefined {
  const format = BY_FORMAT[String(schema['format'])];
  if (format !== undefined) return format;
  const pattern = new RegExp(String(schema['pattern'] ?? ''), 'u');
  const least = numberOf(schema, 'minLength') ?? 0;
  return TRIED_TEXTS.find((text) => pattern.test(text) && text.length >= least);
}

/** Something that fits, or nothing where the schema is of a kind that this does not know how to fill. */
function sample(schema: Schema): unknown {
  const [first] = (schema['enum'] as unknown[] | undefined) ?? [];
  if (first !== undefined) return first;
  if (schema['const'] !== undefined) return schema['const'];
  const least = numberOf(schema, 'minimum') ?? 1;
  switch (schema['type']) {
    case 'string':
      return sampleText(schema);
    case 'integer':
    case 'number':
      return least;
    case 'boolean':
      return true;
    case 'array':
      return Array.from({ length: numberOf(schema, 'minItems') ?? 1 }, () => sample(of(schema, 'items')));
    case 'object':
      return minimal(schema);
    default:
      return undefined;
  }
}

function minimal(schema: Schema): Args {
  const required = (schema['required'] as string[] | undefined) ?? [];
  return Object.fromEntries(required.map((name) => [name, sample(of(of(schema, 'properties'), name))]));
}

/** Values that break one constraint each, with the constraint's name. */
function breaking(schema: Schema): readonly (readonly [string, unknown])[] {
  const [minimum, maximum] = [numberOf(schema, 'minimum'), numberOf(schema, 'maximum')];
  const [minLength, maxLength] = [numberOf(schema, 'minLength'), numberOf(schema, 'maxLength')];
  const maxItems = numberOf(schema, 'maxItems');
  const broken: (readonly [string, unknown])[] = [];
  if (typeof schema['type'] === 'string')
    broken.push(['type', schema['type'] === 'object' ? 'text' : { an: 'object' }]);
  if (schema['enum'] !== undefined) broken.push(['enum', 'none of these']);
  if (schema['format'] !== undefined) broken.push(['format', 'not of this form']);
  if (schema['pattern'] !== undefined) broken.push(['pattern', '\u0000\n']);
  if (minimum !== undefined) broken.push(['minimum', minimum - 1]);
  if (maximum !== undefined) broken.push(['maximum', maximum + 1]);
  if (minLength !== undefined && minLength > 0) broken.push(['minLength', '']);
  if (maxLength !== undefined) broken.push(['maxLength', 'x'.repeat(maxLength + 1)]);
  if (schema['type'] === 'integer') broken.push(['integer', 1.5]);
  if (maxItems !== undefined) {
    const item = sample(of(schema, 'items'));
    broken.push(['maxItems', Array.from({ length: maxItems + 1 }, () => item)]);
  }
  if (schema['type'] === 'array') {
    for (const [constraint, value] of breaking(of(schema, 'items'))) broken.push([constraint, [value]]);
  }
  return broken;
}

const tools = declaredTools().map(({ declaration }) => declaration);
const check = async (name: string, args: Args) => {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return (await validators.check(tool, 'input', args)) ?? [];
};

describe.each(tools.map(({ name, inputSchema }) => [name, inputSchema as Schema] as const))('%s', (name, schema) => {
  const properties = Object.entries(of(schema, 'properties')) as [string, Schema][];
  const required = (schema['required'] as string[] | undefined) ?? [];

  it('needs what it says it needs, and takes nothing that it does not know', async () => {
    for (const missing of required) {
      const { [missing]: _gone, ...rest } = minimal(schema);
      expect(await check(name, rest)).toContainEqual(expect.stringContaining(`${missing} is missing`));
    }
    expect(await check(name, { ...minimal(schema), surprise: 1 })).toContainEqual(
      expect.stringContaining('"surprise"'),
    );
  });

  it('refuses a value that breaks any one of its constraints, and names the argument', async () => {
    const missed: string[] = [];
    for (const [argument, constraint] of properties) {
      for (const [broken, value] of breaking(constraint)) {
        const problems = await check(name, { ...minimal(schema), [argument]: value });
        if (!problems.some((problem) => problem.startsWith(argument))) missed.push(`${argument}: ${broken}`);
      }
    }
    expect(missed).toEqual([]);
  });
});

describe('the constraints of all tools', () => {
  it('are of every kind: types, choices, forms, ranges, lengths', () => {
    const all = tools.flatMap(({ inputSchema }) => Object.values(of(inputSchema as Schema, 'properties')) as Schema[]);
    const kinds = new Set(all.flatMap((schema) => breaking(schema).map(([kind]) => kind)));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['type', 'enum', 'pattern', 'minimum', 'maximum', 'minLength', 'maxLength', 'maxItems']),
    );
    expect(tools.length).toBeGreaterThan(35);
  });
});
