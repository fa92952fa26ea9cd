import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/server/validators/cf-worker';

// Checks values against another server's schemas, in the dialect that each names (2020-12 where it names none). They are interpreted, never compiled:
// a stranger's schema becomes no code of ours, and the doors generate none. Loaded when a tool of another server is first called.

/** A sentence for each problem, or nothing. */
export type CheckSchema = (value: unknown) => readonly string[] | undefined;

/** A model needs no more than these to mend a call. */
const MAX_PROBLEMS = 8;

/** The validator names the place as a URI fragment: `#/a/b`. */
const inWords = (problem: string): string =>
  problem.replace(/^#\/?([^:]*): /, (_all, at: string) => (at === '' ? '' : `${at}: `));

export function createSchemaCheck(schema: Readonly<Record<string, unknown>>): CheckSchema {
  const validate = new CfWorkerJsonSchemaValidator({ shortcircuit: false }).getValidator(schema);
  return (value) => {
    // Nothing where an object should be: the validator would look into it.
    if (value === undefined) return ['There is no structured content.'];
    const { valid, errorMessage = 'does not fit the schema' } = validate(value);
    if (valid) return undefined;
    return [...new Set(errorMessage.split('; ').map(inWords))].slice(0, MAX_PROBLEMS);
  };
}
