import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Model, ModelContact, ModelReply } from '../ports/model.ts';
import type { ToolClient, ToolPrincipal } from '../ports/tool-client.ts';
import { doneLine, finishAnswer, waitingAnswer } from './answer.ts';
import type { CheckArguments } from './argument-check.ts';
import { checkCalls } from './call-check.ts';
import type { Contacts } from './contacts.ts';
import type { Conversations } from './conversation.ts';
import { writeInstructions } from './instructions.ts';
import { toModelMessage } from './model-messages.ts';
import { mentionedContacts, unresolvedNames } from './people.ts';
import { findPeople } from './people-lookup.ts';
import type { BuildCatalog, ToolCatalog } from './tool-catalog.ts';
import type { StoredMessage, TurnCall, TurnRecord } from './turn-record.ts';
import { makeCalls, recoverCalls, unclear } from './turn-step.ts';
import { type TurnHandle, TurnLost } from './turn-store.ts';

// One turn: question → model → checked calls → doors → results → model … → answer. It plans and asks; whether a call may act is decided
// by the MCP API. Everything it knows is saved as it goes, so that another process can go on where this one stopped.

export interface TurnConfig {
  /** How often the model may be asked within one turn. */
  readonly maxSteps: number;
  /** Time at work for one turn, waiting for the person not counted. */
  readonly turnMs: number;
  /** Tokens in and out of one turn. */
  readonly maxTokens: number;
  readonly maxOutputTokens: number;
  /** For one answer of the model, and of a tool. Both shorter than a lease. */
  readonly modelTimeoutMs: number;
  readonly callTimeoutMs: number;
}

export interface TurnDeps {
  readonly model: Model;
  readonly tools: ToolClient;
  readonly buildCatalog: BuildCatalog;
  readonly checkArguments: CheckArguments;
  readonly conversations: Conversations;
  readonly contacts: Contacts;
  readonly clock: Clock;
  readonly config: TurnConfig;
}

