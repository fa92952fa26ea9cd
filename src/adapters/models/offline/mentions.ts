import {
  type Clock,
  type ClockRange,
  clockRange,
  digitalMinutesTo,
  introducedClock,
  looseClock,
  plainClock,
  wordedMinutesTo,
} from './clocks.ts';
import { type Day, type DayContext, monthName, newYear, weekdayPlural } from './day-names.ts';
import { dayRule, severalDays } from './days.ts';
import { type Length, lengthRule } from './lengths.ts';
import { noun, withoutNames } from './names.ts';
import { cardinal } from './numbers.ts';
import { type Part, partRule } from './parts.ts';
import { isPlainMonthly, type Repeat, repeatRule, turnOfMonth } from './repeats.ts';
import { either, type Found, lookup, map, maybe, type Rule, says, seq, several, unless } from './rules.ts';
import { type Days, daysRule } from './stretches.ts';
import { MINUTE, partsOf, type Wall } from './wall.ts';
import type { Word } from './words.ts';
import { bareZone, zoneRule } from './zones.ts';

// Finds what a request says about time, piece by piece, and where it says it. It does not decide what the pieces mean together.

export type Mention =
  | { readonly kind: 'days'; readonly days: readonly Day[] }
  | { readonly kind: 'stretch'; readonly stretch: Days; readonly starting: boolean }
  | { readonly kind: 'clock'; readonly clock: Clock; readonly or: readonly Clock[] }
  | { readonly kind: 'clocks'; readonly clocks: ClockRange }
  | { readonly kind: 'part'; readonly part: Part; readonly day?: Day }
  | { readonly kind: 'length'; readonly length: Length }
  | { readonly kind: 'whole' }
  | { readonly kind: 'repeat'; readonly repeat: Repeat }
  /** An exact point: `in two hours`. */
  | { readonly kind: 'moment'; readonly instant: number }
  | { readonly kind: 'span'; readonly from: Point; readonly to: Point }
  | { readonly kind: 'ahead'; readonly minutes: number }
  | { readonly kind: 'bound'; readonly side: Side; readonly point: Point }
  | { readonly kind: 'zone'; readonly zone: string }
  | { readonly kind: 'times'; readonly count: number }
  | { readonly kind: 'rest' }
  /** `but not on Monday`: days of the week, 1 to 7. */
  | { readonly kind: 'except'; readonly weekdays: readonly number[] };

/** `after Friday` and `before Friday` leave Friday out; `from Friday on`, `by Friday` and `until Friday` take it in. */
export type Side = 'after' | 'from' | 'before' | 'by' | 'until';

/** A day with a time, or either alone. */
export interface Point {
  readonly day?: Day;
  readonly clock?: Clock;
  readonly part?: Part;
}

export interface Located {
  readonly mention: Mention;
  /** Words, the end exclusive; a leading preposition is part of it. */
  readonly at: number;
  readonly end: number;
}

export interface TimeContext extends DayContext {
  /** The person's wall clock. */
  readonly now: Wall;
  /** The instant that is now, for what counts from it: `in two hours` is elapsed time, whatever the clocks do. */
  readonly nowMs: number;
}

export type MentionReader = (words: readonly Word[]) => readonly Located[];

const introduction = says(
  'at | @ | at about | at around | around | about | at exactly | for | by | from | starting at | starting | beginning at | start at | starts at | begins at | , | on | of',
);

export function createMentionReader(context: TimeContext): MentionReader {
  const rules = mentionRules(context);
  const monthly = either<Mention>(
    map(turnOfMonth, (repeat) => ({ kind: 'repeat', repeat })),
    rules,
  );
  return (words) => {
    const located = readAll(words, rules);
    const isMonthly = located.some(({ mention }) => mention.kind === 'repeat' && isPlainMonthly(mention.repeat));
    return withoutNames(isMonthly ? readAll(words, monthly) : located, words);
  };
}

function readAll(words: readonly Word[], rules: Rule<Mention>): readonly Located[] {
  const located: Located[] = [];
  for (let at = 0; at < words.length; ) {
    const found =
      (noSuchDay(words, at) || isParticle(words, at) ? undefined : rules(words, at)) ??
      looseAfter(words, at, located.at(-1));
    if (found === undefined) {
      at += 1;
    } else {
      located.push({ mention: found.value, at, end: found.end });
      at = found.end;
    }
  }
  return located;
}

