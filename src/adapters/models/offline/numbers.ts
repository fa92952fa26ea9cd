import { either, glued, lookup, map, maybe, one, type Rule, says, seq } from './rules.ts';

// Numbers as people write them: digits and words, cardinal and ordinal, up to the sizes that calendars need.

const SMALL = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
};
const TENS = { twenty: 20, thirty: 30, forty: 40, fourty: 40, fifty: 50, sixty: 60, ninety: 90 };
const ORDINAL = {
  first: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
  sixth: 6,
  seventh: 7,
  eighth: 8,
  ninth: 9,
  tenth: 10,
  eleventh: 11,
  twelfth: 12,
  thirteenth: 13,
  fourteenth: 14,
  fifteenth: 15,
  sixteenth: 16,
  seventeenth: 17,
  eighteenth: 18,
  nineteenth: 19,
  twentieth: 20,
  thirtieth: 30,
};

const dash = maybe(says('-'));

export const digits: Rule<number> = one((word) =>
  word.kind === 'number' && word.text.length <= 4 ? Number(word.text) : undefined,
);

/** `three`, `twenty-five`. */
export const numberWord: Rule<number> = either(
  lookup(SMALL),
  map(seq(lookup(TENS), maybe(seq(dash, lookup(SMALL)))), ([tens, rest]) => {
    const units = rest?.[1] ?? 0;
    return units < 10 ? tens + units : undefined;
  }),
);

export const cardinal: Rule<number> = either(digits, numberWord);

/** Also `a`, `an`, `a couple of`, `a few`. */
export const amount: Rule<number> = either(
  cardinal,
  map(says('a | an'), () => 1),
  map(says('[a] couple [of]'), () => 2),
  map(says('[a] few'), () => 3),
);

/** `15th`, as digits only. */
export const ordinalDigits: Rule<number> = map(seq(digits, glued(says('st | nd | rd | th'))), ([value]) => value);

/** `fifteenth`, `twenty-first`. */
export const ordinalWord: Rule<number> = either(
  lookup(ORDINAL),
  map(seq(lookup({ twenty: 20, thirty: 30 }), dash, lookup(ORDINAL)), ([tens, , units]) =>
    units < 10 ? tens + units : undefined,
  ),
);

export const ordinal: Rule<number> = either(ordinalDigits, ordinalWord);
