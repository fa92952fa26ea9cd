import * as z from 'zod';
import { accept, type Result, refuse } from '../kernel/result.ts';
import { PERSON_PATTERN } from './person.ts';
import { intersectScopes, SCOPE_PATTERN } from './scope.ts';

// A grant says that a person lets one agent act within some scopes until a date. Only the OAuth API writes it.
// Key: `grant:<agent>:<person>`, where agent is `agent/<name>` or `bridge/<person>`: the last two segments of the SPIFFE id.

export const AGENT_PATTERN = /^(?:agent\/[a-z][a-z0-9-]{0,31}|bridge\/p_[0-7][0-9A-HJKMNP-TV-Z]{25})$/;

export const grantRecord = z.object({
  v: z.literal(1),
  agent: z.string().regex(AGENT_PATTERN),
  person: z.string().regex(PERSON_PATTERN),
  scopes: z.array(z.string().regex(SCOPE_PATTERN)),
  /** Unix seconds. */
  granted_at: z.number().int(),
  /** Unix seconds; from then on the grant is void. */
  expires_at: z.number().int(),
});
export type GrantRecord = z.infer<typeof grantRecord>;

export const grantKey = (agent: string, person: string): string => `grant:${agent}:${person}`;
/** `grantindex:<person>:<agent>` holds nothing but its name, so that a person's grants can be listed. Written with the grant. */
export const grantIndexKey = (person: string, agent: string): string => `grantindex:${person}:${agent}`;

export type GrantReason = 'grant_missing' | 'grant_of_another' | 'grant_expired' | 'grant_scope';

/** What a call may do as far as the door knows: delegation ∩ grant. Nothing in common is a refusal, not an empty permission. */
export function checkGrant(
  grant: GrantRecord | undefined,
  call: { readonly agent: string; readonly person: string; readonly scopes: readonly string[]; readonly nowMs: number },
): Result<readonly string[], GrantReason> {
  if (grant === undefined) return refuse('grant_missing');
  if (grant.agent !== call.agent || grant.person !== call.person) return refuse('grant_of_another');
  if (call.nowMs >= grant.expires_at * 1000) return refuse('grant_expired');
  const scopes = intersectScopes(call.scopes, grant.scopes);
  return scopes.length === 0 ? refuse('grant_scope') : accept(scopes);
}
