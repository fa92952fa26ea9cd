import type { Clock } from '../../ports/clock.ts';
import type { Slack, SlackRef } from '../../ports/slack.ts';
import type { TellTurn } from '../turn-events.ts';
import { progress, type SeenCall } from './slack-views.ts';

// How far a turn is, by editing its one message: no more often than Slack bears, the newest state only, and never after the last word.

/** Slack takes about one message a second in a channel (https://docs.slack.dev/apis/web-api/rate-limits). */
const EDIT_EVERY_MS = 1500;

export interface Progress {
  readonly tell: TellTurn;
  /** No more edits; resolves when none is under way. */
  stop(): Promise<void>;
}

export function createProgress(deps: {
  readonly slack: Slack;
  readonly clock: Clock;
  readonly message: SlackRef;
  /** A message that cannot be edited just now is not worth a turn. */
  readonly onFault: (error: unknown) => void;
}): Progress {
  const { slack, clock, message, onFault } = deps;
  const seen = new Map<string, SeenCall>();
  let lastMs = clock.nowMs();
  let timer: NodeJS.Timeout | undefined;
  let edit: Promise<void> = Promise.resolve();
  let stopped = false;

  function flush(): void {
    timer = undefined;
    edit = edit.then(async () => {
      if (stopped) return;
      lastMs = clock.nowMs();
      await slack.update(message, progress([...seen.values()])).then(() => undefined, onFault);
    });
  }

  function plan(): void {
    if (stopped || timer !== undefined) return;
    timer = setTimeout(flush, Math.max(0, lastMs + EDIT_EVERY_MS - clock.nowMs()));
    timer.unref();
  }

  return {
    tell(event) {
      if (event.type === 'tool.call') seen.set(event.id, { tool: event.tool, outcome: 'sent' });
      else if (event.type === 'tool.result') seen.set(event.id, { tool: event.tool, outcome: event.outcome });
      else return;
      plan();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await edit;
    },
  };
}
