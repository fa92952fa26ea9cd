import { isJsonObject } from '../../kernel/json-object.ts';
// The one place where a tool's JSON Schema becomes a provider's dialect, and a provider's arguments become ours again.
// OpenAI's strict mode (https://platform.openai.com/docs/guides/structured-outputs): every object closed, every property required, optional ones
// nullable, a subset of keywords. What that subset cannot say is left to our own validator, which checks every call anyway.

export type JsonSchema = Readonly<Record<string, unknown>>;

const TYPES = ['string', 'number', 'integer', 'boolean', 'null'];
/** Kept as they are. Lengths, defaults and examples are not in the subset. */
const KEPT = [
  'description',
  'enum',
  'const',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
];
/** Formats that strict mode knows. */
const FORMATS = ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'];

const requiredOf = (schema: JsonSchema): readonly unknown[] =>
  Array.isArray(schema['required']) ? schema['required'] : [];

/** The same schema, `null` allowed as well: how strict mode says "optional". */
function nullable(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema['anyOf'])) return { ...schema, anyOf: [...schema['anyOf'], { type: 'null' }] };
  const { type } = schema;
  const types = Array.isArray(type) ? type : [type];
  const nulled: JsonSchema = { ...schema, type: [...types, 'null'] };
  return Array.isArray(schema['enum']) ? { ...nulled, enum: [...schema['enum'], null] } : nulled;
}

function kept(schema: JsonSchema): JsonSchema {
  const entries = KEPT.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]] as const);
  const { format } = schema;
  return {
    ...Object.fromEntries(entries),
    ...(typeof format === 'string' && FORMATS.includes(format) ? { format } : {}),
  };
}

function strictObject(schema: JsonSchema): JsonSchema | undefined {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  // An object that may hold anything cannot be closed without changing what it means.
  if (schema['additionalProperties'] !== false || schema['patternProperties'] !== undefined) return undefined;
  const required = requiredOf(schema);
  const converted: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(properties)) {
    const strict = isJsonObject(property) ? convert(property) : undefined;
    if (strict === undefined) return undefined;
    converted[name] = required.includes(name) ? strict : nullable(strict);
  }
  const description = typeof schema['description'] === 'string' ? { description: schema['description'] } : {};
  return {
    type: 'object',
    ...description,
    properties: converted,
    required: Object.keys(converted),
    additionalProperties: false,
  };
}

function scalarType(schema: JsonSchema): unknown {
  if (schema['type'] !== undefined) return schema['type'];
  const values = Array.isArray(schema['enum']) ? schema['enum'] : [schema['const']];
  return values.every((value) => typeof value === 'string') ? 'string' : undefined;
}

function convert(schema: JsonSchema): JsonSchema | undefined {
  if (Array.isArray(schema['anyOf'])) {
    const branches = schema['anyOf'].map((branch) => (isJsonObject(branch) ? convert(branch) : undefined));
    return branches.some((branch) => branch === undefined) ? undefined : { ...kept(schema), anyOf: branches };
  }
  if (['oneOf', 'allOf', 'not', 'if', '$ref'].some((keyword) => schema[keyword] !== undefined)) return undefined;
  const type = scalarType(schema);
  if (type === 'object') return strictObject(schema);
  if (type === 'array') {
    const items = isJsonObject(schema['items']) ? convert(schema['items']) : undefined;
    return items === undefined ? undefined : { type, ...kept(schema), items };
  }
  return typeof type === 'string' && TYPES.includes(type) ? { type, ...kept(schema) } : undefined;
}

/** The strict form of a tool's input schema; undefined when strict mode cannot say it. */
export function toStrictSchema(schema: JsonSchema): JsonSchema | undefined {
  return schema['type'] === 'object' ? strictObject(schema) : undefined;
}

/** For everyone else: as it is, without the dialect's own name, which some providers refuse. */
export function toPlainSchema(schema: JsonSchema): JsonSchema {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}

/** Claude's strict tools know these besides what they are made of (https://platform.claude.com/docs/en/build-with-claude/structured-outputs): no limits of numbers, lengths or patterns. */
const CLAUDE = ['description', 'enum', 'const'];
const CLAUDE_FORMATS = [...FORMATS, 'uri'];

export interface ClaudeSchema {
  readonly schema: JsonSchema;
  /** Parameters that may be left out, and parameters of several types: a request may have so many of each. */
  readonly optional: number;
  readonly unions: number;
}

