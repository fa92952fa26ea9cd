import { type Day, type DayContext, monthName, newYear, yearNumber } from './day-names.ts';
import { dayRule, monthReference } from './days.ts';
import { lengthRule } from './lengths.ts';
import { amount, digits, ordinal, ordinalDigits } from './numbers.ts';
import { either, map, maybe, type Rule, says, seq, unless } from './rules.ts';
import { addMonths, DAY, dayOf, nthWeekday, partsOf, startOfMonth, startOfWeek, type Wall } from './wall.ts';

// Stretches of days: weeks, weekends, months, `the next three days`, `from Monday to Wednesday`. A week runs from Monday to Sunday.

/** From midnight to midnight, the end exclusive. */
export interface Days {
  readonly from: Wall;
  readonly to: Wall;
  readonly again?: (day: Wall) => Wall;
  /** Said by its ends (`from Monday to Wednesday`): it is one thing that lasts, not a stretch in which to find a time. */
  readonly lasts?: boolean;
  /** Said by weekdays alone (`Monday to Friday`): may be those of every week. */
  readonly weekdays?: readonly number[];
}

/** Stretches that have a name of their own: weeks, weekends, months, `the next three days`. */
const stretch = (from: Wall, days: number): Days => ({ from, to: from + days * DAY });
const months = (from: Wall, count: number): Days => ({ from, to: addMonths(from, count) });

/** `next week`, `later this week`. */
function weekRule(today: Wall): Rule<Days> {
  const week = startOfWeek(today);
  return either(
    map(says('this week | the week | current week | the current week | the work week | this work week'), () =>
      stretch(week, 7),
    ),
    map(says('[the] next week | the coming week | the following week | the week ahead | next working week'), () =>
      stretch(week + 7 * DAY, 7),
    ),
    map(says('[the] last week | the past week | the previous week'), () => stretch(week - 7 * DAY, 7)),
    map(says('[the] week after next | the week after'), () => stretch(week + 14 * DAY, 7)),
    map(says('early next week'), () => stretch(week + 7 * DAY, 2)),
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
  );
}

/** Weeks that are named by a day, a number or their working days. */
function weekOfRule(context: DayContext, day: Rule<Day>): Rule<Days> {
  const { today } = context;
  const week = startOfWeek(today);
  const { year } = partsOf(today);
  return either(
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
    map(seq(says('week'), maybe(says('number | no')), digits), ([, , number]) => {
      const first = startOfWeek((dayOf(year, 1, 4) ?? today) + (number - 1) * 7 * DAY);
      return number >= 1 && number <= 53 ? stretch(first, 7) : undefined;
    }),
  );
}

