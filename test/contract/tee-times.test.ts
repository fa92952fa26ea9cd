import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createStoreView } from '../../src/adapters/embedded/store-view.ts';
import { createHttpTeeTimes } from '../../src/adapters/golf/http-tee-times.ts';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { storeAccess } from '../../src/config/store-access.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { TeeTimeProvider } from '../../src/ports/tee-times.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { OTHER_PERSON, PERSON } from '../support/mcp-app.ts';
import { startTeeTimeService } from '../support/tee-time-service.ts';
import { createTestSheet, PRICE, SATURDAY, startJudge, testRandom } from '../support/tee-times.ts';

// What every provider of tee times promises (src/ports/tee-times.ts), whichever adapter it is. The service behind HTTP is asked through Prism, so that
// each request of ours and each answer is what docs/openapi/tee-times.yaml says.

interface Opened {
  readonly provider: TeeTimeProvider;
  close(): Promise<void>;
}

const KEY = 'key-of-the-service';
const NOTHING_TO_CLOSE = async (): Promise<void> => {};

/** With the rights that the MCP API has in the store, and no others. */
async function openSheet(clock: TestClock): Promise<Opened> {
  const store = createStoreView(createMemoryStore({ clock }), storeAccess['mcp-key']);
  return { provider: createTestSheet(clock, store), close: NOTHING_TO_CLOSE };
}

async function openHttp(clock: TestClock): Promise<Opened> {
  const service = await startTeeTimeService({ provider: createTestSheet(clock), key: KEY });
  const judge = await startJudge(service.url);
  const http = createOutsideClient({
    clock: { nowMs: () => Date.now() },
    random: testRandom,
    log: createTestLog(),
    allow: { hosts: [new URL(judge.url).host] },
  });
  return {
    provider: createHttpTeeTimes({ http, url: judge.url, key: createSecret(KEY) }),
    async close() {
      http.close();
      await judge.close();
      await service.close();
      expect(judge.violations()).toEqual([]);
    },
  };
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000);
const NINE = `links@${SATURDAY}T09:00`;
const EIGHT = `pines@${SATURDAY}T08:00`;
const full = expect.objectContaining({
  code: 'conflict',
  details: expect.objectContaining({ reason: 'full', written: 'no' }),
});
const because = (reason: string) =>
  expect.objectContaining({ code: 'conflict', details: expect.objectContaining({ reason, written: 'no' }) });

