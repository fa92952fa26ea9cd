import type { ErrorObject } from 'ajv';
import type { SchemaSide } from './compile-schema.ts';
import { describeProblems } from './describe-problems.ts';
import type { ToolDeclaration } from './tools/tool.ts';

// The one way a tool's arguments and answers are checked. Validators are made when a tool is first called, so that a
// process pays for the tools it serves only, and a listing pays nothing.

/** A function as ajv makes it, at run time or (standalone code) at build time. */
export type SchemaValidator = ((value: unknown) => boolean) & { errors?: ErrorObject[] | null | undefined };
export type CompileSchema = (tool: ToolDeclaration, side: SchemaSide) => Promise<unknown>;

export interface SchemaValidators {
  /** Nothing when `value` fits; otherwise a sentence for each problem, which names the argument and what is expected. */
  check(tool: ToolDeclaration, side: SchemaSide, value: unknown): Promise<readonly string[] | undefined>;
}

async function compileWhenNeeded(tool: ToolDeclaration, side: SchemaSide): Promise<unknown> {
  const { compileSchema } = await import('./compile-schema.ts');
  return compileSchema(tool, side);
}

export function createSchemaValidators(deps: { readonly compile?: CompileSchema } = {}): SchemaValidators {
  const compile = deps.compile ?? compileWhenNeeded;
  const known: Record<SchemaSide, Map<string, SchemaValidator>> = { input: new Map(), output: new Map() };

  async function load(tool: ToolDeclaration, side: SchemaSide): Promise<SchemaValidator> {
    const validator = (await compile(tool, side)) as SchemaValidator;
    known[side].set(tool.name, validator);
    return validator;
  }

  return {
    async check(tool, side, value) {
      const validator = known[side].get(tool.name) ?? (await load(tool, side));
      if (validator(value)) return undefined;
      // The errors belong to the function, not to the call: they are read before anything else can run it again.
      return describeProblems(validator.errors ?? [], side === 'input' ? tool.inputSchema : (tool.outputSchema ?? {}));
    },
  };
}
