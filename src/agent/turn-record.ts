import * as z from 'zod';
import { encodeUlid } from '../kernel/ulid.ts';
import { PERSON_PATTERN } from '../trust/person.ts';

// A turn as it lies in the store: one question, what the model and the tools said to it, and how far it came. All that is needed to go
// on in another process is in it. Key: `turn:<person>:<id>`, so that another person's turn cannot even be named.

export const TURN_ID_PATTERN = /^t_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
export const CONVERSATION_ID_PATTERN = /^c_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** A turn can be looked at, and an approval of it continued, for a day. */
export const TURN_TTL_SECONDS = 86_400;

const json = z.record(z.string(), z.unknown());

const toolCall = z.object({
  id: z.string(),
  name: z.string(),
  arguments: json.optional(),
  malformed: z.string().optional(),
  /** As in `ports/model.ts`: a provider's own, and nobody else's to see. Kept as long as the turn is. */
  signature: z.string().optional(),
});

/** The messages of `ports/model.ts`. A tool's text is kept as it came; it is marked as data when it is sent to a model. */
export const storedMessage = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('user'),
    text: z.string(),
    /** Not the person's words: ours, to the model, in the middle of a turn. */
    ours: z.literal(true).optional(),
  }),
  z.object({
    role: z.literal('assistant'),
    text: z.string(),
    calls: z.array(toolCall),
    /** As the calls' signatures. */
    reasoning: z.string().optional(),
  }),
  z.object({
    role: z.literal('tool'),
    call_id: z.string(),
    name: z.string(),
    text: z.string(),
    is_error: z.boolean(),
    data: json.optional(),
  }),
]);
export type StoredMessage = z.infer<typeof storedMessage>;

export const callOutcomes = [
  /** Not sent yet: an earlier call of the same step comes first. */
  'waiting',
  /** Sent; whether it ran is not known yet. */
  'sent',
  'approval_required',
  'completed',
  /** The tool ran and could not do it. */
  'failed',
  /** A door, the person or the agent itself refused: the tool did not run. */
  'refused',
  /** Sent, and no answer came. */
  'unclear',
] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** A check at the MCP API's door that the call passed. */
const passedDoor = z.object({ name: z.string(), ms: z.number(), note: z.string().optional() });

export const turnCall = z.object({
  id: z.string(),
  tool: z.string(),
  arguments: json,
  outcome: z.enum(callOutcomes),
  writes: z.boolean(),
  /** Private or untrusted data may have shaped it; so it is taken where nothing is said of it. */
  tainted: z.boolean().optional(),
  code: z.string().optional(),
  /** What went wrong, in words for the person. */
  message: z.string().optional(),
  doors: z.array(passedDoor).optional(),
  /** It goes on behind its answer under this name, until its outcome is known. */
  task: z.string().optional(),
  /** Kept until the step's results go to the model together. */
  result: z.object({ text: z.string(), data: json.optional() }).optional(),
});
export type TurnCall = z.infer<typeof turnCall>;

const approval = z.object({
  id: z.string(),
  url: z.string(),
  tool: z.string(),
  summary: z.string(),
  effect: z.string().optional(),
  undo: z.string().optional(),
  expires_at: z.string(),
});
export type TurnApproval = z.infer<typeof approval>;

export const contact = z.object({ name: z.string(), address: z.string() });

export const turnStatuses = ['running', 'approval_required', 'completed', 'failed', 'cancelled'] as const;
export const turnLimits = ['steps', 'time', 'tokens', 'budget'] as const;

export const turnRecord = z.object({
  v: z.literal(1),
  id: z.string().regex(TURN_ID_PATTERN),
  person: z.string().regex(PERSON_PATTERN),
  conversation_id: z.string().regex(CONVERSATION_ID_PATTERN),
  /** Of the token that asked. A token that continues the turn can only narrow them. */
  scopes: z.array(z.string()),
  time_zone: z.string(),
  status: z.enum(turnStatuses),
  /** Unix milliseconds. */
  created_at: z.number().int(),
  updated_at: z.number().int(),
  /** Who works on it, and until when nobody else may take it over. Absent when nobody does. */
  lease: z.object({ owner: z.string(), until: z.number().int() }).optional(),
  /** Time at work so far, without waiting for the person. */
  spent_ms: z.number(),
  steps: z.number().int(),
  /** The model's one chance to repair a bad call is used up. */
  repaired: z.boolean(),
  usage: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    /** Models that answered in place of the one that was asked first. */
    answered_by: z.array(z.string()).optional(),
    /** In the currency of the operator's prices; absent while no model that answered has one. */
    cost: z.number().optional(),
  }),
  messages: z.array(storedMessage),
  /** Private or untrusted data is in it, or was in the conversation before it. */
  tainted: z.boolean().default(true),
  calls: z.array(turnCall),
  /** Index in `calls` where the model's last step begins; everything before has been told to the model. */
  step_start: z.number().int(),
  /** Found among the attendees of recent events, for names the person's contacts do not know. */
  people: z.array(contact).optional(),
  approvals: z.array(approval),
  answer: z.string().optional(),
  limit: z.enum(turnLimits).optional(),
  error: z.object({ code: z.string(), message: z.string(), retry_after: z.number().optional() }).optional(),
});
export type TurnRecord = z.infer<typeof turnRecord>;

export const turnKey = (person: string, id: string): string => `turn:${person}:${id}`;

export interface NewTurn {
  /** Given where the same request may come twice: then it finds its turn again. */
  readonly id?: string | undefined;
  readonly person: string;
  readonly scopes: readonly string[];
  readonly conversationId: string;
  readonly message: string;
  readonly timeZone: string;
  readonly nowMs: number;
  /** 10 bytes. */
  readonly random: Uint8Array;
}

export function newTurn(turn: NewTurn): TurnRecord {
  return {
    v: 1,
    id: turn.id ?? `t_${encodeUlid(turn.nowMs, turn.random)}`,
    person: turn.person,
    conversation_id: turn.conversationId,
    scopes: [...turn.scopes],
    time_zone: turn.timeZone,
    status: 'running',
    created_at: turn.nowMs,
    updated_at: turn.nowMs,
    spent_ms: 0,
    steps: 0,
    repaired: false,
    usage: { input_tokens: 0, output_tokens: 0 },
    messages: [{ role: 'user', text: turn.message }],
    tainted: false,
    calls: [],
    step_start: 0,
    approvals: [],
  };
}
