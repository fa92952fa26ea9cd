import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

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
const MACHINE_SECRET = 'a secret of a machine in tests';
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

export interface VisitedPage {
  readonly status: number;
  readonly url: string;
  readonly text: string;
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return found === undefined ? undefined : unescapeHtml(found);
};

/** The page's first form, its hidden fields as they are, the others from `given`. */
function formOf(page: string, given: Readonly<Record<string, string>>) {
  const [, tag = '', inner = ''] = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(page) ?? [];
  const action = attribute(tag, 'action');
  if (action === undefined) return undefined;
  const values = new URLSearchParams();
  for (const [input] of inner.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    if (name !== undefined) values.set(name, given[name] ?? attribute(input, 'value') ?? '');
  }
  return { action, values };
}

/** Opens an address and does what each page of the issuer asks, as this person, until one asks nothing any more. */
export async function visitIssuer(
  start: string,
  person: { readonly login: string; readonly userCode?: string; readonly refuse?: boolean },
): Promise<VisitedPage> {
  const cookies = new Map<string, Map<string, string>>();
  const given = { login: person.login, password: 'any', ...(person.userCode && { user_code: person.userCode }) };
  let next: { readonly url: string; readonly form?: URLSearchParams } = { url: start };
  for (let step = 0; step < 30; step += 1) {
    const { origin } = new URL(next.url);
    const jar = cookies.get(origin) ?? new Map<string, string>();
    cookies.set(origin, jar);
    const response = await fetch(next.url, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), accept: 'text/html' },
      ...(next.form !== undefined && { method: 'POST', body: next.form }),
    });
    for (const header of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    const location = response.headers.get('location');
    const text = await response.text();
    if (location !== null) {
      next = { url: new URL(location, next.url).href };
      continue;
    }
    const abort = person.refuse === true ? /href="([^"]*\/abort)"/.exec(text)?.[1] : undefined;
    const form = formOf(text, given);
    if (abort !== undefined) next = { url: new URL(unescapeHtml(abort), next.url).href };
    else if (form !== undefined) next = { url: new URL(form.action, next.url).href, form: form.values };
    else return { status: response.status, url: next.url, text };
  }
  throw new Error(`${next.url} asks for ever`);
}
