import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { auth as oldAuth } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { LocalFile } from '../../src/cli/client/local-file.ts';
import { createOutsideAgent } from './outside-agent.ts';
import { runCommand } from './run-command.ts';
import { createSdkSignIn } from './sdk-sign-in.ts';

// Every way to the tools of one machine, and every client that takes it: the SDK's of both lines, and the inspector on the command line.

const PEERS = new URL('../peers/node_modules/', import.meta.url).pathname;
const INSPECTOR = join(PEERS, '@modelcontextprotocol', 'inspector', 'clients', 'launcher', 'build', 'index.js');
const COMMAND = new URL('../../bin/sallyport.mjs', import.meta.url).pathname;

/** How the inspector ends after an answer that says of itself that it is an error. */
const TOOL_IS_ERROR = 5;

/** A tool as a client of any kind shows it. */
export type ShownTool = Readonly<Record<string, unknown>> & { readonly name: string };
export type ShownAnswer = Readonly<Record<string, unknown>>;

/** What a client does at a door in one connection: lists, then makes these calls. */
export interface Visit {
  readonly tools: readonly ShownTool[];
  readonly answers: readonly ShownAnswer[];
}

export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string>>;
}

/** Behind HTTP with these headers or this `fetch`, or behind pipes. */
export type Way =
  | { readonly url: URL; readonly headers?: Readonly<Record<string, string>>; readonly fetch?: typeof fetch }
  | { readonly command: string; readonly args: string[]; readonly env: Record<string, string>; readonly cwd: string };

export interface Doors {
  readonly ways: Readonly<Record<string, Way>>;
  close(): void;
}

type Fetch = typeof fetch;

/** Mutual TLS, a signature and a delegation under every request, none of it ours: what the SDK's client sends by at the agent door. */
function signedFetch({ mcp, person }: LocalFile, scope: string): Fetch {
  const read = (path: string): string => readFileSync(path, 'utf8');
  const identity = { certificate: read(mcp.cert), privateKey: read(mcp.key), keyId: mcp.key_id, secret: mcp.secret };
  const agent = createOutsideAgent(identity, { url: mcp.url, ca: read(mcp.ca) });
  return async (_input, init = {}) => {
    const { status, headers, text } = await agent.send(person, {
      method: init.method ?? 'GET',
      body: typeof init.body === 'string' ? init.body : '',
      headers: Object.fromEntries(new Headers(init.headers)),
      claims: { scope },
    });
    const plain = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]);
    return new Response(status === 202 || status === 204 ? null : text, { status, headers: plain });
  };
}

async function oauthToken(url: URL, scope: string): Promise<string> {
  const { provider, back, held, close } = await createSdkSignIn();
  await oldAuth(provider, { serverUrl: url, scope });
  await oldAuth(provider, { serverUrl: url, authorizationCode: back().get('code') ?? '' });
  await close();
  return held()?.access_token ?? '';
}

/** `home` holds that machine's `local.json`. The scopes are the same at each door. */
export async function openEveryDoor(access: LocalFile, home: string, scope: string): Promise<Doors> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-doors-'));
  const oauthUrl = new URL(access.oauth_door.url);
  const token = await oauthToken(oauthUrl, scope);
  const config = join(folder, 'bridge.json');
  const bearer = { url: oauthUrl.href, auth: { kind: 'token', token: { env: 'TOKEN' } } };
  writeFileSync(config, JSON.stringify({ mcpServers: { oauth: bearer } }));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_CONFIG_HOME: folder, TOKEN: token };
  const sallyport = (...args: string[]): Way => ({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', COMMAND, '--home', home, ...args],
    env,
    cwd: folder,
  });
  return {
    ways: {
      'the key door': {
        url: new URL(access.key_door.url),
        headers: { authorization: `Bearer ${access.key_door.token}` },
      },
      'the OAuth door': { url: oauthUrl, headers: { authorization: `Bearer ${token}` } },
      'the agent door': { url: new URL(access.mcp.url), fetch: signedFetch(access, scope) },
      'the bridge to the key door': sallyport('bridge', '--server', 'local'),
      'the bridge to the agent door': sallyport('bridge', '--server', 'local-agent'),
      'the bridge to the OAuth door': sallyport('bridge', '--bridge-config', config),
      'stdio, as an IDE starts it': sallyport('mcp', '--toolsets', 'calendar,weather'),
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const httpOptions = (way: Extract<Way, { readonly url: URL }>) => ({
  ...(way.headers !== undefined && { requestInit: { headers: { ...way.headers } } }),
  ...(way.fetch !== undefined && { fetch: way.fetch }),
});

async function visitOld(way: Way, calls: readonly ToolCall[]): Promise<Visit> {
  const client = new OldClient({ name: 'old', version: '1' });
  const transport =
    'url' in way ? new OldTransport(way.url, httpOptions(way)) : new OldStdio({ ...way, stderr: 'ignore' });
  // The SDK's own types disagree under `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<OldClient['connect']>[0]);
  try {
    const { tools } = await client.listTools();
    const answers: ShownAnswer[] = [];
    for (const call of calls) answers.push(await client.callTool({ ...call, arguments: { ...call.arguments } }));
    return { tools, answers };
  } finally {
    await client.close();
  }
}

const visitNew =
  (mode: 'auto' | { readonly pin: string }) =>
  async (way: Way, calls: readonly ToolCall[]): Promise<Visit> => {
    const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode } });
    const transport =
      'url' in way
        ? new StreamableHTTPClientTransport(way.url, httpOptions(way))
        : new StdioClientTransport({ ...way, stderr: 'ignore' });
    await client.connect(transport);
    try {
      const { tools } = await client.listTools();
      const answers: ShownAnswer[] = [];
      for (const call of calls) answers.push(await client.callTool({ ...call, arguments: { ...call.arguments } }));
      return { tools, answers };
    } finally {
      await client.close();
    }
  };

/** One process each time. It has no certificate: the agent door is behind the bridge for it. */
async function visitByInspector(way: Way, calls: readonly ToolCall[]): Promise<Visit> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-inspector-'));
  const config = join(folder, 'servers.json');
  const server =
    'url' in way ? { type: 'streamable-http', url: way.url.href, headers: way.headers } : { ...way, type: 'stdio' };
  writeFileSync(config, JSON.stringify({ mcpServers: { door: server } }));
  const ask = async (...args: string[]): Promise<unknown> => {
    const command = [INSPECTOR, '--cli', '--config', config, '--server', 'door', '--method', ...args];
    const env = { ...process.env, HOME: folder, MCP_INSPECTOR_SECRET_STORE: 'memory' };
    const { code, stdout, stderr } = await runCommand(process.execPath, command, { env });
    if (code !== 0 && code !== TOOL_IS_ERROR)
      throw new Error(`the inspector ended with ${code}: ${stderr.slice(-500)}`);
    return JSON.parse(stdout);
  };
  try {
    const { tools } = (await ask('tools/list')) as { tools: ShownTool[] };
    const answers: ShownAnswer[] = [];
    for (const { name, arguments: args } of calls) {
      const pairs = Object.entries(args).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]);
      answers.push((await ask('tools/call', '--tool-name', name, ...pairs)) as ShownAnswer);
    }
    return { tools, answers };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const visitors: Readonly<Record<string, (way: Way, calls: readonly ToolCall[]) => Promise<Visit>>> = {
  'the SDK’s client of the maintenance line (1.32)': visitOld,
  'the SDK’s client of today (2.4)': visitNew('auto'),
  'the SDK’s client of today (2.4), 2026-07-28 alone': visitNew({ pin: '2026-07-28' }),
  'inspector --cli': visitByInspector,
};
