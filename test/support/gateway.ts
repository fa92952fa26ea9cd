import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { readBelievedServers } from '../../src/compose/believed-servers.ts';
import { connectorFor, type GatewayParts, openGateway, startReaper } from '../../src/compose/upstreams.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { fixedTools } from '../../src/mcp/tool-source.ts';
import type { ToolContext, ToolResult } from '../../src/mcp/tools/tool.ts';
import { renderApproved } from '../../src/mcp/upstreams/approved.ts';
import { createUpstreamSource, type UpstreamSource } from '../../src/mcp/upstreams/upstream-source.ts';
import type { UpstreamTool } from '../../src/ports/upstream.ts';
import { freePortBase } from './dev-process.ts';
import { createTestLog, type TestLog } from './log.ts';
import { installPeer } from './peers.ts';
import { pythonWith } from './python.ts';

// A folder of other servers and the gateway over it, as the MCP API opens it; official servers to put in the folder; and who of them still runs.

const PEERS = fileURLToPath(new URL('../peers/mcp-servers/node_modules/@modelcontextprotocol/', import.meta.url));
const ODD_SERVER = fileURLToPath(new URL('../peers/odd-server/server.mjs', import.meta.url));
/** What stands for the server's own folder in its entry. */
const DATA = '$'.concat('{data}');
/** In the environment of every server started here, so that its processes are found, and those that it starts. */
const MARK = 'SALLYPORT_TEST_MARK';

/** A server's entry in mcp.json. */
export type Entry = Readonly<Record<string, unknown>>;

/** The entry of a server that does what no server should (`test/peers/odd-server`). */
export function oddServer(how: string, options: { readonly more?: string; readonly seconds?: number } = {}): Entry {
  const { more = '', seconds = 20 } = options;
  const sallyport = { tenant: 'none', timeout_seconds: seconds };
  return { command: process.execPath, args: [ODD_SERVER, how, more], sallyport };
}

type OfficialServer = 'everything' | 'files' | 'memory' | 'time' | 'docs';

/** Installs what is needed for these and answers the entries of five official servers by name. */
export async function officialServers(): Promise<Readonly<Record<OfficialServer, Entry> & Record<string, Entry>>> {
  for (const name of ['everything', 'filesystem', 'memory']) {
    await installPeer(`@modelcontextprotocol/server-${name}`, 'mcp-servers');
  }
  const python = await pythonWith('mcp-servers');
  const node = (name: string, ...args: readonly string[]): Entry => ({
    command: process.execPath,
    args: [join(PEERS, `server-${name}`, 'dist', 'index.js'), ...args],
  });
  const sallyport = { tenant: 'none', timeout_seconds: 60 };
  return {
    everything: { ...node('everything'), sallyport },
    files: { ...node('filesystem', DATA), sallyport },
    // Each person has one of their own.
    memory: {
      ...node('memory'),
      env: { MEMORY_FILE_PATH: `${DATA}/memory.jsonl` },
      sallyport: { timeout_seconds: 60 },
    },
    time: { command: python, args: ['-m', 'mcp_server_time', '--local-timezone=UTC'], sallyport: { tenant: 'none' } },
    docs: { command: python, args: ['-m', 'awslabs.aws_documentation_mcp_server.server'], sallyport },
  };
}

