import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type BridgeSetting, withNewClient, withOldClient } from '../support/bridge-client.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { installPeer } from '../support/peers.ts';
import { runCommand } from '../support/run-command.ts';
import { createWebBrowser } from '../support/web-browser.ts';

// `sallyport bridge` between clients that nobody here wrote and every door of the whole system on this machine.

const PEERS = new URL('../peers/node_modules/', import.meta.url).pathname;
const INSPECTOR = join(PEERS, '@modelcontextprotocol', 'inspector', 'clients', 'launcher', 'build', 'index.js');
const FREE = { name: 'freebusy', arguments: { timeMin: '2030-01-01T00:00:00Z', timeMax: '2030-01-02T00:00:00Z' } };
const LINK = /^(https?:\S+)\n/m;
let system: TestMachine;
let home: string;
let folder: string;

const bridgeTo = (...servers: string[]): BridgeSetting => ({
  args: ['--home', home, 'bridge', ...servers.flatMap((name) => ['--server', name])],
  env: { HOME: folder, XDG_CONFIG_HOME: folder },
});
const event = (summary: string) => ({
  name: 'createevent',
  arguments: { summary, start: '2030-01-01T10:00:00Z', end: '2030-01-01T11:00:00Z' },
});

async function answer(url: string, decision: 'yes' | 'no'): Promise<void> {
  const { token } = system.machine.access.oauth;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ decision }) });
  expect(response.status).toBe(200);
}

beforeAll(async () => {
  await installPeer('@modelcontextprotocol/inspector');
  home = mkdtempSync(join(tmpdir(), 'sallyport-bridge-'));
  system = await startTestMachine({ home, storeFile: join(home, 'store.sqlite') });
  await system.connect();
  writeFileSync(join(home, 'local.json'), JSON.stringify(system.machine.access), { mode: 0o600 });
}, 600_000);
beforeEach(() => {
  folder = mkdtempSync(join(home, 'config-'));
});
afterAll(async () => {
  await system.close();
  rmSync(home, { recursive: true, force: true });
});

describe.each(['local', 'local-agent'])('through the door %s', (door) => {
  it('the older client lists and calls', async () => {
    const { names, result } = await withOldClient(bridgeTo(door), async (client) => ({
      names: (await client.listTools()).tools.map(({ name }) => name),
      result: await client.callTool(FREE),
    }));
    expect(names).toEqual(expect.arrayContaining(['freebusy', 'createevent']));
    expect(result).toMatchObject({ structuredContent: { busy: expect.any(Array) } });
  }, 30_000);

  it('the newer client speaks the newest revision and gets the same answer', async () => {
    await withNewClient(bridgeTo(door), async (client) => {
      expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
      expect(await client.callTool(FREE)).toMatchObject({ structuredContent: { busy: expect.any(Array) } });
    });
  }, 30_000);

  it('a client that can open addresses is sent to the person’s question, and its call waits for the yes', async () => {
    const capabilities = { capabilities: { elicitation: { url: {} } } };
    const title = `${door} waits`;
    const result = await withOldClient(
      bridgeTo(door),
      async (client) => {
        client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
          await answer((params as { url: string }).url, 'yes');
          return { action: 'accept' };
        });
        return client.callTool(event(title));
      },
      capabilities,
    );
    expect(result.isError).not.toBe(true);
    expect(JSON.stringify(result.structuredContent)).toContain(title);
  }, 30_000);

  it('any other is told where to answer, and the same call goes through afterwards', async () => {
    await withNewClient(bridgeTo(door), async (client) => {
      const call = event(`${door} in words`);
      const first = await client.callTool(call);
      const text = JSON.stringify(first.content);
      expect(first).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'approval_required' } } });
      await answer(/https?:\/\/[^\s"\\]+\/approvals\/[\w-]+/.exec(text)?.[0] ?? '', 'yes');
      expect((await client.callTool(call)).isError).not.toBe(true);
    });
  }, 30_000);
});

