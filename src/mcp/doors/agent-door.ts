import type { Result } from '../../kernel/result.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpRequest } from '../../ports/http.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Caller } from '../caller.ts';
import { type Stages, unmeasured } from '../stages.ts';
import { type AgentChecks, createAgentChecks } from './agent-checks.ts';
import { createRefusal, type Door, type DoorReason, describeCause, reportRefusal } from './door.ts';

// The agent door: a certificate and a signature on every request. Its order is part of the contract:
//   event → certificate → revocation → parse → window → HMAC → digest → nonce → delegation → grant
// A nonce is written only after the HMAC has proved who sends it, so that a forger burns nobody's. Whatever cannot be read
// refuses the call. Headers that claim a certificate (`x-forwarded-client-cert`, `x-amzn-mtls-…`) are never looked at.

export interface AgentDoorOptions {
  readonly store: Pick<KeyValueStore, 'get' | 'setIfAbsent'>;
  /** At least 32 bytes, shared by all verifiers. */
  readonly hmacMaster: Secret<Uint8Array>;
  /** The master as it is now, for as long as the door lives. Default: the one above. */
  readonly readMaster?: () => Promise<Secret<Uint8Array>>;
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

/** Throws AppError `misconfigured` on options that would leave the door weaker than it says. */
export function createAgentDoor(options: AgentDoorOptions): Door {
  const { log, clock } = options;
  const checks = createAgentChecks(options);
  return async (request, stages = unmeasured) => {
    const seen: Passage['seen'] = {};
    const verdict = await passAll(checks, request, { seen, clock, stages }).catch((cause: unknown) => {
      log.error('door.fault', { request_id: request.requestId, cause: describeCause(cause) });
      return { ok: false, reason: 'door_fault' } as const;
    });
    if (verdict.ok) return { ok: true, caller: verdict.value };
    const refusal = createRefusal({ ...verdict, challenge: CHALLENGE }, seen);
    reportRefusal(log, 'agent', refusal, request.requestId);
    return refusal;
  };
}

interface Passage {
  /** Filled as the checks prove it, for the log line of a refusal. */
  readonly seen: { person?: string; agent?: string; certificateSerial?: string };
  readonly clock: Clock;
  readonly stages: Stages;
}

async function passAll(
  checks: AgentChecks,
  request: HttpRequest,
  { seen, clock, stages }: Passage,
): Promise<Result<Caller, DoorReason>> {
  const certificateDone = stages.start('certificate');
  const event = checks.event(request);
  if (!event.ok) return event;
  const connection = checks.certificate(request.clientCertificatePem);
  if (!connection.ok) return connection;
  const certificate = connection.value;
  const { agent } = certificate.spiffeId;
  seen.agent = agent;
  seen.certificateSerial = certificate.serial;
  const standing = await checks.standing(certificate);
  if (!standing.ok) return standing;
  certificateDone();
  const signed = await stages.time('signature', () => checks.signature(request, certificate));
  if (!signed.ok) return signed;

  const delegationDone = stages.start('delegation');
  const delegation = checks.delegation(request.headers['authorization'], certificate, clock.nowMs());
  delegationDone();
  if (delegation.ok) seen.person = delegation.value.person;
  // Reading the grant changes nothing, so it travels beside the nonce; the verdicts keep their order.
  const [nonce, scopes] = await Promise.all([
    stages.time('nonce', () => checks.nonce(signed.value)),
    delegation.ok ? stages.time('grant', () => checks.grant(agent, delegation.value)) : delegation,
  ]);
  if (!nonce.ok) return nonce;
  if (!delegation.ok) return delegation;
  if (!scopes.ok) return scopes;
  const { person } = delegation.value;
  // A bridge carries the calls of some client whose conversation it does not see: it cannot vouch for one.
  const tainted = delegation.value.tainted || certificate.spiffeId.bridgePerson !== undefined;
  const { serial, issuer, notAfterMs } = certificate;
  const proof = { kind: 'certificate', issuer, serial, ends_at_ms: notAfterMs } as const;
  const proved = { person, agent, scopes: scopes.value, tainted, certificateSerial: serial, standing: proof };
  return { ok: true, value: { door: 'agent', ...proved } };
}
