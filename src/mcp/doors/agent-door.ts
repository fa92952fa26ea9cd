import { AppError } from '../../kernel/app-error.ts';
import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpRequest } from '../../ports/http.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import { type ClientCertificate, checkCertificate } from '../../trust/client-certificate.ts';
import type { Delegation } from '../../trust/delegation.ts';
import { checkGrant } from '../../trust/grant.ts';
import { checkKey } from '../../trust/keyring.ts';
import { checkRevocation } from '../../trust/revocation-list.ts';
import { normalizeAuthority } from '../../trust/signature-profile.ts';
import {
  checkDigest,
  checkHmac,
  checkWindow,
  type ParsedSignature,
  parseSignedMessage,
} from '../../trust/signature-verification.ts';
import { createCertificateReader } from './certificate-reader.ts';
import { createDelegationChecker } from './delegation-checker.ts';
import { createRefusal, type Door, type DoorReason, type DoorVerdict, reportRefusal, type Seen } from './door.ts';
import { createGrantReader, type GrantReader } from './grant-reader.ts';
import { createKeyringSource } from './keyring-source.ts';
import { createNonceGuard } from './nonce-guard.ts';
import { createRevocationSource } from './revocation-source.ts';

// The agent door: a certificate and a signature on every request. Its order is part of the contract:
//   event → certificate → revocation → parse → window → HMAC → digest → nonce → delegation → grant
// A nonce is written only after the HMAC has proved who sends it, so that a forger burns nobody's. Whatever cannot be read
// refuses the call. Headers that claim a certificate (`x-forwarded-client-cert`, `x-amzn-mtls-…`) are never looked at.

