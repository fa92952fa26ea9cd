import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Random } from '../../ports/random.ts';
import type {
  ReserveRefusal,
  ReserveRequest,
  TeePrice,
  TeeReservation,
  TeeTime,
  TeeTimeProvider,
} from '../../ports/tee-times.ts';
import { readRecord } from '../../trust/record.ts';
import { type Course, startsOf } from './courses.ts';
import { createReservationList } from './reservation-list.ts';
import { KEEP_DAYS, type ReservationEntry, type SheetBooking, sheetKey, sheetRecord } from './tee-sheet-records.ts';
import { daysBetween, isDate, wallTime } from './wall-clock.ts';

// A tee sheet of one's own, in the store. A spot is given away by one atomic write of that day's record, so no two get the last one. The
// person's own list is written first: a booking that broke off in between is found by its id and finished, never made twice.

export interface TeeSheetDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly courses: readonly Course[];
}

/** One start on the sheet. */
interface Slot {
  readonly course: Course;
  readonly date: string;
  readonly time: string;
}

/** How often a day that others book at the same moment is tried. */
const ATTEMPTS = 20;
const DAY_SECONDS = 86_400;
const ID = /^([a-z][a-z0-9-]{0,31})@(\d{4}-\d\d-\d\d)T(\d\d:\d\d)$/;

const idOf = ({ course, date, time }: Slot): string => `${course.id}@${date}T${time}`;

function refuse(reason: ReserveRefusal, message: string): AppError {
  return new AppError('conflict', message, { details: { reason, written: 'no' } });
}

const samePrice = (left: TeePrice | undefined, right: TeePrice | undefined): boolean =>
  left?.amount === right?.amount && left?.currency === right?.currency;

const withPrice = (price: TeePrice | undefined): { readonly price?: TeePrice } =>
  price === undefined ? {} : { price };

