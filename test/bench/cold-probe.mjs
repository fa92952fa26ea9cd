import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// A fresh process: imports one entry point, hands it one event, and says on its last line what that cost. Plain JavaScript, so that
// nothing but the entry is compiled. With `--list` it says which files were loaded, too.
//   node cold-probe.mjs <entry> <event file> [--list]

const [entry, eventFile, list] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, 'utf8'));
const loaded = [];
if (list === '--list') {
  registerHooks({
    load(url, context, next) {
      loaded.push(url);
      return next(url, context);
    },
  });
}
const { handler } = await import(entry);
const { statusCode, body } = await handler(event, { awsRequestId: 'bench', getRemainingTimeInMillis: () => 30_000 });
const { user, system } = process.cpuUsage();
process.stdout.write(`\n${JSON.stringify({ statusCode, body, cpuMicros: user + system, loaded })}`, () =>
  process.exit(0),
);
