import type { CalendarPort } from '../../../ports/calendar.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Random } from '../../../ports/random.ts';
import type { Tool } from '../tool.ts';
import { createCreateevent } from './createevent.ts';
import { createDeleteevent } from './deleteevent.ts';
import { createFreebusy, createGetevent, createListcalendars, createListevents } from './reads.ts';
import { createSuggesttime } from './suggesttime.ts';
import { createUpdateevent } from './updateevent.ts';

// The calendar toolset. Whose calendars these are is said by the door that let the call in, never by an argument.

export interface CalendarToolDeps {
  readonly calendar: CalendarPort;
  readonly clock: Clock;
  readonly random: Random;
}

export function createCalendarTools(deps: CalendarToolDeps): readonly Tool[] {
  return [
    createFreebusy(deps),
    createSuggesttime(deps),
    createListcalendars(deps),
    createListevents(deps),
    createGetevent(deps),
    createCreateevent(deps),
    createUpdateevent(deps),
    createDeleteevent(deps),
  ];
}
