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
import { amount, ordinal, ordinalDigits, ordinalWord } from './numbers.ts';
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

// Days and stretches of days in relation to today. Conventions: a weekday is the next one to come, today included; `next Friday`
// is the Friday of next week; a week runs from Monday to Sunday; the end of a week is its Friday.

/** From midnight to midnight, the end exclusive. */
export interface Days {
  readonly from: Wall;
  readonly to: Wall;
  readonly again?: (day: Wall) => Wall;
}

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

export function dayRule(context: DayContext): Rule<Day> {
  const { today } = context;
  const week = startOfWeek(today);
  const at = (day: Wall | undefined): Day | undefined => (day === undefined ? undefined : { day });

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

  const ofWeek = (weekday: number, weeks: number): Day => ({
    day: week + (weekday - 1 + weeks * 7) * DAY,
    week: weeks,
  });
  const comma = maybe(says(','));
  const weekday: Rule<Day> = either(
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

  const dayOfMonth = (day: number): Day | undefined => (day >= 1 && day <= 31 ? nextMonthly(today, day) : undefined);
  // "the second" alone may be the second of anything: in words it needs "on the", and nothing to count behind it.
  const monthly = either(
    map(seq(maybe(says('the')), ordinalDigits), ([, value]) => dayOfMonth(value)),
    map(
      seq(says('on the | by the | until the | before the | after the'), unless(ordinalWord, countable)),
      ([, value]) => dayOfMonth(value),
    ),
  );
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
    ([, count, name, , month]) => at(nthWeekday(month, name, count)),
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
  const dated = either(monthDay(context), numericDate(context), inMonth, monthly, holiday(context), nth, edges);
  /** `Friday, 4 December`: the date decides, the weekday is said besides. */
  const named = map(
    seq(maybe(says('this | next | the')), weekdayName, maybe(says(', | the | , the | on the | (')), dated),
    (v) => v[3],
  );

  const simple = either(nearby, weekday, dated, named, endsRule(context));
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
      seq(maybe(says('this | next | the month of')), monthName, maybe(seq(maybe(says(', | of')), yearNumber))),
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

/** Stretches that have a name of their own: weeks, weekends, months, `the next three days`. */
export function daysRule(context: DayContext): Rule<Days> {
  const { today } = context;
  const week = startOfWeek(today);
  const stretch = (from: Wall, days: number): Days => ({ from, to: from + days * DAY });
  const weekend = (weeks: number) => stretch(week + (5 + weeks * 7) * DAY, 2);
  const months = (from: Wall, count: number): Days => ({ from, to: addMonths(from, count) });
  const day = dayRule(context);
  const thisMonth = startOfMonth(today);
  const { year } = partsOf(today);
  const whole = maybe(
    says(
      'the whole of | all of | all | the rest of | the entire | the whole | any day | any time | sometime | anytime',
    ),
  );

  const weeks: Rule<Days> = either(
    map(says('this week | the week | current week | the current week | the work week | this work week'), () =>
      stretch(week, 7),
    ),
    map(says('[the] next week | the coming week | the following week | the week ahead | next working week'), () =>
      stretch(week + 7 * DAY, 7),
    ),
    map(says('[the] last week | the past week | the previous week'), () => stretch(week - 7 * DAY, 7)),
    map(says('[the] week after next | the week after'), () => stretch(week + 14 * DAY, 7)),
    map(says('the following week'), () => stretch(week + 7 * DAY, 7)),
    map(says('early next week | the beginning of next week | the first half of next week'), (text) =>
      text.startsWith('early') ? stretch(week + 7 * DAY, 2) : undefined,
    ),
    map(says('late next week | later next week | the second half of next week'), () => stretch(week + 10 * DAY, 2)),
    map(
      says(
        'later this week | the rest of the week | the rest of this week | rest of the week | the remainder of the week',
      ),
      (text) =>
        text.startsWith('later')
          ? { from: Math.min(today + DAY, week + 6 * DAY), to: week + 7 * DAY }
          : { from: today, to: week + 7 * DAY },
    ),
    map(
      seq(
        says(
          '[the] week of | [the] week commencing | [the] week beginning | [the] week starting | w / c | [the] week from',
        ),
        maybe(says('on')),
        day,
      ),
      (v) => stretch(startOfWeek(v[2].day), 7),
    ),
    map(seq(says('[the] week after'), day), ([, value]) => stretch(startOfWeek(value.day) + 7 * DAY, 7)),
    map(
      seq(
        says('the weekdays | weekdays | the working days | any weekday | a weekday | on a weekday'),
        maybe(says('of | in')),
        says('next/this'),
        says('week'),
      ),
      (v) => stretch(week + (v[2] === 'next' ? 7 : 0) * DAY, 5),
    ),
    map(seq(says('next/this'), says('week'), maybe(says('on')), says('a weekday | weekdays')), (v) =>
      stretch(week + (v[0] === 'next' ? 7 : 0) * DAY, 5),
    ),
    map(seq(says('week'), maybe(says('number | no')), amount), ([, , number]) => {
      const first = startOfWeek((dayOf(year, 1, 4) ?? today) + (number - 1) * 7 * DAY);
      return number >= 1 && number <= 53 && number !== 1 ? { ...stretch(first, 7) } : undefined;
    }),
  );
  // The first week of a month is the one that holds its first Thursday (ISO 8601 counts weeks of years so).
  const ofMonth: Rule<Days> = map(
    seq(
      maybe(says('the')),
      either(
        ordinal,
        map(says('last'), () => -1),
      ),
      says('week'),
      says('of | in'),
      monthReference(context),
    ),
    ([, nth, , , month]) => {
      const thursday = nthWeekday(month, 4, nth);
      return thursday === undefined ? undefined : stretch(startOfWeek(thursday), 7);
    },
  );
  const weekends: Rule<Days> = either(
    map(says('this weekend | the weekend | this coming weekend | the coming weekend | weekend'), () => weekend(0)),
    map(says('[the] next weekend | the weekend after'), () => weekend(1)),
    map(says('[the] last weekend'), () => weekend(-1)),
    map(says('[the] weekend after next'), () => weekend(2)),
    map(seq(says('[the] weekend of'), day), ([, value]) => {
      const saturday = startOfWeek(value.day) + 5 * DAY;
      return stretch(saturday, 2);
    }),
  );
  const longer: Rule<Days> = either(
    map(monthReference(context), (month) => months(month, 1)),
    map(says('the rest of the month | the rest of this month | later this month'), () => ({
      from: today,
      to: addMonths(thisMonth, 1),
    })),
    map(says('this year | the year'), () => months(dayOf(year, 1, 1) ?? today, 12)),
    map(says('the rest of the year | the rest of this year'), () => ({
      from: today,
      to: dayOf(year + 1, 1, 1) ?? today,
    })),
    map(says('[the] next year'), () => months(dayOf(year + 1, 1, 1) ?? today, 12)),
    map(seq(says('early'), monthReference(context)), ([, month]) => stretch(month, 10)),
    map(seq(says('late'), monthReference(context)), ([, month]) => ({
      from: month + 20 * DAY,
      to: addMonths(month, 1),
    })),
  );
  const counted: Rule<Days> = either(
    map(
      seq(
        says(
          '[in] the next | next | [in] the coming | over the next | within the next | [in] the following | within | over the coming',
        ),
        lengthRule,
      ),
      ([, length]) =>
        length.minutes > 0 || (length.days === 0 && length.months === 0)
          ? undefined
          : { from: today, to: addMonths(today, length.months) + length.days * DAY },
    ),
    map(seq(says('the last | the past | last | past'), lengthRule), ([, length]) =>
      length.minutes > 0 ? undefined : { from: addMonths(today, -length.months) - length.days * DAY, to: today + DAY },
    ),
    map(says('the coming days | the next days | in the coming days'), () => stretch(today, 7)),
  );
  const named = either(weeks, ofMonth, weekends, longer, counted);
  return either(
    map(seq(whole, named), ([, value]) => value),
    dayRanges(context, day),
  );
}

/** `Monday to Wednesday`, `3-5 December`, `December 28 to January 2`. */
function dayRanges(context: DayContext, day: Rule<Day>): Rule<Days> {
  const join = says('to | till | until | through | - | up to | and until | to the | until the | through to');
  const ordered = (first: Day, second: Day): Days | undefined => {
    let last = second.day;
    for (let tries = 0; tries < 3 && last < first.day && second.again !== undefined; tries += 1)
      last = second.again(last);
    if (last < first.day) {
      const earlier = second.day + 7 * DAY;
      last = earlier > first.day && earlier - first.day < 7 * DAY ? earlier : last;
    }
    return last >= first.day ? { from: first.day, to: last + DAY } : undefined;
  };
  const dayDigits = either(
    ordinalDigits,
    map(amount, (value) => (value >= 1 && value <= 31 ? value : undefined)),
  );
  const inOneMonth = (month: number, first: number, last: number, year: number | undefined): Days | undefined => {
    const { year: current } = partsOf(context.today);
    const build = (in_: number) => {
      const from = dayOf(in_, month, first);
      const to = dayOf(in_, month, last);
      return from !== undefined && to !== undefined && to >= from ? { from, to: to + DAY } : undefined;
    };
    const here = build(year ?? current);
    return year !== undefined || (here !== undefined && here.to > context.today) ? here : build(current + 1);
  };
  const year = maybe(map(seq(maybe(says(',')), yearNumber), ([, value]) => value));
  return either(
    map(seq(maybe(says('from')), day, join, day), ([, first, , second]) => ordered(first, second)),
    map(seq(says('between'), day, says('and | and the'), day), ([, first, , second]) => ordered(first, second)),
    map(
      seq(
        maybe(says('from | between | from the | the')),
        dayDigits,
        either(join, says('and | and the')),
        dayDigits,
        maybe(says('of')),
        monthName,
        year,
      ),
      (v) => inOneMonth(v[5], v[1], v[3], v[6]),
    ),
    map(
      seq(
        maybe(says('from | between')),
        monthName,
        maybe(says('the')),
        dayDigits,
        either(join, says('and')),
        unless(dayDigits, says(': | am | pm')),
        year,
      ),
      (v) => inOneMonth(v[1], v[3], v[5], v[6]),
    ),
    map(seq(maybe(says('from')), day, says('for'), lengthRule), ([, first, , length]) =>
      length.minutes > 0 || length.days + length.months === 0
        ? undefined
        : { from: first.day, to: addMonths(first.day, length.months) + length.days * DAY },
    ),
  );
}

/** `Monday, Tuesday or Friday`; a week that is said once holds for all. */
export function severalDays(context: DayContext): Rule<readonly Day[]> {
  const between = says(', | and | or | , and | , or | or on | and on | , or on | & | and then | as well as');
  return map(several(dayRule(context), between), (days) => {
    const week = days.find((day) => day.week !== undefined)?.week;
    const inWeek = (day: Day): Day => {
      if (week === undefined || day.week !== undefined || day.again === undefined) return day;
      const monday = startOfWeek(context.today) + week * 7 * DAY;
      return { day: monday + (partsOf(day.day).weekday - 1) * DAY, week };
    };
    return days.map(inWeek);
  });
}
