import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { approvalKey, approvalRecord, decisionKey } from '../../src/trust/approval.ts';
import { type AppServer, startAppServer } from '../support/http-app-server.ts';
import { createTestApp, PERSON } from '../support/mcp-app.ts';
import { createEchoTool, createNoteTool } from '../support/mcp-tools.ts';
import { installPeer } from '../support/peers.ts';

// Clients that nobody here wrote: the SDK's own of both generations, and the inspector's command line.

const run = promisify(execFile);
const PEERS = new URL('../peers/node_modules/', import.meta.url).pathname;
const INSPECTOR = join(PEERS, '@modelcontextprotocol', 'inspector', 'clients', 'launcher', 'build', 'index.js');

const store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
const notes: string[] = [];
const { app } = createTestApp({ tools: [createEchoTool(), createNoteTool(notes)], store });
let requests: string[] = [];
let server: AppServer;
let url: URL;

beforeAll(async () => {
  await installPeer('@modelcontextprotocol/inspector');
  server = await startAppServer(async (request) => {
    const answer = await app(request);
    requests.push(`${request.method} ${request.headers['mcp-method'] ?? '-'} ${answer.status}`);
    return answer;
  });
  url = new URL(`${server.url}/mcp`);
}, 600_000);

beforeEach(() => {
  requests = [];
});

afterAll(() => server.close());

/** Says yes the way the OAuth API does: it writes the decision, and nothing else. */
async function sayYes(id: string): Promise<void> {
  const raw = await store.get(approvalKey(PERSON, id));
  const { instance } = approvalRecord.parse(JSON.parse(raw ?? ''));
  const decision = { v: 1, id, instance, decision: 'yes', decided_at: Math.floor(Date.now() / 1000), by: 'token:test' };
  await store.set(decisionKey(PERSON, id), JSON.stringify(decision), { ttlSeconds: 600 });
}

describe('the SDK client of the maintenance line (1.32)', () => {
  async function withClient<Value>(use: (client: OldClient) => Promise<Value>): Promise<Value> {
    const client = new OldClient({ name: 'old', version: '1' });
    // The SDK's own types disagree under `exactOptionalPropertyTypes`: its transport's `sessionId` may be undefined.
    await client.connect(new OldTransport(url) as Parameters<OldClient['connect']>[0]);
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }

  it('lists and calls tools', async () => {
    const { names, result } = await withClient(async (client) => ({
      names: (await client.listTools()).tools.map((tool) => tool.name),
      result: await client.callTool({ name: 'echo', arguments: { text: 'hello' } }),
    }));
    expect(names).toEqual(['echo', 'note']);
    expect(result.structuredContent).toEqual({ text: 'hello', person: PERSON });
  });

  it('learns by the error -32042 where the person can approve, and gets through once they have', async () => {
    await withClient(async (client) => {
      const call = () => client.callTool({ name: 'note', arguments: { text: 'old era' } });
      const refusal: unknown = await call().catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: -32042,
        data: { elicitations: [{ mode: 'url', url: expect.stringContaining('/approvals/') }] },
      });
      await sayYes(
        (refusal as { data: { elicitations: [{ elicitationId: string }] } }).data.elicitations[0].elicitationId,
      );
      expect(await call()).toMatchObject({ structuredContent: { kept: 1 } });
      expect(notes).toEqual(['old era']);
    });
  });
});

describe('the SDK client of today (2.4)', () => {
  it.each([{ mode: 'auto' as const }, { mode: { pin: '2026-07-28' } }])(
    'lists and calls tools, %j',
    async ({ mode }) => {
      const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(url));
      const { tools } = await client.listTools();
      const result = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
      await client.close();
      expect(tools.map((tool) => tool.name)).toEqual(['echo', 'note']);
      expect(result.structuredContent).toEqual({ text: 'hello', person: PERSON });
      expect(requests.filter((line) => line.startsWith('GET'))).toEqual([]);
      expect(requests.every((line) => line.endsWith(' 200'))).toBe(true);
    },
  );

  it('speaks the older era when it is told to', async () => {
    const client = new Client({ name: 'new', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(url));
    const result = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
    await client.close();
    expect(result.structuredContent).toEqual({ text: 'hello', person: PERSON });
  });

  it('sends its person to the approval and calls again by itself', async () => {
    const seen: unknown[] = [];
    const client = new Client(
      { name: 'new', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } }, capabilities: { elicitation: { url: {} } } },
    );
    client.setRequestHandler('elicitation/create', async (request) => {
      seen.push(request.params);
      const { url: link = '' } = request.params as { url?: string };
      await sayYes(link.slice(link.lastIndexOf('/') + 1));
      return { action: 'accept' };
    });
    await client.connect(new StreamableHTTPClientTransport(url));
    const result = await client.callTool({ name: 'note', arguments: { text: 'new era' } });
    await client.close();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ mode: 'url', message: expect.stringContaining('Keep the note "new era"') });
    expect(result.structuredContent).toEqual({ kept: notes.length });
    expect(notes).toContain('new era');
  });
});

describe('the inspector on the command line', () => {
  async function inspect(args: readonly string[]): Promise<unknown> {
    const target = ['--cli', url.href, '--transport', 'http'];
    const { stdout } = await run(process.execPath, [INSPECTOR, ...target, ...args], { timeout: 15_000 });
    return JSON.parse(stdout);
  }

  it('lists tools', async () => {
    expect(await inspect(['--method', 'tools/list'])).toMatchObject({ tools: [{ name: 'echo' }, { name: 'note' }] });
  });

  it('calls a tool', async () => {
    const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'text=hello'];
    expect(await inspect(call)).toMatchObject({ structuredContent: { text: 'hello', person: PERSON } });
  });
});
