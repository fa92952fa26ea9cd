import { describe, expect, it } from '@jest/globals';
import {
  INSTANCES_MS,
  type ReplaceDeps,
  replaceEdgeSecret,
} from '../../../../scripts/aws/parts/replace-edge-secret.ts';
import { createSecret } from '../../../../src/kernel/secret.ts';

// Time is simulated: what every instance of an API may still remember, and what every location of the edge may still send.

/** How long an instance remembers a parameter (SALLYPORT_PARAMETER_TTL_SECONDS by default). */
const REMEMBERED_MS = 300_000;
/** How long a location may send what it had. */
const LATE_MS = 30_000;

interface Written {
  readonly atMs: number;
  readonly value: string;
}

class Crash extends Error {}

function createWorld(value: string | undefined) {
  let nowMs = 0;
  const parameter: Written[] = value === undefined ? [] : [{ atMs: Number.NEGATIVE_INFINITY, value }];
  const edge: Written[] =
    value === undefined ? [] : [{ atMs: Number.NEGATIVE_INFINITY, value: value.split(',')[0] ?? '' }];
  let stepsLeft = Number.POSITIVE_INFINITY;
  const step = async <Result>(act: () => Result): Promise<Result> => {
    if (stepsLeft === 0) throw new Crash('killed');
    stepsLeft -= 1;
    return act();
  };
  let made = 0;
  const said: string[] = [];
  const deps: ReplaceDeps = {
    read: async () => {
      const last = parameter.at(-1);
      return last === undefined ? undefined : createSecret(last.value);
    },
    write: (secret) => step(() => void parameter.push({ atMs: nowMs, value: secret.reveal() })),
    send: (secret) => step(() => void edge.push({ atMs: nowMs, value: secret.reveal() })),
    generate: () => {
      made += 1;
      return `new-${made}`;
    },
    sleep: (ms) =>
      step(() => {
        nowMs += ms;
      }),
    say: (text) => void said.push(text),
  };
  /** The values that somebody may still hold at a time: the newest, and those it took the place of not long before. */
  const current = (written: readonly Written[], atMs: number, lateMs: number): readonly string[] =>
    written
      .filter(
        ({ atMs: from }, index) =>
          from <= atMs && (written[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) > atMs - lateMs,
      )
      .map((one) => one.value);
  const refusals = (): readonly string[] => {
    const moments = [...parameter, ...edge].flatMap(({ atMs }) => [atMs, atMs + LATE_MS, atMs + REMEMBERED_MS]);
    return moments.filter(Number.isFinite).flatMap((atMs) =>
      current(edge, atMs, LATE_MS).flatMap((sent) =>
        current(parameter, atMs, REMEMBERED_MS)
          .filter((known) => !known.split(',').includes(sent))
          .map((known) => `at ${atMs}: ${sent} is sent, ${known} is known`),
      ),
    );
  };
  return {
    deps,
    said,
    parameter,
    edge,
    refusals,
    killAfter: (steps: number) => {
      stepsLeft = steps;
    },
  };
}

describe('replacing the edge’s secret', () => {
  it('ends with the new one at both, and no request was refused on the way', async () => {
    const world = createWorld('old');
    await expect(replaceEdgeSecret(world.deps)).resolves.toBe(true);
    expect(world.parameter.map(({ value }) => value)).toEqual(['old', 'old,new-1', 'new-1']);
    expect(world.edge.map(({ value }) => value)).toEqual(['old', 'new-1']);
    expect(world.refusals()).toEqual([]);
    expect(INSTANCES_MS).toBeGreaterThan(REMEMBERED_MS);
  });

  it.each([0, 1, 2, 3, 4])(
    'goes on when it was killed after %i steps, with the same secret, refusing nobody',
    async (steps) => {
      const world = createWorld('old');
      world.killAfter(steps);
      await expect(replaceEdgeSecret(world.deps)).rejects.toThrow(Crash);
      world.killAfter(Number.POSITIVE_INFINITY);
      await expect(replaceEdgeSecret(world.deps)).resolves.toBe(true);
      const [last] = world.parameter.slice(-1);
      expect(world.edge.at(-1)?.value).toBe(last?.value);
      expect(last?.value).toMatch(/^new-\d$/);
      expect(world.refusals()).toEqual([]);
    },
  );

  it('would be found to refuse, were the edge told first', async () => {
    const world = createWorld('old');
    await world.deps.send(createSecret('new-1'));
    await world.deps.write(createSecret('new-1'));
    expect(world.refusals()).not.toEqual([]);
  });

  it('says nothing of either secret, and does nothing where there is none', async () => {
    const world = createWorld('old');
    await replaceEdgeSecret(world.deps);
    expect(world.said.join()).not.toMatch(/new-1|\bold\b,/);
    await expect(replaceEdgeSecret(createWorld(undefined).deps)).resolves.toBe(false);
  });
});
