import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { playScenario } from './play.ts';
import { loadScenarios } from './scenario.ts';

// The scenarios that the offline planner must pass, on the whole system. `make eval` plays all of them, on models too.

const scenarios = loadScenarios();
const home = mkdtempSync(join(tmpdir(), 'sallyport-eval-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the scenarios', () => {
  it('are 60 or more, of every kind', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(60);
    expect(new Set(scenarios.map(({ kind }) => kind)).size).toBe(4);
  });

  it.each(
    scenarios.filter(({ offline }) => offline).map((scenario) => [scenario.kind, scenario.id, scenario] as const),
  )(
    '%s: %s',
    async (_kind, _id, scenario) => {
      const { problems } = await playScenario(scenario, { environment: { SALLYPORT_MODEL: 'offline' }, home });
      expect(problems).toEqual([]);
    },
    30_000,
  );

  it('are failed where the world is not as they say', async () => {
    const [booked] = scenarios.filter(({ id }) => id === 'book-with-a-contact');
    const [listed] = scenarios.filter(({ id }) => id === 'list-a-day');
    if (booked === undefined || listed === undefined) throw new Error('the scenarios are gone');
    const play = (scenario: typeof booked) =>
      playScenario(scenario, { environment: { SALLYPORT_MODEL: 'offline' }, home });
    const unseen = await play({
      ...booked,
      expect: { ...booked.expect, events: [], asked: 2, leaks: ['ana@example.com'] },
    });
    expect(unseen.problems).toEqual([
      'asked for a yes 1 times, not 2',
      expect.stringMatching(/^in the calendar, and should not be: .*ana@example\.com/),
      '"ana@example.com" went out',
    ]);
    const unsaid = await play({ ...listed, expect: { ...listed.expect, says: ['Opera'], ran: ['createevent'] } });
    expect(unsaid.problems).toEqual(['createevent did not run', expect.stringMatching(/^the answer lacks \/Opera\//)]);
  }, 30_000);
});
