import type { ModelReply, ModelToolCall } from '../ports/model.ts';
import { doneLine } from './answer.ts';
import { createPlainAnswer, givenLinks } from './answer-links.ts';
import { type CheckedCall, checkCalls, MAX_CALLS_A_STEP } from './call-check.ts';
import { fitToWindow, tokensOf } from './compaction.ts';
import { writeInstructions } from './instructions.ts';
import { toModelMessages } from './model-messages.ts';
import { mentionedContacts, unresolvedNames } from './people.ts';
import { toolsAtHand } from './tools-at-hand.ts';
import { finish } from './turn-end.ts';
import type { StoredMessage, TurnCall } from './turn-record.ts';
import { isTainted, knownPeople, questionOf, type Setting, spokenSoFar } from './turn-setting.ts';
import { accountReply, countReply } from './turn-usage.ts';
import { whileWaiting } from './turn-wait.ts';

// The model's side of a turn: it is asked, its calls are checked and taken into the record, and it is told what came of them. A bad step may be
// repaired once in a turn; nothing of a cut-off or bad step that writes is ever sent.

const WITH_ANOTHER =
  'Not sent, because another call of the same step was wrong. Send it again together with the mended one.';
const CUT_OFF = 'Your last answer was cut off, so none of its calls was made. Answer again, shorter.';

/** A small window is not for the answer alone. */
const OUTPUT_SHARE = 0.25;
/** What messages get of a window that is all but filled by instructions and tools: better refused by the provider than left without a question. */
const MIN_MESSAGE_TOKENS = 1000;

/** Tells the model's words as the answer will hold them: nothing that is left out of it is ever shown. */
function tellWords({ handle, history, tell }: Setting) {
  const { messages, calls } = handle.record;
  // Looked for when there is a link to look up: the first word does not wait for it.
  let given: ReadonlySet<string> | undefined;
  const plain = createPlainAnswer((link) => {
    given ??= givenLinks([...history, ...messages], calls);
    return given.has(link);
  });
  const say = (text: string): void => {
    if (text !== '') tell?.({ type: 'text.delta', text });
  };
  return { onText: (piece: string) => say(plain.push(piece)), end: () => say(plain.end()) };
}

async function askModel(setting: Setting, signal: AbortSignal): Promise<ModelReply> {
  const { deps, handle, catalog, tell } = setting;
  const { time_zone: timeZone } = handle.record;
  const messages = spokenSoFar(setting);
  const contacts = knownPeople(setting);
  const nowMs = deps.clock.nowMs();
  const said = messages.map((message) => (message.role === 'user' ? message.text : '')).join('\n');
  const facts = {
    nowMs,
    timeZone,
    contacts: mentionedContacts(said, contacts),
    unresolved: unresolvedNames(questionOf(handle.record), contacts),
  };
  const offered = toolsAtHand(catalog, messages);
  const { windowTokens } = deps.config;
  const maxOutputTokens = Math.min(deps.config.maxOutputTokens, Math.floor(windowTokens * OUTPUT_SHARE));
  const instructions = writeInstructions(facts);
  const besides = tokensOf(instructions) + tokensOf(JSON.stringify(offered)) + maxOutputTokens;
  const current = handle.record.messages;
  const fitted = fitToWindow(
    { history: setting.history, current },
    Math.max(MIN_MESSAGE_TOKENS, windowTokens - besides),
  );
  const words = tell === undefined ? undefined : tellWords(setting);
  const reply = await deps.model.complete({
    instructions:
      fitted.earlier === undefined ? instructions : writeInstructions({ ...facts, earlier: fitted.earlier }),
    messages: toModelMessages(fitted.messages),
    tools: offered,
    context: { nowMs, timeZone, contacts },
    maxOutputTokens,
    signal,
    ...(words !== undefined && { onText: words.onText }),
  });
  words?.end();
  return reply;
}

/** Refused before it was sent, for a reason that is not its own. */
function notSent(call: TurnCall): TurnCall {
  return { ...call, outcome: 'refused', code: 'not_sent', message: WITH_ANOTHER, result: { text: WITH_ANOTHER } };
}

function storedCall({ arguments: args, ...call }: ModelToolCall) {
  return args === undefined ? call : { ...call, arguments: { ...args } };
}

function storedReply({ text, reasoning }: ModelReply, calls: readonly ModelToolCall[]): StoredMessage {
  const said = { role: 'assistant' as const, text, calls: calls.map(storedCall) };
  return reasoning === undefined ? said : { ...said, reasoning };
}

