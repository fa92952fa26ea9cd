import { type Child, startChild } from './child.ts';
import { type Row, spread } from './figures.ts';
import type { Stage } from './seed.ts';

// (b) From API Gateway's event to its result in one process: every check of the agent door and the call, against the official SDK's
// handler without a check.

const WARM_UP = 10_000;
const COUNT = 3000;
const ROUNDS = 6;
const GENERATIONS = 3;

const ARMS = {
  stock: { arm: 'stock', tools: 'one' },
  door: { arm: 'door', tools: 'all' },
  stockAgain: { arm: 'stock', tools: 'one' },
  stockAll: { arm: 'stock', tools: 'all' },
} as const;
type Arm = keyof typeof ARMS;
type Samples = Record<Arm, number>;

/** CPU of one call, microseconds. */
const perCall = (child: Child, count: number): Promise<number> => child.ask('run', count);

async function measureGeneration(stage: Stage): Promise<readonly Samples[]> {
  const arms = Object.keys(ARMS) as Arm[];
  const children: [Arm, Child][] = [];
  try {
    for (const arm of arms)
      children.push([arm, await startChild('serve-in-process.ts', { given: stage, ...ARMS[arm] })]);
    for (const [, child] of children) await perCall(child, WARM_UP);
    const rounds: Samples[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const samples: Samples = { stock: 0, door: 0, stockAgain: 0, stockAll: 0 };
      for (const [arm, child] of children) samples[arm] = await perCall(child, COUNT);
      rounds.push(samples);
    }
    return rounds;
  } finally {
    for (const [, child] of children) await child.close();
  }
}

export async function benchInProcess(stage: Stage): Promise<readonly Row[]> {
  const rounds: Samples[] = [];
  for (let generation = 0; generation < GENERATIONS; generation += 1) rounds.push(...(await measureGeneration(stage)));
  const stock = ({ stock: first, stockAgain }: Samples): number => (first + stockAgain) / 2;
  const ratio = (pick: (samples: Samples) => number) => spread(rounds.map((samples) => 100 * pick(samples)));
  const micros = (arm: Arm) => spread(rounds.map((samples) => samples[arm]));
  return [
    {
      bench: 'b',
      what: 'in process, all checks and the call: CPU, stock SDK v2 with the same nine tools = 100',
      value: ratio((samples) => samples.door / samples.stockAll),
      unit: '%',
      target: { atMost: 33.3 },
    },
    {
      bench: 'b',
      what: 'the same, stock SDK v2 with one tool = 100',
      value: ratio((samples) => samples.door / stock(samples)),
      unit: '%',
      target: { atMost: 33.3 },
    },
    { bench: 'b', what: 'control: stock against stock', value: ratio((s) => s.stock / s.stockAgain), unit: '%' },
    { bench: 'b', what: 'CPU per call, all checks', value: micros('door'), unit: 'µs' },
    { bench: 'b', what: 'CPU per call, stock SDK v2 with nine tools', value: micros('stockAll'), unit: 'µs' },
  ];
}