describe('the inspector on the command line', () => {
  it('lists and calls tools', async () => {
    const { args, env } = bridgeTo('local');
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', 'bin/sallyport.mjs', ...args];
    const config = join(folder, 'inspector.json');
    const [program, ...rest] = command;
    writeFileSync(config, JSON.stringify({ mcpServers: { bridge: { command: program, args: rest, env } } }));
    const target = [INSPECTOR, '--cli', '--config', config, '--server', 'bridge'];
    const listed = await runCommand(process.execPath, [...target, '--method', 'tools/list']);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      tools: expect.arrayContaining([expect.objectContaining({ name: 'freebusy' })]),
    });
  }, 40_000);
});

describe('several servers', () => {
  it('are told apart by a prefix, and one that is down hides none', async () => {
    const config = join(folder, 'bridge.json');
    const { key_door: door } = system.machine.access;
    const up = { url: door.url, auth: { kind: 'token', token: { env: 'KEY' } } };
    const down = { url: 'http://127.0.0.1:9/mcp', auth: { kind: 'none' }, retry_seconds: 0 };
    writeFileSync(config, JSON.stringify({ mcpServers: { up, down } }));
    const setting = { args: ['bridge', '--bridge-config', config], env: { ...bridgeTo().env, KEY: door.token } };
    await withOldClient(setting, async (client) => {
      const { tools, _meta } = await client.listTools();
      expect(tools.map(({ name }) => name)).toContain('up__freebusy');
      expect(_meta).toMatchObject({ 'sallyport/faults': [{ server: 'down', code: 'unavailable' }] });
      expect(await client.callTool({ ...FREE, name: 'up__freebusy' })).toMatchObject({
        structuredContent: { busy: expect.any(Array) },
      });
    });
  }, 30_000);
});

describe('a server that cannot be used', () => {
  it('is named with the mend, and never an empty list', async () => {
    const env = {
      ...bridgeTo().env,
      SALLYPORT_BRIDGE_URL: system.machine.access.key_door.url,
      SALLYPORT_BRIDGE_TOKEN: 'sp_x_y',
    };
    await withOldClient({ args: ['bridge'], env }, async (client) => {
      await expect(client.listTools()).rejects.toThrow(/does not believe this bridge’s proof.*sallyport bridge check/);
      expect(await client.callTool(FREE)).toMatchObject({
        isError: true,
        _meta: { 'sallyport/error': { code: 'unauthenticated' } },
      });
    });
  }, 30_000);

  it.each([
    ['no JSON', '{', /bridge\.json is no JSON that can be read/],
    ['a server without an address', '{"mcpServers":{"a":{"url":"x"}}}', /mcpServers\.a\.url/],
    ['a token in a variable that is not set', undefined, /environment variable NOT_SET is not set/],
  ])(
    'because of settings with %s says so in each answer, and the client stays connected',
    async (_what, text, said) => {
      const config = join(folder, 'bridge.json');
      const token = { url: 'https://mcp.example.com/mcp', auth: { kind: 'token', token: { env: 'NOT_SET' } } };
      writeFileSync(config, text ?? JSON.stringify({ mcpServers: { a: token } }));
      const setting = { args: ['--home', folder, 'bridge', '--bridge-config', config], env: bridgeTo().env };
      await withOldClient(setting, async (client) => {
        await expect(client.listTools()).rejects.toThrow(said);
        const answer = await client.callTool(FREE);
        expect(answer).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'misconfigured' } } });
        expect(JSON.stringify(answer.content)).toMatch(said);
      });
    },
    30_000,
  );

  it('is found by `bridge check`', async () => {
    const { args, env } = bridgeTo('local', 'local-agent');
    const good = await runCommand(process.execPath, ['bin/sallyport.mjs', ...args, 'check'], {
      env: { PATH: process.env['PATH'], ...env },
    });
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('"local" (token) answers') });
    const bad = await runCommand(
      process.execPath,
      ['bin/sallyport.mjs', ...args, 'check', '--url', 'http://127.0.0.1:9/mcp', '--auth', 'none'],
      { env: { PATH: process.env['PATH'], ...env } },
    );
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringContaining('does not answer (ECONNREFUSED)') });
  }, 30_000);
});

