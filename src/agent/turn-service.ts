import { AppError, type ErrorCode, errorStatus } from '../kernel/app-error.ts';
import { encodeUlid } from '../kernel/ulid.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { intersectScopes } from '../trust/scope.ts';
import type { Principal } from './authenticate.ts';
import type { Budget } from './budget.ts';
import { type Conversations, newConversationId } from './conversation.ts';
import type { RunTurn } from './turn.ts';
import { remember } from './turn-end.ts';
import type { TellTurn } from './turn-events.ts';
import { CONVERSATION_ID_PATTERN, newTurn, TURN_ID_PATTERN, type TurnRecord } from './turn-record.ts';
import { claimable, createTurnStore, type TurnHandle } from './turn-store.ts';

// Turns as the API sees them: started, looked at, continued after an approval, cancelled. A turn runs apart from the request that began it:
// a client that leaves cancels nothing, and a request that runs out of time leaves a running turn behind, to be polled.

export interface Exchange {
  /** W3C Trace Context. */
  readonly traceparent: string;
  /** How long this request may wait for the turn, milliseconds. */
  readonly waitMs: number;
  readonly log: Log;
  /** Told what happens to the turn while this process works on it. */
  readonly tell?: TellTurn;
}

export interface Question {
  readonly message: string;
  readonly conversationId?: string;
  readonly timeZone: string;
  /** What the turn is to be called; made up without it. One that exists is refused with `conflict`. */
  readonly turnId?: string;
}

export interface TurnService {
  /** Throws AppError `not_found` for a conversation that is not this person's, and the turn's own error when it failed at once. */
  start(principal: Principal, question: Question, exchange: Exchange): Promise<TurnRecord>;
  /** Idempotent: a turn that has ended is answered as it is; of two at once one works and the other waits for it. */
  resume(principal: Principal, id: string, exchange: Exchange): Promise<TurnRecord>;
  /** Takes over a running turn whose worker is gone, so that polling brings it to its end. */
  look(principal: Principal, id: string, exchange: Exchange): Promise<TurnRecord>;
  cancel(principal: Principal, id: string, log: Log): Promise<TurnRecord>;
  /** As it lies in the store; nothing is taken over. */
  peek(person: string, id: string): Promise<TurnRecord | undefined>;
  /** Stops it and deletes its record. */
  forget(person: string, id: string): Promise<void>;
}

/** Turns of one person at work in this process: more than anybody reads, few enough that one token fills neither memory nor a model's bill. */
const MAX_RUNNING_A_PERSON = 20;

interface Running {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  /** Whoever asked for it, and whoever came back to a turn that somebody listens to. */
  readonly listeners: Set<TellTurn>;
}

const missing = (what: string): AppError => new AppError('not_found', `There is no such ${what} of yours.`);

