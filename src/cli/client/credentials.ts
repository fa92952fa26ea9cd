import { join } from 'node:path';
import { AppError } from '../../kernel/app-error.ts';
import { configFolder } from '../config-file.ts';
import { createIssuerClient, IssuerRefusal } from './issuer.ts';
import { createLoginFile, type Login, type LoginFile } from './login-file.ts';
import { createTransport, type Transport } from './transport.ts';

// The access token of whoever signed in with `sallyport login`, as it is now: refreshed before it expires, and by one command at a time.

type Environment = Readonly<Record<string, string | undefined>>;

export interface CredentialsRequest {
  readonly environment: Environment;
  /** Base URL of the Agent API, without a trailing slash; or whatever else the file has a sign-in for. */
  readonly agentUrl: string;
  /** An access token that was turned down: while the file still holds it, it is due whatever its time. */
  readonly refused?: string | undefined;
  readonly transport?: Transport;
  readonly nowMs?: () => number;
}

/** A token that expires sooner is refreshed first: a question may take a while. */
const EARLY_MS = 60_000;

const loginPath = (environment: Environment): string => join(configFolder(environment), 'login.json');
export const loginFileOf = (environment: Environment): LoginFile => createLoginFile(loginPath(environment));

const signInAgain = (): AppError => new AppError('unauthenticated', 'Your sign-in is over. Run `sallyport login`.');

async function refresh(login: Login, request: CredentialsRequest, nowMs: () => number): Promise<Login | undefined> {
  const transport = request.transport ?? createTransport(request.environment);
  const issuer = createIssuerClient({ transport, nowMs });
  try {
    const fresh = await issuer.requestToken(login.token_endpoint, {
      grant_type: 'refresh_token',
      refresh_token: login.refresh_token,
      client_id: login.client_id,
      resource: login.resource,
    });
    return {
      ...login,
      access_token: fresh.accessToken,
      // RFC 6749 §6: a new one takes the old one's place; without one the old stays good.
      refresh_token: fresh.refreshToken ?? login.refresh_token,
      expires_at_ms: fresh.expiresAtMs,
    };
  } catch (error) {
    if (error instanceof IssuerRefusal && error.code === 'invalid_grant') return undefined;
    // The issuer may be back before the token ends.
    if (login.expires_at_ms > nowMs()) return login;
    throw error;
  }
}

/** The bearer token for the Agent API, or nothing when nobody signed in there. Rejects with `unauthenticated` when the sign-in is over. */
export async function currentAuthorization(request: CredentialsRequest): Promise<string | undefined> {
  const nowMs = request.nowMs ?? Date.now;
  const file = loginFileOf(request.environment);
  const isDue = (login: Login): boolean =>
    login.expires_at_ms - nowMs() < EARLY_MS || login.access_token === request.refused;
  const login = await file.read(request.agentUrl);
  if (login === undefined) return undefined;
  if (!isDue(login)) return login.access_token;
  const isRefused = login.access_token === request.refused;
  if (login.refresh_token === undefined) {
    if (login.expires_at_ms > nowMs() && !isRefused) return login.access_token;
    throw signInAgain();
  }
  // Under the lock it is read again: another command may have refreshed it meanwhile.
  const fresh = await file.update(request.agentUrl, async (now) =>
    now === undefined || !isDue(now) || now.refresh_token === undefined ? now : refresh(now, request, nowMs),
  );
  if (fresh === undefined || fresh.expires_at_ms <= nowMs()) throw signInAgain();
  return fresh.access_token;
}
