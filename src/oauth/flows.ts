import { accept, type Result, refuse } from '../kernel/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { readRecord } from '../trust/record.ts';
import { type FlowKind, type FlowRecord, flowRecord } from './records.ts';
import { createSecretText, hashSecret, SECRET_PATTERN } from './secrets.ts';

// Things a browser has begun and must come back with: a `state` at Google or the sign-in provider, a challenge, a proof.
// Each is used at most once, by the browser that began it; whoever merely learns one can neither use nor burn it.

export const FLOW_TTL_SECONDS = 600;

export type FlowOf<Kind extends FlowKind> = Extract<FlowRecord, { kind: Kind }>;
type Begun<Record extends FlowRecord> = Record extends FlowRecord ? Omit<Record, 'v' | 'expires_at'> : never;
export type NewFlow = Begun<FlowRecord>;
export type FlowReason = 'flow_unknown' | 'flow_of_another_browser';

export interface Flows {
  /** Answers the secret that finds it again. */
  begin(flow: NewFlow): Promise<string>;
  /** Consumes it. `browser` is the hash of the browser's cookie; left out only where no browser asks (a challenge's answer). */
  take<Kind extends FlowKind>(
    secret: string,
    expected: { readonly kind: Kind; readonly browser?: string | undefined; readonly ticket?: string },
  ): Promise<Result<FlowOf<Kind>, FlowReason>>;
}

const key = (secret: string): string => `flow:${hashSecret(secret)}`;

function isOfKind<Kind extends FlowKind>(flow: FlowRecord, kind: Kind): flow is FlowOf<Kind> {
  return flow.kind === kind;
}

export function createFlows(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): Flows {
  const { store, clock, random } = deps;
  return {
    async begin(flow) {
      const secret = createSecretText(random);
      const expiresAt = Math.floor(clock.nowMs() / 1000) + FLOW_TTL_SECONDS;
      const record = JSON.stringify({ ...flow, v: 1, expires_at: expiresAt });
      await store.set(key(secret), record, { ttlSeconds: FLOW_TTL_SECONDS });
      return secret;
    },
    async take(secret, expected) {
      const raw = SECRET_PATTERN.test(secret) ? await store.get(key(secret)) : undefined;
      if (raw === undefined) return refuse('flow_unknown');
      const flow = readRecord(flowRecord, raw, 'flow');
      if (!isOfKind(flow, expected.kind) || flow.expires_at * 1000 <= clock.nowMs()) return refuse('flow_unknown');
      if (expected.ticket !== undefined && !('ticket' in flow && flow.ticket === expected.ticket)) {
        return refuse('flow_unknown', 'ticket');
      }
      const browserMatters = flow.kind !== 'challenge' && flow.kind !== 'link_challenge';
      if (browserMatters && flow.browser !== expected.browser) return refuse('flow_of_another_browser');
      // Two requests may have read the record; only one of them deletes it.
      return (await store.compareAndDelete(key(secret), raw)) ? accept(flow) : refuse('flow_unknown', 'raced');
    },
  };
}
