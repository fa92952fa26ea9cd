import * as z from 'zod';
import { encodeUlid } from '../kernel/ulid.ts';

// Persons are opaque: `p_<ulid>`. What proves who someone is (a token, an OIDC subject, a Slack user) is an identity that maps to one.
// Keys: `person:<person>` → PersonRecord, `identity:<identity>` → IdentityRecord.

export const PERSON_PATTERN = /^p_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const personRecord = z.object({
  v: z.literal(1),
  person: z.string().regex(PERSON_PATTERN),
  /** What operators call this person; shown on pages, never in logs. */
  name: z.string().min(1).max(200),
  created_at: z.number().int(),
});
export type PersonRecord = z.infer<typeof personRecord>;

export const identityRecord = z.object({ v: z.literal(1), person: z.string().regex(PERSON_PATTERN) });

export function createPersonId(nowMs: number, random: Uint8Array): string {
  return `p_${encodeUlid(nowMs, random)}`;
}

export const personKey = (person: string): string => `person:${person}`;
/** What may stand for a person: `token:<id>`, `oidc:<issuer alias>:<sub>`, `iam:<account>:<role unique id>` or `slack:<enterprise or team>:<user>`. */
export const IDENTITY_PATTERN = /^(?:token:[0-9A-Z]{26}|(?:oidc|iam|slack):[A-Za-z0-9-]{1,64}:[!-~]{1,255})$/;
export const identityKey = (identity: string): string => `identity:${identity}`;
