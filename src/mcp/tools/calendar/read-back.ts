import { AppError } from '../../../kernel/app-error.ts';
import type { CalendarEvent, CalendarEventInput, PersonCalendar } from '../../../ports/calendar.ts';
import { differences } from './event-view.ts';

// After a write that the service confirmed: what is in the calendar now, which is what the answer says. The write is done whatever
// becomes of this look, so a look that fails is a note and never the answer.

export interface Written {
  readonly event: CalendarEvent;
  readonly notes: readonly string[];
}

interface Confirmed {
  readonly calendar: string;
  readonly asked: CalendarEventInput;
  /** As the service answered the write. */
  readonly written: CalendarEvent;
  /** The event before a change. */
  readonly before?: CalendarEvent;
}

/** It is also the one further look at a Meet link in the making. */
export async function readBack(calendar: PersonCalendar, confirmed: Confirmed): Promise<Written> {
  const { asked, written, before } = confirmed;
  try {
    const event = await calendar.getEvent(confirmed.calendar, written.id);
    const changed = differences(asked, event, before);
    return {
      event,
      notes: changed.length === 0 ? [] : [`Google stored differently than asked: ${changed.join(', ')}.`],
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { event: written, notes: ['Google confirmed the event, but it could not be read back.'] };
  }
}
