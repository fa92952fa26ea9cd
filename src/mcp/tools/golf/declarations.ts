import type { ToolDeclaration } from '../tool.ts';

// What clients and models see of the golf tools. Their hashes ship in the zip: a change here is a change of contract.

const TOOLSET = 'golf';
export const MAX_PLAYERS = 4;
export const MAX_FOUND = 50;

const TEXT = { type: 'string' } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const DATE_PATTERN = '^\\d{4}-\\d{2}-\\d{2}$';
const TIME = { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' } as const;
const players = { type: 'integer', minimum: 1, maximum: MAX_PLAYERS } as const;

const place = {
  teeTimeId: TEXT,
  course: TEXT,
  start: { type: 'string', description: 'Local time at the course.' },
  timeZone: TEXT,
  holes: COUNT,
  price: { type: 'string', description: 'Per player.' },
} as const;

const object = (properties: Readonly<Record<string, unknown>>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required: [...required],
  additionalProperties: false,
});

const reservation = object({ ...place, players: COUNT, reference: TEXT }, [
  'teeTimeId',
  'course',
  'start',
  'timeZone',
  'holes',
  'players',
  'reference',
]);

export const golfGetReservationsDeclaration: ToolDeclaration = {
  name: 'golf_get_reservations',
  title: 'See golf reservations',
  description: 'The person’s reserved tee times, those to come unless from is given.',
  inputSchema: object(
    { from: { type: 'string', pattern: DATE_PATTERN, description: 'Date; earlier ones are left out.' } },
    [],
  ),
  outputSchema: object({ reservations: { type: 'array', items: reservation } }, ['reservations']),
  // No open world: the question carries nothing but a date, to the service where the person plays.
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scopes: ['golf.read'],
  toolset: TOOLSET,
};

export const golfSearchTeeTimesDeclaration: ToolDeclaration = {
  name: 'golf_search_tee_times',
  title: 'Search tee times',
  description: 'Open tee times on a date.',
  inputSchema: object(
    {
      date: { type: 'string', pattern: DATE_PATTERN },
      from: { ...TIME, description: 'Local time at the course.' },
      to: TIME,
      players: { ...players, description: 'Default 1.' },
      course: { type: 'string', minLength: 1, maxLength: 100, description: 'Part of its name.' },
    },
    ['date'],
  ),
  outputSchema: object(
    {
      teeTimes: {
        type: 'array',
        items: object({ ...place, openSpots: COUNT }, [
          'teeTimeId',
          'course',
          'start',
          'timeZone',
          'holes',
          'openSpots',
        ]),
      },
      more: { type: 'boolean', description: 'There are others: narrow the search.' },
    },
    ['teeTimes', 'more'],
  ),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  scopes: ['golf.read'],
  toolset: TOOLSET,
};

export const golfBookTeeTimeDeclaration: ToolDeclaration = {
  name: 'golf_book_tee_time',
  title: 'Book a tee time',
  description: 'Reserves a tee time that the search found. Booking it again makes no second reservation.',
  inputSchema: object(
    {
      teeTimeId: { type: 'string', pattern: '^[A-Za-z0-9._~@:-]{1,100}$' },
      players,
      price: {
        type: 'string',
        pattern: '^\\d{1,6}(\\.\\d{1,3})? [A-Z]{3}$',
        description: 'As found; needed where there is one.',
      },
    },
    ['teeTimeId', 'players'],
  ),
  outputSchema: object({ reservation, replayed: { type: 'boolean' }, note: TEXT }, ['reservation', 'replayed']),
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  scopes: ['golf.write'],
  toolset: TOOLSET,
};