describe('a bridge with a certificate of its own', () => {
  let credentials: string;
  let setting: BridgeSetting;
  const certificates: string[] = [];
  const scopes = ['calendar.read', 'calendar.write'];

  const operate = (...args: string[]) =>
    runCommand(process.execPath, ['bin/sallyport.mjs', '--home', home, ...args], {
      env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home },
    });
  const issue = (...more: string[]) =>
    operate('certificate', 'bridge', '--person', system.machine.access.person, '--out', credentials, ...more);
  const keyOf = (path: string): string => (JSON.parse(readFileSync(path, 'utf8')) as { key_id: string }).key_id;

  beforeAll(() => {
    credentials = join(home, 'bridge-credentials.json');
    const config = join(home, 'certificate.json');
    const auth = { kind: 'certificate', credentials, scopes };
    writeFileSync(config, JSON.stringify({ mcpServers: { door: { url: system.machine.access.mcp.url, auth } } }));
    setting = { args: ['--home', home, 'bridge', '--bridge-config', config], env: { HOME: home } };
  });

  it('gets it from the operator’s command, into a file that is its owner’s alone', async () => {
    const { code, stdout, stderr } = await issue();
    const person = system.machine.access.person;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`bridge/${person}#1`) });
    expect(statSync(credentials).mode & 0o077).toBe(0);
    const { private_key, secret } = JSON.parse(readFileSync(credentials, 'utf8')) as Record<string, string>;
    for (const text of [private_key, secret]) expect(stdout + stderr).not.toContain(text);
    expect(stderr).toContain('sallyport allow bridge --scopes "calendar.read calendar.write"');
    expect(stderr).toContain(system.machine.access.mcp.url);
    certificates.push(readFileSync(credentials, 'utf8'));
  }, 30_000);

  it('does nothing before the person has allowed it, and says so', async () => {
    await withOldClient(setting, async (client) => {
      await expect(client.listTools()).rejects.toThrow(/refused.*sallyport bridge check/);
    });
    const check = await operate('bridge', '--bridge-config', setting.args[4] ?? '', 'check');
    expect(check).toMatchObject({ code: 1, stdout: expect.stringContaining('sallyport allow bridge') });
    expect(await operate('allow', 'bridge', '--scopes', scopes.join(' '))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`bridge/${system.machine.access.person} may act for you`),
    });
  }, 30_000);

  it('then calls as that person, and its calls count as tainted', async () => {
    await withNewClient(setting, async (client) => {
      expect(await client.callTool(FREE)).toMatchObject({ structuredContent: { busy: expect.any(Array) } });
    });
    const { person } = system.machine.access;
    expect(system.lines('tool_call').at(-1)).toMatchObject({ door: 'agent', agent: `bridge/${person}`, tainted: true });
    const check = await operate('bridge', '--bridge-config', setting.args[4] ?? '', 'check');
    expect(check).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/bridge\/p_\w+’s and good for \d+ more days/),
    });
  }, 30_000);

  it('goes on with a new document while it runs, and the old key is over where it leaked', async () => {
    await withNewClient(setting, async (client) => {
      expect((await client.callTool(FREE)).isError).not.toBe(true);
      expect(await issue('--overlap', '0', '--days', '60')).toMatchObject({ code: 0 });
      expect(keyOf(credentials)).toMatch(/#2$/);
      expect((await client.callTool(FREE)).isError).not.toBe(true);
    });
    const leaked = (JSON.parse(certificates[0] ?? '{}') as { key_id: string }).key_id;
    // A door that has read the keyring before believes it for a minute at most; from then on this key is unknown.
    const keyring = JSON.parse((await system.machine.store.get('keyring')) ?? '{}') as { keys: { key_id: string }[] };
    expect(keyring.keys.map(({ key_id }) => key_id)).not.toContain(leaked);
  }, 40_000);

  it('is issued over nothing but an older document of the same bridge', async () => {
    const other = await system.operator.addPerson('Tom');
    const args = ['certificate', 'bridge', '--person', other.person, '--out', credentials];
    const before = readFileSync(credentials, 'utf8');
    expect(await operate(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('Name another --out') });
    expect(readFileSync(credentials, 'utf8')).toBe(before);
  }, 30_000);
});

