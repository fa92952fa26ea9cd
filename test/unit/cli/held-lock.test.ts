import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { whileHolding } from '../../../src/cli/client/held-lock.ts';

// A lock among processes: here among many who ask at once, which comes to the same, for all of it lies in the file.

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const patience = () => AbortSignal.timeout(15_000);

function leaveBehind(secondsAgo: number): void {
  writeFileSync(path, '');
  const at = Date.now() / 1000 - secondsAgo;
  utimesSync(path, at, at);
}

/** Many at once; answers how many were inside together at most, and how many came in at all. */
async function hold(count: number): Promise<{ readonly most: number; readonly came: number }> {
  let inside = 0;
  let most = 0;
  let came = 0;
  const work = async () => {
    inside += 1;
    came += 1;
    most = Math.max(most, inside);
    await sleep(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: count }, () => whileHolding(path, patience(), work)));
  return { most, came };
}

describe('a held lock', () => {
  it('lets one in at a time, and leaves nothing', async () => {
    expect(await hold(20)).toEqual({ most: 1, came: 20 });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a process that died is taken over by one of those who wait', async () => {
    leaveBehind(60);
    expect(await hold(20)).toEqual({ most: 1, came: 20 });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of somebody who is at it is waited for, as long as the signal lets it', async () => {
    leaveBehind(5);
    const waiting = whileHolding(path, AbortSignal.timeout(200), async () => 'in');
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is free again when the work fails', async () => {
    await expect(whileHolding(path, patience(), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await whileHolding(path, patience(), async () => 'in')).toBe('in');
  });
});