/** `squeeze in an hour` is no hour from now, and `walk me through Monday` does not end there. */
const isParticle = (words: readonly Word[], at: number): boolean =>
  (words[at]?.lower === 'through' && /^(?:me|us)$/.test(words[at - 1]?.lower ?? '')) ||
  (words[at]?.lower === 'in' && /^(?:squeeze|fit|get|slot|pencil|work|put|sneak)$/.test(words[at - 1]?.lower ?? ''));

/** `31 November` is not all of November. */
function noSuchDay(words: readonly Word[], at: number): boolean {
  if (monthName(words, at) === undefined) return false;
  const beyond = (word: Word | undefined): boolean =>
    word?.kind === 'number' && Number(word.text) >= 29 && Number(word.text) <= 31;
  return beyond(words[at - 1]);
}

/** A bare number or range counts as a time directly behind a day: `tomorrow 3`, `Friday 10-11`; a zone needs no `time` behind a clock. */
function looseAfter(words: readonly Word[], at: number, previous: Located | undefined): Found<Mention> | undefined {
  const adjacent = previous !== undefined && previous.end === at;
  if (adjacent && /^clocks?$/.test(previous.mention.kind))
    return map(bareZone, (zone): Mention => ({ kind: 'zone', zone }))(words, at);
  if (!adjacent || !['days', 'part', 'repeat'].includes(previous.mention.kind)) return undefined;
  return either<Mention>(
    map(clockRange(false), (clocks) => ({ kind: 'clocks', clocks })),
    map(looseClock, (clock) => ({ kind: 'clock', clock, or: [] })),
  )(words, at);
}

/** `3 in the afternoon`: the hour's half of the day. */
const namedHalf = lookup<'am' | 'pm'>({ morning: 'am', afternoon: 'pm', evening: 'pm' });

const clockMention = (clock: Clock, or: readonly Clock[] = []): Mention => ({ kind: 'clock', clock, or });

function clockRules(): Rule<Mention> {
  const fromTo = map(
    seq(says('from | between | for between | anywhere between | sometime between'), clockRange(true)),
    ([, clocks]): Mention => ({ kind: 'clocks', clocks }),
  );
  const strongRange = (words: readonly Word[], at: number): Found<Mention> | undefined => {
    const found = clockRange(false)(words, at);
    if (found === undefined) return undefined;
    // "10 to 4" alone is a range of times; "2-3 people" was refused by the clock itself.
    return { value: { kind: 'clocks', clocks: found.value }, end: found.end };
  };
  const introducedRange = map(
    seq(introduction, clockRange(false)),
    ([, clocks]): Mention => ({ kind: 'clocks', clocks }),
  );
  const alternatives = map(
    seq(maybe(says('at | either at | either')), several(looseClock, says('or | or at | , or | , or at'))),
    ([, clocks]) => {
      const [first, ...or] = clocks;
      return first === undefined || or.length === 0 ? undefined : clockMention(first, or);
    },
  );
  return either<Mention>(
    map(seq(maybe(says('at | around | about | by')), wordedMinutesTo), ([, clock]) => clockMention(clock)),
    map(seq(says('at | it is | by'), digitalMinutesTo), ([, clock]) => clockMention(clock)),
    fromTo,
    introducedRange,
    strongRange,
    alternatives,
    map(seq(maybe(introduction), looseClock, says('in the | at'), namedHalf), ([, clock, , half]) =>
      clock.half === 'bare' && clock.hour < 12 ? clockMention({ ...clock, half }) : undefined,
    ),
    map(seq(maybe(introduction), plainClock), ([, clock]) => clockMention(clock)),
    map(
      seq(
        says('at | @ | at about | at around | at exactly | starting at | beginning at | from | start at'),
        introducedClock,
      ),
      ([, clock]) => clockMention(clock),
    ),
    // "For three" is as likely a number of guests, "around three" a number of whatever follows: `plainClock` has read the certain ones.
    map(seq(says('around | in for | down for'), unless(introducedClock, noun)), ([, clock]) => clockMention(clock)),
  );
}

