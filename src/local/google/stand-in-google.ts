import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../ports/random.ts';
import { createCalendarApi } from './calendar-api.ts';
import type { JsonObject } from './calendar-method.ts';
import { type CalendarRequest, createCalendarRouter } from './calendar-router.ts';
import { type ControlParts, controlPath, handleControl } from './control.ts';
import { errorBody, GoogleError, typicalErrorBody } from './errors.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { handleInteraction } from './interaction.ts';
import { readBody, sendJson } from './node-http.ts';
import { createOAuthProvider, oauthPaths } from './oauth-provider.ts';
import { createOAuthStore, type OAuthStore } from './oauth-store.ts';
import { createOutbox, type Mail } from './outbox.ts';
import { handleRevocation } from './revocation.ts';
import type { StandInClient, StandInGoogleOptions } from './stand-in-options.ts';

// A Google for one machine: sign-in, consent and tokens by oidc-provider, and the part of Calendar v3 that the product calls.
// It believes whoever picks an account, so it listens on loopback only; it is never part of the bundle.

export interface StandInGoogle {
  /** `http://127.0.0.1:<port>`, also the issuer. */
  readonly url: string;
  readonly issuer: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  readonly revokeUrl: string;
  /** Ends in `/calendar/v3`. */
  readonly calendarUrl: string;
  readonly faults: Faults;
  /** The mails that guests would have got. */
  mails(): readonly Mail[];
  /** What stands on a calendar, as its owner sees it, without a token: for whoever checks that something was really booked. */
  events(calendarId: string): readonly JsonObject[];
  /** Registers a client, or replaces the one of that id: for callers whose redirect URI is not known at the start. */
  registerClient(client: StandInClient): void;
  expireAccessTokens(): void;
  /** As when the person removes every app under "third-party connections". False when there is no such account. */
  revokeAccount(email: string): boolean;
  close(): Promise<void>;
}

const calendarBase = '/calendar/v3';
const LOOPBACK: readonly string[] = ['127.0.0.1', 'localhost', '::1'];
/** Ten years: Google's refresh tokens last until they are taken back or lie idle for half a year. */
const LASTING_SECONDS = 10 * 365 * 86_400;

/** Rejects with Node's `EADDRINUSE` when the port is taken. */
export async function createStandInGoogle(options: StandInGoogleOptions): Promise<StandInGoogle> {
  const host = options.host ?? '127.0.0.1';
  if (!LOOPBACK.includes(host)) throw new RangeError(`the stand-in Google listens on loopback only, not on ${host}`);
  const server = createServer();
  await listen(server, options.port ?? 0, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${portOf(server)}`;
  const parts = await buildOrClose(options, url, server);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    parts.handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof GoogleError) sendJson(response, error.status, errorBody(error));
      else {
        const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
        options.log?.error('stand_in_google_failed', { cause });
        sendJson(response, 500, typicalErrorBody(500));
      }
    });
  });
  return {
    url,
    issuer: url,
    authUrl: url + oauthPaths.authorization,
    tokenUrl: url + oauthPaths.token,
    jwksUrl: url + oauthPaths.jwks,
    revokeUrl: url + oauthPaths.revoke,
    calendarUrl: url + calendarBase,
    faults: parts.control.faults,
    mails: parts.control.outbox.mails,
    events: parts.control.events,
    registerClient: parts.store.addClient,
    expireAccessTokens: parts.control.expireAccessTokens,
    revokeAccount: parts.control.revokeAccount,
    close: () => close(server),
  };
}

/** What cannot be built must not keep the port. */
async function buildOrClose(options: StandInGoogleOptions, url: string, server: Server): Promise<Parts> {
  try {
    return build(options, url);
  } catch (error) {
    await close(server);
    throw error;
  }
}

interface Parts {
  readonly store: OAuthStore;
  readonly control: ControlParts;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const nodeRandom: Random = { bytes: (count) => randomBytes(count) };

function build(options: StandInGoogleOptions, issuer: string): Parts {
  const { clock, accounts, clients } = options;
  const random = options.random ?? nodeRandom;
  const accessTokenSeconds = options.accessTokenSeconds ?? 3600;
  const refreshTokenSeconds = options.refreshTokenSeconds ?? LASTING_SECONDS;
  const store = createOAuthStore({ clock, accessTokenSeconds, clients });
  const oauth = createOAuthProvider({ issuer, store, accounts, random, accessTokenSeconds, refreshTokenSeconds });
  const faults = createFaults();
  const outbox = createOutbox((email) => accounts.some((account) => account.email === email));
  const { methods, events } = createCalendarApi({
    clock,
    accounts,
    random,
    outbox,
    meet: options.meet ?? 'on re-read',
  });
  const calendar = createCalendarRouter({ methods, tokens: store, accounts });
  const control: ControlParts = {
    faults,
    outbox,
    events,
    expireAccessTokens: store.expireAccessTokens,
    revokeAccount(email) {
      const account = accounts.find((candidate) => candidate.email === email);
      if (account !== undefined) store.revokeAccount(account.sub);
      return account !== undefined;
    },
  };
  const provide = oauth.provider.callback();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer);
    if (pathname.startsWith(`${calendarBase}/`)) {
      const path = pathname.slice(calendarBase.length + 1);
      const { status, body, headers } = calendar(await calendarRequest(request, path, searchParams));
      sendJson(response, status, body, headers);
    } else if (pathname === oauthPaths.revoke) await handleRevocation(store, request, response);
    else if (pathname.startsWith(`${oauthPaths.interaction}/`)) {
      await handleInteraction({ oauth, store, accounts }, request, response);
    } else await provide(request, response);
  }

  return {
    store,
    control,
    async handle(request, response) {
      if ((request.url ?? '').startsWith(controlPath)) return handleControl(control, request, response);
      const fault = faults.take(request.method ?? 'GET', request.url ?? '/');
      if (fault === undefined) return serve(request, response);
      return strike(fault, { request, response, serve: () => serve(request, response) });
    },
  };
}

async function calendarRequest(
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): Promise<CalendarRequest> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return { method: request.method ?? 'GET', path, query, headers, body: await readBody(request) };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly serve: () => Promise<void>;
}

async function strike(fault: Fault, { request, response, serve }: Exchange): Promise<void> {
  if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
  if (fault.reset === true) {
    request.socket.destroy();
    return;
  }
  if (fault.commitThenTimeout === true) {
    // Everything is done and said, only the words never leave; the client hangs up, or `close` does.
    response.writeHead = () => response;
    response.write = () => true;
    response.end = () => response;
    await serve();
    return;
  }
  if (fault.status === undefined) {
    await serve();
    return;
  }
  await readBody(request);
  const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  sendJson(response, fault.status, fault.body ?? typicalErrorBody(fault.status), headers);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
