import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { ClientCertificate } from '../../trust/client-certificate.ts';
import { type Delegation, type DelegationReason, readBearer, verifyDelegation } from '../../trust/delegation.ts';
import { createBoundedCache } from '../bounded-cache.ts';

// Delegations as the door checks them: one that was verified is remembered until it expires, for the certificate it was
// verified against and no other. The door asks only after the revocation check of the same request.

export interface DelegationChecker {
  check(
    authorization: string | undefined,
    certificate: ClientCertificate,
    nowMs: number,
  ): Result<Delegation, DelegationReason>;
}

/** They live a minute; each is about 1 kB. */
const MAX_DELEGATIONS = 2048;

export function createDelegationChecker(options: { readonly audience: string }): DelegationChecker {
  const verified = createBoundedCache<{ readonly delegation: Delegation; readonly thumbprint: string }>(
    MAX_DELEGATIONS,
  );
  return {
    check: (authorization, certificate, nowMs) => {
      if (authorization === undefined) return refuse('delegation_missing');
      const known = verified.get(authorization);
      if (known?.thumbprint === certificate.thumbprint) {
        return nowMs < known.delegation.expiresAt * 1000 ? accept(known.delegation) : refuse('delegation_expired');
      }
      const token = readBearer(authorization);
      if (token === undefined) return refuse('delegation_missing', 'no bearer token');
      const delegation = verifyDelegation(token, { certificate, audience: options.audience, nowMs });
      if (delegation.ok) {
        verified.set(authorization, { delegation: delegation.value, thumbprint: certificate.thumbprint });
      }
      return delegation;
    },
  };
}
