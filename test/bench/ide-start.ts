import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildCli } from '../../build/build-cli.ts';
import { type Row, spread } from './figures.ts';

// (g) How long an IDE waits for the first list of tools: from the start of the process to the last byte of the answer, on the command as it is
// installed. Beside it an empty Node process that answers one line, which is what the machine itself takes.

const ROUNDS = 11;
const TARGET_MS = 300;
const CLIENT = { name: 'bench', version: '1' };

const EMPTY = "process.stdin.once('data', () => process.stdout.write('{\"id\":1}\\n'))";

type Messages = readonly object[];

/** As clients of today greet; the list is asked for in the same breath. */
const OLDER: Messages = [
  { id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT } },
  { method: 'notifications/initialized' },
  { id: 1, method: 'tools/list' },
];
const NEWEST: Messages = [
  {
    id: 1,
    method: 'tools/list',
    params: {
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': CLIENT,
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  },
];

interface Arm {
  readonly args: readonly string[];
  readonly messages: Messages;
  readonly tools: number;
}

interface Answered {
  readonly id?: number;
  readonly result?: { readonly tools?: readonly unknown[] };
}

async function start({ args, messages, tools }: Arm, folder: string): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [...args], {
    cwd: folder,
    env: { HOME: folder },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  for (const message of messages) child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  for await (const line of createInterface({ input: child.stdout })) {
    const { id, result } = JSON.parse(line) as Answered;
    if (id !== 1) continue;
    const tookMs = performance.now() - startedMs;
    if ((result?.tools?.length ?? 0) < tools) throw new Error(`the list is short: ${line.slice(0, 200)}`);
    child.stdin.end();
    await ended;
    return tookMs;
  }
  throw new Error('the process ended before it answered');
}

export async function benchIdeStart(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-ide-'));
  try {
    await buildCli(join(folder, 'cli'));
    const ours = [join(folder, 'cli', 'sallyport.js'), 'mcp', '--toolsets', 'aws,calendar'];
    const arms: Readonly<Record<'empty' | 'older' | 'newest', Arm>> = {
      empty: { args: ['-e', EMPTY], messages: NEWEST, tools: 0 },
      older: { args: ours, messages: OLDER, tools: 30 },
      newest: { args: ours, messages: NEWEST, tools: 30 },
    };
    const times = { empty: [] as number[], older: [] as number[], newest: [] as number[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of ['empty', 'older', 'newest'] as const) times[name].push(await start(arms[name], folder));
    }
    const bench = 'g';
    const target = { atMost: TARGET_MS };
    return [
      { bench, what: 'first tools/list of sallyport mcp, 2025-11-25', value: spread(times.older), unit: 'ms', target },
      { bench, what: 'the same, 2026-07-28', value: spread(times.newest), unit: 'ms', target },
      { bench, what: 'an empty Node process that answers a line', value: spread(times.empty), unit: 'ms' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