/** The official everything server in its HTTP mode. Whoever starts it ends it. */
export async function everythingOverHttp(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  await installPeer('@modelcontextprotocol/server-everything', 'mcp-servers');
  const port = (await freePortBase()) + 1;
  const script = join(PEERS, 'server-everything', 'dist', 'index.js');
  const child = spawn(process.execPath, [script, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) if (line.includes(String(port))) break;
  child.stderr.resume();
  return { url: `http://127.0.0.1:${port}/mcp`, child };
}

export interface ServersFolder {
  readonly directory: string;
  readonly dataFolder: string;
  /** Processes of any server of this folder that run now. */
  processes(): readonly number[];
  /** Resolves once none runs. */
  untilNoneRuns(): Promise<void>;
  /** Asks each server what it offers and writes approved.json; `change` may say that something else was approved. */
  approve(change?: (server: string, tools: readonly UpstreamTool[]) => readonly UpstreamTool[]): Promise<void>;
  /** Writes approved.json as an operator who looked at just these. */
  approveThese(approved: Readonly<Record<string, readonly UpstreamTool[]>>): void;
  /** What a machine's settings need to find it. */
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

/** A test that makes another list, or servers' folders, writes them into `directory` first. */
export function createServersFolder(
  entries: Readonly<Record<string, Entry>>,
  parts: Partial<GatewayParts> = {},
): ServersFolder {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-servers-'));
  const [directory, dataFolder] = [join(root, 'servers'), join(root, 'data')];
  mkdirSync(directory);
  const marked = Object.entries(entries).map(([name, entry]) => {
    const env = { ...(entry['env'] as object | undefined), [MARK]: root };
    return [name, entry['url'] === undefined ? { ...entry, env } : entry] as const;
  });
  writeFileSync(join(directory, 'mcp.json'), JSON.stringify({ mcpServers: Object.fromEntries(marked) }));
  const folder: ServersFolder = {
    directory,
    dataFolder,
    processes: () => processesWith(`${MARK}=${root}`),
    async untilNoneRuns() {
      while (folder.processes().length > 0) await delay(20);
    },
    async approve(change = (_server, tools) => tools) {
      const all = { ...gatewayParts(directory, dataFolder, createTestLog()), ...parts };
      const reaper = startReaper(all.log);
      const approved = new Map<string, readonly UpstreamTool[]>();
      for (const { config } of readBelievedServers(directory).servers) {
        const signal = AbortSignal.timeout(60_000);
        const connection = await connectorFor(config, all, reaper).connect({ tenant: 'p_operator', signal });
        approved.set(config.name, change(config.name, await connection.listTools(signal)));
        await connection.close();
      }
      writeFileSync(join(directory, 'approved.json'), renderApproved(approved));
    },
    approveThese: (approved) =>
      writeFileSync(join(directory, 'approved.json'), renderApproved(new Map(Object.entries(approved)))),
    environment: { SALLYPORT_SERVERS_DIR: directory, SALLYPORT_SERVERS_DATA: dataFolder },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  return folder;
}

const clock = { nowMs: (): number => Date.now() };
const random = { bytes: (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count)) };

function gatewayParts(directory: string, dataFolder: string, log: TestLog): GatewayParts {
  const http = createOutsideClient({ clock, random, log, allow: { hosts: [] } });
  const environment = process.env as Readonly<Record<string, string>>;
  return { directory, dataFolder, environment, http, secrets: async () => undefined, clock, random, log };
}

export interface TestGateway {
  readonly source: UpstreamSource;
  readonly log: TestLog;
  /** Checks the arguments as a door does, then calls. */
  call(name: string, args?: Readonly<Record<string, unknown>>, over?: Partial<ToolContext>): Promise<ToolResult>;
  /** The refusal that a call must end in. */
  refusal(name: string, args?: Readonly<Record<string, unknown>>): Promise<AppError>;
  close(): Promise<void>;
}

export function openTestGateway(folder: ServersFolder, parts: Partial<GatewayParts> = {}): TestGateway {
  const log = createTestLog();
  const gateway = openGateway({ ...gatewayParts(folder.directory, folder.dataFolder, log), ...parts });
  const source = createUpstreamSource(fixedTools([]), gateway.upstreams, gateway.missing);
  const call: TestGateway['call'] = async (name, args = {}, over = {}) => {
    const tool = source.find(name);
    if (tool === undefined) throw new Error(`${name} is not there; there are ${source.tools().length} tools`);
    const problems = await tool.origin?.checkArguments(args);
    if (problems !== undefined) throw new AppError('invalid_request', problems.join('; '));
    const context = { person: 'p_one', agent: 'agent/test', requestId: 'r', signal: AbortSignal.timeout(60_000), log };
    return tool.run(args, { ...context, ...over });
  };
  return {
    source,
    log,
    call,
    async refusal(name, args) {
      const result = await call(name, args).catch((error: unknown) => error);
      if (result instanceof AppError) return result;
      throw new Error(`expected a refusal of ${name}, got ${JSON.stringify(result) ?? String(result)}`);
    },
    close: gateway.close,
  };
}

export const secretsOf = (secrets: Readonly<Record<string, string>>) => async () =>
  createSecret(JSON.stringify(secrets));

/** By what stands in their environment, which children of children have, too. A zombie runs no more. */
function processesWith(variable: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
        return environment.includes(variable) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return false;
      }
    });
}
