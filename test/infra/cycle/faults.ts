import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolOutcome } from '../../../src/ports/tool-client.ts';
import type { Caller } from './rotation.ts';
import { DOMAIN, type World } from './world.ts';

// What callers see while something is wrong: the store away, a certificate revoked.

/** A refusal in few words. */
export const describeOutcome = (outcome: ToolOutcome): string =>
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
    servedAgain: await becomes(caller, true, 15_000).then((seconds) => seconds !== undefined),
  };
}

/** Seconds until calls are served (or refused) as wanted; nothing when that does not happen in time. */
export async function becomes(caller: Caller, served: boolean, limitMs: number): Promise<number | undefined> {
  const started = performance.now();
  while (performance.now() - started < limitMs) {
    if (isServed(await caller.call()) === served) return (performance.now() - started) / 1000;
    await sleep(500);
  }
  return undefined;
}
