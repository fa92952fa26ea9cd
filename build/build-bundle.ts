import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { zipSync } from 'fflate';
import { compiledSchemas } from './compiled-schemas.ts';
import { withoutOptionalPackages } from './left-out.ts';
import { withoutSdkValidator } from './sdk-shims.ts';
import { declaredTools } from './tool-hashes.ts';

// Builds what Lambda runs: one zip with an entry point for each API over shared chunks, so that each door loads only its own
// code. Source maps and the metafile stay beside the zip; nothing of `src/local` is in it, and no file of the machine that built it.

export const OUT = 'dist/lambda';
export const ENTRIES = ['agent', 'mcp', 'oauth'] as const;
export type Entry = (typeof ENTRIES)[number];

/** Bytes (gzip) that each door may load at start. What grows past it makes every cold start slower, so the build fails. */
export const START_BUDGETS: Readonly<Record<Entry, number>> = { agent: 130_000, mcp: 125_000, oauth: 85_000 };

/** A fixed time, so that the same sources make the same zip. */
const ZIP_TIME = new Date('2020-01-01T00:00:00Z');

const BANNER = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('');

export interface Bundle {
  readonly metafile: Metafile;
  /** Outputs by path, such as `dist/lambda/mcp.mjs`, source maps included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly zip: Uint8Array;
}

/** The output files that an entry loads at start: its own and all it imports statically. */
export function filesAtStart({ metafile }: Pick<Bundle, 'metafile'>, entry: Entry): readonly string[] {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const item of metafile.outputs[path]?.imports ?? []) {
      if (item.kind === 'import-statement' && item.external !== true) visit(item.path);
    }
  };
  visit(`${OUT}/${entry}.mjs`);
  return [...seen];
}

/** Bytes that an entry loads at start, its files compressed one by one. */
export function bytesAtStart(bundle: Bundle, entry: Entry): number {
  const sizes = filesAtStart(bundle, entry).map((path) => {
    const bytes = bundle.files.get(path);
    if (bytes === undefined) throw new Error(`the bundle lists ${path} and does not hold it`);
    return gzipSync(bytes).length;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Everything in memory: nothing is written, so that tests may build while somebody else does. */
export async function buildBundle(): Promise<Bundle> {
  const result = await build({
    entryPoints: ENTRIES.map((entry) => `src/handlers/${entry}.ts`),
    outdir: OUT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: false,
    legalComments: 'none',
    sourcemap: 'external',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    plugins: [compiledSchemas(declaredTools()), withoutSdkValidator(), withoutOptionalPackages()],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const prefix = `${process.cwd()}/`;
  const files = new Map<string, Uint8Array>();
  for (const output of result.outputFiles) files.set(output.path.replace(prefix, ''), output.contents);
  const entries = [...files]
    .filter(([path]) => path.endsWith('.mjs'))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const zip = zipSync(Object.fromEntries(entries.map(([path, bytes]) => [path.replace(`${OUT}/`, ''), bytes])), {
    level: 9,
    mtime: ZIP_TIME,
  });
  return { metafile: result.metafile, files, zip };
}

export function writeBundle(bundle: Bundle): void {
  rmSync(OUT, { recursive: true, force: true });
  for (const [path, bytes] of bundle.files) {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, bytes);
  }
  writeFileSync('dist/lambda.zip', bundle.zip);
  writeFileSync('dist/metafile.json', JSON.stringify(bundle.metafile));
}
