import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createAgentDoorConnector } from '../../src/adapters/upstreams/agent-door-connector.ts';
import type { HttpAuth } from '../../src/adapters/upstreams/http-auth.ts';
import { createHttpConnector } from '../../src/adapters/upstreams/http-connector.ts';
import { mayConfigureHeader } from '../../src/adapters/upstreams/http-fetch.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { UpstreamConnection } from '../../src/ports/upstream.ts';
import { MACHINE_CLIENT, MACHINE_SECRET, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createTestLog } from '../support/log.ts';

// Servers at an address: an official one of the older line with sessions and streams, and our own doors. What proves us there is judged by whoever
// is behind: jose for tokens of a real issuer, our key door for its own.

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const clock = { nowMs: (): number => Date.now() };
const random = { bytes: (count: number): Uint8Array => randomBytes(count) };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Says whether a request may pass; else it was answered. */
type Guard = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

interface Peer {
  readonly url: string;
  readonly host: string;
  readonly requests: IncomingMessage['headers'][];
  guard: Guard;
  /** What it knows of sessions is gone, as after a restart; how it says so, 404 unless another answer is given. */
  forget(says?: { readonly status: number; readonly body: string }): void;
  close(): Promise<void>;
}

function officialServer(): McpServer {
  const server = new McpServer({ name: 'peer', version: '1.2.3' }, { capabilities: { logging: {} } });
  server.registerTool('greet', { description: 'Greets' }, async (extra) => {
    await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'working' } });
    return { content: [{ type: 'text', text: 'hello' }] };
  });
  server.registerTool('hang', { description: 'Never answers' }, () => new Promise(() => {}));
  server.registerTool('large', { description: 'Says much' }, async () => ({
    content: [{ type: 'text', text: 'x'.repeat(9_000_000) }],
  }));
  return server;
}

async function startPeer(): Promise<Peer> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const requests: IncomingMessage['headers'][] = [];
  let unknown = { status: 404, body: '' };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(request.headers);
    if (!(await peer.guard(request, response))) return;
    const id = request.headers['mcp-session-id'];
    const known = typeof id === 'string' ? sessions.get(id) : undefined;
    if (typeof id === 'string' && known === undefined) {
      response.writeHead(unknown.status).end(unknown.body);
      return;
    }
    if (known !== undefined) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomBytes(8).toString('hex'),
      onsessioninitialized: (session) => void sessions.set(session, transport),
    });
    await officialServer().connect(transport as never);
    await transport.handleRequest(request, response);
  };
  const server = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const peer: Peer = {
    url: `http://${host}/mcp`,
    host,
    requests,
    guard: () => true,
    forget(says = { status: 404, body: '' }) {
      unknown = says;
      sessions.clear();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return peer;
}

let peer: Peer;
let issuer: TestIssuer;
let time = 0;
const opened: UpstreamConnection[] = [];

beforeAll(async () => {
  peer = await startPeer();
  issuer = await startIssuer({ resource: 'https://nobody.example.com', accessTokenSeconds: 600 });
});
afterAll(async () => {
  await peer?.close();
  await issuer?.close();
});
afterEach(async () => {
  peer.guard = () => true;
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
});

const secrets: Record<string, string> = { TOKEN: 'sp_abc_def', CLIENT: MACHINE_SECRET };

interface Over {
  readonly url?: string;
  readonly timeoutMs?: number;
  /** Another host that may be reached. */
  readonly also?: string;
}

function connectorTo(auth: HttpAuth, over: Over = {}) {
  const url = over.url ?? peer.url;
  const shifted = { nowMs: () => Date.now() + time };
  const http = createOutsideClient({
    clock,
    random,
    log: createTestLog(),
    allow: { hosts: [peer.host, issuer.host, over.also ?? peer.host] },
  });
  return createHttpConnector({
    url,
    auth,
    http,
    clock: shifted,
    timeoutMs: over.timeoutMs ?? 10_000,
    headers: { 'x-tenant': 'blue' },
    readSecret: async (name) => {
      const value = secrets[name];
      if (value === undefined) throw new AppError('misconfigured', `no secret ${name}`);
      return createSecret(value);
    },
  });
}

async function open(auth: HttpAuth, over: Over = {}) {
  const connection = await connectorTo(auth, over).connect({ signal: signal() });
  opened.push(connection);
  return connection;
}

const greet = (connection: UpstreamConnection) =>
  connection.callTool({ name: 'greet', arguments: {}, signal: signal(), traceparent: TRACE });

const fault = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof AppError)) throw new Error(`expected a refusal, got ${String(error)}`);
  return error;
};

