import { type DayContext, monthDay, weekdayName, weekdayPlural } from './day-names.ts';
import { cardinal, ordinal } from './numbers.ts';
import { either, lookup, map, maybe, type Rule, says, seq, several, unless } from './rules.ts';
import { DAY, nthWeekday, partsOf, startOfMonth, type Wall } from './wall.ts';

// Repetition: `every other Thursday`, `on the last Friday of each month`, as what an RRULE (RFC 5545 section 3.3.10) can say.

export interface Repeat {
  readonly frequency: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  readonly interval: number;
  /** 1 (Monday) to 7. Empty: the weekday, or day, on which the first one falls. */
  readonly weekdays: readonly number[];
  /** With one weekday: which of the month; -1 is the last. */
  readonly nth?: number;
  /** -1 is the last day of the month. */
  readonly monthDay?: number;
  /** Yearly: the first such day ahead. */
  readonly date?: Wall;
}

const CODES = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
const WORKING = [1, 2, 3, 4, 5];

const plain = (frequency: Repeat['frequency'], interval = 1): Repeat => ({ frequency, interval, weekdays: [] });
const weekly = (weekdays: readonly number[], interval = 1): Repeat => ({ frequency: 'WEEKLY', interval, weekdays });

const every = says('every | each | repeating every | recurring every | repeat every | repeats every');
const step: Rule<number> = either(
  map(says('other | second | 2nd | alternate'), () => 2),
  map(says('single'), () => 1),
  ordinal,
  cardinal,
);
const units = lookup<Repeat['frequency']>({
  day: 'DAILY',
  days: 'DAILY',
  week: 'WEEKLY',
  weeks: 'WEEKLY',
  month: 'MONTHLY',
  months: 'MONTHLY',
  year: 'YEARLY',
  years: 'YEARLY',
});
const and = says(', | and | & | , and | and every | or');
const weekdayList = several(either(weekdayName, weekdayPlural), and);
const ofMonths = says(
  'of every month | of each month | every month | each month | in every month | in each month | monthly | a month',
);
const nthName = either(
  ordinal,
  map(says('last'), () => -1),
);

const monthlyOn = (weekday: number, nth: number): Repeat => ({
  frequency: 'MONTHLY',
  interval: 1,
  weekdays: [weekday],
  nth,
});
const onDay = (monthDay: number, interval = 1): Repeat | undefined =>
  (monthDay >= 1 && monthDay <= 31) || monthDay === -1
    ? { frequency: 'MONTHLY', interval, weekdays: [], monthDay }
    : undefined;
const stepped = map(seq(every, maybe(step)), ([, count]) => count ?? 1);
const onThe = maybe(says('on the | the | on'));

