import type { CalendarCall } from './calendar-method.ts';
import type { CalendarRecord, CalendarStore } from './calendar-store.ts';
import { insufficientPermissions, needsWriter, notFound } from './errors.ts';
import type { AccessRole } from './stand-in-options.ts';

// What a call may see of a calendar: the person's role on it and the token's scopes, whichever allows less.

export interface CalendarAccess {
  readonly calendar: CalendarRecord;
  readonly role: AccessRole;
  /** `times`: when something is, not what. */
  readonly detail: 'full' | 'times';
}

const AUTH = 'https://www.googleapis.com/auth/';

/** `primary` is the caller's own. A calendar that the person may not see does not exist. */
export function findCalendar(
  store: CalendarStore,
  email: string,
  id: string,
): { calendar: CalendarRecord; role: AccessRole } | undefined {
  const calendar = store.calendar(id === 'primary' ? email : id);
  const role = calendar === undefined ? undefined : store.roleOf(email, calendar);
  return calendar === undefined || role === undefined ? undefined : { calendar, role };
}

export function openForReading(store: CalendarStore, call: CalendarCall): CalendarAccess {
  const found = open(store, call);
  const full = ['calendar', 'calendar.readonly', 'calendar.events', 'calendar.events.readonly'];
  const owned = found.role === 'owner' ? ['calendar.events.owned', 'calendar.events.owned.readonly'] : [];
  if (holdsOne(call, [...full, ...owned])) {
    return { ...found, detail: found.role === 'freeBusyReader' ? 'times' : 'full' };
  }
  if (holdsOne(call, ['calendar.events.freebusy'])) return { ...found, detail: 'times' };
  throw insufficientPermissions(full.map((name) => AUTH + name));
}

export function openForWriting(store: CalendarStore, call: CalendarCall): CalendarAccess {
  const found = open(store, call);
  if (found.role !== 'writer' && found.role !== 'owner') throw needsWriter();
  const full = ['calendar', 'calendar.events'];
  const owned = found.role === 'owner' ? ['calendar.events.owned'] : [];
  if (!holdsOne(call, [...full, ...owned])) throw insufficientPermissions(full.map((name) => AUTH + name));
  return { ...found, detail: 'full' };
}

function open(store: CalendarStore, call: CalendarCall): { calendar: CalendarRecord; role: AccessRole } {
  const found = findCalendar(store, call.account.email, call.path['calendarId'] ?? '');
  if (found === undefined) throw notFound();
  return found;
}

const holdsOne = (call: CalendarCall, names: readonly string[]): boolean =>
  names.some((name) => call.token.scopes.has(AUTH + name));
