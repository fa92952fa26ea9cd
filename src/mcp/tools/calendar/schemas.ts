import type { JsonObject } from '../tool.ts';

// The JSON Schemas of the calendar tools, kept lean: all eight declarations go to a model with every question.

const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const TIME_RULE = 'Date-time with offset, or local date-time with timeZone, or date';

export const timeMin = { type: 'string', description: `${TIME_RULE}.` } as const;
export const timeMax = {
  type: 'string',
  description: 'Same forms; exclusive. The date of timeMin again means that one day.',
} as const;
export const timeZone = { type: 'string', description: 'IANA zone; answers are in it.' } as const;
export const start = { type: 'string', description: `${TIME_RULE} for a whole day.` } as const;
export const end = {
  type: 'string',
  description: 'Same form; exclusive. For whole days the day after the last, or the same date.',
} as const;
export const localZone = {
  type: 'string',
  description: 'IANA zone of local start and end; never beside an offset.',
} as const;
export const calendar = { type: 'string', description: 'Calendar id; default primary.' } as const;
export const calendars = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  minItems: 1,
  maxItems: 50,
  description: 'Calendar ids or addresses; default primary.',
} as const;
export const attendees = {
  type: 'array',
  items: { type: 'string', pattern: '^[^\\s@<>,;]+@[^\\s@<>,;]+$' },
  maxItems: 200,
  description: 'E-mail addresses.',
} as const;
export const recurrence = {
  type: 'array',
  items: { type: 'string' },
  minItems: 1,
  maxItems: 10,
  description: 'RRULE lines, such as RRULE:FREQ=WEEKLY;BYDAY=MO.',
} as const;
export const sendUpdates = {
  type: 'string',
  enum: ['all', 'externalOnly', 'none'],
  description: 'Who gets mail; default all if there are guests, else none.',
} as const;
export const scope = {
  type: 'string',
  enum: ['this', 'following', 'all'],
  description: 'Which part of a repeating event; default this for an occurrence, required for a series.',
} as const;
export const cursor = { type: 'string', description: 'From the last answer.' } as const;
export const eventId = { type: 'string', minLength: 1 } as const;
export const meet = { type: 'boolean', description: 'Adds a Google Meet link.' } as const;
export const summary = { type: 'string', minLength: 1, maxLength: 1000 } as const;
export const description = { type: 'string', maxLength: 8000 } as const;
export const location = { type: 'string', maxLength: 1000 } as const;

export function maxResults(fallback: number, most: number): JsonObject {
  return { type: 'integer', minimum: 1, maximum: most, description: `Default ${fallback}.` };
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
export const calendarList = list(
  output({ id: TEXT, summary: TEXT, primary: FLAG, accessRole: TEXT, timeZone: TEXT }, ['id', 'primary']),
);

export const event = output(
  {
    id: TEXT,
    calendar: TEXT,
    status: TEXT,
    link: TEXT,
    summary: TEXT,
    start: TEXT,
    end: TEXT,
    allDay: FLAG,
    timeZone: TEXT,
    description: TEXT,
    location: TEXT,
    attendees: list(output({ email: TEXT, response: TEXT }, ['email'])),
    organizer: TEXT,
    recurrence: list(TEXT),
    seriesId: TEXT,
    meetLink: TEXT,
  },
  ['id', 'calendar', 'status', 'summary', 'start', 'end', 'allDay'],
);

/** In lists the parts that only some readers need go without a schema of their own. */
export const events = list(
  output({ id: TEXT, summary: TEXT, start: TEXT, end: TEXT, allDay: FLAG }, ['id', 'start', 'end']),
);

export const changed = { enum: ['single', 'this', 'following', 'all'] } as const;
export const note = TEXT;
export const replayed = FLAG;
export const nextCursor = TEXT;
export const answerZone = TEXT;
