import { randomBytes } from 'node:crypto';
import { createLocalKeyService } from '../../src/adapters/embedded/local-key-service.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createGoogleOAuth } from '../../src/adapters/google/google-oauth.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createJsonLog } from '../../src/adapters/log/json-log.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { createStandInGoogle, type StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import type { StandInAccount } from '../../src/local/google/stand-in-options.ts';
import { createOAuthApp, type OAuthApp } from '../../src/oauth/app.ts';
import type { SignIn } from '../../src/oauth/ports.ts';
import { calendarScopes } from '../../src/oauth/settings.ts';
import type { JobQueue } from '../../src/ports/job-queue.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { OutsideClient } from '../../src/ports/outside-client.ts';
import { createToken, type TokenAudience, tokenKey } from '../../src/trust/access-token.ts';
import type { VerifyJwt } from '../../src/trust/jwt.ts';
import { createPersonId, personKey } from '../../src/trust/person.ts';
import { createVault, type Vault } from '../../src/vault/vault.ts';
import { createTestClock, type TestClock } from './clock.ts';

// The real OAuth API over a real store view, vault and Google client, before the stand-in Google; nothing is faked but the clock.

export const PUBLIC_URL = 'https://oauth.sallyport.test';
export const AGENT = 'agent/assistant';
export const LOOPBACK = 'http://127.0.0.1:51789/prove';

export const ANN: StandInAccount = { sub: '110001', email: 'ann@example.com', name: 'Ann', timeZone: 'Europe/Berlin' };
export const BOB: StandInAccount = { sub: '110002', email: 'bob@example.com', name: 'Bob', timeZone: 'Europe/Berlin' };

export interface OAuthWorld {
  readonly app: OAuthApp;
  readonly google: StandInGoogle;
  readonly clock: TestClock;
  /** The whole store, as the operator and the MCP API write into it. */
  readonly store: KeyValueStore;
  readonly vault: Vault;
  readonly http: OutsideClient;
  /** Ids of the jobs that were sent, in order; of a world with Slack. */
  readonly sent: string[];
  /** Every line that was logged, as text. */
  readonly logged: string[];
  addPerson(name: string): Promise<string>;
  addToken(person: string, over?: { audience?: TokenAudience; scopes?: readonly string[] }): Promise<string>;
  /** A JSON call with a bearer token. */
  call(token: string | undefined, method: string, path: string, body?: unknown): Promise<JsonAnswer>;
  close(): Promise<void>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the API answered, whatever it is
  readonly json: any;
}

export interface WorldOptions {
  readonly publicUrl?: string;
  readonly wrapStore?: (store: KeyValueStore) => KeyValueStore;
  readonly jobQueue?: JobQueue;
  readonly signIn?: (parts: { http: OutsideClient; clock: TestClock }) => SignIn;
  readonly verifyJwt?: VerifyJwt;
  /** What Slack signs with, where there is a door for it. */
  readonly slackSigningSecret?: string;
  /** Further hosts that the outside client may reach. */
  readonly hosts?: readonly string[];
}

const random = { bytes: (count: number) => randomBytes(count) };

export async function createOAuthWorld(options: WorldOptions = {}): Promise<OAuthWorld> {
  const publicUrl = options.publicUrl ?? PUBLIC_URL;
  // oidc-provider reads the machine's clock, so ours starts there.
  const clock = createTestClock(Date.now());
  const client = {
    clientId: 'sallyport.apps.googleusercontent.com',
    clientSecret: 'a secret of tests',
    redirectUris: [`${publicUrl}/oauth/google/callback`],
  };
  const google = await createStandInGoogle({ clock, clients: [client], accounts: [ANN, BOB] });
  const logged: string[] = [];
  const sent: string[] = [];
  const log = createJsonLog({
    clock,
    write: (line) => logged.push(line),
    level: 'debug',
    fields: { service: 'oauth', environment: 'local' },
  });
  const hosts = [new URL(google.url).host, ...(options.hosts ?? [])];
  const http = createOutsideClient({ clock, random, log, allow: { hosts } });
  const store = createMemoryStore({ clock });
  const view = createStoreView(store, storeAccess.oauth);
  const used = options.wrapStore?.(view) ?? view;
  const keys = createLocalKeyService({ masterKey: createSecret<Uint8Array>(randomBytes(32)), random });
  const vault = createVault({ store: view, keys, clock, environment: 'local', log });
  const app = createOAuthApp({
    store: used,
    vault,
    google: createGoogleOAuth({
      clientId: client.clientId,
      clientSecret: createSecret(client.clientSecret),
      authUrl: google.authUrl,
      tokenUrl: google.tokenUrl,
      revokeUrl: google.revokeUrl,
      jwksUrl: google.jwksUrl,
      issuer: google.issuer,
      http,
      clock,
    }),
    signIn: options.signIn?.({ http, clock }),
    ...(options.slackSigningSecret !== undefined && {
      slackSigningSecret: createSecret(options.slackSigningSecret),
    }),
    verifyJwt: options.verifyJwt,
    jobQueue:
      options.jobQueue ??
      (options.slackSigningSecret === undefined ? undefined : { send: async (id) => void sent.push(id) }),
    clock,
    random,
    log,
    config: {
      publicUrl,
      agents: [
        { id: AGENT, name: 'Assistant' },
        { id: 'agent/planner', name: 'Planner' },
      ],
      scopes: {
        ...calendarScopes,
        'push.write': { words: 'send you notifications' },
      },
      grantDays: 90,
      googleOrigin: google.url,
    },
  });
  return {
    app,
    google,
    clock,
    store,
    vault,
    http,
    sent,
    logged,
    async addPerson(name) {
      const person = createPersonId(clock.nowMs(), randomBytes(10));
      const record = { v: 1, person, name, created_at: Math.floor(clock.nowMs() / 1000) };
      await store.set(personKey(person), JSON.stringify(record));
      return person;
    },
    async addToken(person, { audience = 'confirm', scopes = ['confirm'] } = {}) {
      const made = createToken({
        person,
        audience,
        scopes,
        nowMs: clock.nowMs(),
        lifetimeSeconds: 86_400,
        random: randomBytes(42),
      });
      await store.set(tokenKey(made.record.id), JSON.stringify(made.record));
      return made.text;
    },
    async call(token, method, path, body) {
      const headers = new Headers();
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
      if (body !== undefined) headers.set('content-type', 'application/json');
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const response = await app.fetch(new Request(`${publicUrl}${path}`, init));
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text === '' ? undefined : JSON.parse(text) };
    },
    close: () => google.close(),
  };
}
