import { AppError } from '../kernel/app-error.ts';
import type { Secret } from '../kernel/secret.ts';
import type { CertificateSigner } from '../ports/certificate-signer.ts';
import type { Clock } from '../ports/clock.ts';
import type { CredentialsStore } from '../ports/credentials-store.ts';
import type { Random } from '../ports/random.ts';
import { type AgentCredentials, parseCredentials } from '../trust/credentials.ts';
import { addIdentity } from '../trust/key-rotation.ts';
import type { KeyringEntry } from '../trust/keyring.ts';
import { REVOCATIONS_KEY } from '../trust/revocation-list.ts';
import {
  composeDocument,
  DAY_MS,
  documentText,
  holdsKey,
  isIssuedBy,
  issueAgentCertificate,
} from './agent-credentials.ts';
import { type CertificateAuthority, createAuthorityCertificate } from './issue.ts';
import { changeKeyring, type KeyringStore } from './keyring-record.ts';
import { addToTruststore, findAuthority, readAuthority, readTruststore } from './truststore.ts';

// What an operator does once before the first request, and may do again at any time: an authority, a revocation list, an agent's key and its
// credentials document. What is there and good stays as it is, so breaking off and starting again does no harm. What comes after is the rotation's.

const AUTHORITY_DAYS = 3650;

export interface AuthorityDeps {
  readonly signer: CertificateSigner;
  readonly clock: Clock;
  readonly random: Random;
}

export interface EnsuredAuthority {
  readonly certificate: string;
  /** What the door's truststore must hold from now on. */
  readonly truststore: string;
  /** Whether a certificate was made: then the truststore has changed. */
  readonly made: boolean;
}

/**
 * The authority of the signer's key: the one in the truststore, or a new one in front of what is there. So a truststore with an older authority
 * and the signer of a new key begin a rollover. `name` such as `CN=Sallyport dev client CA`; each key's authority needs a name of its own.
 */
export async function ensureAuthority(
  { signer, clock, random }: AuthorityDeps,
  request: { readonly name: string; readonly truststore?: string | undefined },
): Promise<EnsuredAuthority> {
  const { truststore = '' } = request;
  const found = await findAuthority(truststore, signer);
  if (found !== undefined && found.notAfterMs > clock.nowMs()) {
    return { certificate: found.certificate, truststore, made: false };
  }
  const nowMs = clock.nowMs();
  const validity = { notBefore: new Date(nowMs - 300_000), notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS) };
  const made = await createAuthorityCertificate(signer, { name: request.name, validity, random: random.bytes(16) });
  const { certificate } = readAuthority(made);
  return { certificate, truststore: addToTruststore(truststore, certificate), made: true };
}

export interface EnrolmentDeps {
  /** An operator's view: `keyring` and `revocations`. */
  readonly store: KeyringStore;
  readonly credentials: CredentialsStore;
  readonly authority: CertificateAuthority;
  /** At least 32 bytes. */
  readonly hmacMaster: Secret<Uint8Array>;
  readonly clock: Clock;
  readonly random: Random;
}

export interface EnrolmentRequest {
  /** SPIFFE id of the agent. */
  readonly identity: string;
  /** PEM; only where the MCP API's server certificate comes from a private authority. */
  readonly serverCa?: string | undefined;
  /**
   * What the door trusts by now. A certificate of another authority in it stays: in a rollover the door learns of the new authority later, and the
   * rotation changes over once it has.
   */
  readonly truststore?: string | undefined;
}

export interface Enrolment {
  readonly keyId: string;
  /** What was not there (or not good) and is now. */
  readonly made: readonly ('revocations' | 'key' | 'credentials')[];
}

/** The door refuses everybody while there is no list, so an empty one is written where there is none. */
export async function ensureRevocations(store: Pick<KeyringStore, 'setIfAbsent'>, clock: Clock): Promise<boolean> {
  const empty = { v: 1, version: 0, updated_at: Math.floor(clock.nowMs() / 1000), revoked: [] };
  return store.setIfAbsent(REVOCATIONS_KEY, JSON.stringify(empty));
}

/** The agent's keys; its first one, of `epoch`, is made if it has none that is current. */
export async function ensureKeys(
  store: KeyringStore,
  clock: Clock,
  identity: string,
  epoch = 1,
): Promise<{ readonly keys: readonly KeyringEntry[]; readonly current: KeyringEntry; readonly made: boolean }> {
  let made = false;
  const keyring = await changeKeyring(store, (stored) => {
    made = !stored.keys.some((entry) => entry.identity === identity && entry.state === 'current');
    return made ? addIdentity(stored, identity, Math.floor(clock.nowMs() / 1000), epoch) : stored;
  });
  const keys = keyring.keys.filter((entry) => entry.identity === identity);
  const current = keys.find((entry) => entry.state === 'current');
  if (current === undefined) throw new AppError('internal', 'The keyring has no current key of the agent.');
  return { keys, current, made };
}

function parseIfPossible(text: string | undefined): AgentCredentials | undefined {
  try {
    return text === undefined ? undefined : parseCredentials(text);
  } catch {
    // Whatever it is, it opens no door: it is replaced.
    return undefined;
  }
}

/**
 * The epoch of a first key where the keyring was lost and the agent's document was not: its own, or the next where the master is another. Secrets
 * are derived from epochs, so beginning at 1 again would make keys valid that were replaced because they had leaked.
 */
function epochAfter(
  present: AgentCredentials | undefined,
  identity: string,
  hmacMaster: Secret<Uint8Array>,
): number | undefined {
  if (present === undefined || present.certificate.spiffeId.text !== identity) return undefined;
  const epoch = Number(present.keyId.slice(present.keyId.lastIndexOf('#') + 1));
  if (!Number.isSafeInteger(epoch) || epoch < 1) return undefined;
  return holdsKey(present, { key_id: present.keyId, identity, epoch, state: 'current' }, hmacMaster)
    ? epoch
    : epoch + 1;
}

export async function enrolAgent(deps: EnrolmentDeps, request: EnrolmentRequest): Promise<Enrolment> {
  const { store, credentials, authority, hmacMaster, clock } = deps;
  const { identity } = request;
  const listed = await ensureRevocations(store, clock);
  const present = parseIfPossible((await credentials.read())?.reveal());
  const epoch = epochAfter(present, identity, hmacMaster);
  const { keys, current, made: keyMade } = await ensureKeys(store, clock, identity, epoch);
  const trusted = [authority, ...readTruststore(request.truststore ?? '')].map(({ certificate }) => certificate);
  const good =
    present !== undefined &&
    present.certificate.spiffeId.text === identity &&
    present.certificate.notAfterMs > clock.nowMs() &&
    trusted.some((one) => isIssuedBy(present.document.certificate, one)) &&
    (request.serverCa === undefined || present.document.server_ca === request.serverCa) &&
    // A rotation under way may have written the next key already.
    keys.some((key) => key.state !== 'previous' && holdsKey(present, key, hmacMaster));
  if (!good) {
    const certificate = await issueAgentCertificate(deps, identity);
    const serverCa = request.serverCa ?? present?.document.server_ca;
    await credentials.write(documentText(composeDocument({ certificate, key: current, hmacMaster, serverCa })));
  }
  return {
    keyId: good ? present.keyId : current.key_id,
    made: [
      ...(listed ? (['revocations'] as const) : []),
      ...(keyMade ? (['key'] as const) : []),
      ...(good ? [] : (['credentials'] as const)),
    ],
  };
}
