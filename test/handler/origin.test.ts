import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { composeAgent } from '../../src/compose/agent.ts';
import { composeMcp } from '../../src/compose/mcp.ts';
import { composeOAuth } from '../../src/compose/oauth.ts';
import { type Compose, createServiceHandler } from '../../src/compose/service-handler.ts';
import { createEvent, type EventParts, testContext } from '../support/lambda-events.ts';

// The functions as they stand behind CloudFront: composed from an environment that shares a secret with it.

const KEY = Buffer.alloc(32, 7).toString('base64url');
const SECRET = 'k3Vn0c1tQpX8sJbW5yRzLhAeUfGmDoTi-_9Y2N7P4aB';
const google = {
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'a-client-secret',
  SALLYPORT_VAULT_KEY: KEY,
  SALLYPORT_OAUTH_URL: 'https://oauth.example.com',
};
const agent = {
  SALLYPORT_AGENT_URL: 'https://agent.example.com',
  SALLYPORT_MCP_URL: 'https://mcp.example.com/mcp',
  SALLYPORT_CREDENTIALS: '{}',
  SALLYPORT_MODEL: 'offline',
};
const mcp = { ...google, SALLYPORT_MCP_URL: 'https://key.example.com/mcp', SALLYPORT_DOOR: 'key' };

function start(service: string, compose: Compose, environment: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const clock = { nowMs: () => Date.now() };
  const platform = {
    clock,
    random: { bytes: (count: number) => new Uint8Array(count) },
    writeLog: (line: string) => void lines.push(line),
    embeddedStore: createMemoryStore({ clock }),
  };
  const handler = createServiceHandler({ service, compose, environment, platform });
  return { lines, get: (parts: EventParts) => handler(createEvent(parts), testContext) };
}

describe.each([
  ['agent', composeAgent, agent],
  ['oauth', composeOAuth, google],
] as const)('the %s API behind an edge', (service, compose, environment) => {
  const behindEdge = { ...environment, SALLYPORT_ORIGIN_SECRET: SECRET };

  it('answers what came through it', async () => {
    const { get } = start(service, compose, behindEdge);
    await expect(get({ headers: { 'x-sallyport-origin': SECRET } })).resolves.toMatchObject({ statusCode: 200 });
  });

  it.each([
    ['without the header', {}],
    ['with another value', { 'x-sallyport-origin': SECRET.replace('k', 'K') }],
  ])('refuses what came around it %s, whatever the path, before anything else', async (_how, headers) => {
    const { get, lines } = start(service, compose, behindEdge);
    for (const path of ['/health', '/chat', '/nowhere', '/oauth/google/callback']) {
      const answer = await get({ path, headers: { ...headers, authorization: 'Bearer sp_a_b' } });
      expect(answer.statusCode).toBe(403);
      expect(JSON.parse(answer.body ?? '')).toEqual({
        error: { code: 'forbidden', message: 'Forbidden.', request_id: 'JKJaXmPLvHcESHA=' },
      });
    }
    const events = lines.map((line) => JSON.parse(line));
    expect(new Set(events.map((event) => event.event).filter(Boolean))).toEqual(
      new Set(['origin.refused', 'request.refused']),
    );
    expect(events.filter((event) => event.Refused === 1).map((event) => event.service)).toEqual(
      Array.from({ length: 4 }, () => service),
    );
    expect(lines.join('\n')).not.toContain(SECRET);
  });

  it('says what is wrong, to its operator only, when the parameter was never set', async () => {
    const { get, lines } = start(service, compose, { ...environment, SALLYPORT_ORIGIN_SECRET: 'unset' });
    const answer = await get({ headers: { 'x-sallyport-origin': 'unset' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('ORIGIN');
    expect(lines.join('\n')).toContain('SALLYPORT_ORIGIN_SECRET must be');
  });

  it('checks nothing where no secret is configured', async () => {
    const { get } = start(service, compose, environment);
    await expect(get({})).resolves.toMatchObject({ statusCode: 200 });
  });
});

describe('the MCP API', () => {
  it('takes no such header for anything: no edge may stand before mutual TLS', async () => {
    const { get } = start('mcp', composeMcp, { ...mcp, SALLYPORT_ORIGIN_SECRET: SECRET });
    await expect(get({})).resolves.toMatchObject({ statusCode: 200 });
    const answer = await get({ path: '/mcp', headers: { 'x-sallyport-origin': SECRET } });
    expect([401, 405]).toContain(answer.statusCode);
  });
});
