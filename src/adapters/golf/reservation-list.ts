import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Random } from '../../ports/random.ts';
import { readRecord } from '../../trust/record.ts';
import type { Course } from './courses.ts';
import {
  KEEP_DAYS,
  type ReservationEntry,
  type ReservationsRecord,
  reservationsKey,
  reservationsRecord,
} from './tee-sheet-records.ts';
import { daysBetween, wallTime } from './wall-clock.ts';

// Which tee times a person has booked, or was about to: one id each, whoever asks and how often.

export interface ReservationList {
  read(person: string): Promise<readonly ReservationEntry[]>;
  find(person: string, course: string, start: string): Promise<ReservationEntry | undefined>;
  /** Adds the tee time, or answers what another call added first. Rejects with `conflict` when the list is full. */
  note(person: string, course: Course, start: string): Promise<ReservationEntry>;
}

const ATTEMPTS = 20;
const DAY_SECONDS = 86_400;
/** More than anybody plays; it bounds what one person's record holds. */
const MAX_ENTRIES = 300;

export function createReservationList(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): ReservationList {
  const { store, clock, random } = deps;

  const load = async (person: string): Promise<string | undefined> => store.get(reservationsKey(person));
  const entriesOf = (raw: string | undefined): ReservationsRecord['entries'] =>
    raw === undefined ? [] : readRecord(reservationsRecord, raw, 'list of reservations').entries;
  const same = (course: string, start: string) => (entry: ReservationEntry) =>
    entry.course === course && entry.start === start;

  async function note(person: string, course: Course, start: string): Promise<ReservationEntry> {
    const today = wallTime(clock.nowMs(), course.time_zone).slice(0, 10);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const raw = await load(person);
      const entries = entriesOf(raw);
      const known = entries.find(same(course.id, start));
      if (known !== undefined) return known;
      const kept = entries.filter((entry) => daysBetween(entry.start.slice(0, 10), today) <= KEEP_DAYS);
      if (kept.length >= MAX_ENTRIES)
        throw new AppError('conflict', 'This person has too many reservations.', { details: { written: 'no' } });
      const id = Buffer.from(random.bytes(12)).toString('base64url');
      const entry = {
        id,
        course: course.id,
        name: course.name,
        time_zone: course.time_zone,
        holes: course.holes,
        start,
      };
      const value = JSON.stringify({ v: 1, entries: [...kept, entry] });
      const expiry = { ttlSeconds: (course.days_ahead + KEEP_DAYS) * DAY_SECONDS };
      const key = reservationsKey(person);
      const written =
        raw === undefined ? store.setIfAbsent(key, value, expiry) : store.compareAndSet(key, raw, value, expiry);
      if (await written) return entry;
    }
    throw new AppError('conflict', 'Other bookings of this person happen at the same moment. Try again.', {
      details: { written: 'no' },
    });
  }

  return {
    read: async (person) => entriesOf(await load(person)),
    find: async (person, course, start) => entriesOf(await load(person)).find(same(course, start)),
    note,
  };
}
