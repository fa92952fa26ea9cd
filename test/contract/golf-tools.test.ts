import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttpTeeTimes } from '../../src/adapters/golf/http-tee-times.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createSchemaValidators } from '../../src/mcp/schema-validators.ts';
import { createGolfTools } from '../../src/mcp/tools/golf/golf-tools.ts';
import type { JsonObject, Tool, ToolContext, ToolResult } from '../../src/mcp/tools/tool.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { OTHER_PERSON, PERSON } from '../support/mcp-app.ts';
import { startTeeTimeService, type TeeTimeService } from '../support/tee-time-service.ts';
import { createTestSheet, SATURDAY, testRandom } from '../support/tee-times.ts';

// The golf tools at a service behind HTTP that loses answers, is slow, or changes its mind.

const NINE = `links@${SATURDAY}T09:00`;
const PRICE = '45.00 EUR';
const schemas = createSchemaValidators();
const log = createTestLog();
let clock: TestClock;
let service: TeeTimeService;
let http: ReturnType<typeof createOutsideClient>;
let tools: ReadonlyMap<string, Tool>;

beforeEach(async () => {
  clock = createTestClock();
  service = await startTeeTimeService({ provider: createTestSheet(clock) });
  const hosts = [new URL(service.url).host];
  http = createOutsideClient({ clock: { nowMs: () => Date.now() }, random: testRandom, log, allow: { hosts } });
  const made = createGolfTools({ teeTimes: createHttpTeeTimes({ http, url: service.url }) });
  tools = new Map(made.map((tool) => [tool.declaration.name, tool]));
});
afterEach(async () => {
  http.close();
  await service.close();
});

