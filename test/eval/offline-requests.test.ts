import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { createOfflineModel } from '../../src/adapters/models/offline.ts';
import {
  createeventDeclaration,
  deleteeventDeclaration,
  freebusyDeclaration,
  geteventDeclaration,
  listcalendarsDeclaration,
  listeventsDeclaration,
  suggesttimeDeclaration,
  updateeventDeclaration,
} from '../../src/mcp/tools/calendar/declarations.ts';
import { parseTime } from '../../src/mcp/tools/calendar/time.ts';
import { findZone, fromWall } from '../../src/mcp/tools/calendar/zone.ts';

// What the offline planner must make of plain English, as data: the first call's tool, its times as instants, and what else matters.
// Times are resolved by the calendar tools' own code, and every call must fit the tools' real schemas.

interface Expectation {
  readonly text: string;
  readonly now: string;
  readonly zone: string;
  readonly expect: { readonly tool: string | null; readonly args?: Readonly<Record<string, unknown>> };
}

const requests: readonly Expectation[] = JSON.parse(
  readFileSync(new URL('offline-requests.json', import.meta.url), 'utf8'),
);

const declarations = [
  freebusyDeclaration,
  suggesttimeDeclaration,
  createeventDeclaration,
  updateeventDeclaration,
  deleteeventDeclaration,
  listeventsDeclaration,
  geteventDeclaration,
  listcalendarsDeclaration,
];
const ajv = new Ajv2020({ strict: false });
const validators = new Map(declarations.map(({ name, inputSchema }) => [name, ajv.compile(inputSchema)]));
const tools = declarations.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
const model = createOfflineModel();
const TIMES = ['timeMin', 'timeMax', 'start', 'end'];

/** An instant in milliseconds; a whole day stays its date. */
function instantOf(value: unknown, zoneName: unknown): number | string {
  const parsed = parseTime(String(value));
  if (!parsed.ok) return `not a time: ${String(value)}`;
  if (parsed.value.kind === 'offset') return parsed.value.instantMs;
  if (parsed.value.kind === 'date') return String(value);
  const zone = findZone(String(zoneName));
  return zone === undefined ? 'no zone' : fromWall(parsed.value.wallMs, zone).instantMs;
}

async function plan({ text, now, zone }: Expectation) {
  const reply = await model.complete({
    instructions: '',
    messages: [{ role: 'user', text }],
    tools,
    context: { nowMs: Date.parse(now), timeZone: zone, contacts: [] },
    maxOutputTokens: 1000,
    signal: new AbortController().signal,
  });
  return { reply, call: reply.toolCalls[0] };
}

describe('plain English calendar requests', () => {
  it('are many and varied', () => {
    expect(requests.length).toBeGreaterThanOrEqual(250);
    expect(new Set(requests.map(({ text, now }) => `${now} ${text}`)).size).toBe(requests.length);
    expect(new Set(requests.map(({ zone }) => zone)).size).toBeGreaterThanOrEqual(5);
  });

  it.each(requests)('$text', async (request) => {
    const { reply, call } = await plan(request);
    expect(call?.name ?? null).toBe(request.expect.tool);
    for (const { name, arguments: args } of reply.toolCalls) {
      const validate = validators.get(name);
      expect({ args, errors: validate?.(args) === true ? [] : validate?.errors }).toEqual({ args, errors: [] });
    }
    if (call === undefined) expect(reply.text).not.toBe('');
    const args = call?.arguments ?? {};
    for (const [name, expected] of Object.entries(request.expect.args ?? {})) {
      if (TIMES.includes(name)) {
        const shown = { [name]: instantOf(args[name], args['timeZone']), given: args[name] };
        expect(shown).toEqual({ [name]: instantOf(expected, undefined), given: args[name] });
      } else if (name === 'query') {
        expect(String(args[name]).toLowerCase()).toBe(String(expected).toLowerCase());
      } else {
        expect({ [name]: args[name] }).toEqual({ [name]: expected });
      }
    }
  });
});
