import type { ToolDeclaration } from '../tool.ts';
import * as schema from './schemas.ts';

// What clients and models see of the calendar tools. Their hashes ship in the zip: a change here is a change of contract.

const TOOLSET = 'calendar';
/** No open world: what is asked goes to the person's own account at Google, and nobody else learns of it. */
const READS = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const read = { annotations: READS, scopes: ['calendar.read'], toolset: TOOLSET } as const;

export const freebusyDeclaration: ToolDeclaration = {
  name: 'freebusy',
  title: 'See when calendars are busy',
  description: 'Busy times of calendars; those that cannot be read are in errors.',
  inputSchema: schema.input(
    { timeMin: schema.timeMin, timeMax: schema.timeMax, calendars: schema.calendars, timeZone: schema.timeZone },
    ['timeMin', 'timeMax'],
  ),
  outputSchema: schema.output({ busy: schema.busy, errors: schema.errors }, ['busy', 'errors']),
  ...read,
};

export const suggesttimeDeclaration: ToolDeclaration = {
  name: 'suggesttime',
  title: 'Find free times',
  description: 'Times when all the calendars are free, within working hours.',
  inputSchema: schema.input(
    {
      timeMin: schema.timeMin,
      timeMax: schema.timeMax,
      durationMinutes: { type: 'integer', minimum: 1, maximum: 1440 },
      calendars: schema.calendars,
      timeZone: schema.timeZone,
      workingHours: {
        type: 'object',
        properties: {
          start: { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' },
          end: { type: 'string', pattern: '^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$' },
          days: {
            type: 'array',
            items: { enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] },
            minItems: 1,
          },
        },
        additionalProperties: false,
        description: 'Default 09:00 to 17:00, mon to fri.',
      },
      maxResults: schema.maxResults(50),
    },
    ['timeMin', 'timeMax', 'durationMinutes'],
  ),
  outputSchema: schema.output({ slots: schema.slots }, ['slots']),
  ...read,
};

export const listcalendarsDeclaration: ToolDeclaration = {
  name: 'listcalendars',
  title: 'List calendars',
  description: 'The calendars on the person’s list.',
  inputSchema: schema.input({ cursor: schema.cursor, maxResults: schema.maxResults(250) }, []),
  outputSchema: schema.output({ calendars: schema.calendarList, cursor: schema.nextCursor }, ['calendars']),
  ...read,
};

export const listeventsDeclaration: ToolDeclaration = {
  name: 'listevents',
  title: 'List events',
  description: 'Events by start, repeating ones as occurrences. Without timeMin and query from now on.',
  inputSchema: schema.input(
    {
      timeMin: schema.timeMin,
      timeMax: schema.timeMax,
      timeZone: schema.timeZone,
      calendar: schema.calendar,
      query: { type: 'string', description: 'Words in title, text, place or guests.' },
      cursor: schema.cursor,
      maxResults: schema.maxResults(250),
    },
    [],
  ),
  outputSchema: schema.output({ events: schema.events, cursor: schema.nextCursor }, ['events']),
  ...read,
};

export const geteventDeclaration: ToolDeclaration = {
  name: 'getevent',
  title: 'Read an event',
  description: 'One event, or with a series’ id the series.',
  inputSchema: schema.input({ eventId: schema.eventId, calendar: schema.calendar, timeZone: schema.timeZone }, [
    'eventId',
  ]),
  outputSchema: schema.output({ event: schema.event }, ['event']),
  ...read,
};

const write = { scopes: ['calendar.write'], toolset: TOOLSET } as const;

export const createeventDeclaration: ToolDeclaration = {
  name: 'createevent',
  title: 'Create an event',
  description: 'Books an event and reads it back. The same idempotencyKey never books twice.',
  inputSchema: schema.input(
    {
      summary: schema.summary,
      start: schema.start,
      end: schema.end,
      timeZone: schema.localZone,
      description: schema.description,
      location: schema.location,
      attendees: schema.attendees,
      recurrence: {
        ...schema.recurrence,
        description: `${schema.recurrence.description} Needs timeZone.`,
      },
      calendar: schema.calendar,
      meet: schema.meet,
      sendUpdates: schema.sendUpdates,
      idempotencyKey: { type: 'string', minLength: 1 },
      checkConflicts: {
        type: 'boolean',
        description: 'Book only if the calendar is free then.',
      },
    },
    ['summary', 'start', 'end'],
  ),
  outputSchema: schema.output({ event: schema.event, replayed: schema.replayed, note: schema.note }, [
    'event',
    'replayed',
  ]),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
  ...write,
};

export const updateeventDeclaration: ToolDeclaration = {
  name: 'updateevent',
  title: 'Change an event',
  description: 'Changes only what is given. A start alone keeps the length; attendees is the whole new list.',
  inputSchema: schema.input(
    {
      eventId: schema.eventId,
      scope: schema.scope,
      summary: schema.summary,
      start: schema.start,
      end: schema.end,
      timeZone: schema.localZone,
      description: schema.description,
      location: schema.location,
      attendees: schema.attendees,
      recurrence: schema.recurrence,
      calendar: schema.calendar,
      meet: schema.meet,
      sendUpdates: schema.sendUpdates,
    },
    ['eventId'],
  ),
  outputSchema: schema.output({ event: schema.event, changed: schema.changed, note: schema.note }, [
    'event',
    'changed',
  ]),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  ...write,
};

export const deleteeventDeclaration: ToolDeclaration = {
  name: 'deleteevent',
  title: 'Delete an event',
  description: 'Deletes an event, or the named part of a repeating one.',
  inputSchema: schema.input(
    { eventId: schema.eventId, scope: schema.scope, calendar: schema.calendar, sendUpdates: schema.sendUpdates },
    ['eventId'],
  ),
  outputSchema: schema.output({ eventId: schema.eventId, changed: schema.changed, note: schema.note }, [
    'eventId',
    'changed',
  ]),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  ...write,
};
