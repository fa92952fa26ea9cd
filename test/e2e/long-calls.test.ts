import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createOutsideAgent, type OutsideAgent } from '../support/outside-agent.ts';
import { createSdkSignIn } from '../support/sdk-sign-in.ts';

// Calls that go on behind their answer, on the whole machine: by official clients of both lines at the key and OAuth doors, by an agent written from
// the specifications at the agent door, and over a restart.

const TIMEOUT_MS = 120_000;
const WINDOW = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };
const ASYNC = { prefer: 'respond-async' };

let folder: string;
let world: TestMachine;
const start = (): Promise<TestMachine> =>
  startTestMachine({
    home: folder,
    storeFile: join(folder, 'store.db'),
    googleStateFile: join(folder, 'google.json'),
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-long-'));
  world = await start();
  await world.connect();
}, TIMEOUT_MS);
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Told {
  readonly id: string;
  readonly url: string;
}

interface Status {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  readonly body: any;
}

const told = (result: unknown): Told => {
  const { _meta } = result as { readonly _meta: Readonly<Record<string, unknown>> };
  expect(_meta['sallyport/error']).toMatchObject({ code: 'running' });
  return _meta['sallyport/task'] as Told;
};

async function ask(url: string, token: string | undefined, method = 'GET'): Promise<Status> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method, headers });
  return { status: answer.status, body: await answer.json() };
}

