import { type Child, cpuOf, startChild } from './child.ts';
import { type Row, spread } from './figures.ts';
import type { Stage } from './seed.ts';
import { withServerBundle } from './server-bundle.ts';
import { withRedis } from './stage.ts';

// (a) One `tools/call` of a local tool through the whole agent door, against a bare echo over the same mutual TLS: CPU of the server
// process for each request. The stock SDK without any check stands beside it. Nonces and grants are in a real Redis over TLS.

const CONCURRENCY = 16;
const WARM_UP = 8000;
const COUNT = 3000;
const ROUNDS = 5;
/** Two processes of the same program differ, so the whole is done with fresh ones a few times. */
const GENERATIONS = 3;

const ARMS = ['echo', 'door', 'echoAgain', 'stock'] as const;
type Arm = (typeof ARMS)[number];
type Samples = Record<Arm, number>;
type Scripts = Readonly<Record<Arm, string>>;

interface Server {
  readonly child: Child;
  readonly port: number;
}

async function startServer(script: string, stage: Stage): Promise<Server> {
  const child = await startChild(script, stage);
  return { child, port: await child.ask<number>('port') };
}

async function measureGeneration(stage: Stage, scripts: Scripts): Promise<readonly Samples[]> {
  const load = await startChild('load.ts', stage);
  const servers = new Map<Arm, Server>();
  const perRequest = async (arm: Arm, count: number): Promise<number> => {
    const server = servers.get(arm);
    if (server === undefined) throw new Error(`no server for ${arm}`);
    const run = () => load.ask('run', { port: server.port, count, concurrency: CONCURRENCY });
    return (await cpuOf(server.child, run)) / count;
  };
  try {
    for (const arm of ARMS) servers.set(arm, await startServer(scripts[arm], stage));
    for (const arm of ARMS) await perRequest(arm, WARM_UP);
    const rounds: Samples[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const samples: Samples = { echo: 0, door: 0, echoAgain: 0, stock: 0 };
      for (const arm of ARMS) samples[arm] = await perRequest(arm, COUNT);
      rounds.push(samples);
    }
    return rounds;
  } finally {
    for (const { child } of servers.values()) await child.close();
    await load.close();
  }
}

export async function benchAgentDoor(stage: Stage): Promise<readonly Row[]> {
  const rounds = await withRedis(stage, (withStore) =>
    withServerBundle(async (door) => {
      const scripts = { echo: 'serve-echo.ts', door, echoAgain: 'serve-echo.ts', stock: 'serve-stock.ts' };
      const all: Samples[] = [];
      for (let generation = 0; generation < GENERATIONS; generation += 1) {
        all.push(...(await measureGeneration(withStore, scripts)));
      }
      return all;
    }),
  );
  const ratio = (pick: (samples: Samples) => number) => spread(rounds.map((samples) => 100 * pick(samples)));
  const micros = (arm: Arm) => spread(rounds.map((samples) => samples[arm]));
  const echo = ({ echo: first, echoAgain }: Samples): number => (first + echoAgain) / 2;
  return [
    {
      bench: 'a',
      what: 'agent door, all checks: rate per CPU, bare mTLS echo = 100',
      value: ratio((samples) => echo(samples) / samples.door),
      unit: '%',
      target: { atLeast: 35 },
    },
    {
      bench: 'a',
      what: 'stock SDK v2 without a check, the same way',
      value: ratio((samples) => echo(samples) / samples.stock),
      unit: '%',
    },
    { bench: 'a', what: 'control: echo against echo', value: ratio((s) => s.echo / s.echoAgain), unit: '%' },
    { bench: 'a', what: 'CPU per request, echo', value: micros('echo'), unit: 'µs' },
    { bench: 'a', what: 'CPU per request, agent door', value: micros('door'), unit: 'µs' },
    { bench: 'a', what: 'CPU per request, stock SDK v2', value: micros('stock'), unit: 'µs' },
  ];
}
