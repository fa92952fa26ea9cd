import {
  type Day,
  type DayContext,
  holiday,
  monthDay,
  monthName,
  nextMonthly,
  nextWeekday,
  numericDate,
  weekdayName,
  yearNumber,
} from './day-names.ts';
import { lengthRule } from './lengths.ts';
import { ordinal, ordinalDigits, ordinalWord } from './numbers.ts';
import { either, lookup, map, maybe, one, type Rule, says, seq, several, unless } from './rules.ts';
import {
  addMonths,
  DAY,
  dayOf,
  nthWeekday,
  partsOf,
  startOfMonth,
  startOfWeek,
  type Wall,
  weekdayOnOrAfter,
} from './wall.ts';

// Single days in relation to today. Conventions: a weekday is the next one to come, today included; `next Friday` is the Friday of next
// week; the end of a week is its Friday.

const shift = (day: Day, days: number): Day => ({
  ...day,
  day: day.day + days * DAY,
});

const countable = one((word) =>
  word.kind === 'word' &&
  !/^(?:at|from|for|with|in|and|to|of|until|between|about|please|or|by|called|titled)$/.test(word.lower)
    ? word.lower
    : undefined,
);

const at = (day: Wall | undefined): Day | undefined => (day === undefined ? undefined : { day });

/** Weekdays, with the week in which they are if it is said. */
function weekdayRule(today: Wall): Rule<Day> {
  const week = startOfWeek(today);
  const ofWeek = (weekday: number, weeks: number): Day => ({
    day: week + (weekday - 1 + weeks * 7) * DAY,
    week: weeks,
  });
  const comma = maybe(says(','));
  return either(
    map(seq(maybe(says('this coming | the coming | coming | this | the | upcoming')), weekdayName), ([, name]) =>
      nextWeekday(today, name),
    ),
    map(seq(says('[the] next | [the] following'), weekdayName), ([, name]) => ofWeek(name, 1)),
    map(seq(says('[the] last | [the] past | [the] previous'), weekdayName), ([, name]) =>
      at(weekdayOnOrAfter(today - 7 * DAY, name)),
    ),
    map(seq(maybe(says('the')), weekdayName, says('after next')), ([, name]) => ofWeek(name, 2)),
    map(seq(weekdayName, comma, maybe(says('of | in')), says('next week')), ([name]) => ofWeek(name, 1)),
    map(seq(weekdayName, comma, maybe(says('of | in')), says('this week')), ([name]) => ofWeek(name, 0)),
    map(seq(weekdayName, comma, maybe(says('of | in')), says('last week')), ([name]) => ofWeek(name, -1)),
    map(seq(says('next week'), comma, maybe(says('on | , on')), maybe(says('the')), weekdayName), (v) =>
      ofWeek(v[4], 1),
    ),
    map(seq(says('this week'), comma, maybe(says('on')), weekdayName), (v) => ofWeek(v[3], 0)),
    map(seq(says('[the] week after next'), comma, maybe(says('on')), weekdayName), (v) => ofWeek(v[3], 2)),
    map(seq(weekdayName, maybe(says('of | in | ,')), says('the week after next')), ([name]) => ofWeek(name, 2)),
  );
}

/** `the 15th of next month`, `the last Friday of November`, `the last day of the month`. */
function inMonthRule(context: DayContext): Rule<Day> {
  const monthOf = monthReference(context);
  const inMonth = map(
    seq(maybe(says('the')), ordinal, maybe(says('day')), says('of | in | , | day of'), monthOf),
    ([, day, , , month]) => at(dayOf(partsOf(month).year, partsOf(month).month, day)),
  );
  const nth = map(
    seq(
      maybe(says('the')),
      either(
        ordinal,
        map(says('last'), () => -1),
      ),
      weekdayName,
      maybe(says('of | in')),
      monthOf,
    ),
    ([, count, name, , month]) => {
      const found = nthWeekday(month, name, count);
      // This month's is over: the next month's is meant.
      const over = found !== undefined && found < context.today && month === startOfMonth(context.today);
      return at(over ? nthWeekday(addMonths(month, 1), name, count) : found);
    },
  );
  const edges = map(
    seq(
      maybe(says('the')),
      maybe(says('very')),
      says('last/first'),
      says('day | working day | workday | business day | weekday'),
      says('of | in'),
      monthOf,
    ),
    ([, , side, kind, , month]) => at(edgeOfMonth(month, side === 'first', kind === 'day')),
  );
  return either(inMonth, nth, edges);
}

