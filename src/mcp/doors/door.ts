import { AppError, type ErrorCode, errorStatus } from '../../kernel/app-error.ts';
import type { HttpRequest } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';
import type { TokenReason } from '../../trust/access-token.ts';
import type { CertificateReason, CertificateShapeReason } from '../../trust/client-certificate.ts';
import type { DelegationReason } from '../../trust/delegation.ts';
import type { GrantReason } from '../../trust/grant.ts';
import type { JwtReason } from '../../trust/jwt.ts';
import type { KeyReason } from '../../trust/keyring.ts';
import type { RevocationReason } from '../../trust/revocation-list.ts';
import type { SignatureReason, WindowReason } from '../../trust/signature-verification.ts';
import type { Caller } from '../caller.ts';
import type { Stages } from '../stages.ts';

// A door decides who may enter the MCP API. Inside, every refusal has a reason of its own; outside, it has a status that
// does not tell which check failed. A door never throws: what it cannot decide it refuses.

/** What the door itself finds wrong, beside the reasons of the checks in `src/trust`. */
type DoorFault =
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
  | 'identity_unknown'
  | 'identity_store_unavailable'
  | 'issuer_unavailable'
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
  | JwtReason
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
  /** For the answer: `Retry-After` on 503, `WWW-Authenticate` on 401 (RFC 9110 §11.6.1). The agent door's is always the same. */
  readonly headers: Readonly<Record<string, string>>;
  /** For the answer, where a caller who has proved who they are may be told what to do. */
  readonly told?: { readonly message: string; readonly details: Readonly<Record<string, string>> };
}

export type DoorVerdict = { readonly ok: true; readonly caller: Caller } | DoorRefusal;

/** `stages` takes how long each check took, at doors that have several. */
export type Door = (request: HttpRequest, stages?: Stages) => Promise<DoorVerdict>;

/** Stores come back within seconds; a client that waits one and asks again loses nothing. */
const RETRY_AFTER_SECONDS = 1;

/** An error in words for the log: messages of ours, and no more than the name of any other. */
export function describeCause(cause: unknown): string {
  if (cause instanceof AppError) return `${cause.code}: ${cause.message}`;
  return cause instanceof Error ? cause.name : typeof cause;
}

/** One answer for each reason. What is not named here is a fault of identity. */
export function codeOf(reason: DoorReason): 'unauthenticated' | 'forbidden' | 'unavailable' | 'internal' {
  switch (reason) {
    case 'grant_missing':
    case 'grant_of_another':
    case 'grant_expired':
    case 'grant_scope':
    case 'jwt_scope':
    case 'identity_unknown':
      return 'forbidden';
    case 'revocations_unavailable':
    case 'revocations_stale':
    case 'keyring_unavailable':
    case 'nonce_store_unavailable':
    case 'grant_store_unavailable':
    case 'token_store_unavailable':
    case 'identity_store_unavailable':
    case 'issuer_unavailable':
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
  /** `WWW-Authenticate`, should the status be 401. */
  readonly challenge: string;
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
    headers: headersOf(code, facts.challenge),
  };
}

function headersOf(code: ReturnType<typeof codeOf>, challenge: string): Readonly<Record<string, string>> {
  if (code === 'unauthenticated') return { 'www-authenticate': challenge };
  return code === 'unavailable' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {};
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
