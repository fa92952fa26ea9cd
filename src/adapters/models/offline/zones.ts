import { IANAZone } from 'luxon';
import { either, map, maybe, one, type Rule, says, seq } from './rules.ts';
import { HOUR, localText, MINUTE, type Wall } from './wall.ts';

// Between wall clocks and instants, and time zones as people name them. Where the clocks go forward, a time that does not exist
// moves forward by the gap; where they go back, a time that happens twice is the earlier one.

export interface Placed {
  readonly instant: number;
  /** The wall clock at that instant: later than asked where the asked time does not exist. */
  readonly wall: Wall;
  readonly oddity: 'skipped' | 'twice' | undefined;
}

export function wallAt(instant: number, zone: string): Wall {
  return instant + offsetAt(instant, zone);
}

function offsetAt(instant: number, zone: string): number {
  const offset = IANAZone.create(zone).offset(instant);
  return Number.isFinite(offset) ? offset * MINUTE : 0;
}

export function placeIn(wall: Wall, zone: string): Placed {
  const before = offsetAt(wall - 24 * HOUR, zone);
  const after = offsetAt(wall + 24 * HOUR, zone);
  const fits = [...new Set([wall - before, wall - after])].filter((instant) => wallAt(instant, zone) === wall);
  const first = fits.length === 0 ? undefined : Math.min(...fits);
  if (first !== undefined) return { instant: first, wall, oddity: fits.length > 1 ? 'twice' : undefined };
  const instant = wall - before;
  return { instant, wall: wallAt(instant, zone), oddity: 'skipped' };
}

/** `2026-11-24T15:00:00+01:00` */
export function offsetText(instant: number, zone: string): string {
  const offset = offsetAt(instant, zone);
  const minutes = Math.abs(offset) / MINUTE;
  const hh = String(Math.floor(minutes / 60)).padStart(2, '0');
  const mm = String(Math.floor(minutes % 60)).padStart(2, '0');
  return `${localText(instant + offset)}${offset < 0 ? '-' : '+'}${hh}:${mm}`;
}

export function isZone(zone: string): boolean {
  return IANAZone.isValidZone(zone);
}

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  utc: 'UTC',
  gmt: 'UTC',
  zulu: 'UTC',
  bst: 'Europe/London',
  cet: 'Europe/Paris',
  cest: 'Europe/Paris',
  eet: 'Europe/Helsinki',
  eest: 'Europe/Helsinki',
  est: 'America/New_York',
  edt: 'America/New_York',
  et: 'America/New_York',
  cst: 'America/Chicago',
  cdt: 'America/Chicago',
  ct: 'America/Chicago',
  mst: 'America/Denver',
  mdt: 'America/Denver',
  mt: 'America/Denver',
  pst: 'America/Los_Angeles',
  pdt: 'America/Los_Angeles',
  pt: 'America/Los_Angeles',
  ist: 'Asia/Kolkata',
  jst: 'Asia/Tokyo',
  sgt: 'Asia/Singapore',
  aest: 'Australia/Sydney',
  aedt: 'Australia/Sydney',
};

const REGIONS: Readonly<Record<string, string>> = {
  eastern: 'America/New_York',
  central: 'America/Chicago',
  mountain: 'America/Denver',
  pacific: 'America/Los_Angeles',
  uk: 'Europe/London',
  british: 'Europe/London',
  german: 'Europe/Berlin',
  french: 'Europe/Paris',
  indian: 'Asia/Kolkata',
  india: 'Asia/Kolkata',
  japan: 'Asia/Tokyo',
  california: 'America/Los_Angeles',
  'san francisco': 'America/Los_Angeles',
  seattle: 'America/Los_Angeles',
  boston: 'America/New_York',
  washington: 'America/New_York',
  nyc: 'America/New_York',
  mumbai: 'Asia/Kolkata',
  delhi: 'Asia/Kolkata',
  bangalore: 'Asia/Kolkata',
  beijing: 'Asia/Shanghai',
  munich: 'Europe/Berlin',
  hamburg: 'Europe/Berlin',
  barcelona: 'Europe/Madrid',
  milan: 'Europe/Rome',
  geneva: 'Europe/Zurich',
};

/** Two letters are a zone only in capitals: `et` and `mt` are words of other kinds too. */
const abbreviation: Rule<string> = one((word) => {
  const known =
    word.kind === 'word' && Object.hasOwn(ABBREVIATIONS, word.lower) ? ABBREVIATIONS[word.lower] : undefined;
  return word.lower.length > 2 || word.text === word.text.toUpperCase() ? known : undefined;
});

/** `london` → `Europe/London`, out of the zone database itself. */
function cityZones(): ReadonlyMap<string, string> {
  const cities = new Map(Object.entries(REGIONS));
  for (const zone of [...Intl.supportedValuesOf('timeZone'), 'Asia/Kolkata']) {
    const city = zone.split('/').at(-1)?.replaceAll('_', ' ').toLowerCase();
    if (city !== undefined && zone.includes('/') && !cities.has(city)) cities.set(city, zone);
  }
  return cities;
}

let cities: ReadonlyMap<string, string> | undefined;

function cityZone(name: string): string | undefined {
  cities ??= cityZones();
  return cities.get(name);
}

const anyWord = one((word) => (word.kind === 'word' ? word.lower : undefined));

const city: Rule<string> = either(
  map(anyWord, cityZone),
  map(seq(anyWord, anyWord), ([first, second]) => cityZone(`${first} ${second}`)),
);

/** `Europe/Berlin` itself. */
const ianaName: Rule<string> = map(
  seq(
    one((word) => (word.kind === 'word' ? word.text : undefined)),
    says('/'),
    one((word) => (word.kind === 'word' ? word.text : undefined)),
    maybe(
      seq(
        says('_'),
        one((word) => word.text),
      ),
    ),
  ),
  ([area, , place, rest]) => {
    const zone = `${area}/${place}${rest === undefined ? '' : `_${rest[1]}`}`;
    return isZone(zone) ? zone : undefined;
  },
);

/** `5pm eastern`: only behind a time of day, or an eastern trip would be in that zone. */
export const bareZone: Rule<string> = map(says('eastern/central/mountain/pacific'), (name) => REGIONS[name]);

/** `UTC`, `PST`, `London time`, `Eastern time`, `in the Asia/Tokyo time zone`. */
export const zoneRule: Rule<string> = map(
  seq(
    maybe(says('in | , | (')),
    maybe(says('the | my')),
    either(
      map(seq(abbreviation, maybe(says('time'))), ([zone]) => zone),
      map(seq(city, maybe(says('standard/daylight')), says('time')), ([zone]) => zone),
      ianaName,
    ),
    maybe(says('[time] zone')),
    maybe(says(')')),
  ),
  ([, , zone]) => zone,
);
