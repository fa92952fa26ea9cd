import * as z from 'zod';
import { PERSON_PATTERN } from '../../trust/person.ts';
import { SCOPE_PATTERN } from '../../trust/scope.ts';

// A call that goes on behind its answer, as it lies in the store: what is asked, by whom and for whom, how far it is, and how it ended. Key:
// `task:<person>:<id>`, written by the door that let the call in and by the worker that does it, and by nobody else. Each step is one atomic
// change of the whole record, so that whoever holds an older state changes nothing.

/** 256 random bits, or the hash of what is asked where the caller gave the call a key of its own. */
export const TASK_ID_PATTERN = /^[A-Za-z0-9_-]{43}$/;

/** Results are kept this long for whoever asked. */
export const TASK_TTL_SECONDS = 86_400;
/** A call that nobody has begun by then is not begun any more: what was allowed then need not be wanted now. */
export const START_WITHIN_MS = 15 * 60_000;
/** A worker that says nothing for so long is gone. */
export const LEASE_MS = 60_000;
/** A call that may be made again is begun so often at most. */
export const MAX_TRIES = 3;
/** What a store takes as one record (350 kB in DynamoDB), less what stands around it. */
const MAX_RESULT_CHARACTERS = 200_000;
const MAX_MESSAGE_CHARACTERS = 200;

/** What the worker holds the caller to once more, in place of the door's own checks. */
export const standingSchema = z.discriminatedUnion('kind', [
  /** A client certificate: not revoked, not ended; and the grant. */
  z.object({ kind: z.literal('certificate'), issuer: z.string(), serial: z.string(), ends_at_ms: z.number() }),
  /** A token of ours: still there, not revoked, not ended. */
  z.object({ kind: z.literal('token'), id: z.string() }),
  /** A token of somebody else's: not ended, and its identity still this person's. */
  z.object({ kind: z.literal('identity'), identity: z.string(), ends_at_ms: z.number() }),
]);

const json = z.record(z.string(), z.unknown());

const toolResult = z.object({
  structuredContent: json.optional(),
  text: z.string(),
  content: z.array(json).optional(),
  isError: z.boolean().optional(),
  code: z.string().optional(),
});

/** How it ended; `fault` is one of ours, with the request under which the log has its cause. */
const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), result: toolResult, details: json.optional() }),
  z.object({ kind: z.literal('fault'), request_id: z.string() }),
]);

const progressSchema = z.object({
  progress: z.number(),
  total: z.number().optional(),
  message: z.string().max(MAX_MESSAGE_CHARACTERS).optional(),
});
export type Progress = z.infer<typeof progressSchema>;

export const taskRecord = z.object({
  v: z.literal(1),
  id: z.string().regex(TASK_ID_PATTERN),
  /** For whom, and through whom: only the two together are shown anything of it. */
  person: z.string().regex(PERSON_PATTERN),
  agent: z.string(),
  door: z.enum(['agent', 'key', 'oauth', 'stdio']),
  scopes: z.array(z.string().regex(SCOPE_PATTERN)),
  tainted: z.boolean(),
  standing: standingSchema,
  certificate_serial: z.string().optional(),
  tool: z.string(),
  /** Gone once it has ended. */
  arguments: json.optional(),
  /** The question that the person said yes to. */
  approval: z.string().optional(),
  status: z.enum(['queued', 'working', 'completed', 'failed', 'cancelled']),
  cancel: z.literal(true).optional(),
  /** Who is at it, until when unless they say more, and which try it is. */
  work: z.object({ owner: z.string(), until_ms: z.number(), tries: z.number().int() }).optional(),
  progress: progressSchema.optional(),
  outcome: outcome.optional(),
  /** Of the request that brought it; joins the log lines of both. */
  request_id: z.string(),
  traceparent: z.string().optional(),
  created_at_ms: z.number().int(),
  updated_at_ms: z.number().int(),
  /** When its name was last put in the queue. */
  sent_at_ms: z.number().int(),
  start_by_ms: z.number().int(),
  expires_at_ms: z.number().int(),
});
export type TaskRecord = z.infer<typeof taskRecord>;

export const TASK_PREFIX = 'task:';
export const taskKey = (person: string, id: string): string => `task:${person}:${id}`;

export const hasEnded = ({ status }: Pick<TaskRecord, 'status'>): boolean =>
  status !== 'queued' && status !== 'working';

/** What a message of the queue holds: whose call it is and its id, nothing else. */
export const taskName = ({ person, id }: Pick<TaskRecord, 'person' | 'id'>): string => `${person}:${id}`;

export function parseTaskName(name: string): { readonly person: string; readonly id: string } | undefined {
  const [person = '', id = '', ...rest] = name.split(':');
  return rest.length === 0 && PERSON_PATTERN.test(person) && TASK_ID_PATTERN.test(id) ? { person, id } : undefined;
}

/** A progress message for others to read is short and has no line breaks. */
export function boundedProgress({ progress, total, message }: Progress): Progress {
  const line = message?.replaceAll(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE_CHARACTERS);
  return {
    progress,
    ...(total !== undefined && { total }),
    ...(line !== undefined && line !== '' && { message: line }),
  };
}

/** Nobody can be given what no record holds; that it was done is said all the same. */
export function boundedOutcome(ended: NonNullable<TaskRecord['outcome']>): NonNullable<TaskRecord['outcome']> {
  if (ended.kind === 'fault' || JSON.stringify(ended.result).length <= MAX_RESULT_CHARACTERS) return ended;
  const text = 'It was done, and its answer is too long to be kept. Ask for less.';
  return { kind: 'result', result: { isError: true, code: 'too_large', text } };
}