export interface AgentDoorOptions {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent'>;
  /** At least 32 bytes, shared by all verifiers. */
  readonly hmacMaster: Secret<Uint8Array>;
  /** The public authority that clients sign: host, and port unless it is 443. */
  readonly authority: string;
  /** The one path, such as `/mcp`. */
  readonly path: string;
  /** What delegations must name as `aud`. */
  readonly mcpUrl: string;
  readonly trustDomain: string;
  readonly environment: string;
  /** The API whose events are believed. `domainName` is the authority unless said otherwise. */
  readonly expectedApi: { readonly apiId: string; readonly stage: string; readonly domainName?: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** One cache life of the keyring; key rotation must wait by the same number. Default 60. */
  readonly cacheSeconds?: number;
  /** How often the revocation list is read again, at most 30. Default 10. */
  readonly revocationReloadSeconds?: number;
}

/** Constant, so that it tells nothing about what was wrong. */
const CHALLENGE = 'Bearer realm="sallyport"';
const DEFAULT_CACHE_SECONDS = 60;
const DEFAULT_REVOCATION_RELOAD_SECONDS = 10;
const MAX_REVOCATION_RELOAD_SECONDS = 30;

/** The first two doors passed: who is connected, and that this very request was signed by them. */
interface Signed {
  readonly certificate: ClientCertificate;
  readonly parsed: ParsedSignature;
}

/** Throws AppError `misconfigured` on options that would leave the door weaker than it says. */
export function createAgentDoor(options: AgentDoorOptions): Door {
  const { store, clock, random, log } = options;
  const revocationReloadSeconds = options.revocationReloadSeconds ?? DEFAULT_REVOCATION_RELOAD_SECONDS;
  if (revocationReloadSeconds > MAX_REVOCATION_RELOAD_SECONDS) {
    throw new AppError('misconfigured', `Revocations must be read again every ${MAX_REVOCATION_RELOAD_SECONDS} s.`);
  }
  if (options.hmacMaster.reveal().length < 32) {
    throw new AppError('misconfigured', 'The HMAC master must have at least 32 bytes.');
  }
  const cacheSeconds = options.cacheSeconds ?? DEFAULT_CACHE_SECONDS;
  const target = { authority: normalizeAuthority(options.authority), path: options.path };
  const checkEvent = createEventCheck(options, target.authority);
  const certificates = createCertificateReader();
  const revocations = createRevocationSource({ store, clock, log, reloadSeconds: revocationReloadSeconds });
  const keyrings = createKeyringSource({ store, clock, hmacMaster: options.hmacMaster, cacheSeconds });
  const nonces = createNonceGuard({ store, random });
  const delegations = createDelegationChecker({ audience: options.mcpUrl });
  const grants = createGrantReader({ store });

  async function checkConnection(request: HttpRequest): Promise<Result<ClientCertificate, DoorReason>> {
    const event = checkEvent(request);
    if (!event.ok) return event;
    if (request.clientCertificatePem === undefined) return refuse('certificate_missing');
    return certificates.read(request.clientCertificatePem);
  }

  async function checkTrust(certificate: ClientCertificate): Promise<Result<void, DoorReason>> {
    const nowMs = clock.nowMs();
    const { trustDomain, environment } = options;
    const valid = checkCertificate(certificate, { trustDomain, environment, nowMs });
    if (!valid.ok) return valid;
    const loaded = await revocations.current();
    return checkRevocation(certificate, loaded, clock.nowMs());
  }

  async function checkSignature(
    request: HttpRequest,
    certificate: ClientCertificate,
  ): Promise<Result<Signed, DoorReason>> {
    const parsed = parseSignedMessage(request, target);
    if (!parsed.ok) return parsed;
    const timely = checkWindow(parsed.value, clock.nowMs());
    if (!timely.ok) return timely;
    const keyring = await keyrings.forKey(parsed.value.keyId).catch(() => undefined);
    if (keyring === undefined) return refuse('keyring_unavailable');
    const entry = checkKey(keyring.find(parsed.value.keyId), certificate, clock.nowMs());
    if (!entry.ok) return entry;
    const signed = checkHmac(parsed.value, keyring.keyOf(entry.value));
    if (!signed.ok) return signed;
    const whole = checkDigest(parsed.value, request.body);
    return whole.ok ? accept({ certificate, parsed: parsed.value }) : whole;
  }

  return async (request) => {
    let seen: Seen = {};
    const conclude = (refusal: { readonly reason: DoorReason; readonly detail?: string }): DoorVerdict => {
      const verdict = createRefusal({ ...refusal, challenge: CHALLENGE }, seen);
      reportRefusal(log, 'agent', verdict, request.requestId);
      return verdict;
    };
    try {
      const connection = await checkConnection(request);
      if (!connection.ok) return conclude(connection);
      const certificate = connection.value;
      const { agent } = certificate.spiffeId;
      seen = { agent, certificateSerial: certificate.serial };
      const trusted = await checkTrust(certificate);
      if (!trusted.ok) return conclude(trusted);
      const signed = await checkSignature(request, certificate);
      if (!signed.ok) return conclude(signed);

      const delegation = delegations.check(request.headers['authorization'], certificate, clock.nowMs());
      if (delegation.ok) seen = { ...seen, person: delegation.value.person };
      // Reading the grant changes nothing, so it travels with the nonce; the verdicts keep their order.
      const [first, scopes] = await Promise.all([
        useNonce(signed.value.parsed, nonces.use),
        delegation.ok ? checkScopes(grants, agent, delegation.value, clock) : delegation,
      ]);
      if (!first.ok) return conclude(first);
      if (!delegation.ok) return conclude(delegation);
      if (!scopes.ok) return conclude(scopes);
      const { person } = delegation.value;
      const caller = {
        door: 'agent',
        person,
        agent,
        scopes: scopes.value,
        certificateSerial: certificate.serial,
      } as const;
      return { ok: true, caller };
    } catch (cause) {
      log.error('door.fault', { request_id: request.requestId, cause: String(cause) });
      return conclude({ reason: 'door_fault' });
    }
  };
}

/** Anyone who may invoke the function can make up an event; only the configured API can make it come from itself. */
function createEventCheck(
  options: AgentDoorOptions,
  authority: string,
): (request: HttpRequest) => Result<void, DoorReason> {
  const { apiId, stage } = options.expectedApi;
  const domainName = normalizeAuthority(options.expectedApi.domainName ?? authority);
  return (request) => {
    if (request.apiId !== apiId || request.stage !== stage) return refuse('event_of_another_api');
    if (normalizeAuthority(request.domainName) !== domainName) return refuse('event_of_another_domain');
    const host = request.headers['host'];
    return host === undefined || normalizeAuthority(host) !== authority ? refuse('host_mismatch') : accept(undefined);
  };
}

async function useNonce(
  parsed: ParsedSignature,
  use: (keyId: string, nonce: string) => Promise<boolean>,
): Promise<Result<void, DoorReason>> {
  try {
    return (await use(parsed.keyId, parsed.nonce)) ? accept(undefined) : refuse('nonce_replayed');
  } catch {
    return refuse('nonce_store_unavailable');
  }
}

async function checkScopes(
  grants: GrantReader,
  agent: string,
  delegation: Delegation,
  clock: Clock,
): Promise<Result<readonly string[], DoorReason>> {
  const { person, scopes } = delegation;
  try {
    const grant = await grants.read(agent, person);
    return checkGrant(grant, { agent, person, scopes, nowMs: clock.nowMs() });
  } catch {
    return refuse('grant_store_unavailable');
  }
}