export function dayRule(context: DayContext): Rule<Day> {
  const { today } = context;

  const near = lookup<Day>({
    today: { day: today },
    tomorrow: { day: today + DAY },
    yesterday: { day: today - DAY },
    overmorrow: { day: today + 2 * DAY },
  });
  const nearby: Rule<Day> = either(
    near,
    map(says('[the] day after tomorrow'), () => at(today + 2 * DAY)),
    map(says('[the] day before yesterday'), () => at(today - 2 * DAY)),
  );

  const dayOfMonth = (day: number): Day | undefined => (day >= 1 && day <= 31 ? nextMonthly(today, day) : undefined);
  // "the second" alone may be the second of anything: in words it needs "on the", and nothing to count behind it.
  const monthly = either(
    map(seq(maybe(says('the')), ordinalDigits), ([, value]) => dayOfMonth(value)),
    map(
      seq(says('on the | by the | until the | before the | after the'), unless(ordinalWord, countable)),
      ([, value]) => dayOfMonth(value),
    ),
  );
  const dated = either(monthDay(context), numericDate(context), inMonthRule(context), monthly, holiday(context));
  /** `Friday, 4 December`: the date decides, the weekday is said besides. */
  const named = map(
    seq(maybe(says('this | next | the')), weekdayName, maybe(says(', | the | , the | on the | (')), dated),
    (v) => v[3],
  );

  const simple = either(nearby, weekdayRule(today), dated, named, endsRule(context));
  return either(simple, relativeDay(context, simple));
}

function edgeOfMonth(month: Wall, first: boolean, anyDay: boolean): Wall {
  let day = first ? month : addMonths(month, 1) - DAY;
  while (!anyDay && partsOf(day).weekday > 5) day += first ? DAY : -DAY;
  return day;
}

/** Days counted from another: `in three days`, `a week from tomorrow`, `Tuesday week`, `the day after Christmas`. */
function relativeDay({ today }: DayContext, simple: Rule<Day>): Rule<Day> {
  const length = map(lengthRule, (value) => (value.minutes === 0 ? value : undefined));
  const move = (day: Day, { days, months }: { days: number; months: number }, sign = 1): Day => ({
    day: addMonths(day.day, sign * months) + sign * days * DAY,
  });
  const now: Day = { day: today };
  return either(
    map(seq(says('in | within | in about'), length, maybe(says("time | 's time | ' time"))), ([, value]) =>
      move(now, value),
    ),
    map(seq(length, says('from now | hence | from today')), ([value]) => move(now, value)),
    map(seq(length, says('ago')), ([value]) => move(now, value, -1)),
    map(seq(length, says('from | after | on | following'), simple), ([value, , day]) => move(day, value)),
    map(seq(length, says('before'), simple), ([value, , day]) => move(day, value, -1)),
    map(seq(length, simple), ([value, day]) => (value.days % 7 === 0 && value.days > 0 ? move(day, value) : undefined)),
    map(
      seq(says('in'), length, maybe(says("time | 's time")), maybe(says('on')), weekdayName),
      ([, value, , , name]) =>
        value.days % 7 === 0 ? { day: startOfWeek(today) + value.days * DAY + (name - 1) * DAY } : undefined,
    ),
    map(seq(weekdayName, says('in'), length, maybe(says("time | 's time"))), ([name, , value]) =>
      value.days % 7 === 0 ? { day: startOfWeek(today) + value.days * DAY + (name - 1) * DAY } : undefined,
    ),
    map(seq(simple, says('week')), ([day]) => shift({ day: day.day }, 7)),
    map(seq(simple, says('fortnight')), ([day]) => shift({ day: day.day }, 14)),
    map(seq(says('week | [a] week on | fortnight on'), simple), ([text, day]) =>
      text === 'week' ? undefined : shift({ day: day.day }, text.startsWith('fortnight') ? 14 : 7),
    ),
    map(seq(says('[the] day after'), simple), ([, day]) => shift({ day: day.day }, 1)),
    map(seq(says('[the] day before'), simple), ([, day]) => shift({ day: day.day }, -1)),
    map(
      seq(maybe(says('the | first | the first')), weekdayName, says('after | following'), simple),
      ([, name, , day]) => ({
        day: weekdayOnOrAfter(day.day + DAY, name),
      }),
    ),
    map(seq(maybe(says('the | last | the last')), weekdayName, says('before'), simple), ([, name, , day]) => ({
      day: weekdayOnOrAfter(day.day - 7 * DAY, name),
    })),
  );
}