function pointRule(context: TimeContext): Rule<Point> {
  const day = either(dayRule(context), newYear(context));
  const on = maybe(says('on | , | , on | of'));
  const at = maybe(says('at | , | , at | @ | around | about'));
  return either<Point>(
    map(seq(day, at, looseClock), ([value, , clock]) => ({ day: value, clock })),
    map(seq(looseClock, on, day), ([clock, , value]) => ({ day: value, clock })),
    map(seq(day, maybe(says('in the')), partRule(context)), ([value, , { part }]) => ({ day: value, part })),
    map(seq(day, maybe(says('in the')), partRule(context), at, looseClock), ([value, , { part }, , clock]) => ({
      day: value,
      part,
      clock,
    })),
    map(seq(looseClock, on, partRule(context)), ([clock, , { part, day: own }]) =>
      own === undefined ? undefined : { day: own, part, clock },
    ),
    map(day, (value) => ({ day: value })),
    map(introducedClock, (clock) => ({ clock })),
    map(partRule(context), ({ part, day: own }) => (own === undefined ? { part } : { part, day: own })),
  );
}

/** `from 3pm on Monday to 11am on Tuesday`: both ends have a day and a time, or the first has. */
function spanRule(context: TimeContext): Rule<Mention> {
  const point = pointRule(context);
  const join = says('to | until | till | - | through | up to | to the | and');
  return map(seq(maybe(says('from | between')), point, join, point), ([open, from, by, to]): Mention | undefined => {
    if (by === 'and' && open !== 'between') return undefined;
    const firstTimed = from.day !== undefined && (from.clock ?? from.part) !== undefined;
    if (!firstTimed) return undefined;
    if (to.day === undefined && to.clock === undefined) return undefined;
    // "Friday 3 to 4" and "tomorrow 2pm to 4pm": one day, two times.
    if (to.day === undefined && from.part !== undefined && from.clock === undefined) return undefined;
    return { kind: 'span', from, to };
  });
}

const NOON: Point = { clock: { hour: 12, minute: 0, half: 'exact' } };

function boundRules(context: TimeContext): Rule<Mention> {
  const point = pointRule(context);
  const bound = (side: Side, value: Point): Mention => ({ kind: 'bound', side, point: value });
  const close = maybe(says('right | straight | just | soon | shortly | directly | immediately'));
  return either<Mention>(
    map(
      seq(
        close,
        says('after | any time after | anytime after | sometime after | past | later than | from after'),
        point,
      ),
      ([, , value]) => bound('after', value),
    ),
    map(seq(says('not before | no earlier than'), point), ([, value]) => bound('from', value)),
    map(seq(says('from'), point, says('on | onwards | onward | and later')), ([, value]) => bound('from', value)),
    map(seq(point, says('or later | onwards')), ([value]) => bound('from', value)),
    map(
      seq(close, says('before | any time before | anytime before | sometime before | earlier than | ahead of'), point),
      ([, , value]) => bound('before', value),
    ),
    map(seq(says('by | by the'), point), ([, value]) => bound('by', value)),
    map(seq(says('no later than | not later than | not after'), point), ([, value]) => bound('until', value)),
    map(seq(says('between now and | from now until | from now till | from now to | now until'), point), ([, value]) =>
      bound('until', value),
    ),
    map(
      seq(
        says(
          'until | till | up to | up until | through | ending at | ending on | ending | ends at | to end at | finishing at | ending by | arriving [at] | arrives [at] | landing [at]',
        ),
        point,
      ),
      ([, value]) => bound('until', value),
    ),
    map(seq(close, says('after lunch')), () => bound('after', { clock: { hour: 13, minute: 0, half: 'exact' } })),
    map(says('between now and lunch | from now until lunch | until lunch | till lunch'), () => bound('until', NOON)),
    map(seq(close, says('before lunch')), () => bound('before', { clock: { hour: 12, minute: 0, half: 'exact' } })),
    map(says('after work | after hours'), () => bound('after', { clock: { hour: 17, minute: 0, half: 'exact' } })),
    map(says('before work'), () => bound('before', { clock: { hour: 9, minute: 0, half: 'exact' } })),
  );
}

