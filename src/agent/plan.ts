import type { Model, ModelContact, ModelTool } from '../ports/model.ts';
import { writeInstructions } from './instructions.ts';
import { mentionedContacts, unresolvedNames } from './people.ts';

// The calls that the agent would make first for a message, without making any: one step of the model, nothing else.

export interface PlanRequest {
  readonly message: string;
  readonly nowMs: number;
  /** IANA name. */
  readonly timeZone: string;
  readonly model: Model;
  readonly tools: readonly ModelTool[];
  readonly contacts?: readonly ModelContact[];
  /** 60 s when left out. */
  readonly signal?: AbortSignal;
}

export interface Plan {
  readonly calls: readonly { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> }[];
  /** What the model said, with or instead of calls. */
  readonly reply?: string;
}

/** Rejects as the model does. Arguments that were no JSON are shown as an empty object. */
export async function planCalls(request: PlanRequest): Promise<Plan> {
  const { message, nowMs, timeZone, contacts = [] } = request;
  const reply = await request.model.complete({
    instructions: writeInstructions({
      nowMs,
      timeZone,
      contacts: mentionedContacts(message, contacts),
      unresolved: unresolvedNames(message, contacts),
    }),
    messages: [{ role: 'user', text: message }],
    tools: request.tools,
    context: { nowMs, timeZone, contacts },
    maxOutputTokens: 4096,
    signal: request.signal ?? AbortSignal.timeout(60_000),
  });
  const calls = reply.toolCalls.map((call) => ({ tool: call.name, arguments: call.arguments ?? {} }));
  return reply.text === '' ? { calls } : { calls, reply: reply.text };
}
