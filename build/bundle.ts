import { buildBundle, loadedBytes, OUT, writeBundle } from './build-bundle.ts';

// `make bundle`: writes the zip and says how much each door loads.

const bundle = await buildBundle();
writeBundle(bundle);
for (const entry of ['agent', 'mcp', 'oauth']) {
  const bytes = loadedBytes(bundle.metafile, bundle.files, `${OUT}/${entry}.mjs`);
  console.log(`${entry}.handler loads ${(bytes / 1000).toFixed(0)} kB (gzip) at start`);
}
console.log(`dist/lambda.zip ${(bundle.zip.length / 1000).toFixed(0)} kB`);
