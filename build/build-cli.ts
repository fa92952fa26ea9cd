import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { VERSION } from '../src/cli/version.ts';
import { BANNER } from './build-bundle.ts';
import { withoutOptionalPackages } from './left-out.ts';
import { thirdPartyLicenses } from './licenses.ts';

// Builds the npm package of the `sallyport` command: one bundle, split so that a command loads what it needs, and no dependency to install.

const OLDEST_NODE = '22.13';

const manifest = (project: { readonly description: string; readonly license: string }): object => ({
  name: 'sallyport',
  version: VERSION,
  description: `The sallyport command. ${project.description}`,
  keywords: ['agent', 'mcp', 'mtls', 'calendar', 'cli'],
  license: project.license,
  type: 'module',
  bin: { sallyport: 'sallyport.js' },
  files: ['sallyport.js', 'main.js', 'chunks', 'THIRD-PARTY-LICENSES.txt'],
  engines: { node: `>=${OLDEST_NODE}` },
});

/** Writes the package into `folder`, which is emptied first; answers the bundle's size in bytes. */
export async function buildCli(folder: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile, outputFiles } = await build({
    entryPoints: ['src/cli/main.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: `node${OLDEST_NODE}`,
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    plugins: [withoutOptionalPackages()],
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  for (const { path, contents } of outputFiles) {
    mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
    writeFileSync(path, contents);
  }
  const entry = readFileSync('build/cli-entry.mjs', 'utf8');
  writeFileSync(join(folder, 'sallyport.js'), `#!/usr/bin/env node\n${entry}`);
  chmodSync(join(folder, 'sallyport.js'), 0o755);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(readProject()), null, 2)}\n`);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(metafile));
  copyFileSync('docs/cli.md', join(folder, 'README.md'));
  copyFileSync('LICENSE', join(folder, 'LICENSE'));
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
}

function readProject(): { readonly description: string; readonly license: string } {
  return JSON.parse(readFileSync('package.json', 'utf8')) as { description: string; license: string };
}
