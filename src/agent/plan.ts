import type { Model, ModelContact, ModelMessage, ModelReply, ModelTool } from '../ports/model.ts';
import { writeInstructions } from './instructions.ts';
import { mentionedContacts, unresolvedNames } from './people.ts';

// The calls that a model would make first for a message, without making any. Where the first step only asks whether a time is free,
// the plan goes on as if it were: that is what "free? then book" comes to. Everything else depends on answers nobody has here.

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

/** The same in every plan; with what a calendar tool would have said if nothing stood in the calendar. */
const NOTHING_BUSY = { busy: [] };

function asIfFree(reply: ModelReply): readonly ModelMessage[] {
  const answers = reply.toolCalls.map(({ id, name }): ModelMessage => {
    const text = JSON.stringify(NOTHING_BUSY);
    return { role: 'tool', callId: id, name, text, isError: false, data: NOTHING_BUSY };
  });
  return [{ role: 'assistant', text: reply.text, toolCalls: reply.toolCalls }, ...answers];
}

const planned = ({ toolCalls }: ModelReply) =>
  toolCalls.map((call) => ({ tool: call.name, arguments: call.arguments ?? {} }));

/** Rejects as the model does. Arguments that were no JSON are shown as an empty object. */
export async function planCalls(request: PlanRequest): Promise<Plan> {
  const { message, nowMs, timeZone, contacts = [] } = request;
  const instructions = writeInstructions({
    nowMs,
    timeZone,
    contacts: mentionedContacts(message, contacts),
    unresolved: unresolvedNames(message, contacts),
  });
  const signal = request.signal ?? AbortSignal.timeout(60_000);
  const question: ModelMessage = { role: 'user', text: message };
  const step = (messages: readonly ModelMessage[]): Promise<ModelReply> =>
    request.model.complete({
      instructions,
      messages,
      tools: request.tools,
      context: { nowMs, timeZone, contacts },
      maxOutputTokens: 4096,
      signal,
    });
  const first = await step([question]);
  const asksOnly = first.toolCalls.length > 0 && first.toolCalls.every(({ name }) => name === 'freebusy');
  const then = asksOnly ? planned(await step([question, ...asIfFree(first)])) : [];
  const calls = [...planned(first), ...then];
  return first.text === '' ? { calls } : { calls, reply: first.text };
}
