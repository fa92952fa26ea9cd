import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { type IssuerClient, type IssuerMetadata, IssuerRefusal, type TokenSet } from './issuer.ts';

// Two ways for a person to give this command a token: an authorization code that the browser brings to this computer's loopback (RFC 8252,
// with PKCE, RFC 7636), or a code that they type on any device (RFC 8628), for computers without a browser. There is no secret of the
// command's own: whatever it could keep, everybody could read.

export interface LoginWish {
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** RFC 8707. */
  readonly resource?: string | undefined;
  /** The same for issuers that call it so. */
  readonly audience?: string | undefined;
  /** For issuers that compare the whole redirect URI. */
  readonly port?: number | undefined;
}

export interface LoginDeps {
  readonly client: IssuerClient;
  readonly nowMs: () => number;
  readonly wait?: (ms: number) => Promise<void>;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
}

const BROWSER_MS = 5 * 60_000;
const PATH = '/callback';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** RFC 8628 §3.5. */
const SLOWER_SECONDS = 5;

const secretText = (): string => randomBytes(32).toString('base64url');
const delay = async (ms: number): Promise<void> => void (await sleep(ms));

interface Listener {
  readonly redirectUri: string;
  /** The code, or why there is none. */
  readonly code: Promise<string>;
  close(): void;
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
    'content-security-policy': "default-src 'none'",
    'referrer-policy': 'no-referrer',
  });
  response.end(`${text}\n`);
}

/** What the issuer sent back with the browser, or nothing when this is not its answer to us. */
function readAnswer(
  url: URL,
  expected: { readonly state: string; readonly issuer: IssuerMetadata },
): string | Error | undefined {
  const parameter = (name: string): string | undefined => {
    const values = url.searchParams.getAll(name);
    return values.length === 1 ? values[0] : undefined;
  };
  // A page elsewhere may send the browser here as well: without the state it is none of ours, and ends nothing.
  if (url.pathname !== PATH || parameter('state') !== expected.state) return undefined;
  const iss = url.searchParams.has('iss') ? (parameter('iss') ?? '') : undefined;
  // RFC 9207 §2.4: an answer of another issuer was meant for another client's flow.
  if (iss !== expected.issuer.issuer && (iss !== undefined || expected.issuer.namesItself)) {
    return new AppError('forbidden', 'The answer came from another sign-in provider than the one asked.');
  }
  const error = parameter('error');
  if (error !== undefined) return new IssuerRefusal(/^[a-z_]{1,64}$/.test(error) ? error : 'unknown');
  return parameter('code') ?? new IssuerRefusal('no_code');
}

