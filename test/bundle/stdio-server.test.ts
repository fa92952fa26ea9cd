import { readFile, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { buildServer, type ServerSource } from '../../build/build-server.ts';
import { createEvent } from '../support/lambda-events.ts';
import {
  canRunLambda,
  type LambdaFunction,
  RUNTIME_INSTALL_MS,
  startLambdaFunction,
  unpackZip,
} from '../support/lambda-function.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';
import { listenAsUrl, type UrlListener } from '../support/url-listener.ts';

// Servers that speak over standard streams, each in its zip, under Lambda's own runtime clients: official ones, and one that misbehaves.

const PEER = fileURLToPath(new URL('../peers/stdio-server', import.meta.url));
const CANARY = 'wandering-albatross';
const source = (over: Partial<ServerSource>): ServerSource => ({
  name: 'odd',
  command: 'node',
  args: ['server.mjs'],
  env: {},
  pass: [],
  timeoutSeconds: 20,
  cwd: PEER,
  ...over,
});

interface Deployed {
  readonly lambda: LambdaFunction;
  readonly listener: UrlListener;
  stop(): Promise<void>;
}

async function deploy(
  server: ServerSource,
  options: { readonly python?: string; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<Deployed> {
  const { zip } = await buildServer(server, { version: '3.11' });
  const taskRoot = await unpackZip(zip);
  const lambda = await startLambdaFunction({
    taskRoot,
    entry: 'sallyport_server',
    environment: { AWS_SECRET_ACCESS_KEY: 'of the role', SALLYPORT_SERVER: server.name, ...options.environment },
    ...(options.python !== undefined && { python: options.python }),
  });
  const listener = await listenAsUrl(lambda);
  return {
    lambda,
    listener,
    async stop() {
      await listener.close();
      await lambda.stop();
      await rm(taskRoot, { recursive: true, force: true });
    },
  };
}

async function withClient<Value>(url: string, work: (client: Client) => Promise<Value>): Promise<Value> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function withOldClient<Value>(url: string, work: (client: OldClient) => Promise<Value>): Promise<Value> {
  const client = new OldClient({ name: 'test', version: '1' });
  await client.connect(new OldTransport(new URL(url)) as never);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const call = (name: string, args: object = {}, id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
  createEvent({ method: 'POST', path: '/', headers: { 'content-type': 'application/json', ...headers }, body });

async function ask(lambda: LambdaFunction, body: string, headers?: Readonly<Record<string, string>>) {
  const answer = await lambda.answer(post(body, headers));
  return { status: answer.statusCode, body: answer.body === '' ? undefined : JSON.parse(answer.body ?? '') };
}

const said = ({ body }: { readonly body: { readonly result: { readonly content: readonly [{ text: string }] } } }) =>
  JSON.parse(body.result.content[0].text);

async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while ((await Promise.all(pids.map(isAlive))).some(Boolean)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What a function logs comes by another way than its answer, and may be later. */
async function lineWith({ lines }: LambdaFunction, text: string): Promise<string> {
  for (;;) {
    const line = lines.filter((one) => one.includes(text)).at(-1);
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const node = canRunLambda();
const python = hasPython('Lambda with Python');

(node ? describe : describe.skip)('an official server of npm on Lambda', () => {
  let deployed: Deployed;
  beforeAll(async () => {
    deployed = await deploy(
      source({
        name: 'everything',
        command: 'npx',
        args: ['-y', '@modelcontextprotocol/server-everything@2026.8.31', 'stdio'],
      }),
    );
  }, RUNTIME_INSTALL_MS);
  afterAll(() => deployed?.stop());

  it('answers official clients of both lines alike', async () => {
    const { url } = deployed.listener;
    const question = { name: 'echo', arguments: { message: 'Grüße 👋' } };
    const now = await withClient(url, async (client) => ({
      names: (await client.listTools()).tools.map(({ name }) => name),
      answer: await client.callTool(question),
    }));
    const before = await withOldClient(url, async (client) => ({
      names: (await client.listTools()).tools.map(({ name }) => name),
      answer: await client.callTool(question),
    }));
    expect(now.names).toContain('echo');
    expect(now.names).toEqual(before.names);
    expect(now.answer.content).toEqual([{ type: 'text', text: 'Echo: Grüße 👋' }]);
    expect(before.answer.content).toEqual(now.answer.content);
  });
});

(node && python ? describe : describe.skip)('an official server of PyPI on Lambda', () => {
  let deployed: Deployed;
  beforeAll(async () => {
    const server = source({
      name: 'time',
      command: 'uvx',
      args: ['mcp-server-time==2026.10.19', '--local-timezone=UTC'],
    });
    deployed = await deploy(server, { python: await pythonWith('lambda') });
  }, PYTHON_INSTALL_MS);
  afterAll(() => deployed?.stop());

  it('answers official clients of both lines alike', async () => {
    const { url } = deployed.listener;
    const question = {
      name: 'convert_time',
      arguments: { source_timezone: 'Europe/Berlin', time: '12:00', target_timezone: 'UTC' },
    };
    const now = await withClient(url, async (client) => ({
      names: (await client.listTools()).tools.map(({ name }) => name),
      answer: await client.callTool(question),
    }));
    const before = await withOldClient(url, (client) => client.callTool(question));
    expect(now.names.sort()).toEqual(['convert_time', 'get_current_time']);
    expect(JSON.stringify(now.answer.content)).toContain('Europe/Berlin');
    expect(before.content).toEqual(now.answer.content);
  });
});

// Both wrappers keep the same promises: the same file in Node's, and started from the Python one.
describe.each([
  ['Node', false],
  ['Python', true],
])('the wrapper in %s', (_name, inPython) => {
  const suite = (inPython ? python : node) ? it : it.skip;
  let deployed: Deployed;
  let lambda: LambdaFunction;

  beforeAll(async () => {
    if (!(inPython ? python : node)) return;
    const options = inPython ? { python: await pythonWith('lambda') } : {};
    // The Python wrapper starts what the entry names: here this machine's Node.
    deployed = await deploy(
      {
        ...source({ env: { GIVEN: 'as it is' }, pass: ['PASSED'], timeoutSeconds: 1 }),
        ...(inPython && { command: 'python' }),
        ...(inPython && {
          args: ['-c', `import os; os.execv(${JSON.stringify(process.execPath)}, ['node', 'server.mjs'])`],
        }),
      },
      { ...options, environment: { PASSED: 'by name', NOT_PASSED: 'never' } },
    );
    lambda = deployed.lambda;
  }, RUNTIME_INSTALL_MS);
  afterAll(() => deployed?.stop());

  suite('gives the server its own environment and nothing of the function’s', async () => {
    const environment = said(await ask(lambda, call('environment')));
    expect(environment).toMatchObject({ GIVEN: 'as it is', PASSED: 'by name', HOME: '/tmp' });
    const names = Object.keys(environment);
    expect(names.filter((name) => /^(?:AWS|SALLYPORT|LAMBDA|_HANDLER|NOT_PASSED)/.test(name))).toEqual([]);
  });

  suite('answers the greeting by the server’s own words, and promises nothing unasked', async () => {
    const greet = (protocolVersion: string) =>
      ask(lambda, JSON.stringify({ jsonrpc: '2.0', id: 'g', method: 'initialize', params: { protocolVersion } }));
    const { body } = await greet('2025-11-25');
    expect(body).toEqual({
      jsonrpc: '2.0',
      id: 'g',
      result: {
        protocolVersion: '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'odd', version: '1' },
      },
    });
    expect((await greet('2025-03-26')).body.result.protocolVersion).toBe('2025-03-26');
  });

  suite('passes on what is asked, without a wish for progress', async () => {
    const params = { name: 'params', arguments: {}, _meta: { progressToken: 7, traceparent: 'kept' } };
    const answer = await ask(lambda, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }));
    expect(said(answer)).toEqual({ name: 'params', arguments: {}, _meta: { traceparent: 'kept' } });
  });

  suite('passes on a refusal, and what the server says unasked goes nowhere', async () => {
    expect(await ask(lambda, call('refuse', {}, 'mine'))).toEqual({
      status: 200,
      body: { jsonrpc: '2.0', id: 'mine', error: { code: -32602, message: 'No such tool' } },
    });
    const list = await ask(lambda, '{"jsonrpc":"2.0","id":2,"method":"tools/list"}');
    expect(list.body).toEqual({ jsonrpc: '2.0', id: 2, result: { tools: [] } });
  });

  suite.each([
    ['a page of a browser', 'POST', call('pids'), { origin: 'https://example.com' }, 403],
    ['another type', 'POST', call('pids'), { 'content-type': 'text/plain' }, 415],
    ['another revision', 'POST', call('pids'), { 'mcp-protocol-version': '2026-07-28' }, 400],
    ['what is no JSON', 'POST', '{', {}, 400],
    ['a list', 'POST', '[]', {}, 400],
    ['an id that is none', 'POST', '{"jsonrpc":"2.0","id":{},"method":"ping"}', {}, 400],
    ['a notification', 'POST', '{"jsonrpc":"2.0","method":"notifications/initialized"}', {}, 202],
    ['a listener', 'GET', '', {}, 405],
    ['the end of a session', 'DELETE', '', {}, 405],
  ] as const)('answers %s by a status', async (_what, method, body, headers, status) => {
    const event = createEvent({ method, path: '/', body, headers: { 'content-type': 'application/json', ...headers } });
    expect((await lambda.answer(event)).statusCode).toBe(status);
  });

  suite('does not know what it does not pass on', async () => {
    const answer = await ask(lambda, '{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"debug"}}');
    expect(answer.body.error).toEqual({ code: -32601, message: 'Method not found' });
  });

  suite('begins a server anew that has ended', async () => {
    const first = await ask(lambda, call('die'));
    expect(first.body.error.code).toBe(-32603);
    expect(said(await ask(lambda, call('environment')))).toMatchObject({ GIVEN: 'as it is' });
    await lineWith(lambda, 'server.ended');
  });

  suite('ends a server that keeps silent, with all that it started', async () => {
    const pids = said(await ask(lambda, call('pids'))) as readonly number[];
    expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
    const hung = await ask(lambda, call('hang'));
    expect(hung.body.error).toEqual({ code: -32603, message: 'The server did not answer in time.' });
    await untilGone(pids);
    expect(said(await ask(lambda, call('environment')))).toMatchObject({ GIVEN: 'as it is' });
  }, 20_000);

  suite('logs which tool was called and how it ended, never with what', async () => {
    await ask(lambda, call('talk', { word: CANARY }), {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    const line = await lineWith(lambda, '"talk"');
    expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
      event: 'server.call',
      server: 'odd',
      method: 'tools/call',
      tool: 'talk',
      outcome: 'answered',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(lambda.lines.join('\n')).not.toContain(CANARY);
  });
});

describe('the build of a server', () => {
  it.each([
    ['npx', ['-y', '@modelcontextprotocol/server-everything'], 'has no exact version'],
    ['npx', ['-y', '@modelcontextprotocol/server-everything@latest'], 'has no exact version'],
    ['uvx', ['mcp-server-time'], 'has no exact version'],
    ['uvx', ['mcp-server-time>=1'], 'has no exact version'],
    ['docker', ['run', 'x'], 'cannot be brought to Lambda'],
  ])('refuses %s %j', async (command, args, why) => {
    await expect(buildServer(source({ command, args }))).rejects.toThrow(why);
  });

  it('makes the same zip of the same server', async () => {
    const [one, other] = [await buildServer(source({})), await buildServer(source({}))];
    expect(Buffer.from(one.zip).equals(Buffer.from(other.zip))).toBe(true);
    expect(one.runtime).toBe('nodejs22.x');
  });
});
