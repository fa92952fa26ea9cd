import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeIn, wallAt } from '../../../src/adapters/models/offline/zones.ts';
import { createOfflineModel } from '../../../src/adapters/models/offline.ts';
import { parseTime } from '../../../src/mcp/tools/calendar/time.ts';
import { findZone, fromWall } from '../../../src/mcp/tools/calendar/zone.ts';

// Whatever a person types, the planner answers or plans, and what it plans makes sense.

const NAMES = [
  'freebusy',
  'suggesttime',
  'createevent',
  'updateevent',
  'deleteevent',
  'listevents',
  'getevent',
  'listcalendars',
];
const tools = NAMES.map((name) => ({ name, description: '', inputSchema: {} }));
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
const model = createOfflineModel();

const VOCABULARY =
  "book schedule put move cancel rename find am I free when what's on my calendar is Ana and bob@example.com lunch dinner call meeting standup at 3 10:30 25:99 0 31 32 999999 noon midnight half past quarter to from until till between by for an hour 45 minutes 1h30 two weeks tomorrow today Friday next last this week weekend month December 31st 30 February 2026-02-30 12/13/2026 every other weekday monthly daily first of the all day whole series in morning evening tonight , . ? - ' \" @ ( ) UTC PST London time if so it them with called 'x' to and or not a an my 🎉 ß"
    .split(' ')
    .filter((word) => word !== '');

const anything = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(fc.constantFrom(...VOCABULARY), { maxLength: 30 }).map((words) => words.join(' ')),
);
const moment = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });

function plan(text: string, nowMs: number, timeZone: string) {
  return model.complete({
    instructions: '',
    messages: [{ role: 'user', text }],
    tools,
    context: { nowMs, timeZone, contacts: [{ name: 'Ana', address: 'ana@example.com' }] },
    maxOutputTokens: 1000,
    signal: new AbortController().signal,
  });
}

function instantOf(value: unknown, zoneName: unknown): number {
  const parsed = parseTime(String(value));
  if (!parsed.ok) throw new Error(`not a time: ${String(value)}`);
  if (parsed.value.kind === 'offset') return parsed.value.instantMs;
  const zone = findZone(parsed.value.kind === 'date' ? 'UTC' : String(zoneName));
  if (zone === undefined) throw new Error(`no zone: ${String(zoneName)}`);
  return fromWall(parsed.value.wallMs, zone).instantMs;
}

describe('the offline planner', () => {
  it('answers or plans whatever is typed, and every stretch it plans has its end behind its start', async () => {
    await fc.assert(
      fc.asyncProperty(anything, moment, fc.constantFrom(...ZONES), async (text, nowMs, zone) => {
        const reply = await plan(text, nowMs, zone);
        expect(reply.text !== '' || reply.toolCalls.length > 0).toBe(true);
        for (const { name, arguments: args } of reply.toolCalls) {
          expect(NAMES).toContain(name);
          const [start, end] = name === 'createevent' ? ['start', 'end'] : ['timeMin', 'timeMax'];
          if (args?.[start] === undefined || args[end] === undefined) continue;
          expect(instantOf(args[end], args['timeZone'])).toBeGreaterThan(instantOf(args[start], args['timeZone']));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('plans the same for the same request', async () => {
    await fc.assert(
      fc.asyncProperty(anything, moment, async (text, nowMs) => {
        expect(await plan(text, nowMs, 'Europe/Berlin')).toEqual(await plan(text, nowMs, 'Europe/Berlin'));
      }),
      { numRuns: 100 },
    );
  });

  it('places every wall-clock time at an instant that shows it, or one later by the gap where it does not exist', () => {
    fc.assert(
      fc.property(moment, fc.constantFrom(...ZONES), (wall, zone) => {
        const placed = placeIn(wall, zone);
        expect(wallAt(placed.instant, zone)).toBe(placed.wall);
        if (placed.oddity === 'skipped') expect(placed.wall).toBeGreaterThan(wall);
        else expect(placed.wall).toBe(wall);
      }),
      { numRuns: 3000 },
    );
  });
});