function claudeObject(schema: JsonSchema): ClaudeSchema | undefined {
  if (schema['additionalProperties'] !== false || schema['patternProperties'] !== undefined) return undefined;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = requiredOf(schema).filter((name) => typeof name === 'string' && Object.hasOwn(properties, name));
  const { description } = schema;
  const converted: Record<string, JsonSchema> = {};
  let optional = Object.keys(properties).length - required.length;
  let unions = 0;
  for (const [name, property] of Object.entries(properties)) {
    const claude = isJsonObject(property) ? claudePart(property) : undefined;
    if (claude === undefined) return undefined;
    converted[name] = claude.schema;
    optional += claude.optional;
    unions += claude.unions;
  }
  const said = typeof description === 'string' ? { description } : {};
  const object = { type: 'object', ...said, properties: converted, required, additionalProperties: false };
  return { schema: object, optional, unions };
}

function claudePart(schema: JsonSchema): ClaudeSchema | undefined {
  if (['oneOf', 'allOf', 'not', 'if', '$ref'].some((keyword) => schema[keyword] !== undefined)) return undefined;
  const { format, type, anyOf, minItems } = schema;
  const said = Object.fromEntries(
    CLAUDE.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]),
  );
  if (Array.isArray(anyOf)) {
    const branches = anyOf.map((branch) => (isJsonObject(branch) ? claudePart(branch) : undefined));
    const known = branches.filter((branch) => branch !== undefined);
    if (known.length < branches.length) return undefined;
    const optional = known.reduce((sum, branch) => sum + branch.optional, 0);
    return { schema: { ...said, anyOf: known.map((branch) => branch.schema) }, optional, unions: 1 };
  }
  if (type === 'object') return claudeObject(schema);
  if (type === 'array') {
    const items = isJsonObject(schema['items']) ? claudePart(schema['items']) : undefined;
    const least = minItems === 0 || minItems === 1 ? { minItems } : {};
    return items && { ...items, schema: { type, ...said, ...least, items: items.schema } };
  }
  const types = Array.isArray(type) ? type : [type ?? scalarType(schema)];
  if (!types.every((one) => typeof one === 'string' && TYPES.includes(one))) return undefined;
  const shape = typeof format === 'string' && CLAUDE_FORMATS.includes(format) ? { format } : {};
  return { schema: { type: type ?? types[0], ...said, ...shape }, optional: 0, unions: types.length > 1 ? 1 : 0 };
}

/** For Claude's strict tools; undefined when they cannot say it. What is optional stays so. */
export function toClaudeSchema(schema: JsonSchema): ClaudeSchema | undefined {
  return schema['type'] === 'object' ? claudeObject(schema) : undefined;
}

/** What Gemini's subset of JSON Schema knows (https://ai.google.dev/api/caching#Schema). It refuses a request for one keyword more. */
const GEMINI = ['type', 'description', 'enum', 'minimum', 'maximum', 'minItems', 'maxItems', 'required', 'minLength'];

/** For Gemini: the keywords that it knows; the rest is left to our own validator. A type of several is a choice of them. */
export function toGeminiSchema(schema: JsonSchema): JsonSchema {
  const known = Object.fromEntries(
    GEMINI.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]),
  );
  const { properties, items, anyOf, const: only, type, format } = schema;
  if (Array.isArray(type)) {
    const { type: _types, ...rest } = schema;
    return { anyOf: type.map((one) => toGeminiSchema({ ...rest, type: one })) };
  }
  return {
    ...known,
    ...(only !== undefined && { enum: [only] }),
    ...(format === 'date-time' && { format }),
    ...(isJsonObject(items) && { items: toGeminiSchema(items) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.filter(isJsonObject).map(toGeminiSchema) }),
    ...(isJsonObject(properties) && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, value]) => [name, isJsonObject(value) ? toGeminiSchema(value) : {}]),
      ),
    }),
  };
}

/** Takes out members that are `null` where the tool's own schema has them optional: strict mode's way to say "not given". */
export function dropNulls(schema: JsonSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isJsonObject(items) ? value.map((item) => dropNulls(items, item)) : value;
  }
  if (!isJsonObject(value)) return value;
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = requiredOf(schema);
  const members = Object.entries(value).filter(([name, member]) => member !== null || required.includes(name));
  return Object.fromEntries(
    members.map(([name, member]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [name, isJsonObject(property) ? dropNulls(property, member) : member];
    }),
  );
}
