import type { ErrorObject, ValidateFunction } from 'ajv';
import type { CheckSchema } from '../kernel/check-schema.ts';
import type { ListedTool } from '../ports/tool-client.ts';

// Checks a call's arguments against the tool's input schema before anything is sent. The schemas of this build are compiled; those of other servers,
// which an operator has approved and which come in any dialect, are interpreted, so that no stranger's schema becomes code.

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

/** `isOwn` says whether this build has a tool of that name. */
export function createArgumentCheck(isOwn: (name: string) => boolean): CheckArguments {
  const compiled = new WeakMap<ListedTool, ValidateFunction>();
  const interpreted = new WeakMap<ListedTool, CheckSchema>();

  async function checkOther(tool: ListedTool, args: unknown): Promise<string | undefined> {
    let check = interpreted.get(tool);
    if (check === undefined) {
      const { createSchemaCheck } = await import('../kernel/check-schema.ts');
      check = createSchemaCheck(tool.inputSchema);
      interpreted.set(tool, check);
    }
    return check(args)?.join('; ');
  }

  return async (tool, args) => {
    if (!isOwn(tool.name)) return checkOther(tool, args);
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
