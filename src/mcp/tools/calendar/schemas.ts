import type { JsonObject } from '../tool.ts';

// The JSON Schemas of the calendar tools, kept lean: all eight declarations go to a model with every question.

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const TIME_RULE = 'With offset, or local with timeZone, or a date';

export const timeMin = { type: 'string', description: `${TIME_RULE}.` } as const;
export const timeMax = {
  type: 'string',
  description: 'Exclusive; the same date means that day.',
} as const;
export const timeZone = { type: 'string', description: 'IANA, also of the answer.' } as const;
export const start = { type: 'string', description: `${TIME_RULE}.` } as const;
export const end = {
  type: 'string',
  description: 'For whole days the day after the last.',
} as const;
export const localZone = {
  type: 'string',
  description: 'IANA, for local times only.',
} as const;
export const calendar = { type: 'string', description: 'Default primary.' } as const;
export const calendars = {
  type: 'array',
  items: TEXT,
  minItems: 1,
  maxItems: 50,
  description: 'Ids or addresses; default primary.',
} as const;
export const attendees = {
  type: 'array',
  items: { type: 'string', pattern: '^[^\\s@<>,]+@[^\\s@<>,]+$' },
  maxItems: 200,
  description: 'E-mail addresses.',
} as const;
export const recurrence = {
  type: 'array',
  items: TEXT,
  minItems: 1,
  description: 'Such as RRULE:FREQ=WEEKLY;BYDAY=MO.',
} as const;
export const sendUpdates = {
  type: 'string',
  enum: ['all', 'externalOnly', 'none'],
  description: 'Mail to guests; default all if there are any.',
} as const;
export const scope = {
  type: 'string',
  enum: ['this', 'following', 'all'],
  description: 'Of a repeating event; default this, but a series’ id needs all.',
} as const;
export const cursor = TEXT;
export const eventId = TEXT;
export const meet = { type: 'boolean', description: 'Adds a Meet link.' } as const;
export const summary = { type: 'string', minLength: 1 } as const;
export const description = TEXT;
export const location = TEXT;

export function maxResults(most: number): JsonObject {
  return { type: 'integer', minimum: 1, maximum: most };
}

export function input(properties: JsonObject, required: readonly string[]): JsonObject {
  return {
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

export function output(properties: JsonObject, required: readonly string[]): JsonObject {
  return { type: 'object', properties, required };
}

const list = (items: JsonObject): JsonObject => ({ type: 'array', items });

export const busy = list(output({ calendar: TEXT, start: TEXT, end: TEXT }, ['calendar', 'start', 'end']));
export const errors = list(output({ calendar: TEXT, reason: TEXT }, ['calendar', 'reason']));
export const slots = list(output({ start: TEXT, end: TEXT }, ['start', 'end']));
export const calendarList = list(output({ id: TEXT, summary: TEXT, primary: FLAG, timeZone: TEXT }, ['id', 'primary']));

/** What every reader needs; more members follow where an event has them. */
export const event = output({ id: TEXT, link: TEXT, summary: TEXT, start: TEXT, end: TEXT }, ['id', 'start', 'end']);
export const events = list(event);

export const changed = { enum: ['single', 'this', 'following', 'all'] } as const;
export const note = TEXT;
export const replayed = FLAG;
export const nextCursor = TEXT;
