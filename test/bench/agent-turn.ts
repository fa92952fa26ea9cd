import { cpuOf, startChild } from './child.ts';
import { type Row, type Spread, spread } from './figures.ts';
import type { Stage } from './seed.ts';
import { withRedis } from './stage.ts';

// (d) What the agent and both doors add to a turn of two tool calls: wall time from the question at the Agent API to its answer, with a
// model that answers at once and a tool that asks nobody. Records of both sides are in a real Redis over TLS.

const WARM_UP = 300;
const TURNS = 100;
const ROUNDS = 6;

interface Round {
  /** Of one turn, milliseconds. */
  readonly wall: Spread;
  readonly agentCpu: number;
  readonly doorCpu: number;
}

async function measure(stage: Stage): Promise<readonly Round[]> {
  const door = await startChild('serve-door.ts', stage);
  const mcpUrl = `https://127.0.0.1:${await door.ask<number>('port')}/mcp`;
  const agent = await startChild('serve-turns.ts', { stage, mcpUrl });
  try {
    await agent.ask('turns', WARM_UP);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      let walls: readonly number[] = [];
      const before = (await door.usage()).cpuMicros;
      const agentCpu = await cpuOf(agent, async () => {
        walls = await agent.ask('turns', TURNS);
      });
      const doorCpu = (await door.usage()).cpuMicros - before;
      rounds.push({ wall: spread(walls), agentCpu: agentCpu / TURNS / 1000, doorCpu: doorCpu / TURNS / 1000 });
    }
    return rounds;
  } finally {
    await agent.close();
    await door.close();
  }
}

export async function benchAgentTurn(stage: Stage): Promise<readonly Row[]> {
  const rounds = await withRedis(stage, measure);
  const of = (pick: (round: Round) => number): Spread => spread(rounds.map(pick));
  return [
    {
      bench: 'd',
      what: 'a turn of two tool calls without model and Google: wall time, medians of rounds',
      value: of(({ wall }) => wall.median),
      unit: 'ms',
      target: { atMost: 8 },
    },
    { bench: 'd', what: 'CPU of the agent for such a turn', value: of(({ agentCpu }) => agentCpu), unit: 'ms' },
    { bench: 'd', what: 'CPU of the MCP server for such a turn', value: of(({ doorCpu }) => doorCpu), unit: 'ms' },
  ];
}
