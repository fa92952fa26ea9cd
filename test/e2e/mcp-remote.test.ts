import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { installPeer } from '../support/peers.ts';

// `mcp-remote`, which clients over standard streams use for servers that sign their person in, at the OAuth door: it finds the issuer from the address
// alone, registers there, sends the person to it once, and passes on what the door answers.

const PROGRAM = fileURLToPath(new URL('../peers/mcp-remote/node_modules/mcp-remote/dist/proxy.js', import.meta.url));
const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };

let world: TestMachine;
let folder: string;
beforeAll(async () => {
  await installPeer('mcp-remote', 'mcp-remote');
  world = await startTestMachine();
  await world.connect();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-mcp-remote-'));
}, 660_000);
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

interface Remote {
  readonly client: Client;
  /** Where it sent the person, each time. */
  readonly visited: readonly string[];
  /** What it said beside the protocol. */
  said(): string;
}

/** As a client's configuration starts it. Where it would open a browser, the person is one already. */
async function withRemote<Value>(url: string, use: (remote: Remote) => Promise<Value>): Promise<Value> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROGRAM, url, '--transport', 'http-only', '--host', '127.0.0.1', '--auth-timeout', '120'],
    // No DISPLAY and no browser in the PATH: it can only say where to go.
    env: { PATH: dirname(process.execPath), HOME: folder, MCP_REMOTE_CONFIG_DIR: folder },
    stderr: 'pipe',
  });
  const browser = createHeadlessPerson({ account: '', googleOrigin: 'http://google.invalid' });
  const visited: string[] = [];
  let said = '';
  transport.stderr?.on('data', (piece: Buffer) => {
    said += piece.toString();
    const [, address] = /^(https?:\/\/\S+\/auth\?\S+)\s/m.exec(said.slice(said.lastIndexOf('visit'))) ?? [];
    if (address === undefined || visited.includes(address)) return;
    visited.push(address);
    browser.visit(address).catch((error: unknown) => {
      said += `\nthe person could not sign in: ${String(error)}`;
    });
  });
  const client = new Client({ name: 'some editor', version: '1' });
  try {
    await client.connect(transport as Parameters<Client['connect']>[0], { timeout: 120_000 });
    return await use({ client, visited, said: () => said });
  } catch (error) {
    throw new Error(`${String(error)}:\n${said}`, { cause: error });
  } finally {
    await client.close();
  }
}

describe('mcp-remote at the OAuth door', () => {
  it('signs the person in by what the address tells, and gets the tools and their answers', async () => {
    await withRemote(world.machine.access.oauth_door.url, async ({ client, visited }) => {
      expect(visited).toHaveLength(1);
      expect(Object.fromEntries(new URL(visited[0] ?? '').searchParams)).toMatchObject({
        code_challenge_method: 'S256',
        resource: world.machine.access.oauth_door.url,
        response_type: 'code',
      });
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['freebusy', 'createevent', 'get_weather']));
      const answer = await client.callTool({ name: 'freebusy', arguments: window });
      expect(answer).toMatchObject({ structuredContent: { busy: expect.any(Array), errors: [] } });
      expect(world.lines('tool_call').at(-1)).toMatchObject({ door: 'oauth', outcome: 'completed', tainted: true });
    });
  });

  it('asks nobody a second time, and keeps what it holds to its owner', async () => {
    await withRemote(world.machine.access.oauth_door.url, async ({ client, visited }) => {
      expect((await client.listTools()).tools.length).toBeGreaterThan(3);
      expect(visited).toEqual([]);
    });
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const tokens = files.filter(({ name }) => name.endsWith('tokens.json'));
    expect(tokens).toHaveLength(1);
    const file = join(tokens[0]?.parentPath ?? '', tokens[0]?.name ?? '');
    expect((await stat(file)).mode & 0o077).toBe(0);
    const { access_token: token } = JSON.parse(await readFile(file, 'utf8')) as { readonly access_token: string };
    expect(world.logText.join('\n')).not.toContain(token.slice(-40));
  });
});
