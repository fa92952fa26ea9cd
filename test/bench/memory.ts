import { startChild } from './child.ts';
import { type Row, spread } from './figures.ts';
import type { Stage } from './seed.ts';
import { withServerBundle } from './server-bundle.ts';
import { withRedis } from './stage.ts';

// (e) Memory of the MCP server over 50,000 calls through the agent door: what it holds on the way, and whether that stays flat. Without a
// limit V8 lets garbage lie while a machine has memory to spare, so the server runs with the heap of a 256 MB function; what it
// takes without one stands beside it.

const STEPS = [5000, 15_000, 25_000, 35_000, 50_000] as const;
const CONCURRENCY = 16;
const MEGABYTE = 1_000_000;
const SMALL_HEAP = ['--max-old-space-size=230', '--max-semi-space-size=8'];

interface Sample {
  /** 0: before the first call. */
  readonly calls: number;
  readonly megabytes: number;
}

async function measure(stage: Stage, script: string, flags: readonly string[]): Promise<readonly Sample[]> {
  const load = await startChild('load.ts', stage);
  const door = await startChild(script, stage, flags);
  const sample = async (calls: number): Promise<Sample> => ({
    calls,
    megabytes: (await door.usage()).rssBytes / MEGABYTE,
  });
  try {
    const port = await door.ask<number>('port');
    const samples = [await sample(0)];
    for (const until of STEPS) {
      const { calls } = samples.at(-1) ?? { calls: 0 };
      await load.ask('run', { port, count: until - calls, concurrency: CONCURRENCY });
      samples.push(await sample(until));
    }
    return samples;
  } finally {
    await door.close();
    await load.close();
  }
}

const largest = (samples: readonly Sample[]): number => Math.max(...samples.map(({ megabytes }) => megabytes));

export async function benchMemory(stage: Stage): Promise<readonly Row[]> {
  const [small, free] = await withServerBundle((script) =>
    withRedis(stage, async (withStore) => [
      await measure(withStore, script, SMALL_HEAP),
      await measure(withStore, script, []),
    ]),
  );
  if (small === undefined || free === undefined) throw new Error('nothing was measured');
  const at = (calls: number): number => small.find((sample) => sample.calls === calls)?.megabytes ?? Number.NaN;
  const growth = (100 * at(50_000)) / at(15_000);
  return [
    {
      bench: 'e',
      what: 'largest RSS of the MCP server, 50,000 calls at the agent door',
      value: spread([largest(small)]),
      unit: 'MB',
      target: { atMost: 120 },
    },
    {
      bench: 'e',
      what: 'flat: RSS after 50,000 calls, after 15,000 = 100',
      value: spread([growth]),
      unit: '%',
      target: { atMost: 105 },
    },
    ...small.map(
      ({ calls, megabytes }): Row => ({
        bench: 'e',
        what: `RSS after ${calls} calls`,
        value: spread([megabytes]),
        unit: 'MB',
      }),
    ),
    { bench: 'e', what: 'largest RSS without limits on its heap', value: spread([largest(free)]), unit: 'MB' },
  ];
}
