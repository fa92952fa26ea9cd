import { digits, ordinal, ordinalDigits } from './numbers.ts';
import { either, glued, lookup, map, maybe, one, type Rule, says, seq, unless } from './rules.ts';
import { addMonths, DAY, dayOf, nthWeekday, partsOf, startOfMonth, type Wall, weekdayOnOrAfter } from './wall.ts';

// The names of days: weekdays, dates of the month, holidays. Everything is the next one to come unless a year is said.

export interface Day {
  readonly day: Wall;
  /** The following one of the same name, for when this one turns out to be over. */
  readonly again?: (day: Wall) => Wall;
  /** Weeks from this one, where the week was said (`next Friday`): it holds for the other days of a list too. */
  readonly week?: number;
  /** Said by a feast's name, which may as well be what the event is about (`Christmas shopping`). */
  readonly feast?: boolean;
}

export interface DayContext {
  /** Midnight that began the person's today. */
  readonly today: Wall;
  /** How `3/12` is read where both readings are dates: day first, or (in American zones) month first. */
  readonly dayFirst: boolean;
}

const WEEKDAYS: Readonly<Record<string, number>> = {
  monday: 1,
  mon: 1,
  tuesday: 2,
  tue: 2,
  tues: 2,
  wednesday: 3,
  wed: 3,
  weds: 3,
  thursday: 4,
  thu: 4,
  thur: 4,
  thurs: 4,
  friday: 5,
  fri: 5,
  saturday: 6,
  sat: 6,
  sunday: 7,
  sun: 7,
};
const MONTHS: Readonly<Record<string, number>> = {
  january: 1,
  jan: 1,
  february: 2,
  feb: 2,
  march: 3,
  mar: 3,
  april: 4,
  apr: 4,
  may: 5,
  june: 6,
  jun: 6,
  july: 7,
  jul: 7,
  august: 8,
  aug: 8,
  september: 9,
  sep: 9,
  sept: 9,
  october: 10,
  oct: 10,
  november: 11,
  nov: 11,
  december: 12,
  dec: 12,
};

const stop = maybe(glued(says('.')));
const abbreviated = (table: Readonly<Record<string, number>>) =>
  map(
    seq(lookup(table), (words, at) =>
      words[at + 1] === undefined || words[at + 1]?.glued === true ? { value: '', end: at } : stop(words, at),
    ),
    ([value]) => value,
  );

export const weekdayName: Rule<number> = abbreviated(WEEKDAYS);
export const monthName: Rule<number> = abbreviated(MONTHS);
/** `Mondays`, `weds` is not one. */
export const weekdayPlural: Rule<number> = one((word) =>
  word.lower.endsWith('s') && word.lower.length > 6 ? WEEKDAYS[word.lower.slice(0, -1)] : undefined,
);

export const yearNumber: Rule<number> = one((word) =>
  /^(?:20|19)\d\d$/.test(word.text) ? Number(word.text) : undefined,
);

export function nextYearly(today: Wall, month: number, day: number): Day | undefined {
  const year = partsOf(today).year;
  for (let ahead = 0; ahead < 9; ahead += 1) {
    const date = dayOf(year + ahead, month, day);
    if (date !== undefined && date >= today) return { day: date, again: (past) => addMonths(past, 12) };
  }
  return undefined;
}

/** The next month, this one included, that has such a day ahead. */
export function nextMonthly(today: Wall, day: number): Day | undefined {
  for (let ahead = 0; ahead < 3; ahead += 1) {
    const { year, month } = partsOf(addMonths(startOfMonth(today), ahead));
    const date = dayOf(year, month, day);
    if (date !== undefined && date >= today)
      return { day: date, again: (past) => nextMonthly(past + DAY, day)?.day ?? past };
  }
  return undefined;
}

export function nextWeekday(today: Wall, weekday: number): Day {
  return { day: weekdayOnOrAfter(today, weekday), again: (past) => past + 7 * DAY };
}

const exact = (date: Wall | undefined): Day | undefined => (date === undefined ? undefined : { day: date });

const dayNumber = either(
  ordinalDigits,
  map(digits, (value) => (value >= 1 && value <= 31 ? value : undefined)),
);
const comma = maybe(says(','));
const year = maybe(map(seq(comma, maybe(says('in | of')), yearNumber), ([, , value]) => value));

/** `3 December`, `December 3rd, 2026`, `the third of December`. */
export function monthDay({ today }: DayContext): Rule<Day> {
  const date = (month: number, day: number, said: number | undefined) =>
    said === undefined ? nextYearly(today, month, day) : exact(dayOf(said, month, day));
  return either(
    map(seq(maybe(says('the')), either(dayNumber, ordinal), maybe(says('of | -')), monthName, year), (v) =>
      date(v[3], v[1], v[4]),
    ),
    map(seq(monthName, maybe(says('the | -')), either(dayNumber, ordinal), year), (v) => date(v[0], v[2], v[3])),
  );
}

