import type { Plugin } from 'esbuild';
import { loadConsoleAssets } from '../src/console/assets.ts';

// Puts the finished console (its page, script and stylesheet) in the place of `src/console/assets.ts`, which builds it: what runs on Lambda has neither
// the sources nor a compiler. A chunk of its own, loaded where the console is switched on.

export function consoleAssets(): Plugin {
  return {
    name: 'console-assets',
    setup(build) {
      build.onLoad({ filter: /[/\\]src[/\\]console[/\\]assets\.ts$/ }, async () => ({
        contents: `const assets = ${JSON.stringify(await loadConsoleAssets())};
export const loadConsoleAssets = async () => assets;
`,
        loader: 'js',
      }));
    },
  };
}
