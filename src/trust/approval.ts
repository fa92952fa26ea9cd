import { createHash } from 'node:crypto';
import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { PERSON_PATTERN } from './person.ts';

// A write waits for the person's yes. The MCP API keeps the question under `approval:<person>:<id>` and consumes it;
// only the OAuth API writes the answer, under `decision:<person>:<id>`. Neither can write the other's key.

/** A question is open for 10 minutes; a yes must be used within the same 10 minutes. */
export const APPROVAL_TTL_SECONDS = 600;
export const APPROVAL_ID_PATTERN = /^a_[A-Za-z0-9_-]{43}$/;

export const approvalRecord = z.object({
  v: z.literal(1),
  id: z.string().regex(APPROVAL_ID_PATTERN),
  /** Fresh random text each time the same question is asked again: an old yes answers no later question. */
  instance: z.string().min(16),
  person: z.string().regex(PERSON_PATTERN),
  /** `agent/<name>`, `bridge/<person>`, or `token/<id>` at the key door. */
  agent: z.string(),
  tool: z.string(),
  /** Canonical JSON of the arguments, so that the person sees exactly what will run. */
  arguments: z.string(),
  /** One line in words: what will happen. */
  summary: z.string(),
  /** In words: what kind of thing a yes lets happen. */
  effect: z.string().optional(),
  /** In words: how the person takes it back. Absent where nothing does. */
  undo: z.string().optional(),
  /** Unix seconds. */
  created_at: z.number().int(),
  expires_at: z.number().int(),
});
export type ApprovalRecord = z.infer<typeof approvalRecord>;

export const decisionRecord = z.object({
  v: z.literal(1),
  id: z.string().regex(APPROVAL_ID_PATTERN),
  instance: z.string(),
  decision: z.enum(['yes', 'no']),
  /** Unix seconds. */
  decided_at: z.number().int(),
  /** How the person proved to be that person: `token:<id>`, `session:oidc`, or `slack:<enterprise or team>:<user>`. */
  by: z.string(),
});
export type DecisionRecord = z.infer<typeof decisionRecord>;

export interface ApprovalSubject {
  readonly person: string;
  readonly agent: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/**
 * The same person, agent, tool and arguments always ask the same question: the id is `a_` and the SHA-256 of the four in base64url.
 * A hash alone begins with `-` once in 64 times, and `sallyport approve` would take it for an option.
 */
export function approvalId(subject: ApprovalSubject): string {
  const text = canonicalJson([subject.person, subject.agent, subject.tool, subject.arguments]);
  return `a_${createHash('sha256').update(text).digest('base64url')}`;
}

export const approvalKey = (person: string, id: string): string => `approval:${person}:${id}`;
export const decisionKey = (person: string, id: string): string => `decision:${person}:${id}`;
