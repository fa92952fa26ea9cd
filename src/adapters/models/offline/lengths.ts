import { amount, cardinal, digits } from './numbers.ts';
import { either, glued, lookup, map, maybe, type Rule, says, seq } from './rules.ts';

// Lengths of time: `an hour and a half`, `30-minute`, `1h30`, `two weeks`.

export interface Length {
  /** Exact time: minutes and hours. */
  readonly minutes: number;
  /** Calendar time. */
  readonly days: number;
  readonly months: number;
}

const none: Length = { minutes: 0, days: 0, months: 0 };

const UNITS: Readonly<Record<string, Length>> = {
  ...units(['minute', 'minutes', 'min', 'mins', 'minuten'], { ...none, minutes: 1 }),
  ...units(['hour', 'hours', 'hr', 'hrs'], { ...none, minutes: 60 }),
  ...units(['day', 'days'], { ...none, days: 1 }),
  ...units(['week', 'weeks', 'wk', 'wks'], { ...none, days: 7 }),
  ...units(['fortnight', 'fortnights'], { ...none, days: 14 }),
  ...units(['month', 'months'], { ...none, months: 1 }),
  ...units(['year', 'years'], { ...none, months: 12 }),
};

function units(names: readonly string[], length: Length): Record<string, Length> {
  return Object.fromEntries(names.map((name) => [name, length]));
}

function times(length: Length, factor: number): Length | undefined {
  const value = {
    minutes: Math.round(length.minutes * factor),
    days: length.days * factor,
    months: length.months * factor,
  };
  const sensible = value.minutes <= 60 * 24 * 366 && value.days <= 3660 && value.months <= 120;
  return sensible && Number.isInteger(value.days) && Number.isInteger(value.months) ? value : undefined;
}

const unit: Rule<Length> = either(
  lookup(UNITS),
  glued(map(says('m'), () => ({ ...none, minutes: 1 }))),
  glued(map(says('h'), () => ({ ...none, minutes: 60 }))),
);
const dash = maybe(says('-'));
const decimal: Rule<number> = either(
  map(seq(digits, glued(says('.')), glued(digits)), ([whole, , part]) => Number(`${whole}.${part}`)),
  map(seq(cardinal, says('and a half')), ([value]) => value + 0.5),
  map(seq(cardinal, says('1 / 2')), ([value]) => value + 0.5),
);

/** `two free hours` */
const quality = maybe(says('free | quiet | uninterrupted | spare | solid | clear | open | focused | straight'));

const counted: Rule<Length> = map(seq(either(amount, decimal), dash, quality, unit), ([count, , , length]) =>
  times(length, count),
);

const withHalf: Rule<Length> = map(seq(counted, says('and a half')), ([length]) =>
  length.minutes % 60 === 0 && length.minutes > 0 ? { ...length, minutes: length.minutes + 30 } : undefined,
);

/** `1h30`, but not `an hour 3pm`: without a unit the minutes must be glued on. */
const compact: Rule<Length> = map(
  seq(digits, glued(says('h | hr')), glued(digits), maybe(glued(says('m | min | mins')))),
  ([hours, , minutes]) => (minutes < 60 && hours < 24 ? { ...none, minutes: hours * 60 + minutes } : undefined),
);
const spelledOut: Rule<Length> = map(
  seq(counted, maybe(says('and | ,')), cardinal, dash, says('minutes | minute | mins | min | m')),
  ([hours, , minutes]) =>
    hours.minutes > 0 && hours.minutes % 60 === 0 && minutes < 60
      ? { ...hours, minutes: hours.minutes + minutes }
      : undefined,
);
const fractions: Rule<Length> = either(
  map(says('[a] half [-] [an] hour | 1 / 2 hour | half an hr'), () => ({ ...none, minutes: 30 })),
  map(says('[a] quarter [of] [an] [-] hour'), () => ({ ...none, minutes: 15 })),
  map(says('three quarters of an hour | three - quarters of an hour | 3 / 4 of an hour'), () => ({
    ...none,
    minutes: 45,
  })),
  map(says('[a] half [-] [a] day'), () => ({ ...none, minutes: 240 })),
);
const tail = maybe(says("[-] long | 's"));

export const lengthRule: Rule<Length> = map(
  seq(either(counted, withHalf, compact, spelledOut, fractions), tail),
  ([length]) => length,
);
