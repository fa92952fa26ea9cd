import { createHash } from 'node:crypto';
import type { ModelContact, ModelToolCall } from '../ports/model.ts';
import type { ListedTool } from '../ports/tool-client.ts';
import { canonicalJson } from '../trust/canonical-json.ts';
import { givenAddresses, inventedAddresses, invitedAddresses } from './addresses.ts';
import type { CheckArguments } from './argument-check.ts';
import { personsWords, standsInWords } from './taint.ts';
import { IDEMPOTENCY_ARGUMENT, type ToolCatalog, takesIdempotencyKey, writes } from './tool-catalog.ts';
import { FIND_TOOLS, MOST_AT_HAND } from './tools-at-hand.ts';
import type { StoredMessage, TurnCall, TurnRecord } from './turn-record.ts';

// What a model asks for, checked before anything is sent: does the tool exist, do the arguments fit its schema, was each invited address
// given by somebody, and has just this been asked before? Refusals are words for the model to act on.

type JsonObject = Readonly<Record<string, unknown>>;

/** More calls in one step than any request needs. */
export const MAX_CALLS_A_STEP = 12;
/** The same question asked a third time is a loop. */
const MAX_SAME_READS = 2;

export type CheckedCall =
  | { readonly ok: true; readonly call: TurnCall }
  /** `invalid_call` may be repaired once; a `repeated_call` is simply not made. */
  | {
      readonly ok: false;
      readonly code: 'invalid_call' | 'repeated_call';
      readonly problem: string;
      readonly call: TurnCall;
    };

export interface CallCheckDeps {
  readonly catalog: ToolCatalog;
  readonly checkArguments: CheckArguments;
  readonly contacts: readonly ModelContact[];
  /** Everything said so far, this turn's included. */
  readonly messages: readonly StoredMessage[];
  readonly record: TurnRecord;
  /** Private or untrusted data is among what was said. */
  readonly tainted: boolean;
}

/** The same for the same call of the same turn, however often it is sent: a booking is made once. */
export function idempotencyKey(turn: string, position: number): string {
  return createHash('sha256').update(`${turn}#${position}`).digest('hex').slice(0, 32);
}

/** Arguments as a model chose them. */
export function askedArguments(args: JsonObject): JsonObject {
  const { [IDEMPOTENCY_ARGUMENT]: _ours, ...asked } = args;
  return asked;
}

function unknownTool(catalog: ToolCatalog, name: string): string {
  if (catalog.refused.includes(name)) {
    return `The tool ${name} cannot be used: its description is not the one this agent was built with.`;
  }
  const names = [...catalog.tools.keys()];
  if (names.length > MOST_AT_HAND && catalog.tools.has(FIND_TOOLS)) {
    return `There is no tool of that name. Search with ${FIND_TOOLS} for one that does what is needed.`;
  }
  return `There is no tool of that name. The tools are: ${names.join(', ')}.`;
}

function inventionProblem(deps: CallCheckDeps, args: JsonObject): string | undefined {
  const invited = invitedAddresses(args);
  if (invited.length === 0) return undefined;
  const known = { addresses: givenAddresses(deps.messages), contacts: deps.contacts };
  if (inventedAddresses(invited, known).length === 0) return undefined;
  return (
    'attendees holds an address that neither the person, their contacts nor a tool gave. Leave it out, keep the name in ' +
    'the title, and say that nobody was invited; or ask for the address.'
  );
}

/** `beside` are the calls of the same step that were accepted. */
function repetition(
  deps: CallCheckDeps,
  tool: ListedTool,
  args: JsonObject,
  beside: readonly TurnCall[],
): string | undefined {
  const asked = canonicalJson(askedArguments(args));
  const same = (call: TurnCall): boolean =>
    call.tool === tool.name && canonicalJson(askedArguments(call.arguments)) === asked;
  const earlier = deps.record.calls.filter(same);
  if (!writes(tool)) {
    const asks = earlier.length + beside.filter(same).length;
    return asks < MAX_SAME_READS ? undefined : 'This was asked before, and the answer is above. Use it.';
  }
  if (beside.some(same)) return 'This stands twice in the same step. It is done once.';
  if (earlier.some((call) => call.outcome === 'completed')) return 'This was done a moment ago. Do not do it twice.';
  if (earlier.some((call) => call.outcome === 'unclear')) {
    return 'It is not known whether this was done a moment ago. Do not repeat it; tell the person.';
  }
  return earlier.some((call) => call.code === 'approval_refused')
    ? 'The person said no to exactly this. Do not ask again.'
    : undefined;
}

async function checkCall(
  deps: CallCheckDeps,
  call: ModelToolCall,
  index: number,
  beside: readonly TurnCall[],
): Promise<CheckedCall> {
  const tool = deps.catalog.tools.get(call.name);
  const asked = call.arguments ?? {};
  const key = idempotencyKey(deps.record.id, deps.record.calls.length + index);
  const keyed = tool !== undefined && takesIdempotencyKey(tool);
  const args = keyed ? { ...asked, [IDEMPOTENCY_ARGUMENT]: key } : asked;
  const entry: TurnCall = {
    id: call.id,
    tool: call.name.slice(0, 128),
    arguments: args,
    outcome: 'waiting',
    writes: tool === undefined || writes(tool),
  };
  const refuse = (code: 'invalid_call' | 'repeated_call', problem: string): CheckedCall => ({
    ok: false,
    code,
    problem,
    call: { ...entry, outcome: 'refused', code, message: problem, result: { text: problem } },
  });
  if (tool === undefined) return refuse('invalid_call', unknownTool(deps.catalog, entry.tool));
  if (index >= MAX_CALLS_A_STEP)
    return refuse('invalid_call', `At most ${MAX_CALLS_A_STEP} calls may be made at once.`);
  if (call.arguments === undefined) return refuse('invalid_call', 'The arguments are not a complete JSON object.');
  const words = await deps.checkArguments(tool, args);
  if (words !== undefined) return refuse('invalid_call', `The arguments do not fit the tool's schema: ${words}.`);
  const invention = inventionProblem(deps, args);
  if (invention !== undefined) return refuse('invalid_call', invention);
  const again = repetition(deps, tool, args, beside);
  if (again !== undefined) return refuse('repeated_call', again);
  const chosen = { arguments: asked, inputSchema: tool.inputSchema };
  const tainted = deps.tainted && !standsInWords(chosen, personsWords(deps.messages));
  return { ok: true, call: { ...entry, tainted } };
}

/** Checks the calls of one step. The arguments of an accepted call are what will be sent, idempotency key included. */
export async function checkCalls(
  deps: CallCheckDeps,
  calls: readonly ModelToolCall[],
): Promise<readonly CheckedCall[]> {
  const checked: CheckedCall[] = [];
  for (const [index, call] of calls.entries()) {
    const beside = checked.filter(({ ok }) => ok).map((item) => item.call);
    checked.push(await checkCall(deps, call, index, beside));
  }
  return checked;
}