describe('a server at an address', () => {
  it('is greeted in its own revision, listed and called', async () => {
    const connection = await open({ kind: 'none' });
    expect(connection.server).toEqual({ name: 'peer', version: '1.2.3' });
    expect(connection.protocolVersion).toBe('2025-11-25');
    expect((await connection.listTools(signal())).map(({ name }) => name)).toEqual(['greet', 'hang', 'large']);
    expect(await greet(connection)).toMatchObject({ content: [{ type: 'text', text: 'hello' }], isError: false });
  });

  it('is given the trace and the operator’s headers with each message, and never a listener', async () => {
    const connection = await open({ kind: 'none' });
    peer.requests.length = 0;
    const methods: string[] = [];
    peer.guard = (request) => {
      methods.push(request.method ?? '');
      return true;
    };
    await greet(connection);
    expect(peer.requests.at(-1)).toMatchObject({ traceparent: TRACE, 'x-tenant': 'blue' });
    expect(methods).not.toContain('GET');
  });

  it.each([
    ['by the status of the specification', { status: 404, body: '' }],
    [
      'as the official servers do',
      {
        status: 400,
        body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}',
      },
    ],
  ])('may forget its sessions, and say so %s: the call begins another one and is made once', async (_how, says) => {
    const connection = await open({ kind: 'none' });
    await greet(connection);
    peer.forget(says);
    const both = await Promise.all([greet(connection), greet(connection)]);
    expect(both.map(({ isError }) => isError)).toEqual([false, false]);
  });

  it.each([
    ['fails', 500, 'text/plain'],
    ['shows a page', 200, 'text/html'],
    ['says nothing', 200, 'application/json'],
  ])(
    'of the older era is greeted in its own way, though it %s when it is asked for the newer one',
    async (_what, status, type) => {
      peer.guard = async (request, response) => {
        if (request.headers['mcp-method'] !== 'server/discover') return true;
        response.writeHead(status, { 'content-type': type }).end();
        return false;
      };
      const connector = connectorTo({ kind: 'none' });
      for (const asked of [1, 0]) {
        peer.requests.length = 0;
        const connection = await connector.connect({ signal: signal() });
        opened.push(connection);
        expect(await greet(connection)).toMatchObject({ isError: false });
        expect(peer.requests.filter((headers) => headers['mcp-method'] === 'server/discover')).toHaveLength(asked);
      }
    },
  );

  it('that fails whatever it is asked is named by the status of its first answer', async () => {
    peer.guard = (_request, response) => {
      response.writeHead(503).end('its own words');
      return false;
    };
    const refused = await fault(open({ kind: 'none' }));
    expect([refused.code, refused.message]).toEqual(['upstream_failed', 'The server answered with the status 503.']);
  });

  it('is told when its session is of no more use, and holds nobody up who leaves', async () => {
    const connection = await open({ kind: 'none' });
    const sessions: unknown[] = [];
    peer.guard = (request) => {
      if (request.method === 'DELETE') sessions.push(request.headers['mcp-session-id']);
      // The second one is never answered.
      return sessions.length < 2;
    };
    await connection.close();
    expect(sessions).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
    await (await open({ kind: 'none' })).close();
    expect(sessions).toHaveLength(2);
  });

  it('is given up when it hangs, and named by what it did', async () => {
    const connection = await open({ kind: 'none' }, { timeoutMs: 1_000 });
    const hung = connection.callTool({ name: 'hang', arguments: {}, signal: AbortSignal.timeout(300) });
    expect((await fault(hung)).code).toBe('timed_out');
    expect(await greet(connection)).toMatchObject({ isError: false });
  });

  it('is not read further than a limit', async () => {
    const connection = await open({ kind: 'none' });
    const large = connection.callTool({ name: 'large', arguments: {}, signal: AbortSignal.timeout(5_000) });
    const refused = await fault(large);
    expect([refused.code, refused.message]).toEqual(['upstream_failed', expect.stringContaining('larger than')]);
  });

  it('that breaks off in the middle of its answer ends the call at once', async () => {
    const connection = await open({ kind: 'none' });
    peer.guard = (_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .write('event: message\ndata: {"jsonrpc":"2.0","i');
      setImmediate(() => response.destroy());
      return false;
    };
    const startedMs = Date.now();
    expect((await fault(greet(connection))).code).toBe('upstream_failed');
    peer.guard = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
      return false;
    };
    expect((await fault(greet(connection))).code).toBe('upstream_failed');
    expect(Date.now() - startedMs).toBeLessThan(5_000);
  });

  it.each([
    [401, 'forbidden', 'does not accept this system'],
    [403, 'forbidden', 'does not accept this system'],
    [302, 'upstream_failed', 'from another address'],
    [429, 'rate_limited', 'takes no more calls'],
  ])('answering %i is %s', async (status, code, words) => {
    const connection = await open({ kind: 'bearer', secret: 'TOKEN' });
    let asked = 0;
    peer.guard = (_request, response) => {
      asked += 1;
      response.writeHead(status, { location: 'http://127.0.0.1:9/', 'retry-after': '7' }).end('its own words');
      return false;
    };
    const refused = await fault(greet(connection));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(words);
    expect(refused.message).not.toContain('its own words');
    expect(asked).toBe(1);
    if (status === 429) expect(refused.retryAfterSeconds).toBe(7);
  });

  it('is not reached at an address that is not public, unless the operator named it', async () => {
    const http = createOutsideClient({ clock, random, log: createTestLog(), allow: { hosts: [] } });
    const connector = createHttpConnector({
      url: 'https://169.254.169.254/mcp',
      auth: { kind: 'none' },
      http,
      clock,
      timeoutMs: 2_000,
      readSecret: async () => createSecret(''),
    });
    expect((await fault(connector.connect({ signal: signal() }))).code).toBe('forbidden');
  });

  it('may not be given headers that are the protocol’s, the connection’s or the proof’s', () => {
    const refused = ['authorization', 'Host', 'mcp-session-id', 'content-length', 'cookie', 'x-amz-date', 'a b', ''];
    expect(refused.filter(mayConfigureHeader)).toEqual([]);
    expect(mayConfigureHeader('x-api-key')).toBe(true);
  });
});

