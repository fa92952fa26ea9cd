import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

// The console as it is served: one page, one script, one stylesheet. From the sources it is built when it is first asked for; the build puts the
// finished texts in this module's place (build/console-assets.ts), so that on Lambda neither a compiler nor a file is needed.

export interface ConsoleAssets {
  /** With `{{oauth-url}}` where the address of the person's pages belongs. */
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** What a browser of the last years understands; nothing is polyfilled. */
const BROWSERS = ['chrome111', 'firefox113', 'safari16.4'];

const here = (path: string): string => fileURLToPath(new URL(`./page/${path}`, import.meta.url));

export async function loadConsoleAssets(): Promise<ConsoleAssets> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: { app: here('main.ts'), style: here('style.css') },
    outdir: '/',
    bundle: true,
    format: 'esm',
    target: BROWSERS,
    minify: true,
    legalComments: 'none',
    write: false,
    logLevel: 'error',
  });
  const text = (name: string): string => {
    const file = outputFiles.find(({ path }) => path.endsWith(name));
    if (file === undefined) throw new Error(`the console's ${name} was not built`);
    return file.text;
  };
  return { html: await readFile(here('index.html'), 'utf8'), script: text('app.js'), style: text('style.css') };
}
