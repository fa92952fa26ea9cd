import { Ajv2020 } from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import type { Plugin } from 'esbuild';
import type { SchemaSide } from '../src/mcp/compile-schema.ts';
import type { Tool } from '../src/mcp/tools/tool.ts';

// Compiles every tool's schemas at build time and puts the code in the place of `src/mcp/compile-schema.ts`, so that what runs on
// Lambda neither loads ajv (135 kB) nor generates code. Each tool's code is a module of its own, loaded at that tool's first call.
// Same options, same export, same answers as the module that it replaces: a test holds the two against each other.

const SIDES: readonly SchemaSide[] = ['input', 'output'];
/** What the modules are imported by: `<NAMESPACE>:<tool>`. */
const NAMESPACE = 'compiled-schema';

/** Source of an ES module that exports one tool's validators as `input` and `output`. */
function renderTool({ declaration }: Tool): string {
  const ajv = new Ajv2020({ allErrors: true, strict: false, code: { source: true, esm: true } });
  addFormats.default(ajv);
  const { inputSchema, outputSchema = {} } = declaration;
  for (const side of SIDES) ajv.addSchema(side === 'input' ? inputSchema : outputSchema, side);
  return standaloneCode.default(ajv, Object.fromEntries(SIDES.map((side) => [side, side])));
}

/** Source of an ES module with the same export as `src/mcp/compile-schema.ts`, for these tools only. */
function renderCompileSchema(tools: readonly Tool[]): string {
  const loaders = tools.map(({ declaration: { name } }) => {
    return `[${JSON.stringify(name)}, () => import(${JSON.stringify(`${NAMESPACE}:${name}`)})]`;
  });
  return `const loaders = new Map([${loaders.join(', ')}]);
export async function compileSchema(tool, side) {
  const load = loaders.get(tool.name);
  if (load === undefined) throw new Error('no compiled schema for this tool: rebuild the bundle');
  return (await load())[side];
}
`;
}

/** The esbuild plugin that makes the swap. */
export function compiledSchemas(tools: readonly Tool[]): Plugin {
  const byName = new Map(tools.map((tool) => [tool.declaration.name, tool]));
  const resolveDir = process.cwd();
  return {
    name: NAMESPACE,
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\]mcp[/\\]compile-schema\.ts$/ }, () => ({
        contents: renderCompileSchema(tools),
        loader: 'js',
        resolveDir,
      }));
      build.onResolve({ filter: new RegExp(`^${NAMESPACE}:`) }, ({ path }) => ({
        path: path.slice(NAMESPACE.length + 1),
        namespace: NAMESPACE,
      }));
      build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
        const tool = byName.get(path);
        return tool === undefined ? undefined : { contents: renderTool(tool), loader: 'js', resolveDir };
      });
    },
  };
}
