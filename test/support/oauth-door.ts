import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { composeMcp } from '../../src/compose/mcp.ts';
import { createServiceHandler } from '../../src/compose/service-handler.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { identityKey } from '../../src/trust/person.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { createSigningKey, type SigningKey } from './jwt.ts';
import { createEvent, type EventParts, testContext } from './lambda-events.ts';

// The OAuth door as its function composes it, over a store in memory.

export const DOOR_URL = 'https://tools.example.com/mcp';
export const DOOR_PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';

/** An issuer that is no more than its keys: what its tokens say is the test's business. */
export interface KeyIssuer {
  readonly issuer: string;
  readonly host: string;
  readonly key: SigningKey;
  /** Until it is put back, its keys cannot be had. */
  silence(silent: boolean): void;
  close(): Promise<void>;
}

export async function startKeyIssuer(): Promise<KeyIssuer> {
  const key = await createSigningKey();
  let silent = false;
  const server = createServer((request, response) => {
    if (silent) {
      response.writeHead(503).end();
      return;
    }
    const { port } = server.address() as AddressInfo;
    const issuer = `http://127.0.0.1:${port}`;
    const isKeys = request.url === '/keys';
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isKeys ? { keys: [key.publicJwk] } : { issuer, jwks_uri: `${issuer}/keys` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer: `http://${host}`,
    host,
    key,
    silence: (now) => {
      silent = now;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  readonly json: any;
  readonly text: string;
}

export interface OAuthDoorWorld {
  readonly store: KeyValueStore;
  readonly clock: TestClock;
  readonly log: readonly string[];
  /** The reasons that the log gives for refusals, and nothing else does. */
  reasons(): readonly unknown[];
  link(identity: string, person?: string): Promise<void>;
  ask(parts: EventParts): Promise<DoorAnswer>;
  /** Posts one message of 2025-11-25, or what is given. */
  post(token: string | undefined, body?: object, headers?: Readonly<Record<string, string>>): Promise<DoorAnswer>;
}

export interface OAuthDoorOptions {
  readonly issuers: readonly object[];
  /** `host:port` of issuers without TLS. */
  readonly hosts: readonly string[];
  readonly over?: Readonly<Record<string, string>>;
}

export function createOAuthDoorWorld({ issuers, hosts, over = {} }: OAuthDoorOptions): OAuthDoorWorld {
  const clock = createTestClock(Date.now());
  const store = createMemoryStore({ clock });
  const log: string[] = [];
  const environment = {
    GOOGLE_CLIENT_ID: 'client',
    GOOGLE_CLIENT_SECRET: 'a-client-secret',
    SALLYPORT_VAULT_KEY: Buffer.alloc(32, 7).toString('base64url'),
    SALLYPORT_OAUTH_URL: 'https://oauth.example.com',
    SALLYPORT_MCP_URL: DOOR_URL,
    SALLYPORT_DOOR: 'oauth',
    SALLYPORT_TOOLSETS: 'calendar,weather',
    SALLYPORT_ISSUERS: JSON.stringify(issuers),
    SALLYPORT_ALLOWED_HOSTS: hosts.join(','),
    ...over,
  };
  const platform = {
    clock,
    random: { bytes: (count: number) => new Uint8Array(count) },
    writeLog: (line: string) => void log.push(line),
    embeddedStore: store,
  };
  const handler = createServiceHandler({ service: 'mcp', compose: composeMcp, environment, platform });

  async function ask(parts: EventParts): Promise<DoorAnswer> {
    const { statusCode = 0, headers = {}, body = '' } = await handler(createEvent(parts), testContext);
    return { status: statusCode, headers, text: body, json: body === '' ? undefined : JSON.parse(body) };
  }

  return {
    store,
    clock,
    log,
    ask,
    reasons: () =>
      log
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ event }) => event === 'door.refused')
        .map(({ reason }) => reason),
    link: (identity, person = DOOR_PERSON) => store.set(identityKey(identity), JSON.stringify({ v: 1, person })),
    post: (token, body = { jsonrpc: '2.0', id: 1, method: 'tools/list' }, headers = {}) =>
      ask({
        method: 'POST',
        path: '/mcp',
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      }),
  };
}
