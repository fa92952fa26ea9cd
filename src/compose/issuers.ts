import type { SignInDescription } from '../agent/identity-routes.ts';
import type { Issuer } from '../config/issuers.ts';
import { lazily } from '../kernel/lazily.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OutsideClient } from '../ports/outside-client.ts';
import type { VerifyJwt } from '../trust/jwt.ts';

// Believes the access tokens of the configured issuers. What that takes is imported at the first JWT: most calls come with tokens of ours.

/** What a client is told of signing in: public, all of it. */
export function describeSignIn(resource: string, issuers: readonly Issuer[]): SignInDescription {
  const logins = issuers.flatMap(({ issuer, alias, login }) =>
    login === undefined ? [] : [{ issuer, alias, ...login }],
  );
  return { resource, issuers: issuers.map(({ issuer }) => issuer), logins };
}

export function composeJwtVerifier(deps: {
  readonly issuers: readonly Issuer[];
  readonly http: OutsideClient;
  readonly clock: Clock;
  readonly log: Log;
}): VerifyJwt | undefined {
  const { issuers, http, clock, log } = deps;
  if (issuers.length === 0) return undefined;
  const verifier = lazily(async () => {
    const { createJwtVerifier } = await import('../trust/jwt.ts');
    const { createIssuerKeys } = await import('../adapters/http/jwks.ts');
    return createJwtVerifier({
      issuers,
      keysOf: ({ issuer }) => createIssuerKeys({ issuer, http, clock, log }),
      clock,
    });
  });
  return async (token) => (await verifier())(token);
}
