import { cardinal, digits, numberWord } from './numbers.ts';
import { either, type Found, glued, lookup, map, maybe, one, type Rule, says, seq, unless } from './rules.ts';
import type { Word } from './words.ts';

// Times of day. A bare hour is kept bare here (`three`, `10:30`); `resolveClock` settles it once the rest of the request is
// known: 1 to 7 are afternoon, 8 to 11 morning, 12 noon, unless a part of the day or the other end of a range says otherwise.

export interface Clock {
  /** 0 to 24; 24 is the midnight that ends the day. */
  readonly hour: number;
  readonly minute: number;
  /** `exact` is on the 24-hour clock. */
  readonly half: 'am' | 'pm' | 'bare' | 'exact';
}

export interface ClockRange {
  readonly from: Clock;
  readonly to: Clock;
}

/** Minutes since midnight. */
export type MinuteOfDay = number;

const hourDigits = one((word) =>
  word.kind === 'number' && word.text.length <= 2 && Number(word.text) <= 24 ? word.text : undefined,
);
const minuteDigits = glued(
  one((word) =>
    word.kind === 'number' && word.text.length === 2 && Number(word.text) < 60 ? Number(word.text) : undefined,
  ),
);
const dotted = seq(glued(says('.')), minuteDigits);

const letters = (letter: string) => seq(says(letter), maybe(glued(says('.'))), says('m'), maybe(glued(says('.'))));

/** `am`, `p.m.`, `o'clock in the …` (the part of the day is read elsewhere). A final full stop belongs to the sentence. */
const meridian: Rule<'am' | 'pm'> = either(
  lookup({ am: 'am', pm: 'pm' } as const),
  map(letters('a'), () => 'am' as const),
  map(letters('p'), () => 'pm' as const),
);
const shortMeridian: Rule<'am' | 'pm'> = glued(lookup({ a: 'am', p: 'pm' } as const));
const oclock = says("o'clock [sharp] | o clock [sharp] | sharp");

function clock(hour: number, minute: number, half: 'am' | 'pm' | undefined, leadingZero = false): Clock | undefined {
  if (half !== undefined) return hour >= 1 && hour <= 12 ? { hour, minute, half } : undefined;
  if (hour > 24 || (hour === 24 && minute > 0)) return undefined;
  return { hour, minute, half: hour > 12 || hour === 0 || leadingZero ? 'exact' : 'bare' };
}

const isZeroed = (text: string) => text.length === 2 && text.startsWith('0');

const half = either(meridian, shortMeridian);

const digital: Rule<Clock> = either(
  map(seq(hourDigits, glued(says(':')), minuteDigits, maybe(seq(glued(says(':')), minuteDigits)), maybe(half)), (v) =>
    clock(Number(v[0]), v[2], v[4], isZeroed(v[0])),
  ),
  map(seq(hourDigits, dotted, maybe(half)), ([hour, [, minute], half]) =>
    clock(Number(hour), minute, half, isZeroed(hour)),
  ),
  map(seq(hourDigits, dotted, half), ([hour, [, minute], half]) => clock(Number(hour), minute, half)),
  map(seq(hourDigits, half), ([hour, half]) => clock(Number(hour), 0, half)),
  map(seq(hourDigits, glued(says('h')), maybe(minuteDigits)), ([hour, , minute]) =>
    Number(hour) >= 7 ? clock(Number(hour), minute ?? 0, undefined, true) : undefined,
  ),
  map(seq(fourDigits(), says('hours | hrs | h')), ([value]) => value),
  map(seq(spaced(), meridian), ([[hour, minute], half]) => clock(Number(hour), minute, half)),
);

/** `9 30`: five-minute steps only, or it would be two numbers. */
function spaced(): Rule<readonly [string, number]> {
  const minute = one((word) => (/^[0-5][05]$/.test(word.text) ? Number(word.text) : undefined));
  return seq(hourDigits, minute);
}

/** `1530`, but `2026` is a year. */
function fourDigits(): Rule<Clock> {
  return one((word) =>
    /^[0-2]\d[0-5]\d$/.test(word.text) && !/^20[2-4]/.test(word.text)
      ? clock(Number(word.text.slice(0, 2)), Number(word.text.slice(2)), undefined, true)
      : undefined,
  );
}

const hour12 = map(cardinal, (value) => (value >= 1 && value <= 12 ? value : undefined));
const spokenMinutes = either(
  map(says('[a] quarter'), () => 15),
  map(
    seq(
      map(cardinal, (value) => (value >= 1 && value < 60 ? value : undefined)),
      maybe(says('minutes | mins | min')),
    ),
    ([value]) => value,
  ),
);
const hourEnd = maybe(either<unknown>(meridian, shortMeridian, oclock));

