import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { explainFault } from '../../src/cli/bridge/door-answers.ts';
import { connectDoor, type DoorConnection } from '../../src/cli/bridge/door-connection.ts';
import type { DoorAuth } from '../../src/cli/bridge/door-options.ts';
import type { HttpApp, HttpRequest } from '../../src/ports/http.ts';
import { type AppServer, startAppServer } from '../support/http-app-server.ts';
import { MACHINE_CLIENT, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { createMemoryLog, createTestApp } from '../support/mcp-app.ts';
import { createEchoTool } from '../support/mcp-tools.ts';

// The bridge's side of a door: proofs that the end-to-end tests have no door for, and what happens when a door goes away in the middle.

const { app } = createTestApp({ tools: [createEchoTool()] });
const signal = new AbortController().signal;
const ECHO = { name: 'echo', arguments: { text: 'hello' }, signal };
let home: string;
let server: AppServer | undefined;
let connection: DoorConnection | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'bridge-doors-'));
});
afterEach(async () => {
  await connection?.close();
  await server?.close();
  connection = undefined;
  server = undefined;
  rmSync(home, { recursive: true, force: true });
});

async function bridgeTo(
  url: string,
  auth: DoorAuth,
  environment: Record<string, string> = {},
  ending = signal,
  patienceMs = 8_000,
) {
  const setting = { environment: { XDG_CONFIG_HOME: home, ...environment }, log: createMemoryLog(), signal: ending };
  connection = await connectDoor({ name: 'door', url, auth, patienceMs }, { ...setting, showAddress: async () => {} });
  return connection;
}

describe('client credentials', () => {
  let issuer: TestIssuer;
  let asked: (string | undefined)[] = [];
  const resource = 'https://mcp.example.com/mcp';
  beforeAll(async () => {
    issuer = await startIssuer({ resource });
  });
  afterAll(() => issuer.close());

  /** Believes what the issuer signed for it, as jose judges. */
  function guarded(): HttpApp {
    const keys = createRemoteJWKSet(new URL(`${issuer.issuer}/jwks`));
    return async (request) => {
      const token = request.headers['authorization']?.replace('Bearer ', '');
      asked.push(token);
      const believed = await jwtVerify(token ?? '', keys, { issuer: issuer.issuer, audience: resource }).catch(
        () => undefined,
      );
      return believed === undefined
        ? { status: 401, headers: { 'www-authenticate': 'Bearer' }, body: '' }
        : app(request);
    };
  }
  const auth = (secret: string): DoorAuth => ({
    kind: 'client_credentials',
    issuer: issuer.issuer,
    clientId: MACHINE_CLIENT,
    clientSecret: async () => secret,
    clientAuth: 'basic',
    resource,
    scopes: ['calendar.read'],
  });
  beforeEach(() => {
    asked = [];
  });

  it('get a token once, for this bridge and the next', async () => {
    server = await startAppServer(guarded());
    const first = await bridgeTo(`${server.url}/mcp`, auth('a secret of a machine in tests'));
    expect(await first.callTool(ECHO)).toMatchObject({
      kind: 'result',
      result: { structuredContent: { text: 'hello' } },
    });
    await first.close();
    const before = issuer.asked.get('/token') ?? 0;
    const second = await bridgeTo(`${server.url}/mcp`, auth('a secret of a machine in tests'));
    expect(await second.listTools(signal)).toHaveLength(1);
    expect(issuer.asked.get('/token')).toBe(before);
    expect(new Set(asked).size).toBe(1);
  }, 20_000);

  it('that the issuer refuses are a refusal with its word', async () => {
    server = await startAppServer(guarded());
    const failed = await (await bridgeTo(`${server.url}/mcp`, auth('wrong')))
      .listTools(signal)
      .catch((error: unknown) => error);
    expect(explainFault(failed, 'door')).toEqual({
      code: 'unauthenticated',
      message: expect.stringContaining('invalid_client'),
    });
  }, 20_000);
});

describe('SigV4', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  afterAll(() => {
    for (const name of Object.keys(keys)) delete process.env[name];
  });

  it('signs each request, and the person’s own token travels beside it', async () => {
    Object.assign(process.env, keys);
    const seen: HttpRequest[] = [];
    server = await startAppServer(async (request) => {
      seen.push(request);
      return app(request);
    });
    const door = await bridgeTo(`${server.url}/mcp`, {
      kind: 'sigv4',
      region: 'eu-central-1',
      token: async () => 'sp_a_b',
    });
    expect(await door.callTool(ECHO)).toMatchObject({ kind: 'result' });
    for (const { headers } of seen) {
      expect(headers['authorization']).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api/,
      );
      expect(headers['authorization']).toMatch(/SignedHeaders=[^,]*x-sallyport-authorization/);
      expect(headers['x-sallyport-authorization']).toBe('Bearer sp_a_b');
    }
  }, 20_000);
});

