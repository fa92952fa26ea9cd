import type { Day, DayContext } from './day-names.ts';
import { either, lookup, map, maybe, type Rule, says, seq } from './rules.ts';
import { DAY } from './wall.ts';

// Parts of the day. Conventions: morning 8–12, afternoon 12–18, evening 18–22, tonight from 18 until midnight.

export interface Part {
  /** Minutes since midnight. */
  readonly from: number;
  readonly to: number;
  /** Which half of the day a bare hour beside it belongs to. */
  readonly half: 'am' | 'pm';
  readonly night?: boolean;
}

const hours = (from: number, to: number, half: 'am' | 'pm', night = false): Part => ({
  from: from * 60,
  to: to * 60,
  half,
  ...(night ? { night } : {}),
});

const MORNING = hours(8, 12, 'am');
const AFTERNOON = hours(12, 18, 'pm');
const EVENING = hours(18, 22, 'pm', true);
const NIGHT = hours(18, 24, 'pm', true);

const NAMES: Readonly<Record<string, Part>> = {
  morning: MORNING,
  mornings: MORNING,
  afternoon: AFTERNOON,
  afternoons: AFTERNOON,
  arvo: AFTERNOON,
  evening: EVENING,
  evenings: EVENING,
  night: NIGHT,
  nights: NIGHT,
};

const EARLY: ReadonlyMap<Part, Part> = new Map([
  [MORNING, hours(7, 10, 'am')],
  [AFTERNOON, hours(12, 15, 'pm')],
  [EVENING, hours(17, 20, 'pm')],
]);
const MIDDLE: ReadonlyMap<Part, Part> = new Map([
  [MORNING, hours(9, 11, 'am')],
  [AFTERNOON, hours(14, 16, 'pm')],
]);
const LATE: ReadonlyMap<Part, Part> = new Map([
  [MORNING, hours(10, 12, 'am')],
  [AFTERNOON, hours(15, 18, 'pm')],
  [EVENING, hours(20, 23, 'pm', true)],
  [NIGHT, hours(21, 24, 'pm', true)],
]);

export interface PartFound {
  readonly part: Part;
  readonly day?: Day;
}

export function partRule({ today }: DayContext): Rule<PartFound> {
  const name = lookup(NAMES);
  const modified = map(
    seq(maybe(says('early | late | mid | middle of the')), maybe(says('- | in the')), name),
    ([how, , part]) => {
      const table = how === undefined ? undefined : how === 'early' ? EARLY : how === 'late' ? LATE : MIDDLE;
      return table === undefined ? part : (table.get(part) ?? part);
    },
  );
  const on = (days: number, part: Part): PartFound => ({ part, day: { day: today + days * DAY } });
  return either<PartFound>(
    map(seq(maybe(says('the | in the | during the | at | every')), modified), ([every, part]) =>
      every === 'every' ? undefined : { part },
    ),
    map(seq(says('this | later this'), modified), ([, part]) => on(0, part)),
    map(says('tonight | to night | tonight in the evening'), () => on(0, NIGHT)),
    map(says('last night'), () => on(-1, NIGHT)),
    map(
      says(
        '[at] lunchtime | [at] lunch - time | [at] lunch time | over lunch | during lunch | at lunch | around lunch | lunch hour | over lunchtime',
      ),
      () => ({
        part: hours(12, 13, 'pm'),
      }),
    ),
    map(says('breakfast time | at breakfast | over breakfast'), () => ({ part: hours(8, 9, 'am') })),
    map(says('dinner time | dinnertime | at dinner | over dinner'), () => ({ part: hours(18, 20, 'pm', true) })),
    map(
      says(
        'during working hours | in working hours | within working hours | during business hours | in business hours | during office hours | during the day | during the working day | in the daytime | working hours | business hours | office hours',
      ),
      () => ({
        part: hours(9, 18, 'pm'),
      }),
    ),
  );
}