function spoken(hour: number, minute: number, end: unknown): Clock | undefined {
  return clock(hour, minute, end === 'am' || end === 'pm' ? end : undefined);
}

const minutesTo = (hour: number, minutes: number, end: unknown): Clock | undefined => {
  const before = hour === 1 ? 12 : hour - 1;
  // "quarter to noon" and "ten to twelve am" cross the half of the day.
  const half = hour === 12 && end === 'pm' ? 'am' : hour === 12 && end === 'am' ? 'pm' : end;
  return spoken(before, 60 - minutes, half);
};

const analogue: Rule<Clock> = either(
  map(seq(says('half [-] past | half [-] after'), hour12, hourEnd), ([, hour, end]) => spoken(hour, 30, end)),
  map(seq(says('half'), hour12, hourEnd), ([, hour, end]) => spoken(hour, 30, end)),
  map(seq(spokenMinutes, says('past | after'), hour12, hourEnd), ([minute, , hour, end]) => spoken(hour, minute, end)),
  map(seq(says('[a] quarter'), says('to | of | before | till'), hour12, hourEnd), ([, , hour, end]) =>
    minutesTo(hour, 15, end),
  ),
  map(seq(spokenMinutes, says('past | to | before'), says('noon | midday | midnight')), ([minute, side, name]) => {
    const base = name === 'midnight' ? 0 : 12;
    return side === 'past'
      ? clock(base, minute, undefined, true)
      : clock((base + 23) % 24, 60 - minute, undefined, true);
  }),
  map(seq(says('half past'), says('noon | midday | midnight')), ([, name]) =>
    clock(name === 'midnight' ? 0 : 12, 30, undefined, true),
  ),
);

/** `ten to four`: also reads as a range, so it counts only where no range is being said. */
export const wordedMinutesTo: Rule<Clock> = either(
  map(
    seq(
      map(numberWord, (value) => ([5, 10, 20, 25].includes(value) ? value : undefined)),
      says('[minutes] to | [minutes] before'),
      hour12,
      hourEnd,
    ),
    ([minutes, , hour, end]) => minutesTo(hour, minutes, end),
  ),
  map(seq(cardinal, says('minutes to | mins to | minutes before'), hour12, hourEnd), ([minutes, , hour, end]) =>
    minutes >= 1 && minutes < 60 ? minutesTo(hour, minutes, end) : undefined,
  ),
);

const at = (hour: number): Clock => ({ hour, minute: 0, half: 'exact' });

/** Conventions: first thing is 9:00, the end of the working day 17:00, midnight the end of the day. */
const named: Rule<Clock> = either(
  map(says('[12] noon | [12] midday | high noon | twelve noon'), () => at(12)),
  map(says('[12] midnight | twelve midnight'), () => at(24)),
  map(says('first thing [in] [the] | first thing'), () => at(9)),
  map(says('end of [the] [business/working/work] day | eod | cob | close of business | the close of business'), () =>
    at(17),
  ),
);

const wordedHour = map(numberWord, (value) => (value >= 1 && value <= 12 ? value : undefined));
const wordedMinute = either(
  map(numberWord, (value) => (value >= 10 && value < 60 ? value : undefined)),
  map(seq(says('oh | o | zero'), numberWord), ([, value]) => (value < 10 ? value : undefined)),
);

/** `three pm`, `three o'clock`, `three thirty pm`. */
const worded: Rule<Clock> = either(
  map(seq(wordedHour, meridian), ([hour, half]) => clock(hour, 0, half)),
  map(seq(wordedHour, maybe(glued(says('-'))), wordedMinute, meridian), ([hour, , minute, half]) =>
    clock(hour, minute, half),
  ),
  map(seq(either(wordedHour, hour12), oclock, maybe(meridian)), ([hour, , half]) => clock(hour, 0, half)),
);

/** A time wherever it stands. */
export const clockRule: Rule<Clock> = either(digital, analogue, named, worded);

const unitAhead = either<unknown>(
  seq(
    maybe(says('-')),
    says(
      'january | february | march | april | may | june | july | august | september | october | november | december | jan | feb | mar | apr | jun | jul | aug | sep | sept | oct | nov | dec | minute | minutes | min | mins | m | hour | hours | hr | hrs | h | day | days | week | weeks | month | months | year | years | people | persons | guests | seats | times | x | % | st | nd | rd | th | of | per | and a | more | other | meetings | events | appointments | slots | options | things | ones',
    ),
  ),
  seq(glued(says('/ | . | , | :')), glued(digits)),
  seq(glued(says('-')), glued(digits), glued(says('-')), glued(digits)),
);

