import type { CalendarEvent } from './calendar-event.ts';

// The mails that Google would have sent to guests. Nothing leaves the machine: they are kept for tests and for people to look at.

export interface Mail {
  readonly kind: 'invited' | 'changed' | 'cancelled';
  readonly eventId: string;
  readonly to: readonly string[];
  readonly atMs: number;
}

export interface Outbox {
  tell(
    event: CalendarEvent,
    occasion: {
      readonly kind: Mail['kind'];
      readonly sendUpdates: 'all' | 'externalOnly' | 'none';
      readonly atMs: number;
      /** On a change: those who were invited before hear of it even when they no longer are. */
      readonly before?: CalendarEvent;
    },
  ): void;
  mails(): readonly Mail[];
}

/** `hasCalendar`: whether this address is a guest with a Google calendar, whom `externalOnly` leaves out. */
export function createOutbox(hasCalendar: (email: string) => boolean): Outbox {
  const mails: Mail[] = [];
  return {
    tell(event, { kind, sendUpdates, atMs, before }) {
      if (sendUpdates === 'none') return;
      const guests = [...event.attendees, ...(before?.attendees ?? [])].map(({ email }) => email);
      const to = [...new Set(guests)]
        .filter((email) => email !== event.calendarId)
        .filter((email) => sendUpdates === 'all' || !hasCalendar(email));
      if (to.length > 0) mails.push({ kind, eventId: event.id, to, atMs });
    },
    mails: () => [...mails],
  };
}
