import type { TeePrice, TeeReservation, TeeTime } from '../../../ports/tee-times.ts';
import { quoted } from '../plain-line.ts';

// Tee times in words and in the members of an answer.

/** `45.00 EUR`, in answers and in arguments alike. */
export const priceText = ({ amount, currency }: TeePrice): string => `${amount} ${currency}`;

/** Of text that the input schema has let in. */
export function readPrice(text: string): TeePrice {
  const [amount = '', currency = ''] = text.split(' ');
  return { amount, currency };
}

/** For so many players, without the rounding of binary fractions. */
export function totalText({ amount, currency }: TeePrice, players: number): string {
  const [whole = '0', fraction = ''] = amount.split('.');
  const total = String(BigInt(`${whole}${fraction}`) * BigInt(players)).padStart(fraction.length + 1, '0');
  const cut = total.length - fraction.length;
  return priceText({ amount: fraction === '' ? total : `${total.slice(0, cut)}.${total.slice(cut)}`, currency });
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** `Sat 2026-11-28 at 09:10 (Europe/Lisbon)`. */
function when({ start, timeZone }: Pick<TeeTime, 'start' | 'timeZone'>): string {
  const [date = '', time = ''] = start.split('T');
  const day = DAYS[new Date(`${date}T00:00Z`).getUTCDay()];
  return `${day === undefined ? '' : `${day} `}${date} at ${time} (${timeZone})`;
}

export const playersText = (players: number): string => (players === 1 ? '1 player' : `${players} players`);

/** Where and when, on one line. A course's name is somebody else's text. */
export function inWords(place: Pick<TeeTime, 'course' | 'start' | 'timeZone' | 'holes'>): string {
  return `${quoted(place.course)}, ${when(place)}, ${place.holes} holes`;
}

function viewPlace({ course, start, timeZone, holes, price }: Omit<TeeTime, 'id' | 'openSpots'>) {
  return { course, start, timeZone, holes, ...(price !== undefined && { price: priceText(price) }) };
}

export const viewTeeTime = (found: TeeTime) => ({
  teeTimeId: found.id,
  ...viewPlace(found),
  openSpots: found.openSpots,
});

export const viewReservation = (found: TeeReservation) => ({
  teeTimeId: found.teeTimeId,
  ...viewPlace(found),
  players: found.players,
  reference: found.reference,
});
