import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { buildCli } from '../../build/build-cli.ts';
import { buildMcpb, MCPB_MANIFEST } from '../../build/build-mcpb.ts';
import { PROJECT_SCHEMA_FILE, projectSchemaJson } from '../../scripts/project-schema.ts';
import { parseProject } from '../../src/mcp/project/project-map.ts';
import { createDesk, type Desk, openClient } from '../support/ide.ts';
import { installPeer } from '../support/peers.ts';
import { runCommand } from '../support/run-command.ts';

// The checked-in examples, started as each client starts them, on the command as it is installed; and the bundle, judged by the official tool.

const SLOW_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-examples-'));
const cli = join(folder, 'cli');
const bundle = join(folder, 'sallyport.mcpb');
let desk: Desk;
let unpacked: string;

const mcpb = (...args: readonly string[]) =>
  runCommand(process.execPath, ['test/peers/mcpb/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js', ...args]);

beforeAll(async () => {
  await installPeer('@anthropic-ai/mcpb', 'mcpb');
  await buildCli(cli);
  buildMcpb(cli, bundle);
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(join(cli, 'sallyport.js'), join(bin, 'sallyport'));
  symlinkSync(process.execPath, join(bin, 'node'));
  desk = createDesk({ PATH: bin });
  desk.write('.aws/config', '[default]\nregion = eu-central-1\n');
  desk.write('.aws/credentials', '[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
  desk.write('sallyport.json', readFileSync('examples/ide/project/sallyport.json', 'utf8'));
}, 300_000);
afterAll(() => {
  desk?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Configured {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** As the client replaces its variables: each has its own, and one that stays would be taken for a path. */
function started({ command, args, env = {} }: Configured, variables: Readonly<Record<string, string>>) {
  const replaced = (text: string): string => {
    const done = text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => variables[name] ?? whole);
    expect(done).not.toContain('${');
    return done;
  };
  return {
    command: replaced(command),
    args: args.map(replaced),
    cwd: desk.folder,
    env: { ...desk.env, ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, replaced(value)])) },
    stderr: 'pipe' as const,
  };
}

async function tools(server: ReturnType<typeof started>): Promise<readonly string[]> {
  const client = await openClient(server, { era: 'legacy' });
  try {
    const { tools: listed } = await client.listTools();
    const greeted = await client.callTool({ name: 'hello_world', arguments: { name: 'desk' } });
    expect(greeted.structuredContent).toEqual({ greeting: 'Hello, desk!' });
    return listed.map(({ name }) => name);
  } finally {
    await client.close();
  }
}

const configured = (path: string, member: 'mcpServers' | 'servers'): Configured =>
  (JSON.parse(readFileSync(`examples/ide/${path}`, 'utf8')) as Record<string, Record<string, Configured>>)[member]?.[
    'sallyport'
  ] as Configured;

const clients = [
  ['Cursor', 'cursor/.cursor/mcp.json', 'mcpServers', { 'env:AWS_PROFILE': '', 'env:AWS_REGION': '' }],
  ['VS Code', 'vscode/.vscode/mcp.json', 'servers', { 'input:aws-profile': 'default' }],
  [
    'Claude Code',
    'claude-code/.mcp.json',
    'mcpServers',
    { 'AWS_PROFILE:-default': 'default', 'AWS_REGION:-eu-central-1': 'eu-central-1' },
  ],
  ['Claude Desktop', 'claude-desktop/claude_desktop_config.json', 'mcpServers', {}],
] as const;

describe('the example for', () => {
  it.each(clients)(
    '%s starts the command, which lists its tools',
    async (_, path, member, variables) => {
      const server = configured(path, member);
      const listed = await tools(started(server, { ...variables, workspaceFolder: desk.folder }));
      expect(listed).toEqual(expect.arrayContaining(['ecs_read_operations', 'service_health', 'project_resources']));
    },
    SLOW_MS,
  );

  it('a project fits the published schema, which is the one that the commands check by', () => {
    const project: unknown = JSON.parse(readFileSync('examples/ide/project/sallyport.json', 'utf8'));
    expect(parseProject(project)).toEqual({ project });
    expect(readFileSync(PROJECT_SCHEMA_FILE, 'utf8')).toBe(projectSchemaJson());
    const fits = new Ajv2020({ strict: false }).compile(JSON.parse(projectSchemaJson()) as object);
    expect(fits(project)).toBe(true);
    expect(fits({ services: { web: { profile: 'prod' } } })).toBe(false);
  });
});

describe('the bundle for Claude Desktop', () => {
  it(
    'is valid to the official tool, which unpacks it',
    async () => {
      expect(await mcpb('validate', MCPB_MANIFEST)).toMatchObject({ code: 0 });
      expect(await mcpb('info', bundle)).toMatchObject({ code: 0, stdout: expect.stringContaining('sallyport.mcpb') });
      unpacked = join(folder, 'unpacked');
      expect(await mcpb('unpack', bundle, unpacked)).toMatchObject({ code: 0 });
      expect(await mcpb('validate', join(unpacked, 'manifest.json'))).toMatchObject({ code: 0 });
      expect(readdirSync(unpacked).sort()).toEqual(['manifest.json', 'server']);
      expect(readdirSync(join(unpacked, 'server'))).toEqual(
        expect.arrayContaining(['sallyport.js', 'THIRD-PARTY-LICENSES.txt']),
      );
    },
    SLOW_MS,
  );

  it(
    'starts with what its form asks for, and with what may stay empty left empty',
    async () => {
      const { server } = JSON.parse(readFileSync(join(unpacked, 'manifest.json'), 'utf8')) as {
        server: { mcp_config: Configured };
      };
      const form = {
        __dirname: unpacked,
        'user_config.toolsets': 'aws,calendar',
        'user_config.profile': 'default',
        'user_config.region': '',
        'user_config.project': '',
      };
      expect(await tools(started(server.mcp_config, form))).toEqual(
        expect.arrayContaining(['createevent', 'ec2_read_operations']),
      );
    },
    SLOW_MS,
  );

  it('is the same bytes each time', () => {
    const again = join(folder, 'again.mcpb');
    buildMcpb(cli, again);
    expect(readFileSync(again).equals(readFileSync(bundle))).toBe(true);
  });
});
