import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { composeAgent } from '../../src/compose/agent.ts';
import { composeMcp } from '../../src/compose/mcp.ts';
import { type Compose, createServiceHandler } from '../../src/compose/service-handler.ts';
import { settings } from '../../src/config/settings.ts';
import { createEvent, type EventParts, testContext } from '../support/lambda-events.ts';

// What browsers are told about pages of other origins.

const ORIGIN = 'https://app.example.com';
const ORIGINS = { SALLYPORT_CORS_ORIGINS: `${ORIGIN}, http://localhost:5173` };
const KEY = Buffer.alloc(32, 7).toString('base64url');
const agent = {
  SALLYPORT_AGENT_URL: 'https://agent.example.com',
  SALLYPORT_MCP_URL: 'https://mcp.example.com/mcp',
  SALLYPORT_CREDENTIALS: '{}',
  SALLYPORT_MODEL: 'offline',
};
const key = {
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'a-client-secret',
  SALLYPORT_VAULT_KEY: KEY,
  SALLYPORT_OAUTH_URL: 'https://oauth.example.com',
  SALLYPORT_MCP_URL: 'https://key.example.com/mcp',
  SALLYPORT_DOOR: 'key',
};

function start(service: string, compose: Compose, environment: Readonly<Record<string, string>>) {
  const clock = { nowMs: () => Date.now() };
  const platform = {
    clock,
    random: { bytes: (count: number) => new Uint8Array(count) },
    writeLog: () => {},
    embeddedStore: createMemoryStore({ clock }),
  };
  const handler = createServiceHandler({ service, compose, environment, platform });
  return async (parts: EventParts) => {
    const { statusCode, headers = {}, body } = await handler(createEvent(parts), testContext);
    const cors = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));
    return { status: statusCode, headers, cors, body };
  };
}

const preflight = (path: string, origin: string, method = 'POST'): EventParts => ({
  method: 'OPTIONS',
  path,
  headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' },
});

describe.each([
  ['the Agent API', 'agent', composeAgent, agent, '/stream', 'x-sallyport-authorization', 'DELETE'],
  ['the key door', 'mcp', composeMcp, key, '/mcp', 'mcp-protocol-version', 'POST'],
] as const)('%s', (_what, service, compose, environment, path, header, method) => {
  const ask = start(service, compose, { ...environment, ...ORIGINS });

  it.each([ORIGIN, 'http://localhost:5173'])('permits a page of %s what the API takes', async (origin) => {
    const answer = await ask(preflight(path, origin));
    expect(answer).toMatchObject({ status: 204, cors: { 'access-control-allow-origin': origin } });
    expect(String(answer.headers['access-control-allow-methods'])).toContain(method);
    const allowed = String(answer.headers['access-control-allow-headers']).split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', header]));
    expect(String(answer.headers['vary'])).toContain('origin');
  });

  it('lets such a page read every answer, refusals with what they say too', async () => {
    for (const parts of [{ path: '/health' }, { method: 'POST', path, body: '{}' }, { path: '/nowhere' }]) {
      const answer = await ask({ ...parts, headers: { origin: ORIGIN } });
      expect(answer.cors['access-control-allow-origin']).toBe(ORIGIN);
      expect(String(answer.cors['access-control-expose-headers'])).toContain('x-request-id');
      expect(answer.headers['vary']).toBe('origin');
    }
    const refused = await ask({ method: 'POST', path, body: '{}', headers: { origin: ORIGIN } });
    expect(refused).toMatchObject({ status: 401 });
  });

  it.each([
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'https://app.example.com:444',
    'https://APP.example.com',
    'null',
    '*',
  ])('tells a page of %s nothing', async (origin) => {
    for (const parts of [preflight(path, origin), { path: '/health', headers: { origin } }]) {
      const answer = await ask(parts);
      expect(answer.cors).toEqual({});
      expect(answer.headers['vary']).toBe('origin');
    }
  });

  it('lets nobody send credentials, and names no origin but the one that asks', async () => {
    for (const parts of [preflight(path, ORIGIN), { path: '/health', headers: { origin: ORIGIN } }]) {
      const { cors } = await ask(parts);
      expect(cors).not.toHaveProperty('access-control-allow-credentials');
      expect(Object.values(cors).join(' ')).not.toMatch(/\*|localhost/);
    }
  });

  it('answers an OPTIONS that is no preflight as the app does', async () => {
    const answer = await ask({ method: 'OPTIONS', path, headers: { origin: ORIGIN } });
    expect([401, 405]).toContain(answer.status);
  });

  it('knows no other origins where none are named', async () => {
    const closed = start(service, compose, environment);
    expect((await closed(preflight(path, ORIGIN))).cors).toEqual({});
    expect((await closed({ path: '/health', headers: { origin: ORIGIN } })).headers).not.toHaveProperty('vary');
  });
});

describe('the key door', () => {
  it('takes calls of pages whose origin is named, and of no other', async () => {
    const ask = start('mcp', composeMcp, { ...key, ...ORIGINS });
    const call = (origin: string) => ask({ method: 'POST', path: '/mcp', body: '{}', headers: { origin } });
    expect((await call(ORIGIN)).status).toBe(401);
    expect((await call('https://evil.example')).status).toBe(403);
  });
});

describe('the agent door', () => {
  it('is none for pages: what is named counts for the key door alone', async () => {
    const door = { SALLYPORT_DOOR: 'agent', SALLYPORT_HMAC_MASTER: KEY };
    const ask = start('mcp', composeMcp, { ...key, ...door, ...ORIGINS });
    expect((await ask(preflight('/mcp', ORIGIN))).cors).toEqual({});
    expect((await ask({ method: 'POST', path: '/mcp', body: '{}', headers: { origin: ORIGIN } })).status).toBe(403);
  });
});

describe('SALLYPORT_CORS_ORIGINS', () => {
  const parse = (text: string) => settings.agent.shape.SALLYPORT_CORS_ORIGINS.safeParse(text).success;

  it.each(['', 'https://app.example.com', 'https://a.example:8443,http://127.0.0.1:3000'])('may be %s', (text) => {
    expect(parse(text)).toBe(true);
  });
  it.each([
    '*',
    'null',
    'https://*',
    'https://a.example/',
    'http://a.example',
    'https://a.example/x',
    'a.example',
    'https://A.example',
  ])('may not be %s', (text) => {
    expect(parse(text)).toBe(false);
  });
});
