import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

// Turns off zod's compiler in the bundle (`z.config({ jitless: true })`, https://zod.dev/packages/core). It makes a function out of text for each
// object it first meets, which costs 8 ms of a cold start and repays a microsecond a call. And so the MCP and OAuth doors generate no
// code at all: they run under `--disallow-code-generation-from-strings`, and a test runs them so.
// It is said in zod's own module because schemas look at it when they are made, before any module of ours runs.

const ZOD_CORE = /[/\\]node_modules[/\\]zod[/\\]v4[/\\]core[/\\]core\.js$/;

export function withoutCodeGeneration(): Plugin {
  return {
    name: 'without-code-generation',
    setup(build) {
      build.onLoad({ filter: ZOD_CORE }, async ({ path }) => ({
        contents: `${await readFile(path, 'utf8')}\nconfig({ jitless: true });\n`,
        loader: 'js',
      }));
    },
  };
}
