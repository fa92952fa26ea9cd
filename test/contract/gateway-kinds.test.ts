import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import type { GatewayParts } from '../../src/compose/upstreams.ts';
import { freeze } from '../support/freeze.ts';
import {
  createServersFolder,
  everythingOverHttp,
  officialServers,
  openTestGateway,
  type ServersFolder,
  secretsOf,
  type TestGateway,
} from '../support/gateway.ts';
import { createTestLog } from '../support/log.ts';
import { PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';

// Each way in which a server may lie in the folder or be reached from it, against official servers and SDKs of both languages.

jest.setTimeout(120_000);

const TOKEN = 'sp-of-another-system';

let folder: ServersFolder | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await folder?.untilNoneRuns();
  folder?.remove();
  folder = undefined;
  gateway = undefined;
});

describe('a server that lies in a folder of its own', () => {
  const PYTHON_SERVER = `
from mcp.server.mcpserver import MCPServer
server = MCPServer('notes')

@server.tool()
def shout(words: str) -> str:
    """Says it in capitals."""
    return words.upper()
`;
  const tree: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    script: { 'main.py': `${PYTHON_SERVER}\nserver.run()\n` },
    project: {
      'pyproject.toml': '[project]\nname = "Team.Notes"\nversion = "1.0.0"\n',
      'team_notes/__init__.py': PYTHON_SERVER,
      'team_notes/__main__.py': 'from team_notes import server\nserver.run()\n',
    },
  };
  /** Python takes its time on a busy machine. */
  const slow = { sallyport: { timeout_seconds: 60 } };
  let everything: string;
  let python: string;
  beforeAll(async () => {
    const { args } = (await officialServers()).everything as { args: readonly string[] };
    everything = args[0] ?? '';
    python = await pythonWith('mcp-servers');
  }, PYTHON_INSTALL_MS * 2);

  function write(directory: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
  }

  it('is found by its package.json, main.py or pyproject.toml, with no line in mcp.json but what tests need', async () => {
    folder = createServersFolder({ script: slow, project: slow, node: slow, main: slow });
    const { directory } = folder;
    for (const [name, files] of Object.entries(tree)) {
      write(join(directory, name), files);
      symlinkSync(dirname(dirname(python)), join(directory, name, '.venv'));
    }
    const index = `import ${JSON.stringify(everything)};\n`;
    write(join(directory, 'node'), { 'package.json': '{"type":"module","bin":{"x":"start.js"}}', 'start.js': index });
    write(join(directory, 'main'), { 'package.json': '{"type":"module","main":"lib/on.js"}', 'lib/on.js': index });
    await folder.approve();
    gateway = openTestGateway(folder);
    expect(gateway.source.faults()).toEqual([]);
    expect((await gateway.call('script__shout', { words: 'hello' })).text).toBe('HELLO');
    expect((await gateway.call('project__shout', { words: 'hello' })).text).toBe('HELLO');
    expect((await gateway.call('node__echo', { message: 'hello' })).text).toBe('Echo: hello');
    expect((await gateway.call('main__echo', { message: 'hello' })).text).toBe('Echo: hello');
  });

  it('that holds no server is none, and a damaged one hides no other', async () => {
    folder = createServersFolder({ gone: {} });
    const { directory } = folder;
    write(join(directory, 'empty'), { 'README.md': 'Nothing here.' });
    write(join(directory, 'broken'), { 'package.json': '{' });
    write(join(directory, 'node'), { 'package.json': '{"type":"module","bin":"x.js"}', 'x.js': '' });
    gateway = openTestGateway(folder);
    expect(gateway.source.faults().map(({ name, code }) => `${name}: ${code}`)).toEqual([
      'gone: server_misconfigured',
      'node: server_not_approved',
    ]);
  });
});

describe('an official server over HTTP', () => {
  let server: { readonly url: string; readonly child: ChildProcess };
  const proxies: { close(): void }[] = [];
  beforeAll(async () => {
    server = await everythingOverHttp();
  }, PYTHON_INSTALL_MS);
  afterAll(() => void server?.child.kill('SIGKILL'));
  afterEach(() => {
    for (const proxy of proxies.splice(0)) proxy.close();
  });

  const hostOf = (url: string): string => new URL(url).host;
  function reaching(url: string, secrets: Readonly<Record<string, string>> = {}): Partial<GatewayParts> {
    const clock = { nowMs: () => Date.now() };
    const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };
    const http = createOutsideClient({ clock, random, log: createTestLog(), allow: { hosts: [hostOf(url)] } });
    return { http, secrets: secretsOf(secrets) };
  }

  /** Lets only those through who bring the token. */
  async function guarded(): Promise<string> {
    const target = new URL(server.url);
    const pass = (request: IncomingMessage, response: ServerResponse): void => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        response.writeHead(401).end();
        return;
      }
      const { method, headers } = request;
      const on = send(target, { agent: false, method, headers: { ...headers, host: target.host } }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      on.on('error', () => response.destroy());
      request.pipe(on);
    };
    const proxy = createServer(pass).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    proxies.push(proxy);
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`;
  }

  it('needs no more than its address where it asks for nothing', async () => {
    const parts = reaching(server.url);
    folder = createServersFolder({ remote: { type: 'http', url: server.url } }, parts);
    await folder.approve();
    gateway = openTestGateway(folder, parts);
    expect((await gateway.call('remote__echo', { message: 'hello' })).text).toBe('Echo: hello');
    const image = await gateway.call('remote__get-tiny-image');
    expect(image.content?.map(({ type }) => type)).toContain('image');
  });

  it('gets its bearer token from the secrets; without the right one it is named', async () => {
    const url = await guarded();
    const entry = { url, sallyport: { auth: { kind: 'bearer', secret: 'REMOTE' } } };
    const parts = reaching(url, { REMOTE: TOKEN });
    folder = createServersFolder({ remote: entry }, parts);
    await folder.approve();
    gateway = openTestGateway(folder, parts);
    expect((await gateway.call('remote__echo', { message: 'hello' })).text).toBe('Echo: hello');
    await gateway.close();
    gateway = openTestGateway(folder, reaching(url, { REMOTE: 'another' }));
    const wrong = await gateway.refusal('remote__echo', { message: 'hello' });
    expect(wrong.message).toMatch(/^The server remote: It does not accept this system.s access/);
    await gateway.close();
    gateway = openTestGateway(folder, reaching(url));
    const missing = await gateway.refusal('remote__echo', { message: 'hello' });
    expect([missing.code, missing.message]).toEqual(['unavailable', expect.stringContaining('holds no secret REMOTE')]);
    expect(JSON.stringify(gateway.log.events)).not.toContain(TOKEN);
  });

  it('that hangs is given up by its deadline, and answers again when it goes on', async () => {
    const parts = reaching(server.url);
    folder = createServersFolder({ remote: { url: server.url, sallyport: { timeout_seconds: 5 } } }, parts);
    await folder.approve();
    gateway = openTestGateway(folder, parts);
    await gateway.call('remote__echo', { message: 'there?' });
    freeze(Number(server.child.pid));
    try {
      const { code, message } = await gateway.refusal('remote__echo', { message: 'hello' });
      expect([code, message]).toEqual(['timed_out', expect.stringMatching(/^The server remote: /)]);
      expect(gateway.source.faults()).toContainEqual(
        expect.objectContaining({ name: 'remote', code: 'server_failed' }),
      );
    } finally {
      server.child.kill('SIGCONT');
    }
    expect((await gateway.call('remote__echo', { message: 'hello' })).text).toBe('Echo: hello');
    expect(gateway.source.faults()).toEqual([]);
  });
});
