import type { NormalizedSchema } from '@smithy/core/schema';
import { AppError } from '../../../kernel/app-error.ts';
import { isJsonObject } from '../../../kernel/json-object.ts';
import { inputSchema } from './timestamps.ts';

// The SDK leaves out what it does not know, and a list that is none: AWS would answer for all there is, and whoever asked for one thing would take
// it for that. So parameters are held to the command's own schema; what a value says is AWS's to judge.

/** Names and what there is in their place are told so far; the longest operations know some fifty. */
const MAX_NAMES = 60;
const MAX_NAME_CHARACTERS = 80;

interface Wrong {
  readonly path: string;
  /** What is at fault: the type that it must have, or the members that there are in its place. */
  readonly must: string | readonly string[];
}

type Kind = readonly [isSo: (schema: NormalizedSchema) => boolean, fits: (value: unknown) => boolean, words: string];

const KINDS: readonly Kind[] = [
  [(schema) => schema.isListSchema(), Array.isArray, 'a list'],
  [(schema) => schema.isMapSchema() || schema.isStructSchema(), isJsonObject, 'an object'],
  [(schema) => schema.isStringSchema(), (value) => typeof value === 'string', 'a text'],
  [(schema) => schema.isNumericSchema(), (value) => typeof value === 'number', 'a number'],
  [(schema) => schema.isBooleanSchema(), (value) => typeof value === 'boolean', 'true or false'],
  [
    (schema) => schema.isTimestampSchema(),
    (value) => typeof value === 'string' || typeof value === 'number' || value instanceof Date,
    'a time',
  ],
];

function findInMembers(schema: NormalizedSchema, value: object, path: string): Wrong | undefined {
  const members = new Map(schema.isUnitSchema() ? [] : schema.structIterator());
  for (const [name, held] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    const member = members.get(name);
    if (member === undefined) return { path: at, must: [...members.keys()] };
    const wrong = held === undefined ? undefined : findWrong(member, held, at);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function findWrong(schema: NormalizedSchema, value: unknown, path: string): Wrong | undefined {
  const kind = KINDS.find(([isSo]) => isSo(schema));
  if (kind !== undefined && !kind[1](value)) return { path, must: kind[2] };
  if (schema.isStructSchema()) return findInMembers(schema, value as object, path);
  if (!schema.isListSchema() && !schema.isMapSchema()) return undefined;
  const inner = schema.getValueSchema();
  const held = schema.isListSchema()
    ? (value as readonly unknown[]).map((item, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(value as object).map(([key, item]) => [`${path}.${key}`, item as unknown] as const);
  for (const [at, item] of held) {
    const wrong = findWrong(inner, item, at);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function inWords(operation: string, { path, must }: Wrong): string {
  const name = path.length > MAX_NAME_CHARACTERS ? `${path.slice(0, MAX_NAME_CHARACTERS)}…` : path;
  if (typeof must === 'string') return `${name} of ${operation} must be ${must}.`;
  if (must.length === 0) return `${operation} takes no parameters, so no ${name}.`;
  const more = must.length > MAX_NAMES ? ` and ${must.length - MAX_NAMES} more` : '';
  return `${operation} has no parameter ${name}. There it takes: ${must.slice(0, MAX_NAMES).join(', ')}${more}.`;
}

/** Throws AppError `invalid_request` for the first member that the command does not know, or whose value is of another type. */
export function checkParameters(operation: string, command: object, given: Readonly<Record<string, unknown>>): void {
  const schema = inputSchema(command);
  const wrong = schema === undefined ? undefined : findInMembers(schema, given, '');
  if (wrong !== undefined) throw new AppError('invalid_request', inWords(operation, wrong));
}
