import { randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createMcpToolClient } from '../../../../src/adapters/http/mcp-client.ts';
import { createEnvelopeReader } from '../../../../src/mcp/protocol/envelope.ts';
import type { HttpResponse } from '../../../../src/ports/http.ts';
import type { ListedTool, ToolClient, ToolOutcome, ToolPrincipal } from '../../../../src/ports/tool-client.ts';
import { toolHash } from '../../../../src/trust/tool-hash.ts';
import {
  createTestAuthority,
  createTestCertificate,
  createTestServerCertificate,
  testAuthority,
} from '../../../support/certificates.ts';
import { createTestClock } from '../../../support/clock.ts';
import { createTestLog } from '../../../support/log.ts';
import { OTHER_PERSON, PERSON } from '../../../support/mcp-app.ts';
import { createEchoTool, createNoteTool, createToolOf } from '../../../support/mcp-tools.ts';
import { createMcpWorld, type McpWorld } from '../../../support/mcp-world.ts';

// The agent's client against the real MCP API behind its real door, over real mutual TLS.

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function principal(changes: Partial<ToolPrincipal> = {}): ToolPrincipal {
  return {
    person: PERSON,
    scopes: ['test.write'],
    traceparent: TRACE,
    signal: new AbortController().signal,
    ...changes,
  };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

describe('the MCP client', () => {
  const notes: string[] = [];
  const hold: { release?: () => void; started?: () => void; signal?: AbortSignal } = {};
  const tools = [
    createEchoTool(),
    createNoteTool(notes),
    createToolOf('wait', async (_args, { signal }) => {
      await new Promise<void>((resolve) => {
        hold.release = resolve;
        hold.signal = signal;
        hold.started?.();
      });
      return { text: 'done', structuredContent: {} };
    }),
    createToolOf('fails', async () => ({ isError: true, code: 'reconnect_required', text: 'Connect Google again.' })),
  ];
  let world: McpWorld;
  let document: string;
  let client: ToolClient;
  let log = createTestLog();

  beforeAll(async () => {
    world = await createMcpWorld(tools);
    document = await world.credentials();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    log = createTestLog();
    client = createMcpToolClient({
      credentials: async () => document,
      mcpUrl: world.mcpUrl,
      clock: { nowMs: () => Date.now() },
      random,
      log,
    });
    world.requests.length = 0;
  });
  afterEach(async () => {
    world.intercept = () => undefined;
    await client.close();
  });

  async function tool(name: string): Promise<ListedTool> {
    const found = (await client.list(principal())).find((listed) => listed.name === name);
    if (found === undefined) throw new Error(`no tool ${name}`);
    return found;
  }

  async function call(
    name: string,
    args: Record<string, unknown>,
    changes: Partial<ToolPrincipal> = {},
  ): Promise<ToolOutcome> {
    return client.call({ ...principal(changes), tool: await tool(name), arguments: args });
  }

  it('lists tools in the very form that is hashed', async () => {
    const listed = await client.list(principal());
    expect(listed.map(toolHash)).toEqual(tools.map((item) => toolHash(item.declaration)));
  });

  it('says of itself what the MCP API need not ask the SDK about', async () => {
    await call('echo', { text: 'one' });
    const sent = world.requests.map(({ body }) => JSON.parse(String(body)).params._meta);
    expect(sent.map((meta) => createEnvelopeReader()(meta)?.isSimple)).toEqual(sent.map(() => true));
    expect(sent.length).toBeGreaterThan(1);
  });

  it('calls a tool as one request, and lists once for many calls', async () => {
    expect(await call('echo', { text: 'one' })).toEqual({
      kind: 'result',
      text: 'one',
      isError: false,
      structuredContent: { text: 'one', person: PERSON },
      doors: expect.any(Array),
    });
    await call('echo', { text: 'two' });
    expect(world.requests.map((request) => request.headers['mcp-method'])).toEqual([
      'tools/list',
      'tools/call',
      'tools/call',
    ]);
    expect(world.requests[1]?.headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-name': 'echo',
      traceparent: TRACE,
    });
  });

  it('signs each request with a nonce of its own and uses a delegation again for the same person and scopes', async () => {
    await Promise.all(['a', 'b', 'c'].map((text) => call('echo', { text })));
    const calls = world.requests.filter((request) => request.headers['mcp-method'] === 'tools/call');
    expect(new Set(calls.map((request) => request.headers['signature-input'])).size).toBe(3);
    expect(new Set(calls.map((request) => request.headers['authorization'])).size).toBe(1);
  });

  it('delegates only reading to a tool that only reads', async () => {
    await call('echo', { text: 'x' });
    await call('note', { text: 'x' });
    const scopes = world.requests
      .filter((request) => request.headers['mcp-method'] === 'tools/call')
      .map((request) =>
        JSON.parse(Buffer.from(request.headers['authorization']?.split('.')[1] ?? '', 'base64url').toString()),
      )
      .map((claims) => claims.scope);
    expect(scopes).toEqual(['test.read', 'test.write']);
  });

  it('asks for an approval, and runs the very same call once after a yes', async () => {
    notes.length = 0;
    const asked = await call('note', { text: 'approve me' });
    expect(asked).toMatchObject({
      kind: 'approval',
      approval: { tool: 'note', summary: 'Keep the note "approve me"' },
    });
    if (asked.kind !== 'approval') throw new Error('no approval');
    expect(asked.approval.url).toBe(`https://oauth.example.test/approvals/${asked.approval.id}`);
    expect(Date.parse(asked.approval.expiresAt)).toBeGreaterThan(Date.now());
    expect(await call('note', { text: 'approve me' })).toMatchObject({
      kind: 'approval',
      approval: { id: asked.approval.id },
    });
    const { keys } = await world.store.list(`approval:${PERSON}:`);
    for (const key of keys) {
      if (key.endsWith(asked.approval.id)) continue;
      await world.store.compareAndDelete(key, (await world.store.get(key)) ?? '');
    }
    await world.decide('yes');
    expect(await call('note', { text: 'approve me' })).toMatchObject({ kind: 'result', isError: false });
    expect(notes).toEqual(['approve me']);
  });

  it('tells what a tool could not do, with its code', async () => {
    expect(await call('fails', {})).toMatchObject({
      kind: 'result',
      isError: true,
      code: 'reconnect_required',
      text: 'Connect Google again.',
    });
  });

  it('says what to do when the person has granted nothing', async () => {
    const outcome = await call('echo', { text: 'x' }, { person: OTHER_PERSON });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'forbidden' });
    expect(outcome.kind === 'refused' && outcome.message).toMatch(/allow/i);
  });

  it('refuses by itself when the token holds no scopes', async () => {
    expect(await call('echo', { text: 'x' }, { scopes: [] })).toMatchObject({ kind: 'refused', code: 'forbidden' });
  });

  it('says that a scope is missing', async () => {
    const outcome = await call('note', { text: 'x' }, { scopes: ['test.read'] });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'forbidden' });
    expect(outcome.kind === 'refused' && outcome.message).toContain('test.write');
  });

  it('does not call the tool when its arguments are wrong', async () => {
    expect(await call('echo', { wrong: true })).toMatchObject({ kind: 'result', isError: true });
  });

  it.each([
    ['401', json(401, { error: { code: 'unauthenticated', message: 'Refused.' } }), 'upstream_failed', /operator/],
    [
      '429',
      json(429, { error: { code: 'rate_limited', message: 'Too many calls. Wait.' } }, { 'retry-after': '7' }),
      'rate_limited',
      /Wait/,
    ],
    [
      '503',
      json(503, { error: { code: 'unavailable', message: 'x' } }, { 'retry-after': '2' }),
      'unavailable',
      /again/,
    ],
    ['404', json(404, {}), 'upstream_failed', /operator/],
    [
      'a redirect',
      { status: 307, headers: { location: 'https://127.0.0.1:1/mcp' }, body: '' },
      'upstream_failed',
      /operator/,
    ],
  ] as const)('maps %s to what the person can do', async (_name, answer, code, words) => {
    const echo = await tool('echo');
    world.intercept = () => answer;
    const outcome = await client.call({ ...principal(), tool: echo, arguments: { text: 'x' } });
    expect(outcome).toMatchObject({ kind: 'refused', code });
    expect(outcome.kind === 'refused' && outcome.message).toMatch(words);
    const wait = answer.status === 429 ? 7 : 2;
    if ('retry-after' in answer.headers) expect(outcome).toMatchObject({ retryAfterSeconds: wait });
  });

  it.each([
    ['504 of a gateway', json(504, { message: 'Endpoint request timed out' })],
    ['200 without JSON', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['an answer to another request', json(200, { jsonrpc: '2.0', id: 999, result: {} })],
    ['a fault of the server', json(500, { error: { code: 'internal', message: 'x' } })],
  ] as const)('says that it is not known whether the tool ran after %s', async (_name, answer) => {
    const note = await tool('note');
    world.intercept = () => answer;
    expect(await client.call({ ...principal(), tool: note, arguments: { text: 'x' } })).toMatchObject({
      kind: 'unclear',
    });
  });

  it('lists again when the list before failed, and rejects with what to do', async () => {
    world.intercept = () => json(503, { error: { code: 'unavailable', message: 'x' } }, { 'retry-after': '3' });
    await expect(client.list(principal())).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 3 });
    world.intercept = () => undefined;
    expect(await client.list(principal())).toHaveLength(tools.length);
  });

  it('forgets the list after five minutes', async () => {
    const clock = createTestClock(Date.now());
    const dated = createMcpToolClient({ credentials: async () => document, mcpUrl: world.mcpUrl, clock, random, log });
    await dated.list(principal());
    clock.advance(4 * 60_000);
    await dated.list(principal());
    expect(world.requests).toHaveLength(1);
    clock.set(Date.now() + 30_000);
    await dated.list(principal());
    expect(world.requests).toHaveLength(1);
    await dated.close();
  });

  it('gives up after the call’s own time and says that the outcome is unclear, when nobody answers by then', async () => {
    const wait = await tool('wait');
    let release = (): void => undefined;
    world.intercept = () =>
      new Promise((resolve) => {
        release = () => resolve(json(503, {}));
      });
    const outcome = await client.call({ ...principal(), tool: wait, arguments: {}, timeoutMs: 150 });
    expect(outcome).toMatchObject({ kind: 'unclear' });
    release();
  });

  it('lets the tool know how long it may take: it is stopped in time to say so', async () => {
    const wait = await tool('wait');
    const outcome = await client.call({ ...principal(), tool: wait, arguments: {}, timeoutMs: 400 });
    expect(outcome).toMatchObject({ kind: 'result', isError: true, code: 'timed_out' });
    expect(hold.signal?.aborted).toBe(true);
    hold.release?.();
  });

  it('lets the tool know that its caller has left', async () => {
    const wait = await tool('wait');
    const controller = new AbortController();
    const started = new Promise<void>((resolve) => {
      hold.started = resolve;
    });
    const calling = client.call({ ...principal({ signal: controller.signal }), tool: wait, arguments: {} });
    await started;
    const { signal } = hold;
    const stopped = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    expect(signal?.aborted).toBe(false);
    controller.abort();
    await expect(calling).rejects.toThrow();
    await stopped;
    hold.release?.();
  });

  it('rejects when it is cancelled while the tool runs', async () => {
    const wait = await tool('wait');
    const controller = new AbortController();
    const started = new Promise<void>((resolve) => {
      hold.started = resolve;
    });
    const calling = client.call({ ...principal({ signal: controller.signal }), tool: wait, arguments: {} });
    await started;
    controller.abort();
    await expect(calling).rejects.toThrow();
    hold.release?.();
  });

  it('moves to new credentials while requests of the old ones end where they began', async () => {
    const wait = await tool('wait');
    const started = new Promise<void>((resolve) => {
      hold.started = resolve;
    });
    const old = client.call({ ...principal(), tool: wait, arguments: {} });
    await started;
    document = await world.credentials({ epoch: 2 });
    expect(await call('echo', { text: 'new' })).toMatchObject({ kind: 'result', text: 'new' });
    hold.release?.();
    expect(await old).toMatchObject({ kind: 'result', text: 'done' });
    const [first, second] = world.requests.filter((request) => request.headers['mcp-method'] === 'tools/call');
    expect(first?.headers['signature-input']).toContain('keyid="agent/assistant#1"');
    expect(second?.headers['signature-input']).toContain('keyid="agent/assistant#2"');
    expect(first?.clientCertificatePem).not.toBe(second?.clientCertificatePem);
  });

  it('goes on with the credentials that work when a new document cannot be used', async () => {
    const good = document;
    await call('echo', { text: 'x' });
    document = '{"v":1}';
    await expect(call('echo', { text: 'y' })).resolves.toMatchObject({ kind: 'refused', code: 'misconfigured' });
    document = good;
    expect(await call('echo', { text: 'z' })).toMatchObject({ kind: 'result', text: 'z' });
  });

  it('does not speak to a server whose certificate another authority signed', async () => {
    const foreign = await createTestAuthority('CN=Somebody else');
    const text = await world.credentials({ serverCa: foreign.pem });
    const wary = createMcpToolClient({
      credentials: async () => text,
      mcpUrl: world.mcpUrl,
      clock: { nowMs: () => Date.now() },
      random,
      log,
    });
    await expect(wary.list(principal())).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(world.requests).toHaveLength(0);
    await wary.close();
  });

  it('says who is to be told when its own certificate is not accepted', async () => {
    const foreign = await createTestAuthority('CN=Somebody else');
    const certificate = await createTestCertificate({ authority: foreign });
    const text = JSON.stringify({
      ...JSON.parse(document),
      certificate: certificate.pem,
      private_key: certificate.keyPem,
    });
    const stranger = createMcpToolClient({
      credentials: async () => text,
      mcpUrl: world.mcpUrl,
      clock: { nowMs: () => Date.now() },
      random,
      log,
    });
    await expect(stranger.list(principal())).rejects.toMatchObject({ message: expect.stringMatching(/operator/) });
    await stranger.close();
  });

  it('knows that nothing was done when nobody listens', async () => {
    const lonely = createMcpToolClient({
      credentials: async () => document,
      mcpUrl: 'https://127.0.0.1:1/mcp',
      clock: { nowMs: () => Date.now() },
      random,
      log,
    });
    const outcome = await lonely.call({ ...principal(), tool: await tool('note'), arguments: { text: 'x' } });
    expect(outcome).toMatchObject({ kind: 'refused', code: 'unavailable' });
    await lonely.close();
  });

  it('logs neither persons, tokens nor what was said', async () => {
    world.intercept = () => json(503, {});
    await client.list(principal()).catch(() => undefined);
    world.intercept = () => undefined;
    const echo = await tool('echo');
    world.intercept = () => json(500, {});
    await client.call({ ...principal(), tool: echo, arguments: { text: 'canary-7f3a' } });
    expect(log.events.length).toBeGreaterThan(0);
    const text = JSON.stringify(log.events);
    for (const secret of ['canary-7f3a', PERSON, 'Bearer', 'PRIVATE KEY']) expect(text).not.toContain(secret);
  });
});

describe('the connections of the MCP client', () => {
  it('are kept from call to call, and the next one resumes the TLS session', async () => {
    const authority = await testAuthority();
    const certificate = await createTestServerCertificate();
    const resumed: boolean[] = [];
    const server = createServer(
      { cert: certificate.pem, key: certificate.keyPem, ca: authority.pem, requestCert: true },
      (_request, response) => {
        response.writeHead(503, { 'content-type': 'application/json' }).end('{}');
      },
    );
    server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const world = await createMcpWorld([]);
    const document = await world.credentials();
    const client = createMcpToolClient({
      credentials: async () => document,
      mcpUrl: `https://127.0.0.1:${port}/mcp`,
      clock: { nowMs: () => Date.now() },
      random,
      log: createTestLog(),
    });
    const list = () => client.list(principal()).catch(() => undefined);
    for (let count = 0; count < 5; count += 1) await list();
    expect(resumed).toEqual([false]);
    const closed = new Promise((resolve) => server.once('secureConnection', resolve));
    server.closeAllConnections();
    await list();
    await list();
    await closed;
    expect(resumed).toEqual([false, true]);
    await client.close();
    await world.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
