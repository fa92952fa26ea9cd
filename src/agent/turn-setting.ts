import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Model, ModelContact } from '../ports/model.ts';
import type { ToolClient, ToolPrincipal } from '../ports/tool-client.ts';
import type { CheckArguments } from './argument-check.ts';
import type { Budget } from './budget.ts';
import type { Contacts } from './contacts.ts';
import type { Conversations } from './conversation.ts';
import type { PausedTurns } from './paused-turns.ts';
import type { ModelPrices } from './prices.ts';
import type { BuildCatalog, ToolCatalog } from './tool-catalog.ts';
import type { TellTurn } from './turn-events.ts';
import type { StoredMessage, TurnRecord } from './turn-record.ts';
import type { TurnHandle } from './turn-store.ts';

// What a run of a turn works with: the parts that were composed once, and what was read for this run.

export interface TurnConfig {
  /** How often the model may be asked within one turn. */
  readonly maxSteps: number;
  /** Time at work for one turn, waiting for the person not counted. */
  readonly turnMs: number;
  /** What the model reads at once, in tokens: instructions, tools, messages and its own answer. */
  readonly windowTokens: number;
  /** Tokens in and out of one turn. */
  readonly maxTokens: number;
  readonly maxOutputTokens: number;
  /** For one answer of a tool. Shorter than a lease. A model keeps a time of its own. */
  readonly callTimeoutMs: number;
  /** What models cost; one that is not here is not counted. */
  readonly prices: ModelPrices;
}

export interface TurnDeps {
  readonly model: Model;
  readonly tools: ToolClient;
  readonly buildCatalog: BuildCatalog;
  readonly checkArguments: CheckArguments;
  readonly conversations: Conversations;
  readonly contacts: Contacts;
  readonly paused: PausedTurns;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly config: TurnConfig;
}

export interface TurnRun {
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** Aborts when the person cancels. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Told what happens, when somebody listens. */
  readonly tell?: TellTurn;
}

export interface RunLimits {
  /** Ends the run, whether the person cancelled or the time is up. */
  readonly signal: AbortSignal;
  /** When the time will be up, Unix milliseconds. */
  readonly deadlineMs: number;
}

export interface Setting {
  readonly deps: TurnDeps;
  readonly handle: TurnHandle;
  readonly principal: ToolPrincipal;
  readonly catalog: ToolCatalog;
  readonly contacts: readonly ModelContact[];
  /** Earlier turns of the conversation. */
  readonly history: readonly StoredMessage[];
  readonly log: Log;
  /** They held private or untrusted data, whether or not it is still among them. */
  readonly historyTainted: boolean;
  readonly deadlineMs: number;
  readonly tell?: TellTurn;
}

export async function readSetting(
  deps: TurnDeps,
  handle: TurnHandle,
  run: TurnRun,
  { signal, deadlineMs }: RunLimits,
): Promise<Setting> {
  const { person, scopes, conversation_id, id } = handle.record;
  const principal = { person, scopes, traceparent: run.traceparent, signal };
  const [listed, contacts, history] = await Promise.all([
    deps.tools.list(principal),
    deps.contacts.list(person),
    deps.conversations.load(person, conversation_id, id),
  ]);
  const catalog = deps.buildCatalog(listed, run.log);
  const listener = run.tell === undefined ? {} : { tell: run.tell };
  const { messages = [], tainted: historyTainted = false } = history ?? {};
  const { log } = run;
  return {
    deps,
    handle,
    principal,
    catalog,
    contacts,
    history: messages,
    historyTainted,
    deadlineMs,
    log,
    ...listener,
  };
}

/** What the person asked in this turn. */
export function questionOf(record: TurnRecord): string {
  const first = record.messages[0];
  return first?.role === 'user' ? first.text : '';
}

/** Contacts, then the attendees found for names that the contacts do not know. */
export function knownPeople(setting: Setting): readonly ModelContact[] {
  return [...setting.contacts, ...(setting.handle.record.people ?? [])];
}

/** Whether what the model has been told by now holds private or untrusted data. */
export function isTainted(setting: Setting): boolean {
  return setting.historyTainted || setting.handle.record.tainted;
}

export function spokenSoFar(setting: Setting): readonly StoredMessage[] {
  return [...setting.history, ...setting.handle.record.messages];
}