/** The first week of a month is the one that holds its first Thursday (ISO 8601 counts the weeks of a year so). */
function weekOfMonthRule(context: DayContext): Rule<Days> {
  return map(
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
}

/** `this weekend` is the one of this week. */
function weekendRule(today: Wall, day: Rule<Day>): Rule<Days> {
  const weekend = (weeks: number) => stretch(startOfWeek(today) + (5 + weeks * 7) * DAY, 2);
  return either(
    map(says('this weekend | the weekend | this coming weekend | the coming weekend | weekend'), () => weekend(0)),
    map(says('[the] next weekend | the weekend after'), () => weekend(1)),
    map(says('[the] last weekend'), () => weekend(-1)),
    map(says('[the] weekend after next'), () => weekend(2)),
    map(seq(says('[the] weekend of'), day), ([, value]) => {
      const saturday = startOfWeek(value.day) + 5 * DAY;
      return stretch(saturday, 2);
    }),
  );
}

/** Months and years. */
function longerRule(context: DayContext): Rule<Days> {
  const { today } = context;
  const { year } = partsOf(today);
  return either(
    // Before the months: there "the year" is its first one.
    map(says('this year | the year'), () => months(dayOf(year, 1, 1) ?? today, 12)),
    map(
      says(
        'the rest of the year | the rest of this year | rest of the year | rest of this year | the remainder of the year',
      ),
      () => ({ from: today, to: dayOf(year + 1, 1, 1) ?? today }),
    ),
    map(monthReference(context), (month) => months(month, 1)),
    map(says('the rest of the month | the rest of this month | later this month'), () => ({
      from: today,
      to: addMonths(startOfMonth(today), 1),
    })),
    map(seq(says('the rest of | rest of | the remainder of'), monthReference(context)), ([, month]) => ({
      from: Math.max(today, month),
      to: addMonths(month, 1),
    })),
    map(says('[the] next year'), () => months(dayOf(year + 1, 1, 1) ?? today, 12)),
    map(seq(says('[the] first half of'), monthReference(context)), ([, month]) => stretch(month, 15)),
    map(seq(says('[the] second half of'), monthReference(context)), ([, month]) => ({
      from: month + 15 * DAY,
      to: addMonths(month, 1),
    })),
    map(seq(says('early'), monthReference(context)), ([, month]) => stretch(month, 10)),
    map(seq(says('late'), monthReference(context)), ([, month]) => ({
      from: month + 20 * DAY,
      to: addMonths(month, 1),
    })),
  );
}

/** `the next three days` begin today. */
function countedRule(today: Wall): Rule<Days> {
  return either(
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
}

export function daysRule(context: DayContext): Rule<Days> {
  const { today } = context;
  const day = dayRule(context);
  const whole = maybe(
    says('the whole of | all of | all | the entire | the whole | any day | any time | sometime | anytime'),
  );
  const named = either(
    weekRule(today),
    weekOfRule(context, day),
    weekOfMonthRule(context),
    weekendRule(today, day),
    longerRule(context),
    countedRule(today),
  );
  return either(
    map(seq(whole, named), ([, value]) => value),
    dayRanges(context, day),
  );
}

/** The second day is the next of its name behind the first. */
function ordered(first: Day, second: Day): Days | undefined {
  let last = second.day;
  for (let tries = 0; tries < 3 && last < first.day && second.again !== undefined; tries += 1)
    last = second.again(last);
  if (last < first.day) {
    const earlier = second.day + 7 * DAY;
    last = earlier > first.day && earlier - first.day < 7 * DAY ? earlier : last;
  }
  if (last < first.day) return undefined;
  const weekly = [first, second].every(({ day, again }) => again?.(day) === day + 7 * DAY);
  const days = Array.from({ length: (last - first.day) / DAY + 1 }, (_, index) => first.day + index * DAY);
  const weekdays = weekly && days.length < 7 ? { weekdays: days.map((day) => partsOf(day).weekday) } : {};
  return { from: first.day, to: last + DAY, lasts: true, ...weekdays };
}

interface DatesOfMonth {
  readonly month: number;
  readonly first: number;
  readonly last: number;
  readonly year: number | undefined;
}

function inOneMonth(today: Wall, { month, first, last, year }: DatesOfMonth): Days | undefined {
  const { year: current } = partsOf(today);
  const build = (chosen: number) => {
    const from = dayOf(chosen, month, first);
    const to = dayOf(chosen, month, last);
    return from !== undefined && to !== undefined && to >= from ? { from, to: to + DAY, lasts: true } : undefined;
  };
  const here = build(year ?? current);
  return year !== undefined || (here !== undefined && here.to > today) ? here : build(current + 1);
}

const join = says('to | till | until | through | - | up to | and until | to the | until the | through to');
const dayDigits = either(
  ordinalDigits,
  map(amount, (value) => (value >= 1 && value <= 31 ? value : undefined)),
);

/** `Monday to Wednesday`, `3-5 December`, `December 28 to January 2`. */
function dayRanges(context: DayContext, single: Rule<Day>): Rule<Days> {
  const day = either(single, newYear(context));
  const year = maybe(map(seq(maybe(says(',')), yearNumber), ([, value]) => value));
  return either(
    map(seq(maybe(says('from')), day, join, day), ([, first, , second]) => ordered(first, second)),
    map(seq(says('between'), day, says('and | and the'), day), ([, first, , second]) => {
      const between = ordered(first, second);
      return between === undefined ? undefined : { from: between.from, to: between.to };
    }),
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
      ([, first, , last, , month, said]) => inOneMonth(context.today, { month, first, last, year: said }),
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
      ([, month, , first, , last, said]) => inOneMonth(context.today, { month, first, last, year: said }),
    ),
    map(seq(maybe(says('from')), day, says('for'), lengthRule), ([, first, , length]) =>
      length.minutes > 0 || length.days + length.months === 0
        ? undefined
        : { from: first.day, to: addMonths(first.day, length.months) + length.days * DAY },
    ),
  );
}
