import * as z from 'zod';
import { AGENT_PATTERN } from '../trust/grant.ts';
import { PERSON_PATTERN } from '../trust/person.ts';
import { SCOPE_PATTERN } from '../trust/scope.ts';

// The records that only the OAuth API reads and writes: tickets, flows and sessions.

const person = z.string().regex(PERSON_PATTERN);
const unixSeconds = z.number().int();
const hash = z.string().length(43);

/** What an agent is to be allowed by a connect flow. */
export const wish = z.object({
  agent: z.string().regex(AGENT_PATTERN),
  scopes: z.array(z.string().regex(SCOPE_PATTERN)).min(1),
  days: z.number().int().positive(),
});
export type Wish = z.infer<typeof wish>;

export const outcome = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('connected'),
    granted: z.array(z.string()),
    /** What the person unticked, in words. */
    not_working: z.array(z.string()),
  }),
  z.object({ status: z.literal('signed_in') }),
  z.object({ status: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type Outcome = z.infer<typeof outcome>;

/** `ticket:<id>`: one person may do one thing in one browser, within 10 minutes. The id alone proves nothing. */
export const ticketRecord = z.object({
  v: z.literal(1),
  id: hash,
  person,
  /** Absent for a ticket that only signs a browser in. */
  wish: wish.optional(),
  loopback: z.string().optional(),
  used: z.boolean(),
  outcome: outcome.optional(),
  expires_at: unixSeconds,
});
export type TicketRecord = z.infer<typeof ticketRecord>;

const flowBase = {
  v: z.literal(1),
  /** Hash of the browser's cookie: no other browser can go on. */
  browser: hash,
  expires_at: unixSeconds,
};

/** `flow:<hash>`: something this browser has begun and comes back with. Each is used once. */
export const flowRecord = z.discriminatedUnion('kind', [
  z.object({
    ...flowBase,
    kind: z.literal('google'),
    ticket: hash,
    person,
    wish,
    verifier: z.string(),
    nonce: z.string(),
  }),
  z.object({
    ...flowBase,
    kind: z.literal('sign_in'),
    verifier: z.string(),
    nonce: z.string(),
    return_to: z.string(),
    /** The person who asked to link this identity; absent for a plain sign-in. */
    link: person.optional(),
  }),
  /** Waits for the token's holder, who hears it on the loopback listener. */
  z.object({ ...flowBase, kind: z.literal('challenge'), ticket: hash }),
  /** The token's holder has answered; waits for the browser to come back. */
  z.object({ ...flowBase, kind: z.literal('proof'), ticket: hash, person, by: z.string() }),
  /** The same two for a further identity of the person who confirmed it in this browser. */
  z.object({ ...flowBase, kind: z.literal('link_challenge'), ticket: hash, person }),
  z.object({ ...flowBase, kind: z.literal('link_proof'), ticket: hash, person }),
]);
export type FlowRecord = z.infer<typeof flowRecord>;
export type FlowKind = FlowRecord['kind'];

/** `session:<hash>`: a browser that has proved whose it is. */
export const sessionRecord = z.object({
  v: z.literal(1),
  person,
  /** `token:<id>` or `session:oidc`, as a decision's `by`. */
  by: z.string(),
  /** The OIDC identity that signed in; the session ends when it is no longer this person's. */
  identity: z.string().optional(),
  expires_at: unixSeconds,
});
export type SessionRecord = z.infer<typeof sessionRecord>;
