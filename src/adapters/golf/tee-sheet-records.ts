import * as z from 'zod';

// What is kept of the tee sheet. A day of a course is one record, so that whoever books there at the same time as somebody else finds out.
// It says which reservation has how many spots, and not whose it is: that is in the person's own record alone, and goes with it.

const price = z.object({ amount: z.string(), currency: z.string() });

export const sheetRecord = z.object({
  v: z.literal(1),
  bookings: z.array(
    z.object({
      /** The reservation's. */
      id: z.string(),
      /** `HH:MM`. */
      time: z.string(),
      players: z.int().min(1),
      price: price.optional(),
      /** Unix seconds. */
      booked_at: z.int(),
    }),
  ),
});
export type SheetRecord = z.output<typeof sheetRecord>;
export type SheetBooking = SheetRecord['bookings'][number];

export const reservationsRecord = z.object({
  v: z.literal(1),
  /** Written before the sheet: one that is not on the sheet is no reservation. */
  entries: z.array(
    z.object({
      id: z.string(),
      course: z.string(),
      name: z.string(),
      time_zone: z.string(),
      holes: z.int(),
      /** Local time, `YYYY-MM-DDTHH:MM`. */
      start: z.string(),
    }),
  ),
});
export type ReservationsRecord = z.output<typeof reservationsRecord>;
export type ReservationEntry = ReservationsRecord['entries'][number];

export const sheetKey = (course: string, date: string): string => `teesheet:${course}:${date}`;
export const reservationsKey = (person: string): string => `reservations:${person}`;

/** How long a day stays on the sheet, and a person's list after its last change. */
export const KEEP_DAYS = 400;
