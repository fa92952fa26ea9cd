import { looseClock, resolveClock } from './clocks.ts';
import { spelledOut } from './intent.ts';
import { isNamingFeast } from './names.ts';
import { eventText } from './reply.ts';
import type { FoundEvent, JsonObject } from './results.ts';
import { either, map, type Rule, says, seq } from './rules.ts';
import { isKindOfSeries, type Scope, saysAll, saysAllOfAName, scopeIn } from './scope.ts';
import { boundArguments, toSlot } from './slots.ts';
import { likeness, searchTerm, subjectOf } from './subject.ts';
import type { Setting } from './task.ts';
import { DAY, HOUR, MINUTE, startOfDay, type Wall } from './wall.ts';
import { hasTime, mergeMentions, type Timing, type Window, windowsOf } from './when.ts';
import type { Word } from './words.ts';
import { wallAt } from './zones.ts';

// Which existing event is meant: by its words (`the dentist`, `lunch with Tom`), its time (`my 3pm`), or both.

export interface Reference {
  readonly timing: Timing;
  readonly subject: readonly Word[];
  readonly window: Window | undefined;
  /** The whole series, or from one on. */
  readonly scope: Scope | undefined;
  /** Single events of a stretch, whatever series they belong to. */
  readonly several: boolean;
  /** Everything that fits, not one. */
  readonly every: boolean;
}

const determined: Rule<unknown> = seq(says('my | the | our | this'), looseClock);
const afterClock = either<unknown>(
  says(
    'meeting | appointment | call | one | with | on | event | tomorrow | today | , | session | slot | from | this | next | lunch | review | sync | standup',
  ),
  map(says('to | back | by | an'), (word) => word),
);

/** `my 3` is a time: "at" is put where "my" stands, so that the grammar reads it. */
export function introduceClocks(words: readonly Word[]): readonly Word[] {
  return words.map((word, at) => {
    const found = determined(words, at);
    if (found === undefined) return word;
    const ends = found.end === words.length || afterClock(words, found.end) !== undefined;
    return ends ? { ...word, lower: 'at' } : word;
  });
}

export function readReference(original: readonly Word[], setting: Setting): Reference {
  const words = introduceClocks(original);
  const located = setting.read(words).filter((one) => !isKindOfSeries(one, words) && !isNamingFeast(one, words));
  const timing = mergeMentions(located);
  const text = spelledOut(original);
  const named = subjectOf(words, located);
  const subject = saysAllOfAName(text) ? named.map(singular) : named;
  // "all of the series" says how much, not when.
  const placed = timing.repeat === undefined && hasTime({ ...timing, whole: false });
  // "The lunch from 12:30" is at that hour on whatever day it is.
  const { clock, ...besides } = timing;
  const clockOnly = subject.length > 0 && clock !== undefined && !hasTime({ ...besides, whole: false });
  const [window] = placed && !clockOnly ? windowsOf(timing, setting.context) : [];
  const clears = /^(?:clear|wipe|free up|empty)\b/.test(text);
  const plural = /\b(?:meetings|appointments|events|everything)\b/.test(text) || saysAllOfAName(text);
  const many =
    saysAll(text) ||
    /\b(?:everything|every)\b/.test(text) ||
    (/\bboth\b/.test(text) && window !== undefined) ||
    clears ||
    /^(?:cancel|delete|remove|drop) (?:my |the )?(?:meetings|appointments|events|calls)\b/.test(text);
  const several = many && (window !== undefined || (plural && subject.length === 0));
  const scope =
    isOnward(timing) && subject.length > 0 ? 'following' : scopeIn(original, timing.repeat !== undefined, several);
  return { timing, subject, window, scope, several, every: many && (plural || clears || window !== undefined) };
}

/** `all lectures`: each is called a lecture. */
const singular = (word: Word): Word =>
  word.kind === 'word' && /^\p{Ll}{3,}[^s]s$/u.test(word.text)
    ? { ...word, text: word.text.slice(0, -1), lower: word.lower.slice(0, -1) }
    : word;

/** `from 21 December on`: a series ends there. */
const isOnward = ({ after }: Timing): boolean => after?.side === 'from' && after.day !== undefined;

export const isNothing = (reference: Reference): boolean =>
  reference.window === undefined && reference.subject.length === 0;

/** A page that holds a busy month, so that its events can be counted. */
const MANY = 100;

export function lookupArguments(reference: Reference, setting: Setting): JsonObject {
  const { context } = setting;
  const zone = reference.timing.zone ?? setting.zone;
  const term = searchTerm(reference.subject);
  const query = term === undefined ? {} : { query: term };
  const now = Math.floor(context.now / MINUTE) * MINUTE;
  if (reference.window !== undefined) {
    // What is over cannot be cleared away any more.
    const from =
      reference.every && reference.window.to > now ? Math.max(reference.window.from, now) : reference.window.from;
    const { timeMin, timeMax, timeZone } = boundArguments(toSlot({ ...reference.window, from }, zone));
    const end = isOnward(reference.timing) && reference.timing.before === undefined ? {} : { timeMax };
    return { timeMin, ...end, timeZone, ...query, ...(reference.every ? { maxResults: MANY } : {}) };
  }
  // An hour back: what is going on now can still be moved or called off.
  const { timeMin, timeZone } = boundArguments(toSlot({ from: now - HOUR, to: now + DAY, timed: true }, zone));
  return { timeMin, timeZone, ...query, maxResults: 50 };
}

