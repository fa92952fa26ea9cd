import { composeDocument } from '../certificates/agent-credentials.ts';
import { ensureKeys, ensureRevocations } from '../certificates/enrol.ts';
import type { IssuedCertificate } from '../certificates/issue.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { CredentialsDocument } from '../trust/credentials.ts';

// Makes another agent known to the door, with a certificate it has already, and puts together what it needs there.

export interface CredentialsRequest {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** SPIFFE id. */
  readonly identity: string;
  readonly hmacMaster: Uint8Array;
  readonly certificate: IssuedCertificate;
  readonly serverCa: string;
}

export async function ensureAgentCredentials(request: CredentialsRequest): Promise<CredentialsDocument> {
  const { store, clock, identity, certificate, serverCa } = request;
  await ensureRevocations(store, clock);
  const { current } = await ensureKeys(store, clock, identity);
  return composeDocument({ certificate, key: current, hmacMaster: createSecret(request.hmacMaster), serverCa });
}
