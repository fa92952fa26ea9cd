import type { ModelContact } from '../../../ports/model.ts';
import type { IfFree } from './clauses.ts';
import type { Intent } from './intent.ts';
import type { Located, MentionReader, TimeContext } from './mentions.ts';
import type { Guest } from './people.ts';
import type { JsonObject, ToolAnswer } from './results.ts';
import type { Timing } from './when.ts';
import type { Word } from './words.ts';

// The shapes that pass between reading a request and acting on it.

export interface PlannedCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/**
 * One task as it goes: it yields calls, is given their answers, and returns what to tell the person. Deterministic, so that a
 * turn can be taken up again by running it anew over the answers so far.
 */
export type Run = Asking<string>;

/** A part of a task that may call tools on its way to a result. */
export type Asking<Result> = Generator<readonly PlannedCall[], Result, readonly ToolAnswer[]>;

/** One thing that is asked for, read but not yet done. */
export interface Task {
  readonly intent: Intent;
  readonly words: readonly Word[];
  readonly located: readonly Located[];
  readonly timing: Timing;
  readonly ifFree: IfFree;
  /** Whose calendars such a condition is about, besides the guests'. */
  readonly who?: readonly Guest[] | undefined;
  /** Said before the verb of a change: `tomorrow` in `tomorrow, cancel the standup`. It says when the event is. */
  readonly front?: readonly Word[] | undefined;
  /** A title that stands elsewhere: `find half an hour and book it for a haircut`. */
  readonly title?: string | undefined;
}

export interface Setting {
  readonly context: TimeContext;
  /** The person's zone. */
  readonly zone: string;
  readonly contacts: readonly ModelContact[];
  readonly read: MentionReader;
  readonly workingHours: { readonly start: string; readonly end: string } | undefined;
  /** Which of several matches the person chose when asked, counted from 1. */
  readonly choice: number | undefined;
}

export const zoneOf = (task: Task, setting: Setting): string => task.timing.zone ?? setting.zone;
