import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { leanSdk } from '../../../build/lean-sdk.ts';

// The edits to the MCP SDK's text, on a small text of the same shape. That the real one still works is for test/unit/build/sdk-shims
// and test/bundle to say.

const SCHEMAS = `import * as z from './z.mjs';
const KEY = 'key';
const UsedSchema = z.object({
	a: z.string((v) => {
		const inner = v;
		return inner;
	})
});
const UnusedSchema = z.object({ planted: UsedSchema.optional() }).strict();
const AlsoUnusedSchema = UnusedSchema.extend({ planted: z.string() });

//#endregion
export { UsedSchema, UnusedSchema, AlsoUnusedSchema, KEY };
`;
const LIBRARY = `const make = () => new Proxy(() => {}, { get: () => make, apply: (_t, _s, args) => { globalThis.made = [...(globalThis.made ?? []), ...args]; return make(); } });
export const object = make(), string = make();
`;
const SHARED = `import { AlsoUnusedSchema, UnusedSchema, UsedSchema } from '@modelcontextprotocol/core/dist/schemas-1.mjs';
const SPEC_SCHEMA_KEYS = ['UnusedSchema'];
const schemas_exports = { UnusedSchema };
const authSchemas = { AlsoUnusedSchema };
function register(key, schema) { globalThis.registered = [key, schema]; }
for (const key of SPEC_SCHEMA_KEYS) register(key, schemas_exports[key]);
for (const [key, schema] of Object.entries(authSchemas)) register(key, schema);
export const used = UsedSchema;
`;

let folder: string;
const core = () => join(folder, 'node_modules/@modelcontextprotocol/core/dist');
const server = () => join(folder, 'node_modules/@modelcontextprotocol/server/dist');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lean-'));
  await mkdir(core(), { recursive: true });
  await mkdir(server(), { recursive: true });
  await writeFile(join(core(), 'z.mjs'), LIBRARY);
});
afterAll(() => rm(folder, { recursive: true }));

async function bundle(schemas: string, shared: string): Promise<string> {
  await writeFile(join(core(), 'schemas-1.mjs'), schemas);
  await writeFile(join(server(), 'src-1.mjs'), shared);
  const result = await build({
    entryPoints: [join(server(), 'src-1.mjs')],
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [leanSdk((source) => source)],
    logLevel: 'silent',
  });
  return result.outputFiles[0]?.text ?? '';
}

describe('the MCP SDK in the bundle', () => {
  it('keeps the schemas that are used, whole, and none that only its registry names', async () => {
    const text = await bundle(SCHEMAS, SHARED);
    expect(text).toContain('return inner');
    expect(text).not.toContain('planted');
    expect(text).not.toContain('registered');
  });

  it('misses nothing that the server itself asks its registry', async () => {
    const dist = new URL('../../../node_modules/@modelcontextprotocol/server/dist/', import.meta.url);
    const names = (await readdir(dist)).filter((name) => name.endsWith('.mjs'));
    const texts = await Promise.all(names.map((name) => readFile(new URL(name, dist), 'utf8')));
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => !/^\s*(?:\*|import|export)/.test(line));
    const uses = lines.filter((line) => /\b(?:isSpecType|specTypeSchemas)\b/.test(line));
    expect(uses).toEqual([
      'const specTypeSchemas = Object.freeze(_specTypeSchemas);',
      'const isSpecType = Object.freeze(_isSpecType);',
    ]);
  });

  it('fails to build when an upgrade has moved what is edited', async () => {
    await expect(bundle(SCHEMAS, 'export const used = 1;')).rejects.toThrow(
      /the registry of types is not in the MCP SDK/,
    );
    await expect(bundle('export const x = 1;', SHARED)).rejects.toThrow(/a schema is not in the MCP SDK/);
  });
});
