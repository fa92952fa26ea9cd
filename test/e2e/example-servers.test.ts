import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readBelievedServers } from '../../src/compose/believed-servers.ts';
import { officialServers } from '../support/gateway.ts';
import { requirePeer } from '../support/peers.ts';
import { PYTHON_INSTALL_MS } from '../support/python.ts';
import { runCommand } from '../support/run-command.ts';

// examples/servers as it stands there: the official servers in the versions that it names, and what was approved of them. `npx` and `uvx` are played by
// small scripts that start the same packages from where the tests have them installed, and no other.

const SLOW_MS = 180_000;
const EXAMPLE = 'examples/servers/official';
const folder = mkdtempSync(join(tmpdir(), 'sallyport-example-servers-'));
const bin = join(folder, 'bin');
let environment: Readonly<Record<string, string | undefined>>;

/** The entries' packages with their versions, in the order in which the list has them. */
const PACKAGES = [
  '@modelcontextprotocol/server-everything@2026.8.31',
  '@modelcontextprotocol/server-filesystem@2026.8.31',
  '@modelcontextprotocol/server-memory@2026.8.31',
  'mcp-server-time@2026.10.19',
  'awslabs.aws-documentation-mcp-server@1.2.3',
];

function script(name: string, cases: readonly (readonly [string, string])[]): void {
  const lines = cases.map(([what, command]) => `  '${what}') shift; exec ${command} "$@" ;;`);
  const text = ['#!/bin/sh', '[ "$1" = -y ] && shift', 'case $1 in', ...lines, '  *) exit 9 ;;', 'esac', ''].join('\n');
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
}

beforeAll(async () => {
  const installed = await officialServers();
  const [everything, filesystem, memory, time, docs] = PACKAGES;
  const command = (name: string): string => {
    const { command: program, args } = installed[name] as { readonly command: string; readonly args: string[] };
    return [program, ...args.filter((argument) => !/^(?:\$|--)/.test(argument))].join(' ');
  };
  mkdirSync(bin);
  script('npx', [
    [everything ?? '', command('everything')],
    [filesystem ?? '', command('files')],
    [memory ?? '', command('memory')],
  ]);
  script('uvx', [
    [time ?? '', command('time')],
    [docs ?? '', command('docs')],
  ]);
  environment = {
    HOME: folder,
    PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
    SALLYPORT_HOME: join(folder, 'none'),
  };
}, 2 * PYTHON_INSTALL_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const servers = (...args: readonly string[]) =>
  runCommand(process.execPath, [resolve('bin/sallyport.mjs'), 'servers', '--servers', EXAMPLE, ...args], {
    env: environment,
  });

describe('the example of official servers', () => {
  it('names exact versions, those that the tests have', () => {
    const { mcpServers } = JSON.parse(readFileSync(join(EXAMPLE, 'mcp.json'), 'utf8'));
    const named = Object.values(mcpServers as Record<string, { args: string[] }>).map(({ args }) =>
      args.find((argument) => argument.includes('@')),
    );
    expect(named).toEqual(PACKAGES);
    const manifest = requirePeer('./mcp-servers/package.json') as { dependencies: Record<string, string> };
    const pins = readFileSync('test/peers/requirements-mcp-servers.txt', 'utf8').split('\n');
    for (const spec of PACKAGES) {
      const [name, version] = [spec.slice(0, spec.lastIndexOf('@')), spec.slice(spec.lastIndexOf('@') + 1)];
      if (spec.startsWith('@')) expect(manifest.dependencies[name]).toBe(version);
      else expect(pins).toContain(`${name}==${version}`);
    }
  });

  it(
    'offers exactly what was approved of each',
    async () => {
      const { code, stdout } = await servers('--timeout', '120', 'check');
      expect({ code, said: code === 0 ? '' : stdout }).toEqual({ code: 0, said: '' });
      const counts = [...stdout.matchAll(/^ok {3}The server (\S+) answers, .*: (\d+) tools? as approved$/gm)];
      expect(counts.map(([, name, count]) => `${name} ${count}`)).toEqual([
        'everything 8',
        'filesystem 14',
        'memory 9',
        'time 2',
        'aws-docs 5',
      ]);
      expect(stdout).not.toContain('nobody approved');
    },
    SLOW_MS,
  );

  it('has what only reads known as that, and what writes ask a person first', () => {
    const writes = readBelievedServers(EXAMPLE).servers.flatMap(({ config, belief }) =>
      belief.tools
        .filter(({ declaration }) => !declaration.annotations.readOnlyHint)
        .map(({ tool, declaration }) => `${config.name} ${tool} ${declaration.scopes.join(' ')}`),
    );
    expect(writes).toEqual([
      ...['create_directory', 'edit_file', 'move_file', 'write_file'].map(
        (tool) => `filesystem ${tool} filesystem.write`,
      ),
      ...['add_observations', 'create_entities', 'create_relations'].map((tool) => `memory ${tool} memory.write`),
      ...['delete_entities', 'delete_observations', 'delete_relations'].map((tool) => `memory ${tool} memory.write`),
    ]);
  });
});
