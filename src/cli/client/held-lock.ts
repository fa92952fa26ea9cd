import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// One holder at a time among all processes of this user, for as long as the work takes: a file that its holder keeps touching. That of a process
// that died is taken over.

const TOUCH_MS = 2_000;
const STALE_MS = 10_000;
const LOOK_MS = 50;

const ageOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );

/** Several may find the same dead lock. One of them gets its name away; whoever then holds a live one by it gives that back. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await ageOf(aside)) <= STALE_MS) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if ((await ageOf(path)) > STALE_MS) await takeAway(path);
  return false;
}

/** Rejects with the signal's `AbortError` when that ends the waiting. */
export async function whileHolding<Value>(
  path: string,
  signal: AbortSignal,
  work: () => Promise<Value>,
): Promise<Value> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  while (!(await take(path))) await sleep(LOOK_MS, undefined, { signal });
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(path, { force: true });
  }
}