async function listen(issuer: IssuerMetadata, state: string, port: number): Promise<Listener> {
  let settle: { resolve: (code: string) => void; reject: (error: Error) => void } | undefined;
  const code = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever gives up before the answer came is told by `code`, or not at all.
  code.catch(() => {});
  let authority = '';
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    // DNS rebinding: a name of somebody else's that was pointed to 127.0.0.1.
    const ours = request.headers.host === authority && request.method === 'GET';
    const url = ours ? URL.parse(request.url ?? '', `http://${authority}`) : null;
    const found = url === null ? undefined : readAnswer(url, { state, issuer });
    if (found === undefined) say(response, 404, 'Nothing is here.');
    else if (typeof found === 'string') {
      say(response, 200, 'You can close this window: the terminal goes on.');
      settle?.resolve(found);
    } else {
      say(response, 400, 'You were not signed in. The terminal says more.');
      settle?.reject(found);
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new AppError('unavailable', `Port ${port} of this computer is in use.`, { cause })),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `http://${authority}${PATH}`,
    code,
    close: () => {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function authorizationUrl(issuer: IssuerMetadata, wish: LoginWish, flow: Readonly<Record<string, string>>): string {
  if (issuer.authorizationEndpoint === undefined) {
    throw new AppError('upstream_failed', `${issuer.issuer} signs nobody in by a browser. Try --device.`);
  }
  const url = new URL(issuer.authorizationEndpoint);
  const parameters = {
    response_type: 'code',
    client_id: wish.clientId,
    scope: wish.scopes.join(' '),
    ...(wish.resource !== undefined && { resource: wish.resource }),
    ...(wish.audience !== undefined && { audience: wish.audience }),
    // OpenID Connect Core §11: without it several issuers give nothing that can be refreshed.
    ...(wish.scopes.includes('offline_access') && { prompt: 'consent' }),
    ...flow,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** `open` shows the address to the person, or opens it. */
export async function loginByBrowser(
  issuer: IssuerMetadata,
  wish: LoginWish,
  deps: LoginDeps & { readonly open: (url: string) => Promise<void> },
): Promise<TokenSet> {
  const state = secretText();
  const verifier = secretText();
  const listener = await listen(issuer, state, wish.port ?? 0);
  const timer = new AbortController();
  const ends = deps.signal === undefined ? timer.signal : AbortSignal.any([timer.signal, deps.signal]);
  const tooLong = sleep(BROWSER_MS, undefined, { signal: ends }).then(() => {
    throw new AppError('timed_out', 'Nobody signed in within five minutes. Run the command again.');
  });
  try {
    const codeChallenge = createHash('sha256').update(verifier, 'ascii').digest('base64url');
    const redirect = { redirect_uri: listener.redirectUri };
    await deps.open(
      authorizationUrl(issuer, wish, {
        ...redirect,
        state,
        code_challenge: codeChallenge,
        code_challenge_method: 'S256',
      }),
    );
    const code = await Promise.race([listener.code, tooLong]);
    return await deps.client.requestToken(issuer.tokenEndpoint, {
      grant_type: 'authorization_code',
      client_id: wish.clientId,
      code,
      code_verifier: verifier,
      resource: wish.resource,
      ...redirect,
    });
  } finally {
    timer.abort();
    tooLong.catch(() => {});
    listener.close();
  }
}

const deviceAnswer = z.object({
  device_code: z.string().min(1).max(4096),
  user_code: z.string().regex(/^[!-~ ]{1,64}$/),
  verification_uri: z.url({ protocol: /^https?$/ }),
  verification_uri_complete: z.url({ protocol: /^https?$/ }).optional(),
  expires_in: z.coerce.number().positive().max(86_400),
  interval: z.coerce.number().positive().max(600).default(5),
});

export interface DeviceCode {
  readonly url: string;
  readonly userCode: string;
}

/** `show` tells the person where to type what. */
export async function loginByDevice(
  issuer: IssuerMetadata,
  wish: LoginWish,
  deps: LoginDeps & { readonly show: (code: DeviceCode) => void },
): Promise<TokenSet> {
  if (issuer.deviceAuthorizationEndpoint === undefined) {
    throw new AppError('upstream_failed', `${issuer.issuer} offers no sign-in by a code. Leave --device out.`);
  }
  const begun = await deps.client.post(
    issuer.deviceAuthorizationEndpoint,
    { client_id: wish.clientId, scope: wish.scopes.join(' '), resource: wish.resource, audience: wish.audience },
    deviceAnswer,
  );
  deps.show({ url: begun.verification_uri, userCode: begun.user_code });
  const wait = deps.wait ?? delay;
  const endMs = deps.nowMs() + begun.expires_in * 1000;
  let seconds = begun.interval;
  while (deps.nowMs() < endMs) {
    await wait(seconds * 1000);
    try {
      return await deps.client.requestToken(issuer.tokenEndpoint, {
        grant_type: DEVICE_GRANT,
        device_code: begun.device_code,
        client_id: wish.clientId,
        resource: wish.resource,
      });
    } catch (error) {
      // RFC 8628 §3.5: who is silent is asked less often as well.
      const silent = error instanceof AppError && error.code === 'unavailable';
      const pending = error instanceof IssuerRefusal && error.code === 'authorization_pending';
      const slower = silent || (error instanceof IssuerRefusal && error.code === 'slow_down');
      if (!pending && !slower) throw error;
      if (slower) seconds += SLOWER_SECONDS;
    }
  }
  throw new AppError('timed_out', 'The code was not used in time. Run the command again.');
}