/** Resolves when `work` does or `ms` have passed. */
async function waitFor(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    // 2^31 - 1 is the longest a timer takes; a longer one would fire at once.
    timer = setTimeout(resolve, Math.min(Math.max(0, ms), 2 ** 31 - 1));
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** A turn that failed before it did anything is answered as the error it is; one that did something is shown. */
function throwFailure(record: TurnRecord): void {
  if (record.status !== 'failed' || record.error === undefined || record.calls.length > 0) return;
  const { code, message, retry_after } = record.error;
  throw new AppError(Object.hasOwn(errorStatus, code) ? (code as ErrorCode) : 'internal', message, {
    details: { turn: record.id, conversation_id: record.conversation_id },
    ...(retry_after === undefined ? {} : { retryAfterSeconds: retry_after }),
  });
}

export interface TurnServiceDeps {
  readonly store: KeyValueStore;
  readonly conversations: Conversations;
  readonly budget: Pick<Budget, 'refusal'>;
  readonly runTurn: RunTurn;
  readonly clock: Clock;
  readonly random: Random;
}

export function createTurnService(deps: TurnServiceDeps): TurnService {
  const { conversations, budget, runTurn, clock, random } = deps;
  const owner = encodeUlid(clock.nowMs(), random.bytes(10));
  const turns = createTurnStore({ store: deps.store, clock, owner });
  const running = new Map<string, Running>();
  /** How many turns of each person are being started or at work. */
  const atWork = new Map<string, number>();
  const nameOf = (record: TurnRecord): string => `${record.person}/${record.id}`;

  function launch(handle: TurnHandle, exchange: Exchange): Promise<void> {
    const name = nameOf(handle.record);
    const controller = new AbortController();
    const log = exchange.log.child({ turn: handle.record.id });
    const { id: turn, conversation_id } = handle.record;
    const { traceparent } = exchange;
    const listeners = new Set(exchange.tell === undefined ? [] : [exchange.tell]);
    const tell: TellTurn = (event) => {
      for (const listener of listeners) listener(event);
    };
    tell({ type: 'turn.start', turn, conversation_id });
    const run = { traceparent, signal: controller.signal, log, ...(listeners.size > 0 && { tell }) };
    const done = runTurn(handle, run)
      .catch((error: unknown) => {
        // The store is down: the lease runs out, and the next look or continue takes the turn over.
        log.error('turn.broke_off', { cause: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => {
        if (running.get(name)?.controller === controller) running.delete(name);
      });
    running.set(name, { done, controller, listeners });
    return done;
  }

  async function load(principal: Principal, id: string): Promise<TurnRecord> {
    const record = TURN_ID_PATTERN.test(id) ? await turns.load(principal.person, id) : undefined;
    if (record === undefined) throw missing('turn');
    return record;
  }

  /** Counts a turn of this person; the answer takes it back. */
  function reserve(person: string): () => void {
    const count = atWork.get(person) ?? 0;
    if (count >= MAX_RUNNING_A_PERSON) {
      const message = 'Too many of your questions are being worked on. Wait for their answers, then ask again.';
      throw new AppError('rate_limited', message, { retryAfterSeconds: 5 });
    }
    atWork.set(person, count + 1);
    return () => {
      const left = (atWork.get(person) ?? 1) - 1;
      if (left === 0) atWork.delete(person);
      else atWork.set(person, left);
    };
  }

  async function create(principal: Principal, question: Question): Promise<TurnHandle> {
    const { person, scopes } = principal;
    const { conversationId, message, timeZone } = question;
    if (conversationId !== undefined && !CONVERSATION_ID_PATTERN.test(conversationId)) throw missing('conversation');
    const record = newTurn({
      id: question.turnId,
      person,
      scopes,
      conversationId: conversationId ?? newConversationId(clock, random),
      message,
      timeZone,
      nowMs: clock.nowMs(),
      random: random.bytes(10),
    });
    // The question is in its conversation before anything is done about it: whatever happens then, it is not lost.
    const opening = { turn: record.id, question: message };
    if (conversationId === undefined) await conversations.start(person, { ...opening, id: record.conversation_id });
    else if (!(await conversations.ask(person, conversationId, opening))) throw missing('conversation');
    return turns.create(record);
  }

  /** Waits for a turn that runs in this process, and hears from now on what it tells. */
  async function join({ done, listeners }: Running, record: TurnRecord, { tell }: Exchange, waitMs: number) {
    if (tell === undefined) return waitFor(done, waitMs);
    tell({ type: 'turn.start', turn: record.id, conversation_id: record.conversation_id });
    listeners.add(tell);
    await waitFor(done, waitMs).finally(() => listeners.delete(tell));
  }

  /** Sets a claimable turn going, or joins whoever is at it, and answers how far it came in the time there is. */
  async function drive(
    principal: Principal,
    record: TurnRecord,
    exchange: Exchange,
    waitMs: number,
  ): Promise<TurnRecord> {
    const active = running.get(nameOf(record));
    if (active !== undefined) await join(active, record, exchange, waitMs);
    else if (claimable(record, clock.nowMs())) {
      const handle = await turns.claim(principal.person, record.id, (found) => ({
        scopes: [...intersectScopes(found.scopes, principal.scopes)],
      }));
      const taken = handle === undefined ? running.get(nameOf(record)) : undefined;
      if (handle !== undefined) await waitFor(launch(handle, exchange), waitMs);
      else if (taken !== undefined) await join(taken, record, exchange, waitMs);
    }
    return load(principal, record.id);
  }

  return {
    async start(principal, question, exchange) {
      const refusal = await budget.refusal(principal.person);
      if (refusal !== undefined) throw refusal;
      const release = reserve(principal.person);
      const handle = await create(principal, question).catch((error: unknown) => {
        release();
        throw error;
      });
      const done = launch(handle, exchange).finally(release);
      await waitFor(done, exchange.waitMs);
      const after = await load(principal, handle.record.id);
      throwFailure(after);
      return after;
    },

    async resume(principal, id, exchange) {
      const record = await load(principal, id);
      if (record.status !== 'running' && record.status !== 'approval_required') return record;
      return drive(principal, record, exchange, exchange.waitMs);
    },

    async look(principal, id, exchange) {
      const record = await load(principal, id);
      return record.status === 'running' ? drive(principal, record, exchange, exchange.waitMs) : record;
    },

    async cancel(principal, id, log) {
      const record = TURN_ID_PATTERN.test(id) ? await turns.cancel(principal.person, id) : undefined;
      if (record === undefined) throw missing('turn');
      running.get(nameOf(record))?.controller.abort();
      if (record.status === 'cancelled') await remember(conversations, record, log);
      return record;
    },

    peek: (person, id) => turns.load(person, id),

    async forget(person, id) {
      await turns.remove(person, id);
      running.get(`${person}/${id}`)?.controller.abort();
    },
  };
}
