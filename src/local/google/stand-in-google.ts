import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Random } from '../../ports/random.ts';
import { createCalendarApi } from './calendar-api.ts';
import type { JsonObject } from './calendar-method.ts';
import { type CalendarRequest, createCalendarRouter } from './calendar-router.ts';
import { type ControlParts, controlPath, handleControl } from './control.ts';
import { errorBody, GoogleError, typicalErrorBody } from './errors.ts';
import { createFaults, type Faults } from './faults.ts';
import { handleInteraction } from './interaction.ts';
import { close, listen, portOf, readBody, sendJson } from './node-http.ts';
import { createOAuthProvider, createSigningKey, oauthPaths } from './oauth-provider.ts';
import { createOAuthStore, type OAuthStore } from './oauth-store.ts';
import { createOutbox, type Mail } from './outbox.ts';
import { handleRevocation } from './revocation.ts';
import type { StandInClient, StandInGoogleOptions } from './stand-in-options.ts';
import { createStateFile, type StandInState } from './state-file.ts';
import { strike } from './strike.ts';

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
  const file = options.stateFile === undefined ? undefined : createStateFile(options.stateFile);
  const parts = await buildOrClose(server, async () => build(options, url, await file?.read()));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    parts
      .handle(request, response)
      .catch((error: unknown) => answerFailure(error, response, options))
      .finally(() => file?.changed(parts.state));
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
    async close() {
      await close(server);
      await file?.write(parts.state());
    },
  };
}

function answerFailure(error: unknown, response: ServerResponse, { log }: StandInGoogleOptions): void {
  if (response.headersSent) response.destroy();
  else if (error instanceof GoogleError) sendJson(response, error.status, errorBody(error));
  else {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log?.error('stand_in_google_failed', { cause });
    sendJson(response, 500, typicalErrorBody(500));
  }
}

/** What cannot be built must not keep the port. */
async function buildOrClose(server: Server, builds: () => Promise<Parts>): Promise<Parts> {
  try {
    return await builds();
  } catch (error) {
    await close(server);
    throw error;
  }
}

interface Parts {
  readonly store: OAuthStore;
  readonly control: ControlParts;
  readonly state: () => StandInState;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const nodeRandom: Random = { bytes: (count) => randomBytes(count) };

function build(options: StandInGoogleOptions, issuer: string, saved: StandInState | undefined): Parts {
  const { clock, accounts, clients } = options;
  const random = options.random ?? nodeRandom;
  const accessTokenSeconds = options.accessTokenSeconds ?? 3600;
  const refreshTokenSeconds = options.refreshTokenSeconds ?? LASTING_SECONDS;
  const store = createOAuthStore({ clock, accessTokenSeconds, clients, ...(saved && { records: saved.oauth }) });
  const signingKey = saved?.signingKey ?? createSigningKey();
  const lifetimes = { accessTokenSeconds, refreshTokenSeconds };
  const oauth = createOAuthProvider({ issuer, store, accounts, random, signingKey, ...lifetimes });
  const faults = createFaults();
  const outbox = createOutbox((email) => accounts.some((account) => account.email === email));
  const { methods, events, stored } = createCalendarApi({
    clock,
    accounts,
    random,
    outbox,
    meet: options.meet ?? 'on re-read',
    ...(saved && { saved: saved.events }),
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
    state: () => ({ v: 1, signingKey, oauth: store.records(), events: stored() }),
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
