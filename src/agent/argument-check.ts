import type { ErrorObject, ValidateFunction } from 'ajv';
import type { ListedTool } from '../ports/tool-client.ts';

// Checks a call's arguments against the tool's input schema before anything is sent. Only declarations whose hash is known get
// here, so no stranger's schema is ever compiled.

/** The validator's words, or undefined when the arguments fit. */
export type CheckArguments = (tool: ListedTool, args: Readonly<Record<string, unknown>>) => Promise<string | undefined>;

/** A model needs no more than these to mend a call. */
const MAX_PROBLEMS = 8;

function describe(error: ErrorObject): string {
  const where = error.instancePath === '' ? 'arguments' : `arguments${error.instancePath}`;
  const { params } = error;
  if (error.keyword === 'additionalProperties') return `${where} must not have "${params['additionalProperty']}"`;
  if (error.keyword === 'enum') return `${where} must be one of ${JSON.stringify(params['allowedValues'])}`;
  return `${where} ${error.message ?? 'is not valid'}`;
}

export function createArgumentCheck(): CheckArguments {
  const compiled = new WeakMap<ListedTool, ValidateFunction>();
  return async (tool, args) => {
    let validate = compiled.get(tool);
    if (validate === undefined) {
      const { compileSchema } = await import('./compile-schema.ts');
      validate = compileSchema(tool.inputSchema);
      compiled.set(tool, validate);
    }
    if (validate(args)) return undefined;
    const sentences = new Set((validate.errors ?? []).map(describe));
    return [...sentences].slice(0, MAX_PROBLEMS).join('; ');
  };
}