function momentRules({ nowMs }: TimeContext): Rule<Mention> {
  const exact = map(lengthRule, (length) => (length.minutes > 0 ? length : undefined));
  const minute = Math.floor(nowMs / MINUTE) * MINUTE;
  const moment = (length: Length): Mention => ({
    kind: 'moment',
    instant: minute + length.minutes * MINUTE,
  });
  return either<Mention>(
    map(
      seq(says('in | in about | in around'), exact, maybe(says("time | 's time | ' time | from now"))),
      ([, length]) => moment(length),
    ),
    map(seq(maybe(says('for')), exact, says('from now | hence')), ([, length]) => moment(length)),
    map(says('now | right now | at the moment | straight away | immediately | at once | right away'), () => ({
      kind: 'moment',
      instant: minute,
    })),
    map(
      seq(
        says(
          'in the next | the next | next | within the next | for the next | over the next | within | in the coming | during the next',
        ),
        exact,
      ),
      ([, length]) => ({ kind: 'ahead', minutes: length.minutes }),
    ),
    map(
      says('the next hour | in the next hour | for the next hour | next hour | within the hour | the coming hour'),
      () => ({ kind: 'ahead', minutes: 60 }),
    ),
    map(
      says(
        'later today | the rest of the day | the rest of today | rest of the day | the remainder of the day | later on today',
      ),
      () => ({ kind: 'rest' }),
    ),
  );
}

const LEAVING_OUT = says(
  'not | not on | except | except on | except for | excluding | other than | apart from | avoiding | but not | but not on',
);

function mentionRules(context: TimeContext): Rule<Mention> {
  const prefix = maybe(
    says(
      'on | for | during | over | in | throughout | across | of | , on | starting | starting on | starting from | beginning | beginning on | from | as of | sometime | some time | any time | anytime | sometime on | sometime in | any time on | any time in | anytime on | sometime during',
    ),
  );
  const count = map(
    seq(cardinal, says('times | occurrences | sessions | repetitions | instances')),
    ([value]): Mention => ({ kind: 'times', count: value }),
  );
  const whole = says(
    'all day | all - day | whole day | the whole day | entire day | the entire day | full day | the full day | a full day | full - day | all day long | as an all day event | the whole of | the entire | the whole | all of | the entirety of | all the day | 24 hours',
  );
  const day = severalDays(context);
  const left = either(
    map(day, (days) => days.map((one) => partsOf(one.day).weekday)),
    several(weekdayPlural, says(', | and | or')),
  );
  return either<Mention>(
    spanRule(context),
    map(seq(prefix, repeatRule(context)), ([, repeat]) => ({ kind: 'repeat', repeat })),
    map(seq(prefix, maybe(says('the')), partRule(context)), ([, , { part, day: own }]) =>
      own === undefined ? { kind: 'part', part } : { kind: 'part', part, day: own },
    ),
    map(seq(prefix, daysRule(context)), ([how, stretch]) => ({
      kind: 'stretch',
      stretch,
      starting: /^(?:start|begin|as of)/.test(how ?? ''),
    })),
    map(day, (days) => ({ kind: 'days', days })),
    map(seq(prefix, day), ([, days]) => ({ kind: 'days', days })),
    clockRules(),
    momentRules(context),
    boundRules(context),
    map(
      seq(
        maybe(
          says('for | , | lasting | of | for about | for around | for up to | for at least | about | roughly | by'),
        ),
        maybe(says('the')),
        unless(lengthRule, says('ago')),
      ),
      ([, , length]) => ({
        kind: 'length',
        length,
      }),
    ),
    map(seq(maybe(says('for | , | as | off')), whole), () => ({ kind: 'whole' })),
    map(seq(maybe(says('for | ,')), count), ([, value]) => value),
    map(seq(maybe(says(', | but | , but | just | only')), LEAVING_OUT, left), ([, , weekdays]) => ({
      kind: 'except',
      weekdays,
    })),
    map(zoneRule, (zone) => ({ kind: 'zone', zone })),
  );
}
