import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { type BridgeSetting, withNewClient, withOldClient } from '../support/bridge-client.ts';
import { installPeer } from '../support/peers.ts';

// Everything that a server may say besides answers, through the bridge: MCP's own server of every feature behind HTTP, its official clients in front.

const PEERS = new URL('../peers/mcp-servers/node_modules/', import.meta.url).pathname;
const SERVER = join(PEERS, '@modelcontextprotocol', 'server-everything', 'dist', 'index.js');
const SLOW_MS = 90_000;
const LONG = { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } };
const STARTED = /listening on port/i;

/** What went to the server, by its JSON-RPC method. */
const passed: { readonly method: string; readonly id: unknown; readonly params: Record<string, unknown> }[] = [];
let child: ChildProcess;
let port: number;
let front: Server;
let folder: string;
let setting: BridgeSetting;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}

async function startServer(): Promise<void> {
  child = spawn(process.execPath, [SERVER, 'streamableHttp'], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
  });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (piece: Buffer) => {
        said += piece.toString();
        if (STARTED.test(said)) resolve();
      });
    }
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}

async function stopServer(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Notes each message and changes none. */
function passOn(request: IncomingMessage, response: import('node:http').ServerResponse): void {
  const { method, url, headers } = request;
  const onward = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  let body = '';
  request.setEncoding('utf8').on('data', (piece: string) => {
    body += piece;
    onward.write(piece);
  });
  request.on('end', () => {
    onward.end();
    if (body === '') return;
    const message = JSON.parse(body) as { method?: string; id?: unknown; params?: Record<string, unknown> };
    passed.push({ method: message.method ?? '', id: message.id, params: message.params ?? {} });
  });
}

beforeAll(async () => {
  await installPeer('@modelcontextprotocol/server-everything', 'mcp-servers');
  folder = mkdtempSync(join(tmpdir(), 'bridge-forwarding-'));
  port = await freePort();
  await startServer();
  front = createServer(passOn).listen(0, '127.0.0.1');
  await once(front, 'listening');
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/mcp`;
  setting = {
    args: ['--home', folder, 'bridge', '--url', url, '--auth', 'none'],
    env: { HOME: folder, XDG_CONFIG_HOME: folder },
  };
}, 600_000);
afterAll(async () => {
  front?.closeAllConnections();
  front?.close();
  await stopServer();
  rmSync(folder, { recursive: true, force: true });
});

const wordsOf = (result: unknown): string => JSON.stringify((result as { content: unknown }).content);

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly progress?: number; readonly progressToken?: unknown };
}

/** The messages on the bridge's stdout until the answer with this id, as they stand there. */
async function rawCall(id: number): Promise<readonly Message[]> {
  const process_ = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'bin/sallyport.mjs', ...setting.args],
    {
      env: { PATH: process.env['PATH'], ...setting.env },
    },
  );
  const send = (message: object) => process_.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const seen: Message[] = [];
  const clientInfo = { name: 'raw', version: '1' };
  send({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
  for await (const line of createInterface({ input: process_.stdout })) {
    const message = JSON.parse(line) as Message;
    seen.push(message);
    if (message.id === 0) {
      send({ method: 'notifications/initialized' });
      send({ id, method: 'tools/call', params: { ...LONG, _meta: { progressToken: 'mine' } } });
    }
    if (message.id === id) process_.stdin.end();
  }
  return seen;
}

describe('progress', () => {
  it(
    'comes before the answer, step by step, under the client’s own token',
    async () => {
      const seen = (await rawCall(7)).filter(({ id, method }) => id === 7 || method === 'notifications/progress');
      expect(seen.map(({ params }) => params?.progress)).toEqual([1, 2, 3, 4, undefined]);
      expect(seen.slice(0, 4).every(({ params }) => params?.progressToken === 'mine')).toBe(true);
    },
    SLOW_MS,
  );

  /** The SDK's client drops the last step where it is read in one piece with the answer: the computer decides that. */
  const expectSteps = (told: readonly { readonly progress: number }[]): void => {
    expect(told.map(({ progress }) => progress)).toEqual([1, 2, 3, 4].slice(0, told.length));
    expect(told.length).toBeGreaterThanOrEqual(3);
  };

  it(
    'reaches a client of the maintenance line as the server tells it',
    async () => {
      await withOldClient(setting, async (client) => {
        const told: { progress: number }[] = [];
        const result = await client.callTool(LONG, undefined, { onprogress: (one) => told.push(one) });
        expect(wordsOf(result)).toContain('completed');
        expectSteps(told);
      });
    },
    SLOW_MS,
  );

  it(
    'reaches a client of today, of calls side by side each its own',
    async () => {
      await withNewClient(setting, async (client) => {
        const follow = async () => {
          const told: { progress: number }[] = [];
          await client.callTool(LONG, { onprogress: (one) => told.push(one) });
          return told;
        };
        for (const told of await Promise.all([follow(), follow(), follow()])) expectSteps(told);
      });
    },
    SLOW_MS,
  );
});

describe('what a client takes back', () => {
  it(
    'is taken back at the server, by the id that it has there',
    async () => {
      await withOldClient(setting, async (client) => {
        const stop = new AbortController();
        passed.length = 0;
        const slow = { ...LONG, arguments: { duration: 60, steps: 120 } };
        let started = false;
        const call = client.callTool(slow, undefined, {
          signal: stop.signal,
          onprogress: () => {
            started = true;
            stop.abort('no longer wanted');
          },
        });
        await expect(call).rejects.toThrow(/no longer wanted/);
        expect(started).toBe(true);
        const isCancelled = () => passed.find(({ method }) => method === 'notifications/cancelled');
        for (let tried = 0; tried < 200 && isCancelled() === undefined; tried += 1) await sleep(50);
        const asked = passed.find(({ method }) => method === 'tools/call');
        expect(isCancelled()?.params).toMatchObject({ requestId: asked?.id });
        expect(wordsOf(await client.callTool({ name: 'echo', arguments: { message: 'still here' } }))).toContain(
          'still here',
        );
      });
    },
    SLOW_MS,
  );
});

describe('what a server says by itself', () => {
  it(
    'reaches the client, such as its log messages',
    async () => {
      await withOldClient(setting, async (client) => {
        const logged = new Promise<unknown>((resolve) =>
          client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => resolve(params)),
        );
        await client.callTool({ name: 'toggle-simulated-logging', arguments: {} });
        expect(await logged).toMatchObject({ level: expect.any(String), data: expect.anything() });
      });
    },
    SLOW_MS,
  );
});

describe('resources, prompts and completions', () => {
  it(
    'are listed, read, filled in and completed',
    async () => {
      await withOldClient(setting, async (client) => {
        const { resources } = await client.listResources();
        expect(resources.length).toBeGreaterThan(0);
        const [first] = resources;
        expect((await client.readResource({ uri: first?.uri ?? '' })).contents[0]).toMatchObject({ uri: first?.uri });
        expect((await client.listResourceTemplates()).resourceTemplates.length).toBeGreaterThan(0);
        const { prompts } = await client.listPrompts();
        const names = prompts.map(({ name }) => name);
        expect(names).toEqual(expect.arrayContaining(['simple-prompt', 'completable-prompt']));
        expect((await client.getPrompt({ name: 'simple-prompt' })).messages.length).toBeGreaterThan(0);
        await expect(client.getPrompt({ name: 'no-such-prompt' })).rejects.toThrow(/Unknown prompt/);
        const ref = { type: 'ref/prompt', name: 'completable-prompt' } as const;
        const { completion } = await client.complete({ ref, argument: { name: 'department', value: 'E' } });
        expect(completion.values).toContain('Engineering');
      });
    },
    SLOW_MS,
  );
});

describe('a server that starts anew', () => {
  it(
    'has forgotten who we are, is greeted again, and the client notices nothing',
    async () => {
      await withOldClient(setting, async (client) => {
        const echo = { name: 'echo', arguments: { message: 'hello' } };
        expect(wordsOf(await client.callTool(echo))).toContain('hello');
        await stopServer();
        await startServer();
        expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
        expect(wordsOf(await client.callTool(echo))).toContain('hello');
      });
    },
    SLOW_MS,
  );
});
