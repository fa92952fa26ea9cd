import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import {
  APPROVAL_TTL_SECONDS,
  type ApprovalRecord,
  approvalId,
  approvalKey,
  approvalRecord,
  type DecisionRecord,
  decisionKey,
  decisionRecord,
} from '../trust/approval.ts';
import { canonicalJson } from '../trust/canonical-json.ts';
import { readRecord } from '../trust/record.ts';
import type { Caller } from './caller.ts';
import { effectInWords } from './effect.ts';
import { oneLine, quoted, unmarked } from './tools/plain-line.ts';
import type { JsonObject, Preparation, Tool, ToolResult } from './tools/tool.ts';

// The person's yes in front of every write, and of every read of the open world that private or untrusted data may have shaped. This side asks and consumes; it cannot write an answer, and whatever a
// client says of one is not read: only the decision record counts, and only for the very question it was given to.

export type ConfirmMode = 'never' | 'writes' | 'always';

/** What a caller is told about an open question; the keys are those of the wire. */
export interface ApprovalQuestion {
  readonly id: string;
  readonly url: string;
  readonly tool: string;
  readonly summary: string;
  /** As in the record. */
  readonly effect?: string;
  readonly undo?: string;
  /** ISO 8601, UTC. */
  readonly expires_at: string;
}

export type ApprovalVerdict =
  /** Go ahead. `id` when a yes was consumed for it. */
  | { readonly kind: 'allowed'; readonly id?: string }
  | { readonly kind: 'required'; readonly question: ApprovalQuestion }
  | { readonly kind: 'refused'; readonly id: string }
  /** Nobody was asked: the tool says beforehand that it cannot do this. */
  | { readonly kind: 'unfit'; readonly result: ToolResult };

/** The tool's own look at the call, taken only when the question is asked anew. */
export type Prepare = () => Promise<Preparation>;

export interface Approvals {
  /** Whether this call waits for the person's yes at all. */
  needsAnswer(tool: Tool, caller: Caller): boolean;
  /** Decides one call. Consumes the yes it finds, so ask only when the tool runs right after. Rejects when the store cannot be reached. */
  decide(tool: Tool, args: JsonObject, caller: Caller, prepare?: Prepare): Promise<ApprovalVerdict>;
}

export interface ApprovalsDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly confirm: ConfirmMode;
  readonly approvalUrl: (id: string) => string;
}

/** How often a question that vanished between two looks is asked anew: each turn means that another call consumed it. */
const ATTEMPTS = 3;
const INSTANCE_BYTES = 16;
/** New questions of one agent to one person within one question's life: more than anybody answers, and a bound to what lies in the store. */
const MAX_QUESTIONS = 300;
/** What a person is asked about is shown to them whole; longer arguments nobody reads before saying yes. */
const MAX_ARGUMENTS_CHARACTERS = 32_768;

/** In the tool's own words; else its title and what it is asked with. */
export function summaryOf(tool: Tool, args: JsonObject): string {
  if (tool.summarize !== undefined) return tool.summarize(args);
  const said = Object.entries(args).map(([name, value]) =>
    typeof value === 'string' ? `${name} ${quoted(value)}` : `${name} ${JSON.stringify(value)}`,
  );
  return oneLine([tool.declaration.title, said.join(', ')].filter((part) => part !== '').join(': '));
}

interface OpenQuestion {
  readonly raw: string;
  readonly record: ApprovalRecord;
}

