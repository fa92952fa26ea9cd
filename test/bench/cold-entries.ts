import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { type Bundle, buildBundle, OUT } from '../../build/build-bundle.ts';
import { declaredTools } from '../../build/tool-hashes.ts';

// The entry points that (c) starts: what `make bundle` builds, the stock server bundled with the same options, and a handler that does nothing.

/** What both are asked for. */
export const COLD_TOOL = 'freebusy';

export interface ColdEntries {
  readonly bundle: Bundle;
  /** Where the bundle's `dist/lambda` was written. */
  readonly folder: string;
  readonly mcp: string;
  readonly stock: string;
  readonly empty: string;
  remove(): void;
}

function write(path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

async function bundleStock(outfile: string): Promise<void> {
  const tool = declaredTools().find(({ declaration }) => declaration.name === COLD_TOOL);
  await build({
    entryPoints: [new URL('stock-entry.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    define: { TOOL: JSON.stringify(tool?.declaration) },
    logLevel: 'error',
  });
}

export async function writeColdEntries(): Promise<ColdEntries> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const bundle = await buildBundle();
  for (const [path, bytes] of bundle.files) {
    if (path.endsWith('.mjs')) write(join(folder, path.slice(OUT.length + 1)), bytes);
  }
  const stock = join(folder, 'stock.mjs');
  await bundleStock(stock);
  const empty = join(folder, 'empty.mjs');
  write(empty, 'export const handler = async () => ({ statusCode: 200 });\n');
  return {
    bundle,
    folder,
    mcp: join(folder, 'mcp.mjs'),
    stock,
    empty,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
