import { JOSEError } from 'jose/errors';
import { jwtVerify } from 'jose/jwt/verify';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import { createGoogleKeys } from './google-keys.ts';

// Whether an ID token is Google's word about an account, for our client and for this very sign-in. In a module of its own, with the
// library it takes, because only the OAuth API meets ID tokens. It believes nothing of a token that does not pass.

export interface IdTokenVerifierOptions {
  readonly clientId: string;
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
}

export interface VerifiedAccount {
  readonly sub: string;
  /** Only an address that Google says is verified. */
  readonly email?: string;
}

/** Rejects with `forbidden` when the token is not believed. */
export type VerifyIdToken = (idToken: string | undefined, nonce: string) => Promise<VerifiedAccount>;

/** Clocks differ; Google's own library allows five minutes, a tenth of that suffices for machines that keep time. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** Google spells its issuer with and without the scheme (https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken). */
const issuersOf = (issuer: string): string[] =>
  issuer === 'https://accounts.google.com' ? [issuer, 'accounts.google.com'] : [issuer];

/** OpenID Connect Core §3.1.3.7, and §2 for `azp`. */
export function createIdTokenVerifier({
  clientId,
  issuer,
  jwksUrl,
  http,
  clock,
}: IdTokenVerifierOptions): VerifyIdToken {
  const keys = createGoogleKeys({ jwksUrl, http, clock });
  return async (idToken, nonce) => {
    try {
      const { payload } = await jwtVerify(idToken ?? '', keys, {
        issuer: issuersOf(issuer),
        audience: clientId,
        algorithms: ['RS256', 'ES256'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.nowMs()),
        requiredClaims: ['sub', 'exp', 'iat', 'nonce'],
      });
      if (payload['nonce'] !== nonce || (payload['azp'] ?? clientId) !== clientId) throw new Error('nonce or azp');
      const { sub, email, email_verified: verified } = payload;
      if (sub === undefined || sub === '') throw new Error('sub');
      return { sub, ...(typeof email === 'string' && verified === true ? { email } : {}) };
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      // The errors of the library carry the claims: only what went wrong goes on.
      const reason = cause instanceof JOSEError ? cause.code : String(cause);
      throw new AppError('forbidden', 'Google’s proof of the account is not valid. Connect again.', {
        cause: new Error(reason),
      });
    }
  };
}