/** `4ish` is four. */
const ish = <Value>(rule: Rule<Value>): Rule<Value> =>
  map(seq(rule, maybe(seq(maybe(glued(says('-'))), glued(says('ish'))))), ([value]) => value);

/** A bare number or `three thirty`: a time only where the context says so. */
export const looseClock: Rule<Clock> = ish(
  either(
    clockRule,
    unless(
      map(seq(wordedHour, maybe(glued(says('-'))), wordedMinute), ([hour, , minute]) => clock(hour, minute, undefined)),
      unitAhead,
    ),
    unless(
      map(spaced(), ([hour, minute]) => clock(Number(hour), minute, undefined, isZeroed(hour))),
      unitAhead,
    ),
    unless(
      map(hourDigits, (hour) => clock(Number(hour), 0, undefined, isZeroed(hour))),
      unitAhead,
    ),
    unless(
      map(wordedHour, (hour) => clock(hour, 0, undefined)),
      unitAhead,
    ),
    unless(fourDigits(), unitAhead),
  ),
);

/** Times that stand on their own, including `ten to four`. */
/** `at 10 to 4`. */
export const digitalMinutesTo: Rule<Clock> = map(
  seq(
    map(digits, (value) => ([5, 10, 20, 25].includes(value) ? value : undefined)),
    says('to'),
    hour12,
    hourEnd,
  ),
  ([minutes, , hour, end]) => minutesTo(hour, minutes, end),
);

export const plainClock: Rule<Clock> = either(clockRule, wordedMinutesTo);
export const introducedClock: Rule<Clock> = either(looseClock, wordedMinutesTo);

/** Numbers glued by a hyphen, such as `10-11`, where neither end says more. */
export const rangeMark = says('- | to | until | till | through | up to | and until');

export function clockRange(introduced: boolean): Rule<ClockRange> {
  const join = introduced ? either(rangeMark, says('and')) : rangeMark;
  return (words: readonly Word[], at: number): Found<ClockRange> | undefined => {
    const found = seq(looseClock, join, looseClock)(words, at);
    if (found === undefined) return undefined;
    const [from, , to] = found.value;
    return { value: { from, to }, end: found.end };
  };
}

export interface ClockHints {
  /** A part of the day that was said: `morning` makes a bare hour am, the others pm. */
  readonly half?: 'am' | 'pm' | undefined;
  /** Said of the night: its 12 is midnight and its small hours are after it. */
  readonly night?: boolean | undefined;
}

export function resolveClock({ hour, minute, half }: Clock, hints: ClockHints = {}): MinuteOfDay {
  if (half === 'exact') return hour * 60 + minute;
  const clockHour = hour % 12;
  if (half === 'am') return clockHour * 60 + minute;
  if (half === 'pm') return (clockHour + 12) * 60 + minute;
  if (hints.night === true && hour === 12) return 24 * 60 + minute;
  if (hints.half === 'am') return (hour === 12 ? 12 : clockHour) * 60 + minute;
  if (hints.half === 'pm') return (clockHour + 12) * 60 + minute;
  return (hour >= 8 && hour < 12 ? hour : clockHour + 12) * 60 + minute;
}

const HALF_DAY = 12 * 60;

/** Both ends of a range, the second behind the first: an end past 24:00 is on the next day. */
export function resolveRange(range: ClockRange, hints: ClockHints = {}): { from: MinuteOfDay; to: MinuteOfDay } {
  const { to } = range;
  // A range that begins at midnight begins the day.
  const from: Clock = range.from.hour === 24 ? { ...range.from, hour: 0 } : range.from;
  const end = resolveClock(to, hints);
  if (to.half === 'bare') {
    const start = resolveClock(from, hints);
    const behind = [end % HALF_DAY, (end % HALF_DAY) + HALF_DAY, (end % HALF_DAY) + 2 * HALF_DAY].find(
      (m) => m > start,
    );
    const next = behind ?? start + 60;
    const swapped = from.half === 'bare' && hints.half === undefined && next > 24 * 60 && start >= HALF_DAY;
    return swapped ? { from: start - HALF_DAY, to: next - HALF_DAY } : { from: start, to: next };
  }
  if (from.half === 'bare') {
    const early = (from.hour % 12) * 60 + from.minute;
    const late = early + HALF_DAY;
    if (end > late) return { from: late, to: end };
    if (end > early) return { from: early, to: end };
    return { from: late, to: end + 24 * 60 };
  }
  const start = resolveClock(from, hints);
  return { from: start, to: end > start ? end : end + 24 * 60 };
}