const simple: Rule<Repeat> = either(
  map(says('daily | everyday | each and every day | once a day | day after day'), () => plain('DAILY')),
  map(says('weekly | once a week | once weekly | per week'), () => plain('WEEKLY')),
  map(says('biweekly | bi - weekly | fortnightly | every fortnight | once a fortnight | each fortnight'), () =>
    plain('WEEKLY', 2),
  ),
  map(says('monthly | once a month'), () => plain('MONTHLY')),
  map(says('quarterly | every quarter | each quarter | once a quarter'), () => plain('MONTHLY', 3)),
  map(says('yearly | annually | once a year'), () => plain('YEARLY')),
  // Annual leave is not taken every year anew.
  map(unless(says('annual'), says('leave | holiday | holidays')), () => plain('YEARLY')),
  map(
    says(
      'every weekday | each weekday | every workday | every working day | each working day | every business day | on weekdays | weekdays | every week day | on working days | on workdays | every day monday to friday | every day from monday to friday | monday to friday every week | every monday to friday | every monday through friday',
    ),
    () => weekly(WORKING),
  ),
  map(says('every weekend | each weekend | on weekends | at weekends'), () => weekly([6, 7])),
  map(seq(stepped, units), ([interval, frequency]) => plain(frequency, interval)),
);
const onWeekdays: Rule<Repeat> = either(
  map(seq(stepped, weekdayList), ([interval, days]) => (interval <= 8 ? weekly(days, interval) : undefined)),
  map(seq(maybe(says('on')), several(weekdayPlural, and)), ([, days]) => weekly(days)),
  map(
    seq(
      maybe(says('repeating/recurring')),
      says(
        'weekly | biweekly | bi - weekly | fortnightly | every week | every two weeks | every 2 weeks | every other week | every second week | every fortnight | once a week | each week',
      ),
      says('on | every | , on'),
      weekdayList,
    ),
    ([, often, , days]) => weekly(days, /bi|fort|two|2|other|second/.test(often) ? 2 : 1),
  ),
  map(seq(stepped, says('week | weeks'), says('on'), weekdayList), ([interval, , , days]) => weekly(days, interval)),
  map(seq(maybe(says('on')), weekdayList, says('every week | each week | weekly | of every week')), ([, days]) =>
    weekly(days),
  ),
  map(
    seq(
      maybe(says('on')),
      weekdayList,
      says('every other week | every second week | every two weeks | every 2 weeks | fortnightly | biweekly'),
    ),
    ([, days]) => weekly(days, 2),
  ),
);
const inMonths: Rule<Repeat> = either(
  map(seq(onThe, nthName, weekdayName, ofMonths), ([, nth, weekday]) => monthlyOn(weekday, nth)),
  map(
    seq(every, nthName, weekdayName, maybe(says('of the month | in the month | of each month'))),
    ([, nth, weekday, month]) =>
      // "every second Friday" is every other one; "of the month" or "first" make it the n-th.
      month !== undefined || nth === 1 || nth === -1 ? monthlyOn(weekday, nth) : undefined,
  ),
  map(
    seq(says('monthly | every month | each month | once a month'), onThe, nthName, weekdayName),
    ([, , nth, weekday]) => monthlyOn(weekday, nth),
  ),
  map(seq(onThe, ordinal, maybe(says('day')), ofMonths), ([, day]) => onDay(day)),
  map(seq(onThe, says('last day | end'), ofMonths), () => onDay(-1)),
  map(seq(every, ordinal, maybe(says('day')), says('of the month | of each month')), ([, day]) => onDay(day)),
  map(seq(says('monthly | every month | each month | once a month'), onThe, ordinal), ([, , day]) => onDay(day)),
  map(seq(says('monthly | every month | each month'), onThe, says('last day')), () => onDay(-1)),
);
/** `a monthly review … on the last Friday`: read only where something else says that it is monthly. */
export const turnOfMonth: Rule<Repeat> = map(
  seq(says('on the | the | every'), nthName, weekdayName, maybe(says('of the month'))),
  ([, nth, weekday]) => monthlyOn(weekday, nth),
);

export const isPlainMonthly = ({ frequency, weekdays, monthDay }: Repeat): boolean =>
  frequency === 'MONTHLY' && weekdays.length === 0 && monthDay === undefined;

export function repeatRule(context: DayContext): Rule<Repeat> {
  const date = monthDay(context);
  const yearly: Rule<Repeat> = either(
    map(
      seq(
        says('every | each | every year on | each year on | yearly on | annually on | every year | annually'),
        maybe(says('the')),
        date,
      ),
      ([, , day]) => ({
        ...plain('YEARLY'),
        date: day.day,
      }),
    ),
    map(seq(maybe(says('on')), date, says('every year | each year | yearly | annually')), ([, day]) => ({
      ...plain('YEARLY'),
      date: day.day,
    })),
  );
  return either(simple, onWeekdays, inMonths, yearly);
}

/** `a weekly standup every Monday`, `a fortnightly review on Thursdays`: one repetition, said in two places. */
export function joinRepeats(first: Repeat, second: Repeat): Repeat {
  const exact =
    second.weekdays.length > 0 || second.monthDay !== undefined || second.date !== undefined ? second : first;
  return { ...exact, interval: Math.max(first.interval, second.interval) };
}

