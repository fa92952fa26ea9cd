import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  believedHashes,
  believedScopes,
  holdsServers,
  readBelievedServers,
} from '../../../src/compose/believed-servers.ts';
import type { ChildLaunch } from '../../../src/mcp/upstreams/server-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-servers-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content: string | object): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}

/** Each server's command as it would be typed in its own folder. */
const commands = () =>
  Object.fromEntries(
    readBelievedServers(folder).servers.map(({ config }) => {
      const { command, args } = config.launch as ChildLaunch;
      return [config.name, [command, ...args].join(' ').replaceAll(`${folder}/`, '')];
    }),
  );

describe('servers in a folder', () => {
  it('are found by the list and by what lies in folders, each started as its own files say', () => {
    put('mcp.json', { mcpServers: { time: { command: 'uvx', args: ['mcp-server-time@1.0.0'] } } });
    put('with-main/package.json', { main: 'start.js' });
    put('with-bin/package.json', { bin: { other: 'dist/cli.js' } });
    put('plain/package.json', {});
    put('script/main.py', '');
    put('package/pyproject.toml', '[project]\nname = "My.Server"\n');
    put('own-python/main.py', '');
    put('own-python/.venv/bin/python', '');
    put('notes/README.md', 'no server');
    put('.hidden/main.py', '');
    put('node_modules/package.json', {});
    expect(commands()).toEqual({
      time: 'uvx mcp-server-time@1.0.0',
      'with-main': 'node start.js',
      'with-bin': 'node dist/cli.js',
      plain: 'node index.js',
      script: 'python3 main.py',
      package: 'python3 -m my_server',
      'own-python': 'own-python/.venv/bin/python main.py',
    });
  });

  it('are started by the command of their own name where there are several, as npx and uvx do it', () => {
    put('node/package.json', { name: '@acme/server', bin: { helper: 'helper.js', server: 'server.js' } });
    put(
      'script/pyproject.toml',
      [
        '[[tool.uv.index]]',
        'name = "inner"',
        '[project] # of ours',
        'name = "team.notes-server"',
        '[project.scripts]',
        'other = "team.other:main"',
        '"team.notes-server" = "team.notes_server.server:app.run"',
        '[tool.x]',
        'name = "last"',
      ].join('\n'),
    );
    put(
      'poetry/pyproject.toml',
      "[tool.poetry]\r\nname = 'notes'\r\n[tool.poetry.scripts]\r\nnotes = 'notes:main'\r\n",
    );
    expect(commands()).toEqual({
      node: 'node server.js',
      script: 'python3 -c import sys; from team.notes_server.server import app as it; sys.exit(it.run())',
      poetry: 'python3 -c import sys; from notes import main as it; sys.exit(it())',
    });
  });

  it('are none where nothing can be read, and hide no others', () => {
    put('nothing/package.json', 'null');
    put('nameless/pyproject.toml', '[build-system]\nname = "x"\n');
    symlinkSync(join(folder, 'gone'), join(folder, 'dangling'));
    put('good/main.py', '');
    expect(commands()).toEqual({ good: 'python3 main.py' });
  });

  it('at an address may have headers, but none that the protocol, the connection or a proof sets', () => {
    const url = 'https://mcp.example.com/mcp';
    const auth = { kind: 'bearer', secret: 'x' };
    put('mcp.json', {
      mcpServers: {
        proof: { type: 'http', url, headers: { Authorization: 'Bearer y', 'X-Api-Key': 'k' } },
        twice: { url, headers: { Authorization: 'Bearer y' }, sallyport: { auth } },
        host: { url, headers: { Host: 'inner' } },
      },
    });
    const { servers, faults } = readBelievedServers(folder);
    expect(servers.map(({ config }) => config.name)).toEqual(['proof']);
    expect(faults).toMatchObject([
      { name: 'twice', message: 'It sets headers that are not for it to set: authorization.' },
      { name: 'host', message: 'It sets headers that are not for it to set: host.' },
    ]);
  });

  it('get from the list what their files do not say', () => {
    put('dice/package.json', { main: 'server.mjs' });
    put('mcp.json', { mcpServers: { dice: { args: ['--fair'], sallyport: { tenant: 'none', timeout_seconds: 3 } } } });
    const [server] = readBelievedServers(folder).servers;
    expect(server?.config).toMatchObject({
      tenant: 'none',
      timeoutMs: 3000,
      launch: { command: 'node', args: ['server.mjs', '--fair'], cwd: join(folder, 'dice') },
    });
  });

  it('that cannot be read are named, and the others go on', () => {
    put('mcp.json', {
      mcpServers: {
        good: { command: 'x' },
        calendar: { command: 'x' },
        both: { command: 'x', url: 'https://mcp.example.com' },
        old: { url: 'https://mcp.example.com', type: 'sse' },
        greedy: { command: 'x', sallyport: { env: ['SALLYPORT_VAULT_KEY'] } },
        off: { command: 'x', disabled: true },
      },
    });
    const { servers, faults } = readBelievedServers(folder);
    expect(servers.map(({ config }) => config.name)).toEqual(['good']);
    expect(faults.map(({ name, code }) => `${name} ${code}`)).toEqual(
      ['calendar', 'both', 'old', 'greedy'].map((name) => `${name} server_misconfigured`),
    );
  });

  it('are believed as approved, by agent and OAuth API alike: hashes and scopes come from the same file', () => {
    const tools = [{ name: 'roll', description: 'Rolls.', inputSchema: { type: 'object' } }];
    put('mcp.json', { mcpServers: { dice: { command: 'x' }, unseen: { command: 'x' } } });
    put('approved.json', { v: 1, servers: { dice: { tools } } });
    expect(Object.keys(believedHashes(folder))).toEqual(['find_tools', 'dice__roll']);
    expect(Object.keys(believedScopes(folder))).toEqual(['dice.write']);
    expect([believedHashes(undefined), believedScopes(undefined)]).toEqual([{}, {}]);
  });

  it('are there when a list or a server is; a folder of something else is none', () => {
    expect([holdsServers(folder), holdsServers(join(folder, 'none'))]).toEqual([false, false]);
    put('notes/README.md', '');
    put('file', '');
    expect([holdsServers(folder), holdsServers(join(folder, 'file'))]).toEqual([false, false]);
    put('dice/main.py', '');
    expect(holdsServers(folder)).toBe(true);
  });

  it('are none at all where what was approved cannot be read, or the folder is not there', () => {
    put('approved.json', '{');
    expect(() => readBelievedServers(folder)).toThrow(/approved\.json is not JSON/);
    expect(() => readBelievedServers(join(folder, 'none'))).toThrow(/there is no folder/);
  });
});
