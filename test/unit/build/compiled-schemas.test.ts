import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build, type Metafile } from 'esbuild';
import fc from 'fast-check';
import { compiledSchemas } from '../../../build/compiled-schemas.ts';
import { declaredTools } from '../../../build/tool-hashes.ts';
import { type CompileSchema, createSchemaValidators } from '../../../src/mcp/schema-validators.ts';

// The validators as the bundle has them, against those that ajv makes at run time.

let folder: string;
let compiled: CompileSchema;
let metafile: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compiled-'));
  const outfile = join(folder, 'compile-schema.mjs');
  const result = await build({
    entryPoints: ['src/mcp/compile-schema.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    plugins: [compiledSchemas(declaredTools())],
    logLevel: 'error',
  });
  metafile = result.metafile;
  ({ compileSchema: compiled } = (await import(pathToFileURL(outfile).href)) as { compileSchema: CompileSchema });
});

afterAll(() => rm(folder, { recursive: true }));

/** Arguments near what the tools take: known names with values of any kind, and a few unknown ones. */
const names = [
  ...new Set(declaredTools().flatMap((tool) => Object.keys(Object(tool.declaration.inputSchema['properties'])))),
];
const times = fc.constantFrom('2026-11-21T09:00:00Z', '2026-11-21T09:00:00', '2026-11-21', 'tomorrow');
const value = fc.oneof(
  times,
  fc.jsonValue({ maxDepth: 2 }),
  fc.array(times, { maxLength: 3 }),
  fc.constantFrom('a@b.example', 30),
);
const candidate = fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string()), value, {
  maxKeys: 6,
});

describe('schemas compiled at build time', () => {
  it('say the same as those compiled at run time, in the same words', async () => {
    const built = createSchemaValidators({ compile: compiled });
    const live = createSchemaValidators();
    const seen = { fit: 0, unfit: 0 };
    const tools = declaredTools().map((tool) => tool.declaration);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tools),
        fc.constantFrom('input' as const, 'output' as const),
        candidate,
        async (tool, side, given) => {
          const expected = await live.check(tool, side, given);
          expect(await built.check(tool, side, given)).toEqual(expected);
          seen[expected === undefined ? 'fit' : 'unfit'] += 1;
        },
      ),
      { numRuns: 2000 },
    );
    expect(seen.unfit).toBeGreaterThan(100);
    expect(seen.fit).toBeGreaterThan(0);
  });

  it('refuse a tool that they were not built for', async () => {
    const [tool] = declaredTools();
    const unknown = { ...tool?.declaration, name: 'unknown' } as NonNullable<typeof tool>['declaration'];
    await expect(compiled(unknown, 'input')).rejects.toThrow(/rebuild/);
  });

  it('bring no compiler with them', () => {
    const inputs = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules/ajv/'));
    expect(inputs.filter((path) => !path.includes('/runtime/'))).toEqual([]);
  });
});
