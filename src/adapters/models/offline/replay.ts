import type { ModelMessage, ModelReply, ModelToolCall } from '../../../ports/model.ts';
import { NOT_UNDERSTOOD } from './reply.ts';
import { type JsonObject, readAnswer, type ToolAnswer } from './results.ts';
import type { PlannedCall, Run } from './task.ts';

// A turn goes step by step, and each step comes as a new request with all that happened so far. The run is done anew over the answers that
// are there, up to the next calls or the end.

export interface Turn {
  readonly nowMs: number;
  readonly tools: ReadonlySet<string>;
}

/** How long ago the first step of this turn may have been: "in two hours" still means what it meant then. */
const MINUTES_BACK = 15;
const MINUTE_MS = 60_000;

type ToolMessage = Extract<ModelMessage, { role: 'tool' }>;
type StepMessage = Extract<ModelMessage, { role: 'assistant' }>;

export async function replay(
  start: (nowMs: number) => Promise<Run>,
  done: readonly ModelMessage[],
  turn: Turn,
): Promise<ModelReply> {
  const steps = done.filter(
    (message): message is StepMessage => message.role === 'assistant' && message.toolCalls.length > 0,
  );
  const answers = done.filter((message): message is ToolMessage => message.role === 'tool');
  const [first] = steps;
  const run = first === undefined ? await start(turn.nowMs) : await runBehind(start, first, turn.nowMs);
  let step = run.next([]);
  for (const { toolCalls } of steps) {
    if (step.done === true) break;
    step = run.next(toolCalls.map((call) => answerTo(call, answers)));
  }
  if (step.done === true) return say(step.value === '' ? NOT_UNDERSTOOD : step.value);
  const missing = step.value.find(({ name }) => !turn.tools.has(name));
  if (missing !== undefined)
    return say(`I would need the tool ${missing.name} for that, and it is not available to me here.`);
  return {
    text: '',
    toolCalls: step.value.map(
      (call, index): ModelToolCall => ({ id: `offline_${steps.length + 1}_${index + 1}`, ...call }),
    ),
    usage: { inputTokens: 0, outputTokens: 0 },
    stop: 'tools',
  };
}

/** The run as it was when it began: the latest minute at which its first calls were those that were made. */
async function runBehind(start: (nowMs: number) => Promise<Run>, first: StepMessage, nowMs: number): Promise<Run> {
  for (let back = 0; back <= MINUTES_BACK; back += 1) {
    const planned = (await start(nowMs - back * MINUTE_MS)).next([]);
    if (planned.done !== true && sameCalls(planned.value, first.toolCalls)) return start(nowMs - back * MINUTE_MS);
  }
  return start(nowMs);
}

function sameCalls(planned: readonly PlannedCall[], made: readonly ModelToolCall[]): boolean {
  return (
    planned.length === made.length &&
    planned.every(
      (call, index) => call.name === made[index]?.name && sameArguments(call.arguments, made[index]?.arguments ?? {}),
    )
  );
}

/** The agent may have added arguments of its own, such as an idempotency key. */
function sameArguments(planned: JsonObject, made: JsonObject): boolean {
  return Object.entries(planned).every(([name, value]) => JSON.stringify(made[name]) === JSON.stringify(value));
}

function answerTo(call: ModelToolCall, answers: readonly ToolMessage[]): ToolAnswer {
  const answer = answers.find(({ callId }) => callId === call.id);
  return answer === undefined ? { failed: true, data: {}, text: 'no answer came' } : readAnswer(answer);
}

export function say(text: string): ModelReply {
  return { text, toolCalls: [], usage: { inputTokens: 0, outputTokens: 0 }, stop: 'end' };
}