/** Events that fit what was said: all of its words if any event has them, and the very time if one was said. */
export function matching(events: readonly FoundEvent[], reference: Reference, setting: Setting): readonly FoundEvent[] {
  const zone = reference.timing.zone ?? setting.zone;
  const scored = events.map((event) => ({
    event,
    score: likeness(reference.subject, [event.title, event.location, ...event.guests].join(' ')),
  }));
  const best = Math.max(0, ...scored.map(({ score }) => score ?? 0));
  const fits = (score: number | undefined): boolean => score === best && best > 0;
  const named =
    reference.subject.length === 0 ? events : scored.filter(({ score }) => fits(score)).map(({ event }) => event);
  const { window, timing } = reference;
  const ahead = named.filter((event) => event.end > setting.context.nowMs || event.allDay);
  if (window === undefined) {
    const hour = ahead.filter((event) => !event.allDay && startsAt(timing.clock, wallAt(event.start, zone)));
    return hour.length > 0 ? hour : ahead;
  }
  if (reference.every && window.to > setting.context.now) return ahead;
  if (timing.clock === undefined && timing.clocks === undefined && timing.moment === undefined) {
    const inside = named.filter((event) => event.allDay || wallAt(event.start, zone) >= window.from);
    return inside.length > 0 ? inside : named;
  }
  const exact = named.filter((event) => !event.allDay && wallAt(event.start, zone) === window.from);
  if (exact.length > 0 || reference.subject.length > 0) return exact.length > 0 ? exact : named;
  return named.filter((event) => !event.allDay && wallAt(event.start, zone) > window.from);
}

function startsAt(clock: Timing['clock'], start: Wall): boolean {
  if (clock === undefined) return false;
  // A bare hour may be in either half of the day.
  const half = clock.half === 'bare' ? 12 * HOUR : DAY;
  return (start - startOfDay(start)) % half === (resolveClock(clock) * MINUTE) % half;
}

export type Chosen =
  | {
      readonly kind: 'events';
      readonly events: readonly FoundEvent[];
      readonly next: boolean;
      /** Said where not all that fit were taken. */
      readonly rest?: string;
    }
  | { readonly kind: 'answer'; readonly text: string };

/** As many as are changed in one go: each is a call, and a turn has room for few. */
const MAX_AT_ONCE = 12;

/** One event, or all where all were meant; otherwise a question. `partly`: the list had further pages. */
export function choose(
  events: readonly FoundEvent[],
  reference: Reference,
  setting: Setting & { readonly partly: boolean },
): Chosen {
  const found = matching(events, reference, setting);
  const zone = reference.timing.zone ?? setting.zone;
  const first = found[0];
  if (first === undefined) {
    const text = setting.partly
      ? `I looked at a part of your calendar only and found no such event${searched(reference)} there, so I changed nothing. Tell me its day.`
      : `I found no such event${searched(reference)}, so I changed nothing.`;
    return { kind: 'answer', text };
  }
  if (setting.choice !== undefined && found.length > 1) {
    const chosen = setting.choice === -1 ? found.at(-1) : found[setting.choice - 1];
    if (chosen !== undefined) return { kind: 'events', events: [chosen], next: false };
  }
  if (reference.every && reference.scope === undefined) return allOf(found, setting.partly);
  if (found.length === 1) return { kind: 'events', events: found, next: false };
  const series = oneOfEach(found);
  if (series.length === 1 && first.seriesId !== undefined) return { kind: 'events', events: series, next: true };
  if (reference.every) return allOf(series, setting.partly);
  const lines = found.slice(0, 8).map((event, index) => `\n${index + 1}. ${eventText(event, zone)}`);
  return { kind: 'answer', text: `${WHICH_EVENT}${lines.join('')}` };
}

/** The first of each series, and what belongs to none. */
const oneOfEach = (found: readonly FoundEvent[]): readonly FoundEvent[] =>
  [...new Map([...found].reverse().map((event) => [event.seriesId ?? event.id, event])).values()].reverse();

function allOf(found: readonly FoundEvent[], partly: boolean): Chosen {
  const events = found.slice(0, MAX_AT_ONCE);
  if (!partly && events.length === found.length) return { kind: 'events', events, next: false };
  const count = `${partly ? 'at least ' : ''}${found.length}`;
  return {
    kind: 'events',
    events,
    next: false,
    rest: `These are ${events.length} of ${count}; ask again for the rest.`,
  };
}

/** How the question for one of several events begins: the next message is then read as its answer. */
export const WHICH_EVENT = 'Several events fit. Which one do you mean?';

function searched(reference: Reference): string {
  const words = reference.subject.map(({ text }) => text).join(' ');
  return words === '' ? '' : ` (“${words}”)`;
}