const two = map(digits, (value) => (value >= 1 && value <= 31 ? value : undefined));
const fullYear = map(digits, (value) => (value >= 1900 && value <= 2200 ? value : undefined));
const shortYear = either(
  fullYear,
  map(digits, (value) => (value >= 20 && value < 100 ? 2000 + value : undefined)),
);

/** `2026-12-03`, `3/12/2026`, `12/3`, `3.12.`. */
export function numericDate({ today, dayFirst }: DayContext): Rule<Day> {
  const ordered = (first: number, second: number): { day: number; month: number } | undefined => {
    if (first > 12) return second > 12 ? undefined : { day: first, month: second };
    if (second > 12) return { day: second, month: first };
    return dayFirst ? { day: first, month: second } : { day: second, month: first };
  };
  const withYear = (first: number, second: number, said: number) => {
    const order = ordered(first, second);
    return order === undefined ? undefined : exact(dayOf(said, order.month, order.day));
  };
  const iso = map(
    seq(fullYear, glued(says('- | / | .')), glued(two), glued(says('- | / | .')), glued(two), maybe(glued(says('t')))),
    ([said, , month, , day]) => exact(dayOf(said, month, day)),
  );
  const slashed = map(
    seq(two, glued(says('/ | -')), glued(two), glued(says('/ | -')), glued(shortYear)),
    ([first, , second, , said]) => withYear(first, second, said),
  );
  const dotted = map(
    seq(two, glued(says('.')), glued(two), glued(says('.')), maybe(glued(shortYear))),
    ([day, , month, , said]) => (said === undefined ? nextYearly(today, month, day) : exact(dayOf(said, month, day))),
  );
  const short = map(seq(two, glued(says('/')), glued(two)), ([first, , second]) => {
    const order = ordered(first, second);
    return order === undefined ? undefined : nextYearly(today, order.month, order.day);
  });
  return either(iso, slashed, dotted, short);
}

const HOLIDAYS: Readonly<Record<string, readonly [month: number, day: number]>> = {
  'christmas eve': [12, 24],
  'xmas eve': [12, 24],
  'christmas day': [12, 25],
  christmas: [12, 25],
  xmas: [12, 25],
  'boxing day': [12, 26],
  "new year's eve": [12, 31],
  'new years eve': [12, 31],
  'new year eve': [12, 31],
  nye: [12, 31],
  "new year's day": [1, 1],
  'new years day': [1, 1],
  "new year's": [1, 1],
  "valentine's day": [2, 14],
  'valentines day': [2, 14],
  halloween: [10, 31],
  'independence day': [7, 4],
  'bonfire night': [11, 5],
};

const lower = one((word) => (word.kind === 'word' || word.lower === "'s" ? word.lower : undefined));
const run = (count: number): Rule<string> =>
  map(seq(...Array.from({ length: count }, () => lower)), (parts) => parts.join(' ').replace(/ 's\b/g, "'s"));

/** Gregorian Easter Sunday (Meeus/Jones/Butcher). */
function easter(year: number): Wall {
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100];
  const [d, e] = [Math.floor(b / 4), b % 4];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - d - g + 15) % 30;
  const [i, k] = [Math.floor(c / 4), c % 4];
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const sum = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(sum / 31), (sum % 31) + 1) ?? 0;
}

const thanksgiving = (year: number): Wall => nthWeekday(dayOf(year, 11, 1) ?? 0, 4, 4) ?? 0;

/** Holidays that move, by their year. */
const MOVING: readonly (readonly [string, (year: number) => Wall])[] = [
  ['easter | easter sunday | easter day', easter],
  ['easter monday', (year) => easter(year) + DAY],
  ['good friday', (year) => easter(year) - 2 * DAY],
  ['easter saturday | holy saturday', (year) => easter(year) - DAY],
  ['ascension day', (year) => easter(year) + 39 * DAY],
  ['whit monday | pentecost monday', (year) => easter(year) + 50 * DAY],
  // The library takes the fourth Monday.
  ['memorial day', (year) => nthWeekday(dayOf(year, 5, 1) ?? 0, 1, -1) ?? 0],
  ['thanksgiving | thanksgiving day', thanksgiving],
  ['black friday', (year) => thanksgiving(year) + DAY],
];

/** `until New Year`: a day only where something ends or begins there; a new year party is any day. */
export const newYear = ({ today }: DayContext): Rule<Day> =>
  map(unless(says('[the] new year | new years'), says("'s | eve | day")), () => nextYearly(today, 1, 1));

export function holiday({ today }: DayContext): Rule<Day> {
  const { year } = partsOf(today);
  const fixed = [1, 2, 3, 4].map((count) =>
    map(run(count), (name) => {
      const date = Object.hasOwn(HOLIDAYS, name) ? HOLIDAYS[name] : undefined;
      const day = date === undefined ? undefined : nextYearly(today, date[0], date[1]);
      return day === undefined ? undefined : { ...day, feast: true };
    }),
  );
  const moving = MOVING.map(([names, of]) =>
    map(says(names), (): Day => ({ day: of(year) >= today ? of(year) : of(year + 1), feast: true })),
  );
  return either(...fixed, ...moving);
}
