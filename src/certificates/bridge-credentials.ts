import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import { type AgentCredentials, parseCredentials } from '../trust/credentials.ts';
import { succeedKeys } from '../trust/key-rotation.ts';
import { PERSON_PATTERN, personKey } from '../trust/person.ts';
import { formatSpiffeId } from '../trust/spiffe-id.ts';
import {
  CERTIFICATE_DAYS,
  type CertificateMaker,
  composeDocument,
  documentText,
  issueAgentCertificate,
} from './agent-credentials.ts';
import { changeKeyring, type KeyringStore } from './keyring-record.ts';

// The credentials of a person's own bridge at the agent door: a certificate that may name that person and nobody else, and a signing key. Each
// document has a key of its own; the one of before ends after an overlap, so that the person has time to put the new file in its place, or at once when
// it may be in other hands. What the bridge may do is not said here: that takes the person's own grant.

export interface BridgeCredentialsDeps extends CertificateMaker {
  /** An operator's view: `keyring`, and `person` to read. */
  readonly store: KeyringStore;
  /** At least 32 bytes. */
  readonly hmacMaster: Secret<Uint8Array>;
}

export interface BridgeCredentialsRequest {
  readonly trustDomain: string;
  readonly environment: string;
  readonly person: string;
  /** PEM; only where the MCP API's server certificate comes from a private authority. */
  readonly serverCa?: string | undefined;
  /** How long the certificate lasts. Default 30. */
  readonly days?: number | undefined;
  /** How long the key of before is still believed. Default 24. */
  readonly overlapHours?: number | undefined;
}

export interface BridgeCredentials {
  /** The document: whoever has it is this bridge. */
  readonly text: Secret;
  readonly credentials: AgentCredentials;
}

/** Nobody renews a bridge's certificate for it: longer than an agent's, shorter than anybody forgets. */
export const MAX_BRIDGE_DAYS = 90;
export const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 168;

function checkTimes({ days = CERTIFICATE_DAYS, overlapHours = DEFAULT_OVERLAP_HOURS }: BridgeCredentialsRequest) {
  if (!(Number.isInteger(days) && days >= 1 && days <= MAX_BRIDGE_DAYS)) {
    throw new AppError('invalid_request', `A bridge’s certificate lasts from 1 to ${MAX_BRIDGE_DAYS} whole days.`);
  }
  if (!(overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS)) {
    throw new AppError('invalid_request', `The overlap is from 0 to ${MAX_OVERLAP_HOURS} hours.`);
  }
  return { days, overlapSeconds: Math.round(overlapHours * 3600) };
}

/** Throws AppError `invalid_request` on times that are out of bounds, `not_found` where there is no such person. */
export async function issueBridgeCredentials(
  deps: BridgeCredentialsDeps,
  request: BridgeCredentialsRequest,
): Promise<BridgeCredentials> {
  const { store, hmacMaster, clock } = deps;
  const { person, serverCa } = request;
  const { days, overlapSeconds } = checkTimes(request);
  if (!PERSON_PATTERN.test(person) || (await store.get(personKey(person))) === undefined) {
    throw new AppError('not_found', `There is no person ${person}. \`sallyport person list\` shows all.`);
  }
  const identity = formatSpiffeId({ ...request, agent: `bridge/${person}` });
  // The certificate first: without it a new key would only shorten the life of the old one.
  const certificate = await issueAgentCertificate(deps, identity, { subject: 'CN=Sallyport bridge', days });
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  const keyring = await changeKeyring(store, (stored) => succeedKeys(stored, identity, { nowSeconds, overlapSeconds }));
  const key = keyring.keys.find((entry) => entry.identity === identity && entry.state === 'current');
  if (key === undefined) throw new AppError('internal', 'The keyring has no current key of the bridge.');
  const text = documentText(composeDocument({ certificate, key, hmacMaster, serverCa }));
  return { text, credentials: parseCredentials(text.reveal()) };
}