describe('the OAuth door', () => {
  /** What the person does in the one tab. */
  async function signIn(url: string): Promise<void> {
    const browser = createWebBrowser();
    let page = await browser.open(url);
    for (let step = 0; step < 5 && page.forms.length > 0; step += 1) {
      const account = /name="account" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
      page = await browser.press(page, '', { account, decision: 'allow' });
    }
    expect(page.text).toContain('You can close this window');
  }

  it('is signed in to by one tab for several bridges, and the token is shared', async () => {
    const config = join(folder, 'bridge.json');
    const auth = { kind: 'oauth', browser: false };
    writeFileSync(
      config,
      JSON.stringify({ mcpServers: { door: { url: system.machine.access.oauth_door.url, auth } } }),
    );
    const setting = { args: ['bridge', '--bridge-config', config], env: bridgeTo().env };
    const shown: string[] = [];
    const listOnce = () =>
      withOldClient(setting, async (client, told) => {
        const listed = client.listTools();
        const look = setInterval(() => {
          const link = LINK.exec(told.text)?.[1];
          if (link === undefined || shown.includes(link)) return;
          shown.push(link);
          void signIn(link);
        }, 50);
        const { tools } = await listed.finally(() => clearInterval(look));
        return tools.length;
      });
    const counts = await Promise.all([listOnce(), listOnce()]);
    expect(counts.every((count) => count > 3)).toBe(true);
    expect(shown).toHaveLength(1);
    expect(statSync(join(folder, 'sallyport', 'login.json')).mode & 0o077).toBe(0);
    expect(await listOnce()).toBe(counts[0]);
    expect(shown).toHaveLength(1);
  }, 60_000);

  it('asks the person for more when a tool needs it, once, and the same call goes on', async () => {
    const config = join(folder, 'bridge.json');
    const auth = { kind: 'oauth', browser: false, scopes: ['openid', 'offline_access', 'calendar.read'] };
    writeFileSync(
      config,
      JSON.stringify({ mcpServers: { door: { url: system.machine.access.oauth_door.url, auth } } }),
    );
    const setting = { args: ['bridge', '--bridge-config', config], env: bridgeTo().env };
    await withOldClient(setting, async (client, told) => {
      const shown: string[] = [];
      const look = setInterval(() => {
        const link = told.text.match(/^https?:\S+$/gm)?.at(-1);
        if (link === undefined || shown.includes(link)) return;
        shown.push(link);
        void signIn(link);
      }, 50);
      try {
        const before = (await client.listTools()).tools.map(({ name }) => name);
        expect(before).toContain('freebusy');
        expect(before).not.toContain('createevent');
        // Not listed is not unknown: the door names the scope, and the person is sent to the browser for it.
        const asked = await client.callTool(event('stepped up'));
        expect(asked).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'approval_required' } } });
        expect(shown).toHaveLength(2);
        expect(new URL(shown[1] ?? '').searchParams.get('scope')?.split(' ')).toContain('calendar.write');
        expect((await client.listTools()).tools.map(({ name }) => name)).toContain('createevent');
      } finally {
        clearInterval(look);
      }
    });
  }, 60_000);
});

describe('stdout', () => {
  it('carries messages of the protocol and nothing else, whatever comes in', async () => {
    const { args, env } = bridgeTo('local');
    const child = spawn(process.execPath, ['bin/sallyport.mjs', ...args], {
      env: { PATH: process.env['PATH'], ...env },
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece;
      if (out.includes('"id":1')) child.stdin.end();
    });
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    child.stdin.write(
      `no JSON\n{"jsonrpc":"2.0"}\n${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })}\n`,
    );
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
    expect(lines.length).toBeGreaterThan(0);
  }, 30_000);
});
