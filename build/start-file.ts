import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

// Puts all that an entry loads at start into one file. esbuild gives modules a file of their own for each set of later imports that reach them:
// two dozen small files at every start, each to be found, read and linked (a quarter of a millisecond of CPU). So every later import of ours is
// made to reach everything that the start has loaded anyway. Nothing is loaded earlier by it, and nothing twice.

const START = 'start';
const LATER = 'later';
const AT_START = /^import\s[^'"]*['"](?<path>\.{1,2}\/[^'"]+)['"]/gm;
const IMPORTED_LATER = /\bimport\('(?<path>\.{1,2}\/[^']+)'\)/g;

/** What the handler itself imports. Not the handler: it waits at its top level, and what it waits for must not wait for it. */
function importsOf(handler: string): string {
  const paths = [...readFileSync(handler, 'utf8').matchAll(AT_START)].map((found) => found.groups?.['path'] ?? '');
  return paths.map((path) => `import ${JSON.stringify(path)};`).join('\n');
}

/** The esbuild plugin for the entry `src/handlers/<entry>.ts`. It is the last of them: what another puts in a module's place is left as it is. */
export function oneStartFile(entry: string): Plugin {
  const root = process.cwd();
  return {
    name: 'one-start-file',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\].*\.ts$/, namespace: 'file' }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        const contents = source.replace(IMPORTED_LATER, `import('${LATER}:$<path>')`);
        return contents === source ? undefined : { contents, loader: 'ts' };
      });
      build.onResolve({ filter: /^later:/ }, ({ path, importer }) => ({
        path: resolve(dirname(importer), path.slice(LATER.length + 1)).replace(`${root}/`, ''),
        namespace: LATER,
      }));
      build.onLoad({ filter: /./, namespace: LATER }, ({ path }) => ({
        contents: `import '${START}:${entry}';\nexport * from ${JSON.stringify(`./${path}`)};\n`,
        loader: 'js',
        resolveDir: root,
      }));
      build.onResolve({ filter: /^start:/ }, () => ({ path: entry, namespace: START }));
      build.onLoad({ filter: /./, namespace: START }, () => ({
        contents: importsOf(`${root}/src/handlers/${entry}.ts`),
        loader: 'js',
        resolveDir: `${root}/src/handlers`,
      }));
    },
  };
}
