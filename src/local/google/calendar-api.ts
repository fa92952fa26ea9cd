import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { CalendarEvent } from './calendar-event.ts';
import type { CalendarMethod, JsonObject } from './calendar-method.ts';
import { createCalendarStore } from './calendar-store.ts';
import { createCalendars } from './calendars.ts';
import { createEventReads } from './event-reads.ts';
import { showEvent } from './event-view.ts';
import { createEventWrites } from './event-writes.ts';
import { createFreeBusy } from './freebusy.ts';
import type { Outbox } from './outbox.ts';
import type { StandInAccount } from './stand-in-options.ts';

// The Calendar API as one piece: its methods over one store, with what the accounts had booked before.

export interface CalendarApiParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly accounts: readonly StandInAccount[];
  readonly outbox: Outbox;
  readonly meet: 'at once' | 'on re-read';
  /** The events of an earlier start; those that accounts come with are booked only without. */
  readonly saved?: readonly CalendarEvent[];
}

export interface CalendarApi {
  /** Every method that is served; a test compares them with Google's discovery document. */
  readonly methods: readonly CalendarMethod[];
  /** What stands on a calendar, as its owner sees it; series once, deleted events not. */
  events(calendarId: string): readonly JsonObject[];
  /** Every event as it is kept, for the next start. */
  stored(): readonly CalendarEvent[];
}

/** Throws Google's refusal when an account comes with an event that Google would not take. */
export function createCalendarApi(parts: CalendarApiParts): CalendarApi {
  const { clock, random, accounts, outbox, meet, saved } = parts;
  const store = createCalendarStore({ clock, accounts, ...(saved && { saved }) });
  const names = new Map(accounts.flatMap(({ calendars = [] }) => calendars.map(({ id, summary }) => [id, summary])));
  for (const { email, name } of accounts) names.set(email, name);
  const nameOf = (email: string): string | undefined => names.get(email);
  const methods = [
    ...createCalendars(store),
    ...createEventReads({ store, clock, nameOf }),
    ...createEventWrites({ store, clock, random, outbox, meet, nameOf }),
    createFreeBusy(store),
  ];
  if (saved === undefined) for (const account of accounts) book(methods, account);
  return {
    methods,
    stored: store.stored,
    events(calendarId) {
      const calendar = store.calendar(calendarId);
      if (calendar === undefined) return [];
      return store
        .eventsOn(calendarId)
        .filter(({ status }) => status !== 'cancelled')
        .map((event) => showEvent(event, { calendar, zone: calendar.timeZone, detail: 'full', nameOf }));
    },
  };
}

/** By the way that every event takes, so that none stands here which a client could not have made. */
function book(methods: readonly CalendarMethod[], account: StandInAccount): void {
  const insert = methods.find(({ id }) => id === 'calendar.events.insert');
  const scopes = new Set(['https://www.googleapis.com/auth/calendar']);
  for (const body of account.events ?? []) {
    insert?.handle({
      account,
      token: { sub: account.sub, clientId: 'the account itself', scopes },
      path: { calendarId: 'primary' },
      query: new URLSearchParams(),
      headers: {},
      body,
    });
  }
}
