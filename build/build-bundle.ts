import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { zipSync } from 'fflate';
import { compiledSchemas } from './compiled-schemas.ts';
import { withoutSdkValidator } from './sdk-shims.ts';
import { declaredTools } from './tool-hashes.ts';

// Builds what Lambda runs: one zip with an entry point for each API over shared chunks, so that each door loads only its own
// code. Source maps and the metafile stay beside the zip; nothing of `src/local` is in it.

export const OUT = 'dist/lambda';
/** A fixed time, so that the same sources make the same zip. */
const ZIP_TIME = new Date('2020-01-01T00:00:00Z');

const BANNER = [
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('');

/** Bytes that an entry loads at start-up, compressed one by one: its own file and all it imports statically. */
export function loadedBytes(metafile: Metafile, files: ReadonlyMap<string, Uint8Array>, entry: string): number {
  const seen = new Set<string>();
  const visit = (path: string): number => {
    if (seen.has(path)) return 0;
    seen.add(path);
    const own = gzipSync(files.get(path) ?? new Uint8Array(0)).length;
    const imports = metafile.outputs[path]?.imports ?? [];
    return (
      own +
      imports
        .filter((item) => item.kind === 'import-statement' && !item.external)
        .reduce((sum, item) => sum + visit(item.path), 0)
    );
  };
  return visit(entry);
}

export interface Bundle {
  readonly metafile: Metafile;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly zip: Uint8Array;
}

export async function buildBundle(): Promise<Bundle> {
  rmSync(OUT, { recursive: true, force: true });
  const result = await build({
    entryPoints: ['src/handlers/agent.ts', 'src/handlers/mcp.ts', 'src/handlers/oauth.ts'],
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
    plugins: [compiledSchemas(declaredTools()), withoutSdkValidator()],
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
  for (const [path, bytes] of bundle.files) {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, bytes);
  }
  writeFileSync('dist/lambda.zip', bundle.zip);
  writeFileSync('dist/metafile.json', JSON.stringify(bundle.metafile));
}
