import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { buildCli } from './build-cli.ts';

// `make cli`: the npm package of the `sallyport` command in dist/cli, as `npm pack` and `npm publish` take it.

const FOLDER = 'dist/cli';

const bytes = await buildCli(FOLDER);
const { messages, pkg } = await publint({ pkgDir: FOLDER, level: 'suggestion', strict: true });
for (const message of messages) console.error(formatMessage(message, pkg));
console.log(`${FOLDER}: ${(bytes / 1_000_000).toFixed(1)} MB. Install it with: npm install --global ./${FOLDER}`);
if (messages.length > 0) process.exitCode = 1;
