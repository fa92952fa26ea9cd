import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { compiledSchemas } from '../../build/compiled-schemas.ts';
import { withoutSdkValidator } from '../../build/sdk-shims.ts';
import { createEchoTool } from '../support/mcp-tools.ts';

// The measured MCP server as plain JavaScript, built as `make bundle` builds: run from its sources, a process would
// carry the TypeScript compiler's memory and the schema compiler's, which no deployed one has.

const BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export async function withServerBundle<Value>(work: (script: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const script = join(folder, 'serve-door.mjs');
  try {
    await build({
      entryPoints: [new URL('serve-door.ts', import.meta.url).pathname],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // As in the zip: what is loaded when it is needed is a file of its own.
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node22',
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none',
      banner: { js: BANNER },
      plugins: [compiledSchemas([createEchoTool()]), withoutSdkValidator()],
      logLevel: 'error',
    });
    return await work(script);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
