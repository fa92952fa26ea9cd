import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolOutcome } from '../../../src/ports/tool-client.ts';
import type { Caller } from './rotation.ts';
import { DOMAIN, type World } from './world.ts';

// What callers see while something is wrong: the store away, a certificate revoked.

const PAUSE_MS = 300;

/** A refusal in few words. */
const describeOutcome = (outcome: ToolOutcome): string =>
  outcome.kind === 'refused' ? `${outcome.code}: ${outcome.message}` : outcome.kind;

const isServed = (outcome: ToolOutcome): boolean => outcome.kind === 'result' && !outcome.isError;

export interface OutageFacts {
  /** Of a person's request to the Agent API. */
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
  /** What the agent's call to a tool came to. */
  readonly toolCall: string;
  readonly servedAgain: boolean;
}

/** Redis dies, requests come, Redis is back. */
export async function surviveOutage({ redis }: World, caller: Caller, token: string): Promise<OutageFacts> {
  await redis.kill();
  const answer = await fetch(`https://agent.${DOMAIN}/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ message: 'Am I free tomorrow at three?' }),
  });
  const body = await answer.text();
  const toolCall = describeOutcome(await caller.call());
  await redis.start();
  return {
    status: answer.status,
    body,
    retryAfter: answer.headers.get('retry-after'),
    toolCall,
    servedAgain: await becomesServed(caller, 15_000),
  };
}

/** Calls until one is refused; nothing when that does not happen in time. */
export async function becomesRefused(
  caller: Caller,
  limitMs: number,
): Promise<{ readonly seconds: number; readonly outcome: string } | undefined> {
  const started = performance.now();
  while (performance.now() - started < limitMs) {
    const outcome = await caller.call();
    const seconds = (performance.now() - started) / 1000;
    if (!isServed(outcome)) return { seconds, outcome: describeOutcome(outcome) };
    await sleep(PAUSE_MS);
  }
  return undefined;
}

/** Calls until one is served. */
export async function becomesServed(caller: Caller, limitMs: number): Promise<boolean> {
  const started = performance.now();
  while (performance.now() - started < limitMs) {
    if (isServed(await caller.call())) return true;
    await sleep(PAUSE_MS);
  }
  return false;
}
