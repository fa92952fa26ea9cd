// The command's entry in its npm package: says what is missing to whoever runs it with a Node that is too old to read the rest.

const OLDEST = [22, 13];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  console.error(`sallyport needs Node ${OLDEST.join('.')} or later, and this is ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  // The embedded store uses node:sqlite, which works and calls itself experimental: nothing a person at a prompt can act on.
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (!rest.includes('ExperimentalWarning')) emitWarning(warning, ...rest);
  };
  await import('./main.js');
}
