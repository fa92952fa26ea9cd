import { buildBundle, bytesAtStart, ENTRIES, START_BUDGETS, writeBundle } from './build-bundle.ts';

// `make bundle`: writes the zip, says how much each door loads, and fails when that is more than it may.

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

const bundle = await buildBundle();
writeBundle(bundle);
for (const entry of ENTRIES) {
  const [bytes, budget] = [bytesAtStart(bundle, entry), START_BUDGETS[entry]];
  console.log(`${entry}.handler loads ${kilobytes(bytes)} (gzip) at start, of ${kilobytes(budget)}`);
  if (bytes > budget) process.exitCode = 1;
}
console.log(`dist/lambda.zip ${kilobytes(bundle.zip.length)}`);
if (process.exitCode === 1)
  console.error('A door loads more than build/build-bundle.ts allows: import lazily, or say there why not.');
