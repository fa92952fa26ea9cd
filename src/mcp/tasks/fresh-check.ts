import { accept, type Result, refuse } from '../../kernel/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { tokenKey, tokenRecord } from '../../trust/access-token.ts';
import { decisionKey, decisionRecord } from '../../trust/approval.ts';
import { checkGrant, grantKey, grantRecord } from '../../trust/grant.ts';
import { ownerOf } from '../../trust/identities.ts';
import { readRecord } from '../../trust/record.ts';
import { parseRevocations, REVOCATIONS_KEY } from '../../trust/revocation-list.ts';
import { holdsScopes, intersectScopes } from '../../trust/scope.ts';
import type { TaskRecord } from './task-record.ts';

// Whether a call that was let in some time ago may still be done: what its door believed is looked up once more, in the store and not in any
// memory. The signature and the delegation were for that one request, and are over; what stands behind them must still stand.

export type FreshReason =
  | 'certificate_expired'
  | 'certificate_revoked'
  | 'revocations_unavailable'
  | 'grant_missing'
  | 'grant_of_another'
  | 'grant_expired'
  | 'grant_scope'
  | 'token_unknown'
  | 'token_revoked'
  | 'token_expired'
  | 'access_token_expired'
  | 'identity_unlinked'
  | 'scope_lost'
  | 'approval_taken_back';

/** As far as clocks differ, as at the door. */
const SKEW_MS = 60_000;

export interface FreshCheckDeps {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly clock: Clock;
}

/** What the call may still do. Rejects when the store cannot say. */
export type FreshCheck = (
  task: TaskRecord,
  needed: readonly string[],
) => Promise<Result<readonly string[], FreshReason>>;

export function createFreshCheck({ store, clock }: FreshCheckDeps): FreshCheck {
  async function certificate(
    { agent, person, scopes }: TaskRecord,
    standing: Extract<TaskRecord['standing'], { kind: 'certificate' }>,
  ): Promise<Result<readonly string[], FreshReason>> {
    const nowMs = clock.nowMs();
    if (nowMs > standing.ends_at_ms) return refuse('certificate_expired');
    const [revocations, grant] = await Promise.all([store.get(REVOCATIONS_KEY), store.get(grantKey(agent, person))]);
    // Not knowing is never taken for "not revoked".
    if (revocations === undefined) return refuse('revocations_unavailable');
    if (parseRevocations(revocations).has(standing)) return refuse('certificate_revoked');
    const found = grant === undefined ? undefined : readRecord(grantRecord, grant, 'grant');
    return checkGrant(found, { agent, person, scopes, nowMs });
  }

  async function token({ person, scopes }: TaskRecord, id: string): Promise<Result<readonly string[], FreshReason>> {
    const raw = await store.get(tokenKey(id));
    if (raw === undefined) return refuse('token_unknown');
    const record = readRecord(tokenRecord, raw, 'token');
    if (record.person !== person || record.audience !== 'mcp') return refuse('token_unknown');
    if (record.revoked_at !== undefined) return refuse('token_revoked');
    if (clock.nowMs() >= record.expires_at * 1000) return refuse('token_expired');
    return accept(intersectScopes(scopes, record.scopes));
  }

  async function identity(
    { person, scopes }: TaskRecord,
    standing: Extract<TaskRecord['standing'], { kind: 'identity' }>,
  ): Promise<Result<readonly string[], FreshReason>> {
    if (clock.nowMs() >= standing.ends_at_ms + SKEW_MS) return refuse('access_token_expired');
    const linked = await ownerOf(store, standing.identity);
    return linked === person ? accept(scopes) : refuse('identity_unlinked');
  }

  function standingOf(task: TaskRecord): Promise<Result<readonly string[], FreshReason>> {
    const { standing } = task;
    switch (standing.kind) {
      case 'certificate':
        return certificate(task, standing);
      case 'token':
        return token(task, standing.id);
      case 'identity':
        return identity(task, standing);
    }
  }

  /** The question was used up when the call was taken on; its answer lies there for ten minutes, and may have been changed. */
  async function takenBack({ person, approval }: TaskRecord): Promise<boolean> {
    if (approval === undefined) return false;
    const raw = await store.get(decisionKey(person, approval));
    return raw !== undefined && readRecord(decisionRecord, raw, 'decision').decision === 'no';
  }

  return async (task, needed) => {
    const standing = await standingOf(task);
    if (!standing.ok) return standing;
    if (!holdsScopes(standing.value, needed)) return refuse('scope_lost');
    return (await takenBack(task)) ? refuse('approval_taken_back') : standing;
  };
}
