import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Doors,
  openEveryDoor,
  type ShownAnswer,
  type ShownTool,
  type Visit,
  visitors,
} from '../support/every-door.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { installPeer } from '../support/peers.ts';

// One list and one answer, whichever door they come through and whoever asks.

const SCOPE = 'calendar.read calendar.write weather.read';
const when = { timeMin: '2030-01-01T00:00:00Z', timeMax: '2030-01-02T00:00:00Z' };
const CALLS = [
  { name: 'freebusy', arguments: when },
  { name: 'freebusy', arguments: { ...when, timeMax: 'never' } },
];
const WAYS = [
  'the key door',
  'the OAuth door',
  'the agent door',
  'the bridge to the key door',
  'the bridge to the agent door',
  'the bridge to the OAuth door',
  'stdio, as an IDE starts it',
];
let system: TestMachine;
let home: string;
let doors: Doors;

beforeAll(async () => {
  await installPeer('@modelcontextprotocol/inspector');
  home = mkdtempSync(join(tmpdir(), 'sallyport-every-door-'));
  system = await startTestMachine();
  await system.connect();
  writeFileSync(join(home, 'local.json'), JSON.stringify(system.machine.access), { mode: 0o600 });
  doors = await openEveryDoor(system.machine.access, home, SCOPE);
}, 600_000);
afterAll(async () => {
  doors?.close();
  await system?.close();
  rmSync(home, { recursive: true, force: true });
});

const byName = (tools: readonly ShownTool[]): readonly ShownTool[] =>
  [...tools].sort((left, right) => left.name.localeCompare(right.name));

/** What is the same everywhere: all but what a transport adds for itself. */
const said = ({ content, structuredContent, isError = false }: ShownAnswer) => ({
  content,
  structuredContent,
  isError,
});

async function visit(way: string, visitor: string): Promise<Visit> {
  const taken = doors.ways[way];
  const made = visitors[visitor];
  if (taken === undefined || made === undefined) throw new Error(`no ${visitor} at ${way}`);
  const { tools, answers } = await made(taken, CALLS);
  return { tools: byName(tools), answers: answers.map(said) };
}

describe.each(Object.keys(visitors))('%s', (visitor) => {
  let first: Visit;

  it('lists and calls at the key door', async () => {
    first = await visit('the key door', visitor);
    expect(first.tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['createevent', 'freebusy', 'get_weather']),
    );
    expect(first.answers[0]).toMatchObject({ structuredContent: { busy: expect.any(Array) }, isError: false });
    expect(first.answers[1]).toMatchObject({ isError: true });
    expect(JSON.stringify(first.answers[1])).toContain('timeMax');
  }, 120_000);

  const others = WAYS.slice(1).filter((way) => visitor !== 'inspector --cli' || way !== 'the agent door');
  it.each(others)(
    'gets the same list and the same answers through %s',
    async (way) => {
      const other = await visit(way, visitor);
      expect(other.tools).toEqual(first.tools);
      expect(other.answers).toEqual(first.answers);
    },
    120_000,
  );
});