/** First day of the month that is meant: `next month`, `December`, `the month`. */
export function monthReference({ today }: DayContext): Rule<Wall> {
  const month = startOfMonth(today);
  const { year, month: current } = partsOf(today);
  return either(
    map(says('this month | the month | the current month'), () => month),
    map(says('[the] next month | [the] following month'), () => addMonths(month, 1)),
    map(says('[the] last month | [the] previous month'), () => addMonths(month, -1)),
    map(says('the month after next'), () => addMonths(month, 2)),
    map(
      seq(
        maybe(says('this | next | the month of')),
        unless(monthName, says('i | we | you | be')),
        maybe(seq(maybe(says(', | of')), yearNumber)),
      ),
      ([, name, said]) => dayOf(said?.[1] ?? (name >= current ? year : year + 1), name, 1),
    ),
    map(says('the year | this year'), () => dayOf(year, 1, 1)),
  );
}

/** `end of the month`, `beginning of next week`, `middle of December`: as one day. */
function endsRule(context: DayContext): Rule<Day> {
  const week = startOfWeek(context.today);
  const { year } = partsOf(context.today);
  const weeks = either(
    map(says('[the] next week'), () => week + 7 * DAY),
    map(says('this week | the week'), () => week),
    map(says('the week after next'), () => week + 14 * DAY),
  );
  const side = map(
    seq(maybe(says('the')), maybe(says('very')), says('end/start/beginning/middle'), says('of')),
    ([, , where]) => where,
  );
  const years = either(
    map(says('the year | this year'), () => year),
    map(says('[the] next year'), () => year + 1),
  );
  return either(
    map(seq(side, weeks), ([where, monday]) => ({
      day: monday + (where === 'end' ? 4 : where === 'middle' ? 2 : 0) * DAY,
    })),
    map(seq(side, years), ([where, value]) => {
      const day = where === 'end' ? dayOf(value, 12, 31) : where === 'middle' ? dayOf(value, 7, 1) : dayOf(value, 1, 1);
      return day === undefined ? undefined : { day };
    }),
    map(seq(side, monthReference(context)), ([where, month]) => ({
      day: where === 'end' ? addMonths(month, 1) - DAY : where === 'middle' ? month + 14 * DAY : month,
    })),
    map(seq(says('mid'), maybe(says('-')), weeks), ([, , monday]) => ({ day: monday + 2 * DAY })),
    map(seq(says('mid'), maybe(says('-')), monthReference(context)), ([, , month]) => ({ day: month + 14 * DAY })),
  );
}

/** `Monday, Tuesday or Friday`; a week that is said once holds for all. */
export function severalDays(context: DayContext): Rule<readonly Day[]> {
  const between = says(', | and | or | , and | , or | or on | and on | , or on | & | and then | as well as');
  const single = dayRule(context);
  // "Monday Wednesday and Friday": weekdays need nothing between them.
  const weekday: Rule<Day> = (words, at) =>
    weekdayName(words, at) === undefined
      ? undefined
      : map(single, (day) => ((day.again ?? day.week) === undefined ? undefined : day))(words, at);
  return map(either(several(single, between), several(weekday, maybe(between))), (days) => {
    const week = days.find((day) => day.week !== undefined)?.week;
    const inWeek = (day: Day): Day => {
      if (week === undefined || day.week !== undefined || day.again === undefined) return day;
      const monday = startOfWeek(context.today) + week * 7 * DAY;
      return { day: monday + (partsOf(day.day).weekday - 1) * DAY, week };
    };
    return days.map(inWeek);
  });
}
