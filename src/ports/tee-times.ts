// Tee times of golf courses, from whoever keeps the tee sheet. A person has at most one reservation of a tee time: asked for again, it
// is the same one. What comes back is data of an outsider.

/** Per player. */
export interface TeePrice {
  /** Decimal, such as `45.00`. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
}

export interface TeeTime {
  /** The provider's, stable for as long as the tee time is on the sheet. */
  readonly id: string;
  readonly course: string;
  /** Local time at the course, `YYYY-MM-DDTHH:MM`. */
  readonly start: string;
  /** IANA. */
  readonly timeZone: string;
  readonly holes: number;
  readonly openSpots: number;
  readonly price?: TeePrice;
}

export interface TeeReservation {
  readonly teeTimeId: string;
  readonly course: string;
  readonly start: string;
  readonly timeZone: string;
  readonly holes: number;
  readonly players: number;
  readonly price?: TeePrice;
  /** What the course knows it by. */
  readonly reference: string;
}

export interface TeeTimeSearch {
  /** `YYYY-MM-DD` at the course. */
  readonly date: string;
  /** `HH:MM`, both included. */
  readonly from?: string;
  readonly to?: string;
  /** As many spots must be open. */
  readonly players: number;
  /** Part of a course's name. */
  readonly course?: string;
  readonly limit: number;
}

export interface ReserveRequest {
  readonly person: string;
  readonly teeTimeId: string;
  readonly players: number;
  /** What the person has agreed to; a tee time of another price is not reserved. */
  readonly price?: TeePrice;
}

/** Why a tee time was not reserved: `details.reason` of an AppError `conflict`. */
export type ReserveRefusal = 'full' | 'price_changed' | 'other_reservation' | 'not_bookable';

/**
 * Rejects with AppError `upstream_failed`, `rate_limited`, `forbidden`, `timed_out` or `unavailable`. Of `reserve` also `not_found` and
 * `conflict`, and `details.written` is `unknown` where the reservation may have been made though its answer was lost.
 */
export interface TeeTimeProvider {
  /** By start. `more` when the limit left some out. */
  search(
    search: TeeTimeSearch,
    signal: AbortSignal,
  ): Promise<{ readonly teeTimes: readonly TeeTime[]; readonly more: boolean }>;
  find(teeTimeId: string, signal: AbortSignal): Promise<TeeTime | undefined>;
  /** `replayed` when the reservation stood before. */
  reserve(
    request: ReserveRequest,
    signal: AbortSignal,
  ): Promise<{ readonly reservation: TeeReservation; readonly replayed: boolean }>;
  /** One that stands. */
  reservation(person: string, teeTimeId: string, signal: AbortSignal): Promise<TeeReservation | undefined>;
  /** Those that stand, from this local date on, or those to come when left out; by start. */
  reservations(person: string, from: string | undefined, signal: AbortSignal): Promise<readonly TeeReservation[]>;
}
