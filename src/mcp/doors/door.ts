import type { ErrorCode } from '../../kernel/app-error.ts';
import { errorStatus } from '../../kernel/app-error.ts';
import type { HttpRequest, HttpResponse } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import type { TokenReason } from '../../trust/access-token.ts';
import type { CertificateReason, CertificateShapeReason } from '../../trust/client-certificate.ts';
import type { DelegationReason } from '../../trust/delegation.ts';
import type { GrantReason } from '../../trust/grant.ts';
import type { KeyReason } from '../../trust/keyring.ts';
import type { RevocationReason } from '../../trust/revocation-list.ts';
import type { SignatureReason, WindowReason } from '../../trust/signature-verification.ts';
import type { Caller } from '../caller.ts';

// A door decides who may enter the MCP API. Inside, every refusal has a reason of its own; outside, it has a status and a
// sentence that do not tell which check failed. A door never throws: what it cannot decide it refuses.

/** What the door itself finds wrong, beside the reasons of the checks in `src/trust`. */
export type DoorFault =
  | 'event_of_another_api'
  | 'event_of_another_domain'
  | 'host_mismatch'
  | 'certificate_missing'
  | 'keyring_unavailable'
  | 'nonce_replayed'
  | 'nonce_store_unavailable'
  | 'grant_store_unavailable'
  | 'token_missing'
  | 'token_store_unavailable'
  | 'door_fault';

export type DoorReason =
  | DoorFault
  | CertificateShapeReason
  | CertificateReason
  | RevocationReason
  | SignatureReason
  | WindowReason
  | KeyReason
  | 'hmac_mismatch'
  | 'digest_mismatch'
  | DelegationReason
  | GrantReason
  | TokenReason;

/** What was proved, or at least claimed over a proved connection, before the refusal: for the log only. */
export interface Seen {
  readonly person?: string;
  readonly agent?: string;
  readonly certificateSerial?: string;
}

export interface DoorRefusal extends Seen {
  readonly ok: false;
  readonly status: number;
  readonly code: ErrorCode;
  /** Stable, for logs and metrics. Never sent. */
  readonly reason: DoorReason;
  readonly detail?: string;
  /** `Retry-After`, on 503. */
  readonly retryAfterSeconds?: number;
  /** `WWW-Authenticate`, on 401 (RFC 9110 §11.6.1). The agent door's is always the same. */
  readonly challenge?: string;
}

export type DoorVerdict = { readonly ok: true; readonly caller: Caller } | DoorRefusal;

export type Door = (request: HttpRequest) => Promise<DoorVerdict>;

/** Stores come back within seconds; a client that waits one and asks again loses nothing. */
const RETRY_AFTER_SECONDS = 1;

/** One answer for each reason. What is not named here is a fault of identity. */
export function codeOf(reason: DoorReason): 'unauthenticated' | 'forbidden' | 'unavailable' | 'internal' {
  switch (reason) {
    case 'grant_missing':
    case 'grant_of_another':
    case 'grant_expired':
    case 'grant_scope':
      return 'forbidden';
    case 'revocations_unavailable':
    case 'revocations_stale':
    case 'keyring_unavailable':
    case 'nonce_store_unavailable':
    case 'grant_store_unavailable':
    case 'token_store_unavailable':
      return 'unavailable';
    case 'door_fault':
      return 'internal';
    default:
      return 'unauthenticated';
  }
}

export interface RefusalFacts {
  readonly reason: DoorReason;
  readonly detail?: string | undefined;
  readonly challenge?: string | undefined;
}

export function createRefusal(facts: RefusalFacts, seen: Seen): DoorRefusal {
  const code = codeOf(facts.reason);
  return {
    ok: false,
    status: errorStatus[code],
    code,
    reason: facts.reason,
    ...seen,
    ...(facts.detail === undefined ? {} : { detail: facts.detail }),
    ...(code === 'unavailable' ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : {}),
    ...(code === 'unauthenticated' && facts.challenge !== undefined ? { challenge: facts.challenge } : {}),
  };
}

/** The one line and the one count of a refusal. */
export function reportRefusal(log: Log, door: Caller['door'], refusal: DoorRefusal, requestId: string): void {
  log.warn('door.refused', {
    door,
    request_id: requestId,
    status: refusal.status,
    reason: refusal.reason,
    detail: refusal.detail,
    person: refusal.person,
    agent: refusal.agent,
    certificate_serial: refusal.certificateSerial,
  });
  log.metric('Refused', { reason: refusal.reason });
}

const messages: Readonly<Record<ReturnType<typeof codeOf>, string>> = {
  unauthenticated: 'This request was not accepted.',
  forbidden: 'This person has not allowed this agent to do that, or no longer does.',
  unavailable: 'Try again in a moment.',
  internal: 'Something went wrong here. Tell your operator the request id.',
};

/** What the caller sees of a refusal: `{error: {code, message, request_id}}`, and nothing of the reason. */
export function createRefusalResponse(refusal: DoorRefusal, requestId: string): HttpResponse {
  const code = codeOf(refusal.reason);
  return {
    status: refusal.status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(refusal.challenge === undefined ? {} : { 'www-authenticate': refusal.challenge }),
      ...(refusal.retryAfterSeconds === undefined ? {} : { 'retry-after': String(refusal.retryAfterSeconds) }),
    },
    body: JSON.stringify({ error: { code, message: messages[code], request_id: requestId } }),
  };
}