/** Takes the model's calls into the record. False when the turn ended because a step was wrong once more. */
async function takeCalls(setting: Setting, reply: ModelReply): Promise<boolean> {
  const { deps, handle, catalog } = setting;
  const { record } = handle;
  // The first call too many is kept, so that the model is told; a flood behind it is not. Ids of ours: a provider may repeat its own from
  // step to step.
  const asked = reply.toolCalls
    .slice(0, MAX_CALLS_A_STEP + 1)
    .map((call, index) => ({ ...call, id: `call_${record.calls.length + index + 1}` }));
  const messages = spokenSoFar(setting);
  const { checkArguments } = deps;
  const tainted = isTainted(setting);
  const known = { catalog, checkArguments, contacts: knownPeople(setting), messages, record, tainted };
  const checked = await checkCalls(known, asked);
  const wrong = checked.find((item): item is CheckedCall & { ok: false } => !item.ok && item.code === 'invalid_call');
  const hopeless = wrong !== undefined && record.repaired;
  const taken = checked.map(({ ok, call }) => {
    const held = wrong !== undefined && ok && (call.writes || hopeless);
    return held ? notSent(call) : call;
  });
  await handle.save({
    calls: [...record.calls, ...taken],
    messages: [...record.messages, storedReply(reply, asked)],
    repaired: record.repaired || wrong !== undefined,
  });
  if (!hopeless) return true;
  const text = `I could not put this into a call that the tools accept. ${doneLine(handle.record)} Say it another way, with the day, the time and the people.`;
  await finish(setting, text);
  return false;
}

/** Tells the model what came of its step. */
export async function reportResults({ handle }: Setting): Promise<void> {
  const { record } = handle;
  const results = record.calls.slice(record.step_start).map(
    (call): StoredMessage => ({
      role: 'tool',
      call_id: call.id,
      name: call.tool,
      text: call.result?.text ?? call.message ?? '',
      is_error: call.outcome !== 'completed',
      ...(call.result?.data === undefined ? {} : { data: call.result.data }),
    }),
  );
  await handle.save({
    messages: [...record.messages, ...results],
    calls: record.calls.map(({ result: _told, ...call }) => call),
    step_start: record.calls.length,
  });
}

/** An answer that was cut off, with calls in it: asked for again once. */
async function retryCutOff(setting: Setting): Promise<boolean> {
  const { handle } = setting;
  if (handle.record.repaired) {
    const text = `The model’s answers were cut off before they were complete. ${doneLine(handle.record)} Ask for less at once.`;
    await finish(setting, text, 'tokens');
    return false;
  }
  await handle.save({
    repaired: true,
    messages: [...handle.record.messages, { role: 'user', text: CUT_OFF, ours: true }],
  });
  return true;
}

/** Asks the model once and deals with what it says. False when the turn has ended. */
export async function takeStep(setting: Setting): Promise<boolean> {
  const { handle, deps } = setting;
  const refusal = await deps.budget.refusal(handle.record.person);
  if (refusal !== undefined) {
    await finish(setting, `I stopped here. ${refusal.message} ${doneLine(handle.record)}`, 'budget');
    return false;
  }
  // A list of models may take longer than a lease lasts, each in its own time.
  const reply = await whileWaiting(handle, setting.principal.signal, ({ signal }) => askModel(setting, signal));
  const { person, usage, steps } = handle.record;
  const { used, spending } = accountReply(usage, reply, { asked: deps.model.name, prices: deps.config.prices });
  const { input_tokens, output_tokens } = used;
  const tainted = isTainted(setting);
  await handle.save({ steps: steps + 1, usage: used, tainted });
  await deps.budget.spend(person, spending);
  countReply(setting.log, deps.model.name, reply, spending);
  const text = reply.text.trim();
  if (reply.stop === 'refused') {
    await finish(setting, text || 'The model declined to answer this.');
    return false;
  }
  if (reply.toolCalls.length === 0) {
    const said = text || `The model gave no answer. ${doneLine(handle.record)}`;
    if (reply.stop === 'length') await finish(setting, `${said} … (cut off: the answer was too long)`, 'tokens');
    else await finish(setting, said);
    return false;
  }
  if (reply.stop === 'length') return retryCutOff(setting);
  if (input_tokens + output_tokens > deps.config.maxTokens) {
    const over = `I stopped because this used up its ${deps.config.maxTokens} tokens. ${doneLine(handle.record)} Ask for less at once.`;
    await finish(setting, over, 'tokens');
    return false;
  }
  return takeCalls(setting, reply);
}