export function createTeeSheet(deps: TeeSheetDeps): TeeTimeProvider {
  const { store, clock, courses } = deps;
  const list = createReservationList(deps);
  const now = (course: Course): string => wallTime(clock.nowMs(), course.time_zone);

  function slotOf(teeTimeId: string): Slot | undefined {
    const [, id, date = '', time = ''] = ID.exec(teeTimeId) ?? [];
    const course = courses.find((one) => one.id === id);
    if (course === undefined || !isDate(date) || !startsOf(course).includes(time)) return undefined;
    return { course, date, time };
  }

  function isBookable({ course, date, time }: Slot): boolean {
    const wall = now(course);
    return `${date}T${time}` > wall && daysBetween(wall.slice(0, 10), date) <= course.days_ahead;
  }

  async function readSheet(
    course: string,
    date: string,
  ): Promise<{ readonly raw?: string; readonly bookings: readonly SheetBooking[] }> {
    const raw = await store.get(sheetKey(course, date));
    return raw === undefined ? { bookings: [] } : { raw, bookings: readRecord(sheetRecord, raw, 'tee sheet').bookings };
  }

  function openSpots({ course, time }: Slot, bookings: readonly SheetBooking[]): number {
    const taken = bookings.filter((one) => one.time === time).reduce((sum, { players }) => sum + players, 0);
    return Math.max(0, course.spots - taken);
  }

  function teeTimeOf(slot: Slot, bookings: readonly SheetBooking[]): TeeTime {
    const { course, date, time } = slot;
    const start = `${date}T${time}`;
    const { name, time_zone: timeZone, holes, price } = course;
    return {
      id: idOf(slot),
      course: name,
      start,
      timeZone,
      holes,
      openSpots: openSpots(slot, bookings),
      ...withPrice(price),
    };
  }

  function reservationOf(entry: ReservationEntry, booking: SheetBooking): TeeReservation {
    const { course, name, time_zone: timeZone, holes, start, id } = entry;
    const { players, price } = booking;
    return {
      teeTimeId: `${course}@${start}`,
      course: name,
      start,
      timeZone,
      holes,
      players,
      ...withPrice(price),
      reference: id,
    };
  }

  /** What keeps this booking from being made now. */
  function demandRoom(slot: Slot, bookings: readonly SheetBooking[], { players, price }: ReserveRequest): void {
    if (!isBookable(slot)) throw refuse('not_bookable', 'This tee time has passed or cannot be booked yet.');
    if (!samePrice(slot.course.price, price))
      throw refuse('price_changed', 'The price of this tee time is another one.');
    const open = openSpots(slot, bookings);
    if (open < players) throw refuse('full', open === 0 ? 'This tee time is full.' : `Only ${open} spots are left.`);
  }

  function standing(entry: ReservationEntry, booking: SheetBooking, players: number): TeeReservation {
    if (booking.players === players) return reservationOf(entry, booking);
    throw refuse('other_reservation', `This tee time is already reserved for ${booking.players}, not for ${players}.`);
  }

  /** True when this booking is now on the sheet. */
  async function write(
    slot: Slot,
    sheet: Awaited<ReturnType<typeof readSheet>>,
    booking: SheetBooking,
  ): Promise<boolean> {
    const key = sheetKey(slot.course.id, slot.date);
    const value = JSON.stringify({ v: 1, bookings: [...sheet.bookings, booking] });
    const today = now(slot.course).slice(0, 10);
    const expiry = { ttlSeconds: (Math.max(0, daysBetween(today, slot.date)) + KEEP_DAYS) * DAY_SECONDS };
    return sheet.raw === undefined
      ? store.setIfAbsent(key, value, expiry)
      : store.compareAndSet(key, sheet.raw, value, expiry);
  }

  async function reserve(slot: Slot, request: ReserveRequest) {
    const { person, players } = request;
    const start = `${slot.date}T${slot.time}`;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const sheet = await readSheet(slot.course.id, slot.date);
      const known = await list.find(person, slot.course.id, start);
      const standsThere = sheet.bookings.find(({ id }) => id === known?.id);
      if (known !== undefined && standsThere !== undefined) {
        return { reservation: standing(known, standsThere, players), replayed: true };
      }
      demandRoom(slot, sheet.bookings, request);
      const entry = known ?? (await list.note(person, slot.course, start));
      const { id } = entry;
      const booked_at = Math.floor(clock.nowMs() / 1000);
      const booking = { id, time: slot.time, players, ...withPrice(slot.course.price), booked_at };
      if (await write(slot, sheet, booking)) return { reservation: reservationOf(entry, booking), replayed: false };
    }
    throw new AppError('conflict', 'Others keep booking on this day at the same moment. Try again.', {
      details: { written: 'no' },
    });
  }

  async function reservationsOf(entries: readonly ReservationEntry[]): Promise<readonly TeeReservation[]> {
    const days = new Map(
      entries.map(({ course, start }) => [sheetKey(course, start.slice(0, 10)), { course, date: start.slice(0, 10) }]),
    );
    const sheets = new Map(
      await Promise.all(
        [...days].map(async ([key, { course, date }]) => [key, (await readSheet(course, date)).bookings] as const),
      ),
    );
    return entries.flatMap((entry) => {
      const bookings = sheets.get(sheetKey(entry.course, entry.start.slice(0, 10))) ?? [];
      const booking = bookings.find(({ id }) => id === entry.id);
      return booking === undefined ? [] : [reservationOf(entry, booking)];
    });
  }

  return {
    async search({ date, from = '00:00', to = '23:59', players, course: part = '', limit }) {
      const wanted = courses.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()));
      const found = await Promise.all(
        wanted.map(async (course) => {
          const slots = startsOf(course)
            .filter((time) => time >= from && time <= to)
            .map((time) => ({ course, date, time }))
            .filter(isBookable);
          if (slots.length === 0) return [];
          const { bookings } = await readSheet(course.id, date);
          return slots.map((slot) => teeTimeOf(slot, bookings)).filter(({ openSpots }) => openSpots >= players);
        }),
      );
      const teeTimes = found
        .flat()
        .sort((left, right) => (left.start < right.start ? -1 : left.start > right.start ? 1 : 0));
      return { teeTimes: teeTimes.slice(0, limit), more: teeTimes.length > limit };
    },

    async find(teeTimeId) {
      const slot = slotOf(teeTimeId);
      if (slot === undefined || !isBookable(slot)) return undefined;
      return teeTimeOf(slot, (await readSheet(slot.course.id, slot.date)).bookings);
    },

    async reserve(request) {
      const slot = slotOf(request.teeTimeId);
      if (slot !== undefined) return reserve(slot, request);
      throw new AppError('not_found', 'There is no such tee time.', { details: { written: 'no' } });
    },

    async reservation(person, teeTimeId) {
      const entries = (await list.read(person)).filter(({ course, start }) => `${course}@${start}` === teeTimeId);
      return (await reservationsOf(entries))[0];
    },

    async reservations(person, from) {
      const entries = (await list.read(person)).filter(({ start, time_zone: zone }) =>
        from === undefined ? start >= wallTime(clock.nowMs(), zone) : start.slice(0, 10) >= from,
      );
      return reservationsOf(entries.toSorted((left, right) => (left.start < right.start ? -1 : 1)));
    },
  };
}