export interface TurnRun {
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** What the token that set this run going allows. */
  readonly scopes: readonly string[];
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** What stays the same while a run lasts. */
interface Setting {
  readonly principal: ToolPrincipal;
  readonly catalog: ToolCatalog;
  readonly contacts: readonly ModelContact[];
  readonly history: readonly StoredMessage[];
  readonly question: string;
}

const REPAIR_FAILED = 'I could not put your request into a call that the tools accept';
const WITH_ANOTHER = 'Not sent, because another call of the same step was wrong. Send it again with that one mended.';

/** Without the last step when it has calls that were never answered: a model is never shown half a step. */
export function wholeSteps(messages: readonly StoredMessage[]): readonly StoredMessage[] {
  const last = messages.at(-1);
  return last?.role === 'assistant' && last.calls.length > 0 ? messages.slice(0, -1) : messages;
}

export function createTurnRunner(deps: TurnDeps): (handle: TurnHandle, run: TurnRun) => Promise<void> {
  const { model, tools, clock, config } = deps;

  async function prepare(handle: TurnHandle, run: TurnRun, signal: AbortSignal): Promise<Setting> {
    const { record } = handle;
    const principal = { person: record.person, scopes: run.scopes, traceparent: run.traceparent, signal };
    const [listed, contacts, history] = await Promise.all([
      tools.list(principal),
      deps.contacts.list(record.person),
      deps.conversations.load(record.person, record.conversation_id, record.id),
    ]);
    const first = record.messages[0];
    const question = first?.role === 'user' ? first.text : '';
    return { principal, catalog: deps.buildCatalog(listed, run.log), contacts, history: history ?? [], question };
  }

  const everyone = (setting: Setting, record: TurnRecord): readonly ModelContact[] => [
    ...setting.contacts,
    ...(record.people ?? []),
  ];

  async function askModel(setting: Setting, record: TurnRecord): Promise<ModelReply> {
    const messages = [...setting.history, ...record.messages];
    const contacts = everyone(setting, record);
    const spoken = messages.map((message) => (message.role === 'user' ? message.text : '')).join('\n');
    const nowMs = clock.nowMs();
    const instructions = writeInstructions({
      nowMs,
      timeZone: record.time_zone,
      contacts: mentionedContacts(spoken, contacts),
      unresolved: unresolvedNames(setting.question, contacts),
    });
    return model.complete({
      instructions,
      messages: messages.map(toModelMessage),
      tools: setting.catalog.offered,
      context: { nowMs, timeZone: record.time_zone, contacts },
      maxOutputTokens: config.maxOutputTokens,
      signal: AbortSignal.any([setting.principal.signal, AbortSignal.timeout(config.modelTimeoutMs)]),
    });
  }

  async function finish(
    handle: TurnHandle,
    setting: Setting,
    text: string,
    limit?: TurnRecord['limit'],
  ): Promise<void> {
    const { record } = handle;
    const unresolved = unresolvedNames(setting.question, everyone(setting, record));
    const answer = finishAnswer(text, record, unresolved);
    const messages: StoredMessage[] = [...wholeSteps(record.messages), { role: 'assistant', text: answer, calls: [] }];
    await handle.save({
      status: 'completed',
      answer,
      messages,
      approvals: [],
      ...(limit === undefined ? {} : { limit }),
    });
  }

  /** Takes the model's calls into the record. False when the turn ended because a repaired call was wrong again. */
  async function takeCalls(handle: TurnHandle, setting: Setting, reply: ModelReply): Promise<boolean> {
    const { record } = handle;
    const base = record.calls.length;
    // Ids of ours: a provider may repeat its own from step to step.
    const asked = reply.toolCalls.map((call, index) => ({ ...call, id: `call_${base + index + 1}` }));
    const checked = await checkCalls(
      {
        catalog: setting.catalog,
        checkArguments: deps.checkArguments,
        contacts: everyone(setting, record),
        messages: [...setting.history, ...record.messages],
        record,
      },
      asked,
    );
    const wrong = checked.find((item) => !item.ok && item.code === 'invalid_call');
    const calls = checked.map((item): TurnCall => {
      if (wrong === undefined || !item.ok || !item.call.writes) return item.call;
      return {
        ...item.call,
        outcome: 'refused',
        code: 'not_sent',
        message: WITH_ANOTHER,
        result: { text: WITH_ANOTHER },
      };
    });
    const message: StoredMessage = {
      role: 'assistant',
      text: reply.text,
      calls: asked.map(({ arguments: args, ...call }) =>
        args === undefined ? call : { ...call, arguments: { ...args } },
      ),
    };
    const failed = wrong !== undefined && record.repaired;
    await handle.save({
      calls: [
        ...record.calls,
        ...(failed
          ? calls.map((call) =>
              call.outcome === 'waiting' ? { ...call, outcome: 'refused' as const, code: 'not_sent' } : call,
            )
          : calls),
      ],
      messages: [...record.messages, message],
      repaired: record.repaired || wrong !== undefined,
    });
    if (failed && !wrong.ok)
      await finish(handle, setting, `${REPAIR_FAILED}: ${wrong.problem} ${doneLine(handle.record)}`);
    return !failed;
  }

  async function reportResults(handle: TurnHandle): Promise<void> {
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

  /** Asks the model once and deals with what it says. False when the turn has ended. */
  async function step(handle: TurnHandle, setting: Setting): Promise<boolean> {
    const reply = await askModel(setting, handle.record);
    const { usage, steps, repaired } = handle.record;
    const spent = {
      input_tokens: usage.input_tokens + reply.usage.inputTokens,
      output_tokens: usage.output_tokens + reply.usage.outputTokens,
    };
    const counted = { steps: steps + 1, usage: spent };
    await handle.save(counted);
    if (reply.stop === 'refused') {
      await finish(handle, setting, reply.text.trim() || 'The model declined to answer this.');
      return false;
    }
    if (reply.toolCalls.length === 0) {
      const text = reply.text.trim() || `The model gave no answer. ${doneLine(handle.record)}`;
      if (reply.stop === 'length')
        await finish(handle, setting, `${text} … (cut off: the answer was too long)`, 'tokens');
      else await finish(handle, setting, text);
      return false;
    }
    if (reply.stop === 'length') {
      // Calls of a cut answer are never made: the cut may be in the middle of an argument.
      if (repaired) {
        await finish(
          handle,
          setting,
          `The model's answers were cut off before they were complete. ${doneLine(handle.record)}`,
          'tokens',
        );
        return false;
      }
      const cut: StoredMessage = {
        role: 'user',
        text: 'Your last answer was cut off and none of its calls was made. Answer again, shorter.',
      };
      await handle.save({ repaired: true, messages: [...handle.record.messages, cut] });
      return true;
    }
    if (spent.input_tokens + spent.output_tokens > config.maxTokens) {
      await finish(
        handle,
        setting,
        `I stopped because this request used up its ${config.maxTokens} tokens. ${doneLine(handle.record)} Ask for less at once.`,
        'tokens',
      );
      return false;
    }
    return takeCalls(handle, setting, reply);
  }

  async function work(handle: TurnHandle, run: TurnRun, signal: AbortSignal): Promise<void> {
    const setting = await prepare(handle, run, signal);
    const stepDeps = {
      tools,
      catalog: setting.catalog,
      principal: setting.principal,
      callTimeoutMs: config.callTimeoutMs,
    };
    const recovered = recoverCalls(handle.record.calls, setting.catalog);
    if (handle.record.people === undefined) {
      const found = await findPeople({
        ...setting,
        tools,
        checkArguments: deps.checkArguments,
        nowMs: clock.nowMs(),
        callTimeoutMs: config.callTimeoutMs,
      });
      const calls = [...recovered, ...found.calls];
      await handle.save({ people: [...found.people], calls, step_start: calls.length });
    } else if (handle.record.calls.some((call) => call.outcome === 'sent')) {
      await handle.save({ calls: recovered });
    }
    for (;;) {
      if (handle.record.calls.length > handle.record.step_start) {
        if (!(await makeCalls(stepDeps, handle))) return;
        await reportResults(handle);
      }
      if (handle.record.steps >= config.maxSteps) {
        const text = `I stopped after ${config.maxSteps} steps without an answer. ${doneLine(handle.record)} Ask for it in smaller parts.`;
        return finish(handle, setting, text, 'steps');
      }
      if (!(await step(handle, setting))) return;
    }
  }

  /** What is known to have happened when a run breaks off. */
  function brokenOff(record: TurnRecord): TurnCall[] {
    return record.calls.map((call) => {
      if (call.outcome === 'sent') return unclear(call);
      return call.outcome === 'waiting' ? { ...call, outcome: 'refused', code: 'not_sent' } : call;
    });
  }

  async function fail(handle: TurnHandle, error: unknown, timedOut: boolean, log: Log): Promise<void> {
    const calls = brokenOff(handle.record);
    const record = { ...handle.record, calls };
    const messages = wholeSteps(handle.record.messages);
    if (timedOut) {
      const text = `I stopped because this took longer than ${Math.round(config.turnMs / 1000)} seconds. ${doneLine(record)}`;
      const answer = finishAnswer(text, record, []);
      await handle.save({
        status: 'completed',
        limit: 'time',
        answer,
        calls,
        approvals: [],
        messages: [...messages, { role: 'assistant', text: answer, calls: [] }],
      });
      return;
    }
    const known =
      error instanceof AppError
        ? error
        : new AppError('internal', 'Something went wrong on our side.', { cause: error });
    log.error('turn.failed', { code: known.code, cause: error instanceof Error ? error.message : String(error) });
    const answer = calls.length === 0 ? undefined : finishAnswer(`${known.message} ${doneLine(record)}`, record, []);
    await handle.save({
      status: 'failed',
      calls,
      approvals: [],
      messages: [...messages, { role: 'assistant', text: answer ?? known.message, calls: [] }],
      error: {
        code: known.code,
        message: known.message,
        ...(known.retryAfterSeconds === undefined ? {} : { retry_after: known.retryAfterSeconds }),
      },
      ...(answer === undefined ? {} : { answer }),
    });
  }

  async function remember(record: TurnRecord, log: Log): Promise<void> {
    const first = record.messages[0];
    const waiting: StoredMessage = { role: 'assistant', text: waitingAnswer(record.approvals), calls: [] };
    const messages = record.status === 'approval_required' && first !== undefined ? [first, waiting] : record.messages;
    try {
      await deps.conversations.remember(record.person, record.conversation_id, record.id, messages);
    } catch (error) {
      log.error('conversation.not_saved', { cause: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Runs until the turn ends, waits for the person, or is somebody else's. Every outcome is in the record; rejects only when the store does. */
  return async (handle, run) => {
    const startedMs = clock.nowMs();
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), Math.max(0, config.turnMs - handle.record.spent_ms));
    const signal = AbortSignal.any([run.signal, timer.signal]);
    try {
      await work(handle, run, signal);
    } catch (error) {
      if (error instanceof TurnLost || run.signal.aborted) return;
      await fail(handle, error, timer.signal.aborted, run.log);
    } finally {
      clearTimeout(timeout);
    }
    await remember(handle.record, run.log);
    run.log.info('turn.finished', {
      status: handle.record.status,
      steps: handle.record.steps,
      calls: handle.record.calls.length,
      ms: clock.nowMs() - startedMs,
      model: model.name,
    });
    run.log.metric('Turn', { status: handle.record.status });
  };
}
