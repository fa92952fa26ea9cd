import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelKeys } from '../../src/config/secret-settings.ts';
import { type Played, playScenario } from './play.ts';
import { loadScenarios, type Scenario } from './scenario.ts';

// `make eval`: plays every scenario on the offline planner and on each model whose key is there, and prints a table. Ends with 1 when the
// offline planner missed one that is marked for it. `MODELS="openai:gpt-5 anthropic:…"` chooses others, `ONLY=words` some scenarios.

/** Asked where a key is there and no model was named: each provider's small, current one. */
const USUAL: Readonly<Record<keyof typeof modelKeys, string>> = {
  openai: 'openai:gpt-5-mini',
  anthropic: 'anthropic:claude-haiku-4-5',
  gemini: 'gemini:gemini-3.5-flash-lite',
  deepseek: 'deepseek:deepseek-flash',
};
const KINDS = ['calendar', 'chain', 'refusal', 'injection'] as const;

/** What a model needs of this process's environment. */
const PASSED_ON = [
  ...Object.values(modelKeys),
  ...['OPENAI', 'ANTHROPIC', 'GEMINI', 'DEEPSEEK'].map((name) => `${name}_BASE_URL`),
  'SALLYPORT_MODEL_FALLBACKS',
];

const environment = process.env;

function chosenModels(): readonly string[] {
  const named = (environment['MODELS'] ?? environment['SALLYPORT_MODEL'] ?? '').split(/[\s,]+/).filter(Boolean);
  if (named.length > 0) return ['offline', ...named.filter((name) => name !== 'offline')];
  const present = Object.entries(modelKeys).filter(([, key]) => (environment[key] ?? '') !== '');
  return ['offline', ...present.map(([provider]) => USUAL[provider as keyof typeof modelKeys])];
}

const given = Object.fromEntries(
  PASSED_ON.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
);

interface Row {
  readonly scenario: Scenario;
  readonly played: Played;
}

const passed = (rows: readonly Row[]): number => rows.filter(({ played }) => played.problems.length === 0).length;
const share = (rows: readonly Row[]): string => `${passed(rows)}/${rows.length}`;

function printTable(results: ReadonlyMap<string, readonly Row[]>): void {
  const head = ['model', ...KINDS, 'all', 'marked offline', 'tokens', 'seconds'];
  const lines = [...results].map(([model, rows]) => [
    model,
    ...KINDS.map((kind) => share(rows.filter(({ scenario }) => scenario.kind === kind))),
    share(rows),
    share(rows.filter(({ scenario }) => scenario.offline)),
    String(rows.reduce((sum, { played }) => sum + played.tokens, 0)),
    (rows.reduce((sum, { played }) => sum + played.milliseconds, 0) / 1000).toFixed(0),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  for (const line of [head, ...lines]) console.log(line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}

async function playAll(model: string, scenarios: readonly Scenario[], home: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    const played = await playScenario(scenario, { environment: { ...given, SALLYPORT_MODEL: model }, home });
    rows.push({ scenario, played });
    const expected = model !== 'offline' || scenario.offline;
    if (played.problems.length > 0 && expected)
      console.log(`  ${model}: ${scenario.id}: ${played.problems.join('; ')}`);
  }
  return rows;
}

const only = environment['ONLY'] ?? '';
const scenarios = loadScenarios().filter(({ id, kind }) => only === '' || id.includes(only) || kind === only);
const home = mkdtempSync(join(tmpdir(), 'sallyport-eval-'));
try {
  const results = new Map<string, readonly Row[]>();
  for (const model of chosenModels()) results.set(model, await playAll(model, scenarios, home));
  printTable(results);
  const marked = (results.get('offline') ?? []).filter(({ scenario }) => scenario.offline);
  if (scenarios.length === 0) console.log(`No scenario is called ${only}.`);
  if (passed(marked) < marked.length || scenarios.length === 0) process.exitCode = 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