function toolOf(name: string): Tool {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

const context = (person = PERSON): ToolContext => ({
  person,
  agent: 'agent/assistant',
  requestId: 'r',
  signal: AbortSignal.timeout(25_000),
  log,
});

/** Runs as `call-tool` does: arguments and answers are held to the schemas. */
async function run(name: string, args: JsonObject, person = PERSON): Promise<ToolResult> {
  const tool = toolOf(name);
  expect(await schemas.check(tool.declaration, 'input', args)).toBeUndefined();
  const result = await tool.run(args, context(person));
  if (result.isError !== true) {
    expect(await schemas.check(tool.declaration, 'output', result.structuredContent)).toBeUndefined();
  }
  return result;
}

const book = (args: JsonObject = {}, person = PERSON) =>
  run('golf_book_tee_time', { teeTimeId: NINE, players: 2, price: PRICE, ...args }, person);
const prepare = (args: JsonObject = {}) =>
  toolOf('golf_book_tee_time').prepare?.({ teeTimeId: NINE, players: 2, price: PRICE, ...args }, context());
const written = () => service.seen.filter(({ method }) => method === 'PUT').length;
async function openSpots(): Promise<unknown> {
  const { structuredContent } = await run('golf_search_tee_times', { date: SATURDAY, from: '09:00', to: '09:00' });
  return (structuredContent as { teeTimes: { openSpots: number }[] }).teeTimes[0]?.openSpots;
}

describe('golf_search_tee_times', () => {
  it('tells open tee times with price, spots and the id to book by', async () => {
    const { structuredContent, text } = await run('golf_search_tee_times', {
      date: SATURDAY,
      from: '09:00',
      to: '09:10',
      course: 'links',
    });
    expect(structuredContent).toEqual({
      teeTimes: ['09:00', '09:10'].map((time) => ({
        teeTimeId: `links@${SATURDAY}T${time}`,
        course: 'Old Links',
        start: `${SATURDAY}T${time}`,
        timeZone: 'Europe/Lisbon',
        holes: 18,
        openSpots: 4,
        price: PRICE,
      })),
      more: false,
    });
    expect(text.split('\n')[0]).toBe(
      `“Old Links”, Sat ${SATURDAY} at 09:00 (Europe/Lisbon), 18 holes, 4 open, ${PRICE} each: ${NINE}`,
    );
  });

  it('says when there are more, and when there are none', async () => {
    const all = await run('golf_search_tee_times', { date: SATURDAY });
    expect(all.structuredContent).toMatchObject({ more: true });
    expect(all.text).toContain('There are others: narrow the search.');
    const none = await run('golf_search_tee_times', { date: SATURDAY, course: 'no such' });
    expect(none).toMatchObject({
      structuredContent: { teeTimes: [], more: false },
      text: 'No tee times are open then.',
    });
  });

  it('refuses a day that there is not, and times the wrong way round, before it asks anybody', async () => {
    expect(await run('golf_search_tee_times', { date: '2026-02-30' })).toMatchObject({ code: 'invalid_request' });
    const turned = await run('golf_search_tee_times', { date: SATURDAY, from: '12:00', to: '09:00' });
    expect(turned).toMatchObject({ isError: true, code: 'invalid_request' });
    expect(service.seen).toHaveLength(0);
  });

  it.each([
    ['a refusal', { status: 403 }, 'forbidden'],
    ['no more requests', { status: 429 }, 'rate_limited'],
    ['a fault', { status: 500 }, 'upstream_failed'],
    ['no JSON', { status: 200, body: '<html>' }, 'upstream_failed'],
    ['another shape', { status: 200, body: '{"tee_times":[{"id":7}],"more":false}' }, 'upstream_failed'],
  ] as const)(
    'answers %s of the service as an error',
    async (_what, how, code) => {
      service.fail({ method: 'GET', how, times: 4 });
      expect(await run('golf_search_tee_times', { date: SATURDAY })).toMatchObject({ isError: true, code });
    },
    30_000,
  );
});

describe('the question before a tee time is booked', () => {
  it('names course, day, players and the whole price', async () => {
    expect(await prepare()).toEqual({
      summary: `Book golf for 2 players at “Old Links”, Sat ${SATURDAY} at 09:00 (Europe/Lisbon), 18 holes, for 90.00 EUR (45.00 EUR each)`,
    });
    expect(await prepare({ players: 1 })).toEqual({
      summary: `Book golf for 1 player at “Old Links”, Sat ${SATURDAY} at 09:00 (Europe/Lisbon), 18 holes, for 45.00 EUR`,
    });
  });

  it.each([
    [
      'without its price',
      { price: undefined },
      'invalid_request',
      'The price is 45.00 EUR per player: pass it as price.',
    ],
    ['at another price', { price: '40.00 EUR' }, 'conflict', 'The price is 45.00 EUR per player, not 40.00 EUR.'],
    [
      'that there is not',
      { teeTimeId: 'links@2026-11-28T09:01' },
      'not_found',
      'There is no such tee time (any more).',
    ],
    ['without a price at one', { teeTimeId: `pines@${SATURDAY}T08:00` }, 'conflict', 'leave price out'],
  ])('is not put for a tee time %s', async (_what, args, code, words) => {
    const prepared = await prepare(args);
    expect(prepared).toEqual({
      refusal: expect.objectContaining({ isError: true, code, text: expect.stringContaining(words) }),
    });
    expect(written()).toBe(0);
  });

  it('is not put for one that is full, nor for one that stands', async () => {
    await book({ players: 3 }, OTHER_PERSON);
    expect(await prepare()).toMatchObject({ refusal: { isError: true, code: 'conflict' } });
    await book({ players: 1 });
    const standing = await prepare({ players: 1 });
    expect(standing).toMatchObject({ refusal: { structuredContent: { replayed: true } } });
    expect(await prepare({ players: 2 })).toMatchObject({ refusal: { isError: true, code: 'conflict' } });
  });

  it('goes unanswered where the service is away', async () => {
    service.fail({ method: 'GET', how: { status: 503 }, times: 4 });
    expect(await prepare()).toMatchObject({ refusal: { isError: true, code: 'upstream_failed' } });
  }, 30_000);
});

describe('golf_book_tee_time', () => {
  it('books, reads back, and shows it to its person alone', async () => {
    const { structuredContent, text } = await book();
    expect(structuredContent).toMatchObject({
      replayed: false,
      reservation: { teeTimeId: NINE, players: 2, price: PRICE },
    });
    expect(text).toMatch(
      /^Reserved: “Old Links”, Sat 2026-11-28 at 09:00 \(Europe\/Lisbon\), 18 holes, 2 players\. Reference \S+\.$/,
    );
    expect(service.seen.map(({ method }) => method)).toEqual(['PUT', 'GET']);
    const { reservation } = structuredContent as { reservation: JsonObject };
    expect((await run('golf_get_reservations', {})).structuredContent).toEqual({ reservations: [reservation] });
    expect((await run('golf_get_reservations', {}, OTHER_PERSON)).structuredContent).toEqual({ reservations: [] });
  });

  it('finds what was booked when the answer was lost after the commit, and books no second time', async () => {
    service.fail({ method: 'PUT', how: 'lost', afterwards: true });
    const { structuredContent } = await book();
    expect(structuredContent).toMatchObject({ replayed: false, reservation: { players: 2 } });
    expect(written()).toBe(2);
    expect(await openSpots()).toBe(2);
  });

  it('finds what was booked when no answer came in time', async () => {
    service.fail({ method: 'PUT', how: 'silent', afterwards: true });
    const { structuredContent } = await book();
    expect(structuredContent).toMatchObject({
      replayed: false,
      note: 'The answer was lost; the reservation was found made.',
    });
    expect(written()).toBe(1);
    expect(await openSpots()).toBe(2);
  }, 30_000);

  it('says that it may have been booked when nobody can be asked, and that trying again is safe', async () => {
    service.fail({ method: 'PUT', how: { status: 500 }, afterwards: true, times: 4 });
    service.fail({ method: 'GET', how: { status: 500 }, times: 4 });
    const failed = await book();
    expect(failed).toMatchObject({ isError: true, code: 'upstream_failed' });
    expect(failed.text).toContain('The tee time may have been reserved. Try again: it cannot be reserved twice.');
    expect((await book()).structuredContent).toMatchObject({ replayed: true });
    expect(await openSpots()).toBe(2);
  }, 30_000);

  it('says that nothing is booked when the service never got to it', async () => {
    service.fail({ method: 'PUT', how: { status: 503 }, times: 4 });
    const failed = await book();
    expect(failed).toMatchObject({ isError: true, code: 'upstream_failed' });
    expect(failed.text).toContain('The tee time is not reserved now.');
    expect(await openSpots()).toBe(4);
  }, 30_000);

  it('confirms what cannot be read back, and says so', async () => {
    service.fail({ method: 'GET', how: { status: 403 } });
    expect((await book()).structuredContent).toMatchObject({
      replayed: false,
      note: 'The service confirmed the reservation, but it could not be read back.',
    });
  });

  it('says what the service reserved differently than asked', async () => {
    const other = {
      tee_time_id: NINE,
      course: 'Old Links',
      start: `${SATURDAY}T09:00`,
      time_zone: 'Europe/Lisbon',
      holes: 18,
      players: 3,
      price: { amount: '60.00', currency: 'EUR' },
      reference: 'R-1',
    };
    service.fail({ method: 'GET', how: { status: 200, body: JSON.stringify(other) } });
    expect((await book()).structuredContent).toMatchObject({
      reservation: { players: 3, price: '60.00 EUR' },
      note: 'Reserved differently than asked: players, price.',
    });
  });

  it.each([
    ['full', { players: 4 }, 'conflict'],
    ['at a price that has changed', { price: '44.00 EUR' }, 'conflict'],
    ['gone', { teeTimeId: 'links@2026-11-20T09:00' }, 'conflict'],
    ['unknown', { teeTimeId: 'x' }, 'not_found'],
  ])('books nothing that is %s', async (_what, args, code) => {
    await book({ players: 1 }, OTHER_PERSON);
    expect(await book(args)).toMatchObject({ isError: true, code });
    expect((await run('golf_get_reservations', {})).structuredContent).toEqual({ reservations: [] });
  });

  it('sends the service an opaque member and nothing else about the person', async () => {
    await book();
    expect(service.seen[0]).toEqual({
      method: 'PUT',
      path: `/v1/members/${PERSON}/reservations/${encodeURIComponent(NINE)}`,
      body: '{"players":2,"price":{"amount":"45.00","currency":"EUR"}}',
    });
  });
});
