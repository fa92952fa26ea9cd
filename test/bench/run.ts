import { benchAgentDoor } from './agent-door.ts';
import { benchAgentTurn } from './agent-turn.ts';
import { benchColdStart } from './cold-start.ts';
import { type Row, renderTable } from './figures.ts';
import { benchFirstByte } from './first-byte.ts';
import { benchIdeStart } from './ide-start.ts';
import { benchInProcess } from './in-process.ts';
import { benchMemory } from './memory.ts';
import type { Stage } from './seed.ts';
import { createStage } from './stage.ts';

// `make bench`: every figure that the project promises something about, against a baseline in the same run. It fails when something
// breaks, never on a figure: those are for a reader to judge (docs/performance.md).
//   node test/bench/run.ts [a b c d e f g] [--json]

const benches: Readonly<Record<string, (stage: Stage) => Promise<readonly Row[]>>> = {
  a: benchAgentDoor,
  b: benchInProcess,
  c: benchColdStart,
  d: benchAgentTurn,
  e: benchMemory,
  f: benchFirstByte,
  g: benchIdeStart,
};

const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = asked.filter((name) => benches[name] === undefined);
if (unknown.length > 0)
  throw new Error(`There is no benchmark ${unknown.join(', ')}: ${Object.keys(benches).join(', ')}`);

const stage = await createStage();
const rows: Row[] = [];
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  const bench = benches[name];
  if (bench === undefined) continue;
  console.error(`(${name}) …`);
  rows.push(...(await bench(stage)));
}
console.log(process.argv.includes('--json') ? JSON.stringify(rows, null, 2) : renderTable(rows));
