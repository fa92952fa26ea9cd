import { NormalizedSchema } from '@smithy/core/schema';
import { isJsonObject } from '../../../kernel/json-object.ts';

// JSON knows no dates, and the SDK takes a time only as a `Date`: a text in its place would go out as it is, and AWS would not read it. Which
// members are times, the command's own schema says, so that a text which merely looks like one is left alone.

/** Whole seconds since 1970 are shorter than this, milliseconds longer, for three thousand years. */
const LONGEST_SECONDS = 100_000_000_000;

function toDate(value: unknown): unknown {
  const at =
    typeof value === 'number'
      ? new Date(Math.abs(value) < LONGEST_SECONDS ? value * 1000 : value)
      : typeof value === 'string'
        ? new Date(value)
        : undefined;
  // What is no time goes on as it is: AWS says what is wrong with it.
  return at === undefined || Number.isNaN(at.getTime()) ? value : at;
}

function convert(schema: NormalizedSchema, value: unknown): unknown {
  if (schema.isTimestampSchema()) return toDate(value);
  if (schema.isListSchema() && Array.isArray(value)) {
    const inner = schema.getValueSchema();
    return value.map((item) => convert(inner, item));
  }
  if (!isJsonObject(value) || value instanceof Date) return value;
  if (schema.isMapSchema()) {
    const inner = schema.getValueSchema();
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, convert(inner, held)]));
  }
  if (!schema.isStructSchema()) return value;
  const members = new Map(schema.structIterator());
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => {
      const member = members.get(key);
      return [key, member === undefined ? held : convert(member, held)];
    }),
  );
}

/** An operation's schema is a tuple whose fifth member describes its input. `undefined` for commands of another make. */
export function inputSchema(command: object): NormalizedSchema | undefined {
  const operation: unknown = Reflect.get(command, 'schema');
  const described: unknown = Array.isArray(operation) ? operation[4] : undefined;
  return described === undefined ? undefined : NormalizedSchema.of(described as never);
}

/** Commands without a schema are left as they are. */
export function withDates(
  command: object,
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const schema = inputSchema(command);
  return schema === undefined ? input : (convert(schema, input) as Readonly<Record<string, unknown>>);
}
