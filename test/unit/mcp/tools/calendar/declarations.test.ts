import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createCalendarTools } from '../../../../../src/mcp/tools/calendar/calendar-tools.ts';
import type { CalendarPort } from '../../../../../src/ports/calendar.ts';

// What clients see of the calendar tools.

const calendar: CalendarPort = {
  open: () => {
    throw new Error('nothing here opens a calendar');
  },
};
const tools = createCalendarTools({
  calendar,
  clock: { nowMs: () => 0 },
  random: { bytes: (count) => new Uint8Array(count) },
});
const declarations = tools.map((tool) => tool.declaration);
const WRITES = ['createevent', 'updateevent', 'deleteevent'];

/** The arguments that each tool takes, as the product promises them. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  freebusy: ['timeMin', 'timeMax', 'calendars', 'timeZone'],
  suggesttime: ['timeMin', 'timeMax', 'calendars', 'timeZone', 'durationMinutes', 'workingHours', 'maxResults'],
  listcalendars: ['cursor', 'maxResults'],
  listevents: ['timeMin', 'timeMax', 'timeZone', 'calendar', 'query', 'cursor', 'maxResults'],
  getevent: ['eventId', 'calendar', 'timeZone'],
  createevent: [
    'summary',
    'start',
    'end',
    'timeZone',
    'description',
    'location',
    'attendees',
    'recurrence',
    'calendar',
    'meet',
    'sendUpdates',
    'idempotencyKey',
    'checkConflicts',
  ],
  updateevent: [
    'eventId',
    'scope',
    'summary',
    'start',
    'end',
    'timeZone',
    'description',
    'location',
    'attendees',
    'recurrence',
    'calendar',
    'meet',
    'sendUpdates',
  ],
  deleteevent: ['eventId', 'scope', 'calendar', 'sendUpdates'],
};

describe('the calendar toolset', () => {
  it('is these eight tools with these arguments', () => {
    const found = declarations.map(({ name, inputSchema }) => [
      name,
      Object.keys(inputSchema['properties'] as object).sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.entries(ARGUMENTS).map(([name, names]) => [name, [...names].sort()])),
    );
  });

  it('is lean: all of it fits into 10 kB', () => {
    const seen = declarations.map(({ scopes: _scopes, toolset: _toolset, ...rest }) => rest);
    expect(Buffer.byteLength(JSON.stringify(seen))).toBeLessThan(9_700);
  });

  it.each(declarations.map((declaration) => [declaration.name, declaration] as const))(
    '%s has strict schemas',
    (_name, declaration) => {
      const ajv = new Ajv2020({ strict: true });
      expect(() => ajv.compile(declaration.inputSchema)).not.toThrow();
      expect(() => ajv.compile(declaration.outputSchema ?? false)).not.toThrow();
      expect(declaration.inputSchema['additionalProperties']).toBe(false);
      expect(declaration.outputSchema?.['type']).toBe('object');
    },
  );

  it.each(tools.map((tool) => [tool.declaration.name, tool] as const))(
    '%s says whether it writes',
    (name, { declaration, summarize }) => {
      const writes = WRITES.includes(name);
      expect(declaration.annotations.readOnlyHint).toBe(!writes);
      expect(declaration.scopes).toEqual([writes ? 'calendar.write' : 'calendar.read']);
      expect(typeof summarize).toBe(writes ? 'function' : 'undefined');
      expect(declaration.toolset).toBe('calendar');
      expect(Object.values(declaration.annotations).every((hint) => typeof hint === 'boolean')).toBe(true);
    },
  );
});