describe('a bearer token', () => {
  it('is sent with each message, and read anew each time', async () => {
    const connection = await open({ kind: 'bearer', secret: 'TOKEN' });
    secrets['TOKEN'] = 'sp_new_one';
    await greet(connection);
    expect(peer.requests.at(-1)?.authorization).toBe('Bearer sp_new_one');
    secrets['TOKEN'] = 'sp_abc_def';
  });

  it('that is no token, or is not there, is sent nowhere', async () => {
    const before = peer.requests.length;
    secrets['BROKEN'] = 'two words\r\nx: y';
    for (const secret of ['BROKEN', 'MISSING']) {
      const refused = await fault(open({ kind: 'bearer', secret }));
      expect(refused.code).toBe('misconfigured');
      expect(refused.message).not.toContain('two words');
    }
    expect(peer.requests.length).toBe(before);
  });
});

describe('OAuth client credentials', () => {
  const auth = (over: object = {}): HttpAuth => ({
    kind: 'oauth',
    tokenUrl: `${issuer.issuer}/token`,
    clientId: MACHINE_CLIENT,
    secret: 'CLIENT',
    scopes: ['weather.read'],
    ...over,
  });

  /** The peer takes only what its issuer made for it. */
  function demandToken(refuse: (token: string) => boolean = () => false): {
    readonly claims: Record<string, unknown>[];
  } {
    const keys = createRemoteJWKSet(new URL(`${issuer.issuer}/jwks`));
    const claims: Record<string, unknown>[] = [];
    peer.guard = async (request, response) => {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      const verified = await jwtVerify(token, keys, { issuer: issuer.issuer, audience: peer.url }).catch(
        () => undefined,
      );
      if (verified !== undefined && !refuse(token)) {
        claims.push(verified.payload);
        return true;
      }
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      return false;
    };
    return { claims };
  }

  const askedForTokens = (): number => issuer.asked.get('/token') ?? 0;

  it('gets one token for this very server, asked for once however many wait', async () => {
    const { claims } = demandToken();
    const before = askedForTokens();
    const connection = await open(auth());
    await Promise.all([greet(connection), greet(connection), greet(connection)]);
    expect(askedForTokens() - before).toBe(1);
    expect(claims.at(-1)).toMatchObject({ aud: peer.url, scope: 'weather.read', client_id: MACHINE_CLIENT });
  });

  it('gets another one shortly before it ends', async () => {
    demandToken();
    const connection = await open(auth());
    const before = askedForTokens();
    time = 560_000;
    await greet(connection);
    expect(askedForTokens() - before).toBe(0);
    time = 575_000;
    await greet(connection);
    expect(askedForTokens() - before).toBe(1);
    time = 0;
  });

  it('gets another one when the server refuses it, once for all who were refused', async () => {
    const withdrawn = new Set<string>();
    const seen = new Set<string>();
    demandToken((token) => {
      seen.add(token);
      return withdrawn.has(token);
    });
    const connection = await open(auth());
    const before = askedForTokens();
    for (const token of seen) withdrawn.add(token);
    const answers = await Promise.all([greet(connection), greet(connection), greet(connection)]);
    expect(answers.map(({ isError }) => isError)).toEqual([false, false, false]);
    expect(askedForTokens() - before).toBe(1);
  });

  it('does not ask for tokens without end at a server that refuses them all', async () => {
    demandToken();
    const connection = await open(auth());
    demandToken(() => true);
    const before = askedForTokens();
    for (let call = 0; call < 5; call += 1) expect((await fault(greet(connection))).code).toBe('forbidden');
    expect(askedForTokens() - before).toBeLessThanOrEqual(2);
  });

  it('names what the authorization server says by its code only', async () => {
    const refused = await fault(open(auth({ clientId: 'nobody' })));
    expect([refused.code, refused.message]).toEqual([
      'misconfigured',
      'The authorization server gives this system no token (invalid_client).',
    ]);
  });

  it('believes only metadata that has the issuer’s own name', async () => {
    const refused = await fault(open(auth({ tokenUrl: undefined, issuer: `${issuer.issuer}/other` })));
    expect(refused.code).toBe('unavailable');
  });

  it.each([
    ['/.well-known/oauth-authorization-server', '', 'basic'],
    ['/.well-known/oauth-authorization-server/pool', '/pool', 'post'],
    ['/pool/.well-known/openid-configuration', '/pool', 'basic'],
  ] as const)('finds the token endpoint by metadata at %s', async (place, path, clientAuth) => {
    const metadata = createServer((request, response) => {
      const body = { issuer: `http://${request.headers.host}${path}`, token_endpoint: `${issuer.issuer}/token` };
      response.writeHead(request.url === place ? 200 : 404).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(metadata, 'listening');
    const host = `127.0.0.1:${(metadata.address() as AddressInfo).port}`;
    const { claims } = demandToken();
    const connection = await open(auth({ tokenUrl: undefined, issuer: `http://${host}${path}`, clientAuth }), {
      also: host,
    });
    expect(await greet(connection)).toMatchObject({ isError: false });
    expect(claims.at(-1)).toMatchObject({ aud: peer.url });
    metadata.close();
    await once(metadata, 'close');
  });
});

describe('our own doors', () => {
  let test: TestMachine;
  beforeAll(async () => {
    test = await startTestMachine();
    await test.connect();
  }, 60_000);
  afterAll(() => test?.close());

  it('are passed with the agent’s certificate, signature and a delegation, and answer as they do to the agent', async () => {
    const document = await test.addAgent('agent/gateway');
    const { person } = test.machine.access;
    await test.grant('agent/gateway', person);
    const connector = createAgentDoorConnector({
      name: 'other',
      url: test.machine.access.mcp.url,
      auth: { kind: 'agent_door', secret: 'DOOR', scopes: ['calendar.write'] },
      readSecret: async () => createSecret(JSON.stringify(document)),
      clock,
      random,
      log: createTestLog(),
      timeoutMs: 10_000,
    });
    const connection = await connector.connect({ tenant: person, signal: signal() });
    const names = (await connection.listTools(signal())).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['freebusy', 'createevent']));
    const start = new Date(Date.now() + 86_400_000).toISOString();
    const end = new Date(Date.now() + 90_000_000).toISOString();
    const busy = await connection.callTool({
      name: 'freebusy',
      arguments: { timeMin: start, timeMax: end },
      signal: signal(),
    });
    expect([busy.isError, JSON.stringify(busy.content)]).toEqual([false, expect.any(String)]);
    const booking = { summary: 'Chess', start, end };
    const asked = await connection.callTool({ name: 'createevent', arguments: booking, signal: signal() });
    expect([asked.isError, JSON.stringify(asked.content)]).toEqual([true, expect.stringContaining('/approvals/')]);
    await expect(connector.connect({ signal: signal() })).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
