import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { createWebBrowser, type WebPage } from './web-browser.ts';

// A real issuer (oidc-provider) with access tokens as RFC 9068 has them, code and device flow, refresh with rotation, revocation, and keys
// that can be rotated; and a browser without scripts, in which somebody signs in there.

export interface TestIssuer {
  readonly issuer: string;
  /** `host:port`, for SALLYPORT_ALLOWED_HOSTS. */
  readonly host: string;
  /** A machine's token: `sub` is the client. */
  machineToken(over?: { readonly resource?: string; readonly scope?: string }): Promise<string>;
  /** From now on it signs with a new key; the old one is withdrawn unless it is kept. */
  rotateKey(keepOld: boolean): Promise<void>;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const CLI_CLIENT = 'sallyport-cli';
export const MACHINE_CLIENT = 'machine';
export const MACHINE_SECRET = 'a secret of a machine in tests';
const SCOPES = ['calendar.read', 'calendar.write', 'weather.read'];

async function signingKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

function configuration(keys: readonly JWK[], resource: string, accessTokenSeconds: number): Configuration {
  return {
    jwks: { keys: [...keys] as never },
    clients: [
      {
        client_id: CLI_CLIENT,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        // RFC 8252 §7.3: any port of the loopback address.
        redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
      },
      {
        client_id: MACHINE_CLIENT,
        client_secret: MACHINE_SECRET,
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, name: `Person ${sub}` }) }),
    scopes: ['openid', 'offline_access', ...SCOPES],
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, indicator) => ({
          scope: SCOPES.join(' '),
          audience: indicator,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    rotateRefreshToken: true,
    pkce: { required: () => true },
    cookies: { keys: ['a key for cookies in tests'] },
    ttl: { AccessToken: accessTokenSeconds, Grant: 86_400, Session: 86_400, Interaction: 3600, RefreshToken: 86_400 },
  };
}

export interface TestIssuerOptions {
  /** For which API tokens are when nobody says. */
  readonly resource: string;
  readonly accessTokenSeconds?: number;
}

/** The provider is built anew with other keys; what it remembers lies in memory of its module and is lost with it. */
export async function startIssuer({ resource, accessTokenSeconds = 600 }: TestIssuerOptions): Promise<TestIssuer> {
  const asked = new Map<string, number>();
  let answer: ReturnType<Provider['callback']> | undefined;
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    asked.set(path, (asked.get(path) ?? 0) + 1);
    void answer?.(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}`;
  let keys: readonly JWK[] = [await signingKey('first')];
  const build = (): void => {
    answer = new Provider(issuer, configuration(keys, resource, accessTokenSeconds)).callback();
  };
  build();
  let rotations = 0;
  return {
    issuer,
    host,
    asked,
    async machineToken(over = {}) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${MACHINE_CLIENT}:${encodeURIComponent(MACHINE_SECRET)}`).toString('base64')}`,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope: SCOPES.join(' '), ...over }),
      });
      const { access_token: token } = (await response.json()) as { access_token?: string };
      if (token === undefined) throw new Error(`the issuer answered ${response.status}`);
      return token;
    },
    async rotateKey(keepOld) {
      rotations += 1;
      keys = [await signingKey(`rotated ${rotations}`), ...(keepOld ? keys : [])];
      build();
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Opens an address and does what each page of the issuer asks, as this person, until one asks nothing any more. */
export async function visitIssuer(
  start: string,
  person: { readonly login: string; readonly userCode?: string; readonly refuse?: boolean },
): Promise<WebPage> {
  const browser = createWebBrowser();
  const given = { login: person.login, password: 'any', ...(person.userCode && { user_code: person.userCode }) };
  let page = await browser.open(start);
  for (let step = 0; step < 10; step += 1) {
    const abort = person.refuse === true ? page.links.find((link) => link.endsWith('/abort')) : undefined;
    if (abort !== undefined) page = await browser.open(abort);
    else if (page.forms.length > 0) page = await browser.press(page, '', given);
    else return page;
  }
  throw new Error(`${page.url} asks for ever`);
}
