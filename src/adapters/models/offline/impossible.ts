import { monthName, yearNumber } from './day-names.ts';
import type { Located } from './mentions.ts';
import { digits, ordinalDigits } from './numbers.ts';
import { either, findFirst, glued, map, maybe, one, type Rule, says, seq } from './rules.ts';
import { dayOf } from './wall.ts';
import { textOf, type Word } from './words.ts';

// Days and times that there are not: `31 February`, `25:00`. What was meant instead is not guessed, and nothing is booked around it.

const LEAP_YEAR = 2028;

const number = either(ordinalDigits, digits);
/** Up to 31, as a higher number is no day that was meant: `March 45 people`. */
const none = (year: number | undefined, month: number, day: number): true | undefined =>
  day >= 29 && day <= 31 && dayOf(year ?? LEAP_YEAR, month, day) === undefined ? true : undefined;
const year = maybe(map(seq(maybe(says(',')), yearNumber), ([, said]) => said));
const two = glued(map(digits, (value) => (value <= 31 ? value : undefined)));

const noSuchDate: Rule<true> = either(
  map(seq(number, maybe(says('of')), monthName, year), ([day, , month, said]) => none(said, month, day)),
  map(seq(monthName, maybe(says('the')), number, year), ([month, , day, said]) => none(said, month, day)),
  map(seq(digits, glued(says('/')), two), ([first, , second]) =>
    first <= 12 ? none(undefined, first, second) : second <= 12 ? none(undefined, second, first) : undefined,
  ),
  map(seq(yearNumber, glued(says('-')), two, glued(says('-')), two), ([said, , month, , day]) =>
    dayOf(said, month, day) === undefined ? true : undefined,
  ),
);

const pair = one((word) => (word.kind === 'number' && word.text.length === 2 ? Number(word.text) : undefined));
const noSuchTime: Rule<true> = map(seq(either(pair, digits), glued(says(':')), glued(pair)), ([hour, , minute]) =>
  hour < 100 && (hour * 60 + minute > 24 * 60 || minute > 59) ? true : undefined,
);

const DAYS = new Set(['days', 'stretch', 'span', 'repeat', 'bound', 'moment']);
const TIMES = new Set(['clock', 'clocks', 'span', 'moment']);

/** As it was said. Where a day or a time stands besides, such numbers are a name: `the 30/30 review on Friday`. */
export function impossibleIn(words: readonly Word[], located: readonly Located[]): string | undefined {
  const said = (rule: Rule<true>, kinds: ReadonlySet<string>): string | undefined => {
    const found = findFirst(rule, words);
    if (found === undefined) return undefined;
    const besides = ({ mention, at, end }: Located): boolean =>
      kinds.has(mention.kind) && (end <= found.at || at >= found.end);
    return located.some(besides) ? undefined : textOf(words.slice(found.at, found.end));
  };
  return said(noSuchDate, DAYS) ?? said(noSuchTime, TIMES);
}