export function createApprovals(deps: ApprovalsDeps): Approvals {
  const { store, clock } = deps;

  /** A read of the open world carries its arguments outside: with private data behind them, they are the person's to send. */
  function needsAnswer(tool: Tool, caller: Caller): boolean {
    if (deps.confirm === 'never') return false;
    const { readOnlyHint, openWorldHint } = tool.declaration.annotations;
    if (deps.confirm === 'always' || tool.delicate === true) return true;
    return !readOnlyHint || (openWorldHint && caller.tainted);
  }

  async function find(person: string, id: string): Promise<OpenQuestion | undefined> {
    const raw = await store.get(approvalKey(person, id));
    if (raw === undefined) return undefined;
    const record = readRecord(approvalRecord, raw, 'approval');
    if (clock.nowMs() < record.expires_at * 1000) return { raw, record };
    await store.compareAndDelete(approvalKey(person, id), raw);
    return undefined;
  }

  /**
   * An agent that asks without end must fill neither the store nor the person's list: one question too many is taken back. Counted once it
   * is written, so that calls at the same time which ask the same count once; in fixed windows, as calls are.
   */
  async function demandRoom({ raw, record: { agent, person, id } }: OpenQuestion): Promise<void> {
    const nowSeconds = Math.floor(clock.nowMs() / 1000);
    const key = `rate:questions:${agent}:${person}:${Math.floor(nowSeconds / APPROVAL_TTL_SECONDS)}`;
    if ((await store.increment(key, { ttlSeconds: APPROVAL_TTL_SECONDS })) <= MAX_QUESTIONS) return;
    await store.compareAndDelete(approvalKey(person, id), raw);
    const retryAfterSeconds = APPROVAL_TTL_SECONDS - (nowSeconds % APPROVAL_TTL_SECONDS);
    const message = `Too many approvals were asked for. Try again in ${retryAfterSeconds} s.`;
    throw new AppError('rate_limited', message, { retryAfterSeconds });
  }

  /** Writes the question, or finds the one that a concurrent call of the same wrote first. */
  async function ask(
    id: string,
    tool: Tool,
    args: JsonObject,
    { caller, summary }: { readonly caller: Caller; readonly summary: string },
  ): Promise<OpenQuestion | undefined> {
    const shown = canonicalJson(args);
    if (shown.length > MAX_ARGUMENTS_CHARACTERS) {
      throw new AppError('invalid_request', 'These arguments are too long for a person to read before they say yes.');
    }
    const now = Math.floor(clock.nowMs() / 1000);
    const record: ApprovalRecord = {
      v: 1,
      id,
      instance: Buffer.from(deps.random.bytes(INSTANCE_BYTES)).toString('base64url'),
      person: caller.person,
      agent: caller.agent,
      tool: tool.declaration.name,
      arguments: shown,
      summary: unmarked(summary),
      effect: effectInWords(tool.declaration.annotations),
      ...(tool.undo !== undefined && { undo: tool.undo }),
      created_at: now,
      expires_at: now + APPROVAL_TTL_SECONDS,
    };
    const raw = JSON.stringify(record);
    const written = await store.setIfAbsent(approvalKey(caller.person, id), raw, { ttlSeconds: APPROVAL_TTL_SECONDS });
    if (!written) return find(caller.person, id);
    await demandRoom({ raw, record });
    return { raw, record };
  }

  async function answerTo(record: ApprovalRecord): Promise<DecisionRecord['decision'] | undefined> {
    const raw = await store.get(decisionKey(record.person, record.id));
    if (raw === undefined) return undefined;
    const decision = readRecord(decisionRecord, raw, 'decision');
    // An answer to an earlier asking of the same question answers this one no more.
    return decision.id === record.id && decision.instance === record.instance ? decision.decision : undefined;
  }

  function describe(record: ApprovalRecord): ApprovalQuestion {
    return {
      id: record.id,
      url: deps.approvalUrl(record.id),
      tool: record.tool,
      summary: record.summary,
      ...(record.effect !== undefined && { effect: record.effect }),
      ...(record.undo !== undefined && { undo: record.undo }),
      expires_at: isoTime(record.expires_at),
    };
  }

  return {
    needsAnswer,
    async decide(tool, args, caller, prepare = async () => ({ summary: summaryOf(tool, args) })) {
      if (!needsAnswer(tool, caller)) return { kind: 'allowed' };
      const subject = { person: caller.person, agent: caller.agent, tool: tool.declaration.name, arguments: args };
      const id = approvalId(subject);
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const found = await find(caller.person, id);
        const prepared = found === undefined ? await prepare() : { summary: found.record.summary };
        if ('refusal' in prepared) return { kind: 'unfit', result: prepared.refusal };
        const open = found ?? (await ask(id, tool, args, { caller, summary: prepared.summary }));
        if (open === undefined) continue;
        const answer = found === undefined ? undefined : await answerTo(open.record);
        if (answer === undefined) return { kind: 'required', question: describe(open.record) };
        if (answer === 'no') return { kind: 'refused', id };
        // The one atomic step: of any number of calls that saw this yes, one deletes the question and runs.
        if (await store.compareAndDelete(approvalKey(caller.person, id), open.raw)) return { kind: 'allowed', id };
      }
      throw new AppError('conflict', 'Other calls keep using up the approvals of this one. Try again.');
    },
  };
}