/** As often as it takes. */
async function untilEnded(look: () => Promise<Status>): Promise<Status> {
  for (;;) {
    const found = await look();
    if (found.status !== 200 || !['queued', 'working'].includes(found.body.status)) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const finished = (id: string) => ({
  status: 200,
  body: { id, tool: 'freebusy', status: 'completed', result: { structuredContent: { busy: [] } } },
});

/** What a door answers to somebody who is somebody else, or nobody. */
async function isNobodyElses({ url }: Told, others: readonly string[]): Promise<void> {
  expect((await ask(url, undefined)).status).toBe(401);
  expect((await ask(url, 'sp_wrong')).status).toBe(401);
  const guess = url.replace(/[^/]+$/, 'A'.repeat(43));
  for (const token of others) {
    const { status, body } = await ask(url, token);
    expect(status).toBe(404);
    const { request_id: _own, ...data } = body.error.data;
    expect(data).toEqual({ code: 'not_found' });
    expect((await ask(guess, token)).status).toBe(404);
    expect((await ask(url, token, 'DELETE')).status).toBe(404);
  }
}

/** Another token, of the same person or of another. */
async function anotherToken(person: string): Promise<string> {
  const request = { person, audience: 'mcp', scope: 'calendar.read', days: 1 } as const;
  const { text } = await world.operator.createToken(request);
  return text;
}

describe('at the key door', () => {
  it(
    'the SDK’s client of today would rather not wait, and looks at the address that it is given',
    async () => {
      const { url, token } = world.machine.access.key_door;
      const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      const headers = { authorization: `Bearer ${token}`, ...ASYNC };
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
      const task = told(await client.callTool({ name: 'freebusy', arguments: WINDOW }));
      expect(await untilEnded(() => ask(task.url, token))).toMatchObject(finished(task.id));
      await client.close();
      const { person } = world.machine.access;
      const other = await world.operator.addPerson('Somebody else');
      await isNobodyElses(task, [await anotherToken(person), await anotherToken(other.person)]);
    },
    TIMEOUT_MS,
  );

  it(
    'the SDK’s client of 2025-11-25 has tasks of its own, and gets the answer of the call itself',
    async () => {
      const { url, token } = world.machine.access.key_door;
      const client = new OldClient({ name: 'old', version: '1' });
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      await client.connect(new OldTransport(new URL(url), { requestInit }) as Parameters<OldClient['connect']>[0]);
      const call = { name: 'freebusy', arguments: WINDOW };
      const atOnce = await client.callTool(call);
      const seen: string[] = [];
      let result: unknown;
      for await (const message of client.experimental.tasks.callToolStream(call, CallToolResultSchema, { task: {} })) {
        seen.push(message.type);
        if (message.type === 'result') result = message.result;
      }
      expect(seen[0]).toBe('taskCreated');
      expect(seen.at(-1)).toBe('result');
      const { _meta, ...same } = result as Record<string, unknown>;
      expect(same).toEqual({ ...atOnce, _meta: undefined });
      expect(_meta).toHaveProperty(['io.modelcontextprotocol/related-task', 'taskId']);
      await client.close();
    },
    TIMEOUT_MS,
  );
});

describe('at the OAuth door', () => {
  it(
    'the SDK’s client of today, signed in, sees what it asked for and nothing else',
    async () => {
      const url = new URL(world.machine.access.oauth_door.url);
      const signIn = await createSdkSignIn();
      const { provider } = signIn;
      const first = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await expect(first.connect(new StreamableHTTPClientTransport(url, { authProvider: provider }))).rejects.toThrow();
      await new StreamableHTTPClientTransport(url, { authProvider: provider }).finishAuth(signIn.back());
      const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(
        new StreamableHTTPClientTransport(url, { authProvider: provider, requestInit: { headers: ASYNC } }),
      );
      const task = told(await client.callTool({ name: 'freebusy', arguments: WINDOW }));
      const { access_token: token = '' } = signIn.held() ?? {};
      expect(new URL(task.url).origin).toBe(url.origin);
      expect(await untilEnded(() => ask(task.url, token))).toMatchObject(finished(task.id));
      await client.close();
      await signIn.close();
      // The same person at another door is another client.
      const elsewhere = task.url.replace(url.href, world.machine.access.key_door.url);
      expect((await ask(elsewhere, world.machine.access.key_door.token)).status).toBe(404);
      expect((await ask(task.url, undefined)).status).toBe(401);
    },
    TIMEOUT_MS,
  );
});

describe('at the agent door', () => {
  let agent: OutsideAgent;
  beforeAll(() => {
    const { mcp } = world.machine.access;
    const read = (name: string): string => world.home.read(name) ?? '';
    agent = createOutsideAgent(
      { certificate: read('agent.crt'), privateKey: read('agent.key'), keyId: mcp.key_id, secret: mcp.secret },
      { url: mcp.url, ca: read('server-ca.crt') },
    );
  });

  const META = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
  };

  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  async function post(method: string, name: string, params: object, over: object = {}): Promise<any> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } });
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, 'mcp-name': name, ...ASYNC };
    return (await agent.send(world.machine.access.person, { body, headers, ...over })).json;
  }

  const status = async (id: string, attempt: object = {}): Promise<Status> => {
    const request = { method: 'GET', path: `/mcp/status/${id}`, body: '', headers: {}, ...attempt };
    const { status: code, json } = await agent.send(world.machine.access.person, request);
    return { status: code, body: json };
  };

  it(
    'an agent of the newest revision is given a task, and signs each look at it',
    async () => {
      const { result } = await post('tools/call', 'freebusy', { name: 'freebusy', arguments: WINDOW });
      expect(result).toMatchObject({ resultType: 'task', status: 'working' });
      const { taskId } = result;
      let seen = result;
      while (seen.status === 'working') seen = (await post('tasks/get', taskId, { taskId })).result;
      expect(seen).toMatchObject({ status: 'completed', result: { structuredContent: { busy: [] } } });
      expect(await status(taskId)).toMatchObject(finished(taskId));
      // A signature for another path, no certificate, another person: nothing.
      const moved = { send: (wire: object) => ({ ...wire, path: `/mcp/status/${'A'.repeat(43)}` }) };
      expect((await status(taskId, moved)).status).toBe(401);
      expect((await status(taskId, { tls: null })).status).toBe(0);
      expect((await status('A'.repeat(43))).status).toBe(404);
      const other = 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ';
      await world.grant('agent/assistant', other);
      const path = `/mcp/status/${taskId}`;
      expect((await agent.send(other, { method: 'GET', path, body: '', headers: {} })).status).toBe(404);
    },
    TIMEOUT_MS,
  );

  it(
    'one whose grant is taken back between the call and the work gets nothing done',
    async () => {
      // The worker is asked once the grant is gone: the record is put back as it was before anybody began.
      const { result } = await post('tools/call', 'freebusy', { name: 'freebusy', arguments: WINDOW });
      await untilEnded(() => status(result.taskId));
      const { person } = world.machine.access;
      const grant = `grant:agent/assistant:${person}`;
      const kept = (await world.machine.store.get(grant)) ?? '';
      await world.machine.store.compareAndDelete(grant, kept);
      await requeue(result.taskId);
      await restart();
      while (world.lines('task.refused').length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(world.lines('task.refused')).toEqual([expect.objectContaining({ reason: 'grant_missing' })]);
      await world.machine.store.set(grant, kept);
    },
    TIMEOUT_MS,
  );
});

/** As a machine leaves a call that it was stopped before it had begun. */
async function requeue(id: string): Promise<void> {
  const key = `task:${world.machine.access.person}:${id}`;
  const { outcome: _ended, work: _done, ...record } = JSON.parse((await world.machine.store.get(key)) ?? '{}');
  const nowMs = Date.now();
  const times = { sent_at_ms: nowMs, updated_at_ms: nowMs, start_by_ms: nowMs + 600_000 };
  await world.machine.store.set(key, JSON.stringify({ ...record, ...times, status: 'queued', arguments: WINDOW }));
}

async function restart(): Promise<void> {
  await world.close();
  world = await start();
}

describe('a machine that is stopped', () => {
  it(
    'does what it had taken on when it is started again, for whoever asked',
    async () => {
      const { url, token } = world.machine.access.key_door;
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...ASYNC };
      const params = { name: 'freebusy', arguments: WINDOW };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      const answer = (await (await fetch(url, { method: 'POST', headers, body })).json()) as { result: unknown };
      const { id } = told(answer.result);
      const at = (): string => `${world.machine.access.key_door.url}/status/${id}`;
      await untilEnded(() => ask(at(), token));
      await requeue(id);
      await restart();
      expect(await untilEnded(() => ask(at(), token))).toMatchObject(finished(id));
    },
    TIMEOUT_MS,
  );
});
