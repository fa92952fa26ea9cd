// Runs after every install: says at once when no usable Node is there, instead of failing later on the first `.ts` file.
// Written in plain JavaScript on purpose, so that any Node can run it.
const NEEDED = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
const enough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
if (!enough) {
  console.error(
    `Sallyport needs Node ${NEEDED.join('.')} or later, and this is ${process.versions.node}: no pinned Node exists for ` +
      `${process.platform}-${process.arch}. Install Node 22 or later (https://nodejs.org) and run \`make setup\` again.`,
  );
  process.exit(1);
}
