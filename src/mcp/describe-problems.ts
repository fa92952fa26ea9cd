import type { ErrorObject } from 'ajv';
import type { JsonObject } from './tools/tool.ts';

// Puts a validator's findings into words that a model can act on: which argument, and what is expected there. Values
// are never repeated; a name that the caller made up is, cut short, because it has to be told which one to drop.

/** More than this many are no help to anyone, and cost tokens. */
const MAX_PROBLEMS = 8;
const MAX_NAME_CHARACTERS = 60;

/** `/attendees/0` → `attendees[0]`; the root is `the arguments`. */
function place(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  if (steps.length === 0) return 'the arguments';
  const path = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return path
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('')
    .slice(0, MAX_NAME_CHARACTERS);
}

function quoted(values: unknown): string {
  return Array.isArray(values) ? values.map((value) => JSON.stringify(value)).join(', ') : String(values);
}

function describeProblem(error: ErrorObject, schema: JsonObject): string | undefined {
  const where = place(error.instancePath);
  const { params } = error;
  switch (error.keyword) {
    case 'required':
      return `${where === 'the arguments' ? '' : `${where}: `}${String(params['missingProperty'])} is missing`;
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = params['additionalProperty'] ?? params['unevaluatedProperty'];
      const properties = error.instancePath === '' ? schema['properties'] : undefined;
      const known = properties === null || typeof properties !== 'object' ? '' : Object.keys(properties).join(', ');
      const hint = known === '' ? '' : `; known are ${known}`;
      return `${where} must not have ${JSON.stringify(String(name).slice(0, MAX_NAME_CHARACTERS))}${hint}`;
    }
    case 'enum':
      return `${where} must be one of ${quoted(params['allowedValues'])}`;
    case 'const':
      return `${where} must be ${JSON.stringify(params['allowedValue'])}`;
    case 'type':
      return `${where} must be of type ${quoted(params['type']).replaceAll('"', '')}`;
    case 'format':
      return `${where} must have the format ${String(params['format'])}`;
    case 'if':
    case 'allOf':
      // Says only that a branch failed; the branch's own problem stands beside it.
      return undefined;
    default:
      return `${where} ${error.message ?? 'is not valid'}`;
  }
}

export function describeProblems(errors: readonly ErrorObject[], schema: JsonObject): readonly string[] {
  const sentences = new Set<string>();
  for (const error of errors) {
    const sentence = describeProblem(error, schema);
    if (sentence !== undefined) sentences.add(sentence);
    if (sentences.size === MAX_PROBLEMS) break;
  }
  return sentences.size > 0 ? [...sentences] : ['the arguments do not fit the schema'];
}
