import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker';
import { createCheckableSchema, type Schema } from './checkable-schema.ts';

// Checks values against another server's schemas, in the dialect that each names (2020-12 where it names none). They are interpreted, never compiled:
// a stranger's schema becomes no code of ours, and the doors generate none. Loaded when a tool of another server is first called.

/** A sentence for each problem, or nothing. */
export type CheckSchema = (value: unknown) => readonly string[] | undefined;

/** A model needs no more than these to mend a call. */
const MAX_PROBLEMS = 8;

/** The validator names the place as a URI fragment: `#/a/b`. */
const inWords = (problem: string): string =>
  problem.replace(/^#\/?([^:]*): /, (_all, at: string) => (at === '' ? '' : `${at}: `));

/** Of a schema that cannot be followed (a reference to nowhere, or in circles) nothing is checked here: the server that declares it may know better. */
function whereItCan<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function createSchemaCheck(schema: Schema): CheckSchema {
  const compiled = whereItCan(() => {
    const checkable = createCheckableSchema(schema);
    const validate = new CfWorkerJsonSchemaValidator({ shortcircuit: false }).getValidator(checkable.schema);
    return { begin: checkable.begin, validate };
  });
  return (value) => {
    // Nothing where an object should be: the validator would look into it.
    if (value === undefined) return ['There is no structured content.'];
    compiled?.begin();
    const result = whereItCan(() => compiled?.validate(value));
    if (result === undefined || result.valid) return undefined;
    const { errorMessage = 'does not fit the schema' } = result;
    return [...new Set(errorMessage.split('; ').map(inWords))].slice(0, MAX_PROBLEMS);
  };
}
