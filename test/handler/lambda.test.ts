import { randomBytes } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { composeAgent } from '../../src/compose/agent.ts';
import { composeMcp } from '../../src/compose/mcp.ts';
import { composeOAuth } from '../../src/compose/oauth.ts';
import {
  type Compose,
  createServiceHandler,
  type Platform,
  type ServiceHandler,
} from '../../src/compose/service-handler.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { ensureAgentCredentials } from '../../src/local/agent-credentials.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { spiffeId, testAgentCertificate } from '../support/certificates.ts';
import { changedEvent, createEvent, type EventParts, testContext, unfitEvents } from '../support/lambda-events.ts';
import { createOutsideAgent, type OutsideAgent } from '../support/outside-agent.ts';

// The functions as Lambda calls them: composed from an environment, asked by events.

const KEY = Buffer.alloc(32, 7).toString('base64url');
const PERSON = `p_${'0'.repeat(26)}`;
const DOMAIN = 'mcp.example.com';
const API = 'r3pmxmplak';
const google = { GOOGLE_CLIENT_ID: 'client', GOOGLE_CLIENT_SECRET: 'a-client-secret' };
const oauthUrl = { SALLYPORT_OAUTH_URL: 'https://oauth.example.com' };
const environments = {
  mcp: {
    ...google,
    ...oauthUrl,
    SALLYPORT_DOOR: 'agent',
    SALLYPORT_MCP_URL: `https://${DOMAIN}/mcp`,
    SALLYPORT_API_ID: API,
    SALLYPORT_HMAC_MASTER: KEY,
    SALLYPORT_VAULT_KEY: KEY,
  },
  oauth: { ...google, ...oauthUrl, SALLYPORT_VAULT_KEY: KEY },
  agent: {
    SALLYPORT_AGENT_URL: 'https://agent.example.com',
    SALLYPORT_MCP_URL: `https://${DOMAIN}/mcp`,
    SALLYPORT_CREDENTIALS: '{}',
    SALLYPORT_MODEL: 'offline',
  },
} as const;
const composers: Readonly<Record<keyof typeof environments, Compose>> = {
  agent: composeAgent,
  mcp: composeMcp,
  oauth: composeOAuth,
};

type Line = Readonly<Record<string, unknown>>;

interface Service {
  readonly handler: ServiceHandler;
  readonly store: KeyValueStore;
  readonly platform: Platform;
  lines(event: string): readonly Line[];
}

function createService(
  service: keyof typeof environments,
  environment: Readonly<Record<string, string | undefined>> = environments[service],
  compose = composers[service],
): Service {
  const lines: Line[] = [];
  const clock = { nowMs: () => Date.now() };
  const platform: Platform = {
    clock,
    random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
    writeLog: (line) => void lines.push(JSON.parse(line) as Line),
    embeddedStore: createMemoryStore({ clock }),
  };
  const handler = createServiceHandler({ service, compose, environment, platform });
  const store = platform.embeddedStore as KeyValueStore;
  return { handler, store, platform, lines: (event) => lines.filter((line) => line['event'] === event) };
}

async function ask(service: Service, event: unknown) {
  const { statusCode, headers, body } = await service.handler(event, testContext);
  return { status: statusCode, headers: headers ?? {}, body: JSON.parse(body ?? '') as Record<string, unknown> };
}

