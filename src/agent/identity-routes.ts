import type { Hono } from 'hono';
import { type AgentEnv, methodNotAllowed, NO_STORE, type RouteDeps, whoAsks } from './routes.ts';

// Who the caller is taken for, and where a client gets a token: what `sallyport whoami` and `sallyport login` ask.

/** How a public client signs a person in at one issuer. None of it is secret. */
export interface LoginWay {
  readonly issuer: string;
  readonly alias: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly resource?: string | undefined;
  readonly audience?: string | undefined;
  readonly port?: number | undefined;
}

export interface SignInDescription {
  /** Public base URL of this API. */
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly logins: readonly LoginWay[];
}

/** RFC 9728 §2, with one member of our own: an issuer's metadata does not say under which client id a command may ask there. */
function describeResource({ resource, issuers, logins }: SignInDescription) {
  return {
    resource,
    ...(issuers.length > 0 && { authorization_servers: issuers }),
    bearer_methods_supported: ['header'],
    sallyport_logins: logins.map(({ clientId, ...way }) => ({ ...way, client_id: clientId })),
  };
}

export function routeIdentity(app: Hono<AgentEnv>, deps: RouteDeps & { readonly signIn: SignInDescription }): void {
  app.get('/whoami', async (c) => {
    const { person, identity, scopes } = await whoAsks(c, deps);
    return c.json({ person, identity, scopes }, 200, NO_STORE);
  });
  app.all('/whoami', methodNotAllowed('GET, HEAD'));

  app.get('/.well-known/oauth-protected-resource', (c) =>
    c.json(describeResource(deps.signIn), 200, { 'cache-control': 'public, max-age=300' }),
  );
  app.all('/.well-known/oauth-protected-resource', methodNotAllowed('GET, HEAD'));
}
