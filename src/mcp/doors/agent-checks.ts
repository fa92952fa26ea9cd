import { AppError } from '../../kernel/app-error.ts';
import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { HttpRequest } from '../../ports/http.ts';
import { type ClientCertificate, checkCertificate } from '../../trust/client-certificate.ts';
import type { Delegation } from '../../trust/delegation.ts';
import { checkGrant } from '../../trust/grant.ts';
import { checkKey, HMAC_SECRET_BYTES, KEYRING_CACHE_SECONDS, type Keyring } from '../../trust/keyring.ts';
import { checkRevocation } from '../../trust/revocation-list.ts';
import { normalizeAuthority } from '../../trust/signature-profile.ts';
import {
  checkDigest,
  checkHmac,
  checkWindow,
  type ParsedSignature,
  parseSignedMessage,
} from '../../trust/signature-verification.ts';
import type { AgentDoorOptions } from './agent-door.ts';
import { createCertificateReader } from './certificate-reader.ts';
import { createDelegationChecker, type DelegationChecker } from './delegation-checker.ts';
import { type DoorReason, describeCause } from './door.ts';
import { createGrantReader } from './grant-reader.ts';
import { createKeyringSource } from './keyring-source.ts';
import { createNonceGuard } from './nonce-guard.ts';
import { createRevocationSource } from './revocation-source.ts';

// The steps of the agent door, each with what it needs from the store. `agent-door.ts` puts them in their order.

export interface AgentChecks {
  /** Does the event come from the configured API, under the configured name? */
  event(request: HttpRequest): Result<void, DoorReason>;
  /** Whose certificate is it, and what is it for? */
  certificate(pem: string | undefined): Result<ClientCertificate, DoorReason>;
  /** Is it of this system, valid now, and not revoked? */
  standing(certificate: ClientCertificate): Promise<Result<void, DoorReason>>;
  /** Parse, window, HMAC, digest: was this very request signed by the holder of that certificate's key? */
  signature(request: HttpRequest, certificate: ClientCertificate): Promise<Result<ParsedSignature, DoorReason>>;
  /** Is it the first with its nonce? To be asked only of a signed request. */
  nonce(signed: ParsedSignature): Promise<Result<void, DoorReason>>;
  /** For whom? */
  delegation: DelegationChecker['check'];
  /** What may it do for that person? */
  grant(agent: string, delegation: Delegation): Promise<Result<readonly string[], DoorReason>>;
}

const DEFAULT_REVOCATION_RELOAD_SECONDS = 10;
const MAX_REVOCATION_RELOAD_SECONDS = 30;

/** Behind the endpoint's own path; the id is a task's. */
const STATUS_PATH = /^\/status\/[A-Za-z0-9_-]{43}$/;

/** A store that fails, or a record that cannot be read, is a refusal with its own reason; nothing is decided without it. */
async function orRefuse<Value>(
  reason: DoorReason,
  run: () => Promise<Result<Value, DoorReason>>,
): Promise<Result<Value, DoorReason>> {
  try {
    return await run();
  } catch (cause) {
    return refuse(reason, describeCause(cause));
  }
}

/** Anyone who may invoke the function can make up an event; only the configured API can make it come from itself. */
function createEventCheck(options: AgentDoorOptions): AgentChecks['event'] {
  const { apiId, stage } = options.expectedApi;
  const authority = normalizeAuthority(options.authority);
  const domainName = normalizeAuthority(options.expectedApi.domainName ?? authority);
  const is = (given: string, expected: string): boolean => given === expected || normalizeAuthority(given) === expected;
  return (request) => {
    if (request.apiId !== apiId || request.stage !== stage) return refuse('event_of_another_api');
    if (!is(request.domainName, domainName)) return refuse('event_of_another_domain');
    const host = request.headers['host'];
    return host === undefined || !is(host, authority) ? refuse('host_mismatch') : accept(undefined);
  };
}

function createStandingCheck(options: AgentDoorOptions): AgentChecks['standing'] {
  const { store, clock, log, trustDomain, environment } = options;
  const reloadSeconds = options.revocationReloadSeconds ?? DEFAULT_REVOCATION_RELOAD_SECONDS;
  if (reloadSeconds > MAX_REVOCATION_RELOAD_SECONDS) {
    throw new AppError('misconfigured', `Revocations must be read again every ${MAX_REVOCATION_RELOAD_SECONDS} s.`);
  }
  const revocations = createRevocationSource({ store, clock, log, reloadSeconds });
  return async (certificate) => {
    const valid = checkCertificate(certificate, { trustDomain, environment, nowMs: clock.nowMs() });
    if (!valid.ok) return valid;
    const loaded = await revocations.current();
    return checkRevocation(certificate, loaded, clock.nowMs());
  };
}

function createSignatureCheck(options: AgentDoorOptions): AgentChecks['signature'] {
  const { store, clock, hmacMaster, cacheSeconds = KEYRING_CACHE_SECONDS } = options;
  if (hmacMaster.reveal().length < HMAC_SECRET_BYTES) {
    throw new AppError('misconfigured', `The HMAC master must have at least ${HMAC_SECRET_BYTES} bytes.`);
  }
  const readMaster = options.readMaster ?? (async () => hmacMaster);
  const keyrings = createKeyringSource({ store, clock, hmacMaster: readMaster, cacheSeconds });
  const authority = normalizeAuthority(options.authority);
  // The endpoint, or one call behind it (`/status/{id}`): the path that was asked for is the one that must be signed.
  const pathOf = ({ path }: HttpRequest): string =>
    path.startsWith(options.path) && STATUS_PATH.test(path.slice(options.path.length)) ? path : options.path;
  return async (request, certificate) => {
    const parsed = parseSignedMessage(request, { authority, path: pathOf(request) });
    if (!parsed.ok) return parsed;
    const signature = parsed.value;
    const timely = checkWindow(signature, clock.nowMs());
    if (!timely.ok) return timely;
    const { keyId } = signature;
    const known = keyrings.known(keyId);
    const read = async () => accept(await keyrings.forKey(keyId, certificate.spiffeId.agent));
    const keyring = known === undefined ? await orRefuse<Keyring>('keyring_unavailable', read) : accept(known);
    if (!keyring.ok) return keyring;
    const key = checkKey(keyring.value.find(keyId), certificate, clock.nowMs());
    if (!key.ok) return key;
    const signed = checkHmac(signature, keyring.value.keyOf(key.value));
    if (!signed.ok) return signed;
    const whole = checkDigest(signature, request.body);
    return whole.ok ? parsed : whole;
  };
}

/** Throws AppError `misconfigured` on options that would leave the door weaker than it says. */
export function createAgentChecks(options: AgentDoorOptions): AgentChecks {
  const { store, clock, random } = options;
  const certificates = createCertificateReader();
  const nonces = createNonceGuard({ store, random });
  const grants = createGrantReader({ store });
  return {
    event: createEventCheck(options),
    certificate: (pem) => (pem === undefined ? refuse('certificate_missing') : certificates.read(pem)),
    standing: createStandingCheck(options),
    signature: createSignatureCheck(options),
    nonce: (signed) =>
      orRefuse('nonce_store_unavailable', async () =>
        (await nonces.use(signed.keyId, signed.nonce)) ? accept(undefined) : refuse('nonce_replayed'),
      ),
    delegation: createDelegationChecker({ audience: options.mcpUrl }).check,
    grant: (agent, { person, scopes }) =>
      orRefuse('grant_store_unavailable', async () => {
        const grant = await grants.read(agent, person);
        return checkGrant(grant, { agent, person, scopes, nowMs: clock.nowMs() });
      }),
  };
}