describe.each(['agent', 'mcp', 'oauth'] as const)('the %s function', (name) => {
  let service: Service;
  beforeAll(() => {
    service = createService(name);
  });

  it('says that it is well, on a named stage too', async () => {
    expect(await ask(service, createEvent())).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await ask(service, createEvent({ stage: 'prod' }))).toMatchObject({ status: 200 });
  });

  it('names the request in every refusal', async () => {
    const answer = await ask(service, createEvent({ method: 'POST', path: '/nowhere', body: '{}' }));
    expect(answer.status).toBe(404);
    // The MCP API answers in JSON-RPC, the others in the usual shape.
    expect(JSON.stringify(answer.body['error'])).toContain('"request_id":"JKJaXmPLvHcESHA="');
    expect(answer.headers['x-request-id']).toBe('JKJaXmPLvHcESHA=');
  });

  it.each(unfitEvents)('refuses what is no request: %s', async (_what, event) => {
    const answer = await ask(service, event);
    expect(answer.status).toBe(400);
    const { error } = answer.body as { error: Line };
    expect(error['code']).toBe('invalid_request');
    expect([testContext.awsRequestId, 'JKJaXmPLvHcESHA=']).toContain(error['request_id']);
    expect(answer.headers['x-request-id']).toBe(error['request_id']);
    expect(service.lines('event.refused').at(-1)).toMatchObject({ request_id: error['request_id'], service: name });
  });

  it('answers any event at all, and never with a fault of its own', async () => {
    const event = createEvent({ method: 'POST', path: '/mcp', body: '{}' });
    const paths = ['rawPath', 'rawQueryString', 'cookies', 'headers', 'headers.host', 'headers.authorization', 'body'];
    const parts = ['method', 'sourceIp'].map((part) => `requestContext.http.${part}`);
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths, ...parts), value, async (path, given) => {
        const answer = await service.handler(changedEvent(path, given, event), testContext);
        expect(answer.statusCode).toBeGreaterThanOrEqual(200);
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
    expect(service.lines('request.failed')).toEqual([]);
    expect(service.lines('service.failed')).toEqual([]);
    expect(await ask(service, createEvent())).toMatchObject({ status: 200 });
  });
});

describe('the agent door’s events', () => {
  let service: Service;
  let agent: OutsideAgent;
  let certificate: string;
  beforeEach(async () => {
    service = createService('mcp');
    const issued = await testAgentCertificate();
    certificate = issued.pem;
    const credentials = await ensureAgentCredentials({
      store: service.store,
      clock: service.platform.clock,
      identity: spiffeId('agent/assistant'),
      hmacMaster: Buffer.from(KEY, 'base64url'),
      certificate: { certificate, privateKey: issued.keyPem },
      serverCa: '',
    });
    const now = Math.floor(Date.now() / 1000);
    const scopes = ['calendar.read', 'calendar.write'];
    const grant = { v: 1, agent: 'agent/assistant', person: PERSON, scopes, granted_at: now, expires_at: now + 3600 };
    await service.store.set(`grant:agent/assistant:${PERSON}`, JSON.stringify(grant));
    agent = createOutsideAgent(
      { certificate, privateKey: issued.keyPem, keyId: credentials.key_id, secret: credentials.secret },
      { url: `https://${DOMAIN}/mcp`, ca: '' },
    );
  });

  /** A well signed `tools/list`, in an event that differs in one thing. */
  async function signedEvent(parts: EventParts = {}): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const { headers, ...wire } = await agent.prepare(PERSON, { body });
    const usual = { method: wire.method, path: wire.path, body: wire.body, domainName: DOMAIN, apiId: API };
    return createEvent({ ...usual, clientCertPem: certificate, headers: headers as Record<string, string>, ...parts });
  }

  it('are believed when they are this door’s', async () => {
    const answer = await ask(service, await signedEvent());
    expect(answer.status).toBe(200);
    expect((answer.body as { result: { tools: unknown[] } }).result.tools).toHaveLength(8);
  });

  it('are believed with a body that came as text', async () => {
    const event = (await signedEvent()) as { body: string };
    const asText = Buffer.from(event.body, 'base64').toString('utf8');
    expect(await ask(service, { ...event, body: asText, isBase64Encoded: false })).toMatchObject({ status: 200 });
  });

  const forged: readonly (readonly [string, () => Promise<EventParts> | EventParts])[] = [
    ['another API', () => ({ apiId: 'a1b2c3d4e5' })],
    ['another stage', () => ({ stage: 'test' })],
    ['another domain', () => ({ domainName: 'r3pmxmplak.execute-api.eu-central-1.amazonaws.com' })],
    [
      'a certificate of another agent',
      async () => ({ clientCertPem: (await testAgentCertificate('agent/other')).pem }),
    ],
    [
      'a certificate that is none',
      () => ({ clientCertPem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }),
    ],
    ['an empty certificate', () => ({ clientCertPem: '' })],
  ];

  it.each(forged)('are not believed with %s', async (_what, parts) => {
    const answer = await ask(service, await signedEvent(await parts()));
    expect(answer.status).toBe(401);
    expect(JSON.stringify(answer.body)).not.toMatch(/certificate|api|stage|domain/i);
    expect((await service.store.list('nonce:')).keys).toEqual([]);
  });

  it('are not believed with a certificate in a header', async () => {
    const event = changedEvent('requestContext.authentication', undefined, await signedEvent());
    const headers = {
      'x-amzn-mtls-clientcert': encodeURIComponent(certificate),
      'x-forwarded-client-cert': certificate,
    };
    for (const [name, value] of Object.entries(headers)) {
      expect(await ask(service, changedEvent(`headers.${name}`, value, event))).toMatchObject({ status: 401 });
    }
  });

  it('say the same outside, whichever check failed', async () => {
    const bodies = new Set<string>();
    for (const [, parts] of forged) {
      const { body } = await ask(service, await signedEvent(await parts()));
      bodies.add(JSON.stringify(body));
    }
    expect([...bodies]).toHaveLength(1);
  });
});

