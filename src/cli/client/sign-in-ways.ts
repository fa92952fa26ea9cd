import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { callApi, type Endpoint } from './api.ts';
import type { LoginWish } from './login.ts';

// Where an Agent API says that its persons sign in (RFC 9728), and which of these ways is meant.

const resourceMetadata = z.looseObject({
  resource: z.string(),
  sallyport_logins: z.array(
    z.object({
      issuer: z.url({ protocol: /^https?$/ }),
      alias: z.string(),
      client_id: z.string().min(1),
      scopes: z.array(z.string()).min(1),
      resource: z.string().optional(),
      audience: z.string().optional(),
      port: z.int().min(1024).max(65_535).optional(),
    }),
  ),
});
type Way = z.infer<typeof resourceMetadata>['sallyport_logins'][number];

export interface SignInWay extends LoginWish {
  readonly issuer: string;
}

/** What the command line says of it. */
export interface WayFlags {
  /** An issuer's address, or the alias that the Agent API has for it. */
  readonly issuer?: string;
  readonly clientId?: string;
  readonly scopes?: string;
  readonly resource?: string;
  readonly audience?: string;
  readonly port?: number | undefined;
}

function pick(ways: readonly Way[], wished: string | undefined): Way {
  const fitting = ways.filter(({ issuer, alias }) => wished === undefined || wished === issuer || wished === alias);
  const [way] = fitting;
  if (way !== undefined && fitting.length === 1) return way;
  const choices = ways.map(({ alias, issuer }) => `${alias} (${issuer})`).join(', ');
  throw new AppError(
    'invalid_request',
    choices === ''
      ? 'This Agent API signs nobody in: use a token of its own (SALLYPORT_TOKEN).'
      : `Say --issuer with one of: ${choices}.`,
  );
}

/** Asks the Agent API, unless the command line says everything. */
export async function findWay(agent: Endpoint, flags: WayFlags): Promise<SignInWay> {
  const { issuer, clientId, scopes, resource, audience, port } = flags;
  const given = {
    ...(clientId !== undefined && { clientId }),
    ...(scopes !== undefined && { scopes: scopes.split(' ').filter((scope) => scope !== '') }),
    ...(resource !== undefined && { resource }),
    ...(audience !== undefined && { audience }),
    ...(port !== undefined && { port }),
  };
  if (issuer !== undefined && clientId !== undefined && URL.canParse(issuer)) {
    return { scopes: ['openid', 'offline_access'], ...given, issuer, clientId };
  }
  const path = '/.well-known/oauth-protected-resource';
  const found = await callApi(agent, { method: 'GET', path }, resourceMetadata);
  // RFC 9728 §3.3: a server that describes another one would be handed that one's tokens.
  if (found.resource.replace(/\/+$/, '') !== agent.url) {
    throw new AppError(
      'forbidden',
      `${agent.url} calls itself ${found.resource}. Sign in there: --agent-url ${found.resource}`,
    );
  }
  const way = pick(found.sallyport_logins, issuer);
  return {
    issuer: way.issuer,
    clientId: way.client_id,
    scopes: way.scopes,
    resource: way.resource,
    audience: way.audience,
    port: way.port,
    ...given,
  };
}