describe.each([
  ['the tee sheet in the store', openSheet],
  ['a service behind HTTP', openHttp],
])('%s', (_name, open) => {
  let clock: TestClock;
  let opened: Opened;
  let provider: TeeTimeProvider;
  beforeEach(async () => {
    clock = createTestClock();
    opened = await open(clock);
    provider = opened.provider;
  }, 120_000);
  afterEach(() => opened.close());

  const reserve = (person: string, teeTimeId: string, players: number, price: typeof PRICE | 'none' = PRICE) =>
    provider.reserve({ person, teeTimeId, players, ...(price !== 'none' && { price }) }, signal());

  it('finds the open tee times of a date by time, players and course, and says that there are more', async () => {
    const search = { date: SATURDAY, players: 1, limit: 2 };
    const { teeTimes, more } = await provider.search({ ...search, from: '08:50' }, signal());
    expect(more).toBe(true);
    expect(teeTimes).toEqual([
      {
        id: `links@${SATURDAY}T08:50`,
        course: 'Old Links',
        start: `${SATURDAY}T08:50`,
        timeZone: 'Europe/Lisbon',
        holes: 18,
        openSpots: 4,
        price: PRICE,
      },
      expect.objectContaining({ id: NINE }),
    ]);
    const nine = await provider.search(
      { ...search, limit: 50, from: '08:00', to: '08:20', course: 'VALLEY' },
      signal(),
    );
    expect(nine.teeTimes.map(({ id, holes, openSpots, price }) => [id, holes, openSpots, price])).toEqual([
      [EIGHT, 9, 2, undefined],
      [`pines@${SATURDAY}T08:20`, 9, 2, undefined],
    ]);
    expect(nine.more).toBe(false);
    const four = await provider.search({ ...search, players: 3, course: 'valley' }, signal());
    expect(four).toEqual({ teeTimes: [], more: false });
  });

  it('offers nothing that has passed or that cannot be booked yet', async () => {
    // 12:00 UTC is 12:00 in Lisbon and 07:00 in New York.
    const today = await provider.search({ date: '2026-11-21', players: 1, limit: 1 }, signal());
    expect(today.teeTimes.map(({ id }) => id)).toEqual(['pines@2026-11-21T08:00']);
    expect((await provider.search({ date: '2026-11-20', players: 1, limit: 1 }, signal())).teeTimes).toEqual([]);
    const late = await provider.search({ date: '2026-12-06', players: 1, limit: 50, course: 'valley' }, signal());
    expect(late.teeTimes).toEqual([]);
    expect(await provider.find('pines@2026-12-06T08:00', signal())).toBeUndefined();
    await expect(reserve(PERSON, 'pines@2026-12-06T08:00', 1, 'none')).rejects.toEqual(because('not_bookable'));
  });

  it('reserves, shows what was reserved, and takes the spots off the sheet', async () => {
    const { reservation, replayed } = await reserve(PERSON, NINE, 3);
    expect(replayed).toBe(false);
    expect(reservation).toEqual({
      teeTimeId: NINE,
      course: 'Old Links',
      start: `${SATURDAY}T09:00`,
      timeZone: 'Europe/Lisbon',
      holes: 18,
      players: 3,
      price: PRICE,
      reference: expect.stringMatching(/^\S{8,}$/),
    });
    expect(await provider.reservation(PERSON, NINE, signal())).toEqual(reservation);
    expect(await provider.reservations(PERSON, undefined, signal())).toEqual([reservation]);
    expect((await provider.find(NINE, signal()))?.openSpots).toBe(1);
    expect(await provider.reservation(OTHER_PERSON, NINE, signal())).toBeUndefined();
    expect(await provider.reservations(OTHER_PERSON, undefined, signal())).toEqual([]);
  });

  it('answers the same reservation when it is asked for again, and makes no second one', async () => {
    const { reservation } = await reserve(PERSON, NINE, 2);
    expect(await reserve(PERSON, NINE, 2)).toEqual({ reservation, replayed: true });
    expect((await provider.find(NINE, signal()))?.openSpots).toBe(2);
    await expect(reserve(PERSON, NINE, 1)).rejects.toEqual(because('other_reservation'));
    expect(await provider.reservations(PERSON, undefined, signal())).toEqual([reservation]);
  });

  it('gives the last spots to one of many who ask at once', async () => {
    const persons = Array.from({ length: 8 }, (_, index) => `p_01BX5ZZKBKACTAV9WEVGEMMV${index}Z`);
    const outcomes = await Promise.allSettled(persons.map((person) => reserve(person, EIGHT, 2, 'none')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toEqual(refused.map(() => full));
    expect((await provider.find(EIGHT, signal()))?.openSpots).toBe(0);
  });

  it('makes one reservation for one person who asks many times at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => reserve(PERSON, NINE, 2)));
    expect(new Set(outcomes.map(({ reservation }) => reservation.reference)).size).toBe(1);
    expect(outcomes.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await provider.find(NINE, signal()))?.openSpots).toBe(2);
  });

  it('gives away no more spots than there are, nor one at another price, nor one that there is not', async () => {
    await reserve(OTHER_PERSON, NINE, 3);
    await expect(reserve(PERSON, NINE, 2)).rejects.toEqual(full);
    await expect(reserve(PERSON, NINE, 1, { ...PRICE, amount: '40.00' })).rejects.toEqual(because('price_changed'));
    await expect(reserve(PERSON, NINE, 1, 'none')).rejects.toEqual(because('price_changed'));
    await expect(reserve(PERSON, EIGHT, 1)).rejects.toEqual(because('price_changed'));
    for (const id of [`links@${SATURDAY}T09:05`, `links@2026-02-30T09:00`, `nowhere@${SATURDAY}T09:00`, 'x']) {
      await expect(reserve(PERSON, id, 1)).rejects.toMatchObject({ code: 'not_found', details: { written: 'no' } });
      expect(await provider.find(id, signal())).toBeUndefined();
    }
    expect(await provider.reservations(PERSON, undefined, signal())).toEqual([]);
  });

  it('shows what is to come, by its course’s clock, or from a date on', async () => {
    await reserve(PERSON, `links@${SATURDAY}T16:00`, 1);
    await reserve(PERSON, EIGHT, 1, 'none');
    const ids = async (from?: string) =>
      (await provider.reservations(PERSON, from, signal())).map(({ teeTimeId }) => teeTimeId);
    expect(await ids()).toEqual([EIGHT, `links@${SATURDAY}T16:00`]);
    // 12:59 UTC is 07:59 in New York; a minute later players there have started.
    clock.set(Date.parse(`${SATURDAY}T12:59Z`));
    expect(await ids()).toEqual([EIGHT, `links@${SATURDAY}T16:00`]);
    clock.advance(120_000);
    expect(await ids()).toEqual([`links@${SATURDAY}T16:00`]);
    expect(await ids(SATURDAY)).toEqual([EIGHT, `links@${SATURDAY}T16:00`]);
    expect(await ids('2026-11-29')).toEqual([]);
    // A reservation that stands is answered again even when its time has come.
    expect((await reserve(PERSON, EIGHT, 1, 'none')).replayed).toBe(true);
  });
});