describe('a function that cannot be composed', () => {
  it('says nothing of why outside, and every problem in its log', async () => {
    const service = createService('mcp', { ...environments.mcp, SALLYPORT_DOOR: 'planted', GOOGLE_CLIENT_SECRET: '' });
    const answer = await ask(service, createEvent());
    expect(answer).toMatchObject({
      status: 500,
      body: { error: { code: 'internal', request_id: 'JKJaXmPLvHcESHA=' } },
      headers: { 'x-request-id': 'JKJaXmPLvHcESHA=' },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/SALLYPORT|GOOGLE|planted|configuration/);
    const [line] = service.lines('service.failed');
    expect(line?.['cause']).toContain('SALLYPORT_DOOR');
    expect(line?.['cause']).toContain('GOOGLE_CLIENT_SECRET: give it');
    expect(line?.['cause']).not.toContain('planted');
  });

  it('works once its configuration is mended', async () => {
    const environment: Record<string, string> = { ...environments.mcp, SALLYPORT_OAUTH_URL: '' };
    const service = createService('mcp', environment);
    expect((await ask(service, createEvent())).status).toBe(500);
    environment['SALLYPORT_OAUTH_URL'] = 'https://oauth.example.com';
    expect((await ask(service, createEvent())).status).toBe(200);
  });

  it('tells when waiting will help, and how long', async () => {
    const service = createService('oauth', environments.oauth, async () => {
      throw new AppError('unavailable', 'Parameter Store cannot be reached right now. Try again shortly.', {
        retryAfterSeconds: 1,
      });
    });
    const answer = await ask(service, createEvent());
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
      body: { error: { code: 'unavailable' } },
    });
  });

  it('keeps what only an operator can mend to the log, at requests too', async () => {
    const service = createService('oauth', environments.oauth, async () => async () => {
      throw new AppError('misconfigured', 'Parameter Store has no value for: /planted/name.');
    });
    const answer = await ask(service, createEvent());
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
    expect(JSON.stringify(answer)).not.toContain('planted');
    expect(service.lines('request.failed')[0]?.['cause']).toContain('/planted/name');
  });
});

describe('composing', () => {
  it('happens once, ahead of the first request, for any number of requests at once', async () => {
    let composed = 0;
    const service = createService('mcp', environments.mcp, async (...given) => {
      composed += 1;
      return composeMcp(...given);
    });
    await service.handler.prepare();
    expect(composed).toBe(1);
    const answers = await Promise.all([1, 2, 3].map(() => ask(service, createEvent())));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(composed).toBe(1);
  });

  it('that fails ahead of the first request is logged and tried again', async () => {
    let composed = 0;
    const service = createService('mcp', environments.mcp, async (...given) => {
      composed += 1;
      if (composed === 1) throw new Error('not yet');
      return composeMcp(...given);
    });
    await service.handler.prepare();
    expect(service.lines('service.failed')[0]?.['cause']).toContain('not yet');
    expect((await ask(service, createEvent())).status).toBe(200);
  });
});