describe('a token', () => {
  const auth: DoorAuth = { kind: 'token', token: async () => 'sp_canary_b' };

  it('is not led to another address: a redirect is an answer that says so', async () => {
    const elsewhere: HttpRequest[] = [];
    const other = await startAppServer(async (request) => {
      elsewhere.push(request);
      return app(request);
    });
    server = await startAppServer(async () => ({ status: 307, headers: { location: `${other.url}/mcp` }, body: '' }));
    const door = await bridgeTo(`${server.url}/mcp`, auth);
    const failed = await door.listTools(signal).catch((error: unknown) => error);
    await other.close();
    expect(explainFault(failed, 'door').code).toBe('misconfigured');
    expect(elsewhere).toEqual([]);
  }, 20_000);

  it('goes over no road that others can read', async () => {
    const door = await bridgeTo('http://mcp.example.com/mcp', auth);
    const failed = await door.listTools(signal).catch((error: unknown) => error);
    expect(explainFault(failed, 'door')).toEqual({
      code: 'misconfigured',
      message: expect.stringContaining('https://'),
    });
  }, 20_000);
});

describe('a door that goes away', () => {
  const token: DoorAuth = { kind: 'token', token: async () => 'sp_a_b' };

  it('and comes back at the same address is found again, and the call goes through', async () => {
    server = await startAppServer(app);
    const { port } = new URL(server.url);
    const door = await bridgeTo(`${server.url}/mcp`, token);
    await door.listTools(signal);
    await server.close();
    const waiting = door.callTool(ECHO);
    let calls = 0;
    const back: Server = createServer(async (request, response) => {
      calls += 1;
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const answered = await app({
        method: request.method ?? '',
        path: '/mcp',
        query: '',
        headers: request.headers as Record<string, string>,
        cookies: [],
        body: Buffer.concat(pieces),
        domainName: 'x',
        apiId: 'test',
        stage: '$default',
        sourceIp: '127.0.0.1',
        requestId: 'r',
        remainingMs: 30_000,
      });
      response.writeHead(answered.status, { ...answered.headers }).end(answered.body);
    });
    await new Promise<void>((resolve) => back.listen(Number(port), '127.0.0.1', resolve));
    expect((back.address() as AddressInfo).port).toBe(Number(port));
    expect(await waiting).toMatchObject({ kind: 'result', result: { structuredContent: { text: 'hello' } } });
    expect(calls).toBe(1);
    server = undefined;
    await connection?.close();
    back.closeAllConnections();
    back.close();
  }, 20_000);

  it('in the middle of a call that writes is not asked twice: nobody knows whether it was done', async () => {
    let calls = 0;
    const breaking: Server = createServer((request) => {
      calls += request.headers['mcp-method'] === 'tools/call' ? 1 : 0;
      request.on('data', () => undefined).on('end', () => request.socket.destroy());
    });
    server = await startAppServer(app);
    const target = server.url;
    const front: Server = createServer((request, response) => {
      if (request.headers['mcp-method'] === 'tools/call') return breaking.emit('request', request, response);
      const pieces: Buffer[] = [];
      request
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', async () => {
          const headers = request.headers as Record<string, string>;
          const passed = await fetch(`${target}/mcp`, {
            method: 'POST',
            headers: { ...headers, connection: 'close' },
            body: Buffer.concat(pieces),
          }).catch(() => undefined);
          response.writeHead(passed?.status ?? 502, { 'content-type': 'application/json' }).end(await passed?.text());
        });
      return true;
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const door = await bridgeTo(`http://127.0.0.1:${(front.address() as AddressInfo).port}/mcp`, token);
    const failed = await door.callTool({ ...ECHO, name: 'write_something' }).catch((error: unknown) => error);
    expect(explainFault(failed, 'door').message).toMatch(/not known whether this was done/);
    expect(calls).toBe(1);
    front.closeAllConnections();
    front.close();
  }, 20_000);

  it('is cancelled by its caller at once', async () => {
    const hanging: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const door = await bridgeTo(`http://127.0.0.1:${(hanging.address() as AddressInfo).port}/mcp`, token);
    const stop = new AbortController();
    const listing = door.listTools(stop.signal);
    stop.abort(new Error('no longer wanted'));
    await expect(listing).rejects.toThrow('no longer wanted');
    hanging.closeAllConnections();
    hanging.close();
  }, 20_000);

  it('keeps nobody who leaves, though it is away and would be tried for longer', async () => {
    const away = await startAppServer(app);
    await away.close();
    const ending = new AbortController();
    const door = await bridgeTo(`${away.url}/mcp`, token, {}, ending.signal, 30_000);
    const stop = new AbortController();
    const listing = door.listTools(stop.signal);
    stop.abort(new Error('no longer wanted'));
    await expect(listing).rejects.toThrow('no longer wanted');
    const leftMs = performance.now();
    ending.abort();
    await door.close();
    // Its patience is twice as long.
    expect(performance.now() - leftMs).toBeLessThan(15_000);
  }, 20_000);
});
