// Runs after every install. Written in plain JavaScript on purpose, so that any Node can run it.
import { existsSync, symlinkSync } from 'node:fs';

const NEEDED = [22, 18];

/** Says at once when no usable Node is there, instead of failing later on the first `.ts` file. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  console.error(
    `Sallyport needs Node ${NEEDED.join('.')} or later, and this is ${process.versions.node}: no pinned Node exists for ` +
      `${process.platform}-${process.arch}. Install Node 22 or later (https://nodejs.org) and run \`make setup\` again.`,
  );
  process.exit(1);
}

/**
 * Lets `npx sallyport` find the command here. A `bin` in package.json would make npx install the checkout into a cache of its own
 * each time, which is slow and breaks when two run at once.
 */
function linkCommand() {
  const link = 'node_modules/.bin/sallyport';
  if (!existsSync('node_modules/.bin') || existsSync(link) || process.platform === 'win32') return;
  symlinkSync('../../bin/sallyport.mjs', link);
}

checkNode();
linkCommand();
