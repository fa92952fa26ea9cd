import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import type { Plugin } from 'esbuild';
import type { SchemaSide } from '../src/mcp/compile-schema.ts';
import type { Tool } from '../src/mcp/tools/tool.ts';

// Compiles every tool's schemas at build time and puts the code in the place of `src/mcp/compile-schema.ts`, so that what runs on
// Lambda neither loads ajv (135 kB) nor generates code. Same options, same export, same answers: a test holds the two against each other.

const SIDES: readonly SchemaSide[] = ['input', 'output'];

const keyOf = (tool: string, side: SchemaSide): string => `${tool}.${side}`;

/** Source of an ES module with the same export as `src/mcp/compile-schema.ts`, for these tools only. */
export function renderCompiledSchemas(tools: readonly Tool[]): string {
  const ajv = new Ajv2020({ allErrors: true, strict: false, code: { source: true, esm: true } });
  addFormats.default(ajv);
  const exported: Record<string, string> = {};
  const entries: string[] = [];
  for (const { declaration } of tools) {
    for (const side of SIDES) {
      const key = keyOf(declaration.name, side);
      // Ajv counts its own functions as validate0, validate1, …
      const identifier = `compiled${entries.length}`;
      ajv.addSchema(side === 'input' ? declaration.inputSchema : declaration.outputSchema, key);
      exported[identifier] = key;
      entries.push(`[${JSON.stringify(key)}, ${identifier}]`);
    }
  }
  return `${standaloneCode.default(ajv, exported)}
const validators = new Map([${entries.join(', ')}]);
export async function compileSchema(tool, side) {
  const validator = validators.get(tool.name + '.' + side);
  if (validator === undefined) throw new Error('no compiled schema for this tool: rebuild the bundle');
  return validator;
}
`;
}

/** The esbuild plugin that makes the swap. */
export function compiledSchemas(tools: readonly Tool[]): Plugin {
  return {
    name: 'compiled-schemas',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\]mcp[/\\]compile-schema\.ts$/ }, () => ({
        contents: renderCompiledSchemas(tools),
        loader: 'js',
        resolveDir: process.cwd(),
      }));
    },
  };
}
