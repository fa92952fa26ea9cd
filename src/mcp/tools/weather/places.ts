import type { Place } from '../../../ports/weather.ts';

// Which of the places with one name is meant.

const COORDINATES = /^(-?\d{1,2}(?:\.\d{1,8})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,8})?)$/;
const MAX_OTHERS = 4;

/** `latitude,longitude` in degrees, as a place of its own. */
export function parseCoordinates(text: string): Place | undefined {
  const [, first, second] = COORDINATES.exec(text.trim()) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const [latitude, longitude] = [Number(first), Number(second)];
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return undefined;
  return { name: `${latitude},${longitude}`, latitude, longitude };
}

/** The likeliest place that every qualifier (region or country, or how either begins) fits; the others are named. */
export function choosePlace(
  found: readonly Place[],
  qualifiers: readonly string[],
): { readonly place: Place; readonly others: readonly Place[] } | undefined {
  const wanted = qualifiers.map((part) => part.toLowerCase()).filter((part) => part !== '');
  const fits = ({ region = '', country = '' }: Place): boolean =>
    wanted.every((part) => [region, country].some((name) => name.toLowerCase().startsWith(part)));
  const [place, ...others] = found.filter(fits);
  return place === undefined ? undefined : { place, others: others.slice(0, MAX_OTHERS) };
}

export function placeInWords({ name, region, country }: Place): string {
  return [name, region, country].filter((part) => part !== undefined && part !== '').join(', ');
}
