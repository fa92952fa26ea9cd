import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { deferSchemas } from './deferred-schemas.ts';

// Lets the bundle leave out what the MCP SDK makes at its start and we never ask for: a registry of validators for every type of the
// specification, with the schemas behind it, 180 in all (12 ms of a cold start, 7 kB gzip). Nothing that is used changes.
//
// It edits the SDK's text, whose version package.json pins. An edit that finds nothing to change fails the build: then look at what
// an upgrade brought, and drop the edit when the SDK makes its schemas on demand itself.

const CORE = /[/\\]@modelcontextprotocol[/\\]core[/\\]dist[/\\](?:schemas|auth)-[\w-]+\.mjs$/;
/** The client looks into its registry, so it keeps it. */
const SERVER = /[/\\]@modelcontextprotocol[/\\]server[/\\]dist[/\\]src-[\w-]+\.mjs$/;

/** A constant at the top level that holds a schema, up to the line on which the next thing begins. */
const SCHEMA = /^const (\w+) = ((?:z\.|\w+Schema\w*\.)[\s\S]*?);\n+(?=[^\s})\]])/gm;

const REGISTRATION =
  'for (const key of SPEC_SCHEMA_KEYS) register(key, schemas_exports[key]);\nfor (const [key, schema] of Object.entries(authSchemas)) register(key, schema);\n';

function demandChange(before: string, after: string, what: string): string {
  if (before === after) throw new Error(`build/lean-sdk.ts: ${what} is not in the MCP SDK any more`);
  return after;
}

/** Says of each schema that making it has no effect, so that esbuild drops those nobody uses. */
function markSchemas(source: string): string {
  const marked = source.replace(SCHEMA, (_all, name: string, value: string) => {
    return `const ${name} = /* @__PURE__ */ (() => ${value})();\n`;
  });
  return demandChange(source, marked, 'a schema');
}

function withoutRegistry(source: string): string {
  return demandChange(source, source.replace(REGISTRATION, ''), 'the registry of types');
}

/** `defer` is the edit of deferred-schemas.ts, which a test of the others leaves out. */
export function leanSdk(defer: (source: string) => string = deferSchemas): Plugin {
  return {
    name: 'lean-sdk',
    setup(build) {
      build.onLoad({ filter: CORE }, async ({ path }) => ({
        contents: markSchemas(await readFile(path, 'utf8')),
        loader: 'js',
      }));
      build.onLoad({ filter: SERVER }, async ({ path }) => ({
        contents: defer(withoutRegistry(await readFile(path, 'utf8'))),
        loader: 'js',
      }));
    },
  };
}
