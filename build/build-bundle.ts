import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Metafile, type Plugin } from 'esbuild';
import { zipSync } from 'fflate';
import { compiledSchemas } from './compiled-schemas.ts';
import { consoleAssets } from './console-assets.ts';
import { leanSdk } from './lean-sdk.ts';
import { withoutOptionalPackages } from './left-out.ts';
import { withoutCodeGeneration } from './no-code-generation.ts';
import { nodeModules } from './node-modules.ts';
import { withoutSdkValidator } from './sdk-shims.ts';
import { serversFolder } from './servers-folder.ts';
import { oneStartFile } from './start-file.ts';
import { declaredTools } from './tool-hashes.ts';

// Builds what Lambda runs: one zip with an entry point for each API, which loads its own code and nothing of the others. Source maps
// and the metafile stay beside the zip; nothing of `src/local` is in it, and no file of the machine that built it.

export const OUT = 'dist/lambda';
/** The APIs, whose callers wait for a cold start. */
export const DOORS = ['agent', 'mcp', 'oauth'] as const;
export type DoorEntry = (typeof DOORS)[number];
export const ENTRIES = [...DOORS, 'stream', 'worker', 'calls', 'rotate'] as const;
export type Entry = (typeof ENTRIES)[number];

/**
 * Bytes (gzip) that each entry may load at start. What grows past it makes every cold start slower, so the build fails. Nobody waits for the
 * rotation: it loads the library that writes certificates.
 */
export const START_BUDGETS: Readonly<Record<Entry, number>> = {
  agent: 131_000,
  mcp: 86_000,
  oauth: 86_000,
  stream: 131_500,
  worker: 120_000,
  calls: 76_000,
  rotate: 106_000,
};

/** A fixed time, so that the same sources make the same zip. */
const ZIP_TIME = new Date('2020-01-01T00:00:00Z');

/** CommonJS packages call `require`. What is not in the bundle is Node's own: `createRequire` would look for it on the disk. */
export const BANNER = [
  'const require = (name) => {',
  'const found = process.getBuiltinModule(name);',
  'if (found === undefined) throw new Error(name + " is not in the bundle");',
  'return found; };',
].join(' ');

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

/**
 * One entry with the chunks it may load later. Each entry is built for itself: built together, whatever two of them use would be split from what
 * one uses, into a dozen small files at every start, which cost more than they share. Equal chunks have equal names and are kept once.
 */
async function buildEntry(entry: Entry, plugins: Plugin[]): Promise<Pick<Bundle, 'metafile' | 'files'>> {
  const result = await build({
    entryPoints: [`src/handlers/${entry}.ts`],
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
    plugins: [...plugins, oneStartFile(entry)],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const prefix = `${process.cwd()}/`;
  const files = new Map(result.outputFiles.map((file) => [file.path.replace(prefix, ''), file.contents]));
  return { metafile: result.metafile, files };
}

/** Everything in memory: nothing is written, so that tests may build while somebody else does. */
export async function buildBundle(): Promise<Bundle> {
  const plugins = [
    nodeModules(),
    leanSdk(),
    withoutCodeGeneration(),
    compiledSchemas(declaredTools()),
    consoleAssets(),
    withoutSdkValidator(),
    withoutOptionalPackages(),
  ];
  const built = await Promise.all(ENTRIES.map((entry) => buildEntry(entry, plugins)));
  const files = new Map(built.flatMap((one) => [...one.files]));
  const metafile: Metafile = {
    inputs: Object.assign({}, ...built.map((one) => one.metafile.inputs)),
    outputs: Object.assign({}, ...built.map((one) => one.metafile.outputs)),
  };
  const entries = [...files]
    .filter(([path]) => path.endsWith('.mjs'))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const code = Object.fromEntries(entries.map(([path, bytes]) => [path.replace(`${OUT}/`, ''), bytes]));
  const zip = zipSync({ ...code, ...serversFolder() }, { level: 9, mtime: ZIP_TIME });
  return { metafile, files, zip };
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