/** `every day except Sunday` is on the other days of the week. */
export function leavingOut(repeat: Repeat, except: readonly number[]): Repeat {
  const turns = repeat.frequency === 'DAILY' && repeat.interval === 1 ? [1, 2, 3, 4, 5, 6, 7] : repeat.weekdays;
  const weekdays = turns.filter((weekday) => !except.includes(weekday));
  const fewer = weekdays.length > 0 && weekdays.length < turns.length;
  return fewer
    ? { ...repeat, frequency: repeat.frequency === 'DAILY' ? 'WEEKLY' : repeat.frequency, weekdays }
    : repeat;
}

/** Whether the series has a turn on that day, when `anchor` is a day on which it may begin. */
function fallsOn(repeat: Repeat, day: Wall): boolean {
  const { weekday, day: number } = partsOf(day);
  if (repeat.date !== undefined)
    return partsOf(repeat.date).month === partsOf(day).month && partsOf(repeat.date).day === number;
  if (repeat.monthDay === -1) return partsOf(day + DAY).day === 1;
  if (repeat.monthDay !== undefined) return number === repeat.monthDay;
  if (repeat.nth !== undefined) return nthWeekday(startOfMonth(day), repeat.weekdays[0] ?? 1, repeat.nth) === day;
  return repeat.weekdays.length === 0 || repeat.weekdays.includes(weekday);
}

/** The first day of the series on or after a day. */
export function firstTurn(repeat: Repeat, from: Wall): Wall {
  for (let day = from; day < from + 400 * DAY; day += DAY) if (fallsOn(repeat, day)) return day;
  return from;
}

export interface RepeatEnd {
  readonly count?: number;
  /** The last moment of the series, as `UNTIL` wants it: UTC for times, a date for whole days. */
  readonly until?: string;
}

export function recurrenceLine(repeat: Repeat, first: Wall, end: RepeatEnd): string {
  const parts = [`FREQ=${repeat.frequency}`];
  if (repeat.interval !== 1) parts.push(`INTERVAL=${repeat.interval}`);
  const code = (weekday: number) => CODES[weekday - 1] ?? 'MO';
  if (repeat.frequency === 'WEEKLY') {
    const weekdays =
      repeat.weekdays.length === 0 ? [partsOf(first).weekday] : [...repeat.weekdays].sort((a, b) => a - b);
    parts.push(`BYDAY=${[...new Set(weekdays)].map(code).join(',')}`);
  }
  if (repeat.nth !== undefined) parts.push(`BYDAY=${repeat.nth}${code(repeat.weekdays[0] ?? 1)}`);
  else if (repeat.frequency === 'MONTHLY') parts.push(`BYMONTHDAY=${repeat.monthDay ?? partsOf(first).day}`);
  if (end.count !== undefined) parts.push(`COUNT=${end.count}`);
  if (end.until !== undefined) parts.push(`UNTIL=${end.until}`);
  return `RRULE:${parts.join(';')}`;
}

/** How many turns fit into `days` and `months`, where that is plain: six weeks of a weekly meeting are six meetings. */
export function turnsIn(
  repeat: Repeat,
  length: { readonly days: number; readonly months: number },
): number | undefined {
  if (repeat.frequency === 'MONTHLY' && length.days === 0)
    return Math.max(1, Math.ceil(length.months / repeat.interval));
  if (repeat.frequency === 'YEARLY' && length.days === 0)
    return Math.max(1, Math.ceil(length.months / 12 / repeat.interval));
  if (length.months > 0) return undefined;
  if (repeat.frequency === 'DAILY') return Math.max(1, Math.ceil(length.days / repeat.interval));
  if (repeat.frequency === 'WEEKLY' && length.days % 7 === 0) {
    return Math.max(1, Math.ceil(length.days / 7 / repeat.interval)) * Math.max(1, repeat.weekdays.length);
  }
  return undefined;
}
