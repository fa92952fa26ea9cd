import { createHash } from 'node:crypto';
import * as z from 'zod';
import { IDENTITY_PATTERN, PERSON_PATTERN } from './person.ts';

// What a worker is to do, as the door wrote it that let the request in. Only the OAuth API writes jobs, and the planning agent can write
// none; a message in the queue is no more than an id. Keys: `job:<id>`, written once and never changed, and `jobclaim:<id>`, the worker's
// own note that it has taken the job or done it.

/** SHA-256 in base64url: of what the job is about, so that what comes twice is one job. */
export const JOB_ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;
/** `<who asks>.<what>`, such as `approval.answered` or `slack.message`. */
export const JOB_KIND_PATTERN = /^[a-z]{1,32}(?:\.[a-z_]{1,32}){1,3}$/;

/** The longest that a job may wait to be done. */
export const MAX_JOB_SECONDS = 86_400;
/** An item of the store takes 350 kB; a door's own limit on bodies is far below it. */
const MAX_PAYLOAD_CHARACTERS = 65_536;

const payload = z
  .record(z.string(), z.unknown())
  .refine((value) => JSON.stringify(value).length <= MAX_PAYLOAD_CHARACTERS, 'is too large for a job');

export const jobRecord = z.object({
  v: z.literal(1),
  id: z.string().regex(JOB_ID_PATTERN),
  kind: z.string().regex(JOB_KIND_PATTERN),
  /** Whose job it is, where the door knew the person. */
  person: z.string().regex(PERSON_PATTERN).optional(),
  /** What the sender proved to be, such as `slack:<team>:<user>`; whose identity that is, the worker looks up. */
  identity: z.string().regex(IDENTITY_PATTERN).optional(),
  payload,
  /** Unix seconds. */
  created_at: z.number().int(),
  /** From then on it is not done any more. */
  expires_at: z.number().int(),
});
export type JobRecord = z.infer<typeof jobRecord>;

export const jobClaim = z.discriminatedUnion('state', [
  /** Somebody is at it until then (unix milliseconds); afterwards whoever comes may take it. */
  z.object({ v: z.literal(1), state: z.literal('taken'), owner: z.string(), until: z.number().int() }),
  /** It failed in a way that may pass: whoever comes next may take it. */
  z.object({ v: z.literal(1), state: z.literal('free') }),
  z.object({ v: z.literal(1), state: z.literal('done') }),
]);
export type JobClaim = z.infer<typeof jobClaim>;

export const jobKey = (id: string): string => `job:${id}`;
export const jobClaimKey = (id: string): string => `jobclaim:${id}`;

/** The id of the job about `parts`: the same parts always name the same job. */
export function jobIdOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** Whether it may still be done. */
export function isOpenJob(job: JobRecord, nowMs: number): boolean {
  return job.expires_at * 1000 > nowMs;
}
