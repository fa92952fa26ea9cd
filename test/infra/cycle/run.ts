import { writeFile } from 'node:fs/promises';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import type { RecordedCall } from '../../support/recording-proxy.ts';
import { type Facts, runCycle } from './cycle.ts';
import { createWorld } from './world.ts';

// `make cycle`: the whole deployed system without an account, each step printed for a reader. `--report FILE` writes what was found as JSON, for
// test/infra/cycle.test.ts. Ends with 0 only if every step succeeded.

export interface CycleReport {
  readonly steps: readonly { readonly title: string; readonly seconds: number }[];
  readonly facts: Partial<Facts>;
  readonly calls: readonly RecordedCall[];
  readonly failure?: string;
}

const { values } = parseArgs({ options: { report: { type: 'string' } } });
const steps: { title: string; seconds: number }[] = [];
const facts: Partial<Facts> = {};
let failure: string | undefined;

const say = (text: string): void => console.log(`   ${text}`);
async function step<Value>(title: string, act: () => Promise<Value>): Promise<Value> {
  console.log(`\n${steps.length + 1}. ${title}`);
  const started = performance.now();
  try {
    return await act();
  } finally {
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    steps.push({ title, seconds });
    say(`(${seconds} s)`);
  }
}

const world = await step('An empty AWS account, a Redis, a Google and public names, all on this machine.', createWorld);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void world.stop().finally(() => process.exit(130)));
}
const calls = (): readonly RecordedCall[] => world.proxy.calls();
try {
  // From here on this process lives in that world too: its names, its authorities, its day.
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), world.publicCa]);
  process.env['SALLYPORT_CYCLE_ROUTES'] = world.routesFile;
  await import(new URL('as-on-aws.mjs', import.meta.url).href);
  await runCycle({ world, step, say, facts });
} catch (error) {
  failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
}
const report: CycleReport = { steps, facts, calls: calls(), ...(failure === undefined ? {} : { failure }) };
if (values.report !== undefined) await writeFile(values.report, JSON.stringify(report));
if (failure !== undefined) {
  console.error(`\nFailed: ${failure}`);
  console.error(world.emulator.output().slice(-4_000));
}
await world.stop();
const total = steps.reduce((sum, { seconds }) => sum + seconds, 0);
console.log(failure === undefined ? `\nDone in ${Math.round(total)} s.` : '');
process.exit(failure === undefined ? 0 : 1);
