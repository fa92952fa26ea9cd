import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { type Course, parseCourses } from '../../src/adapters/golf/courses.ts';
import { createTeeSheet } from '../../src/adapters/golf/tee-sheet.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import type { TeeTimeProvider } from '../../src/ports/tee-times.ts';
import { installPeer } from './peers.ts';
import { freePort } from './redis-server.ts';

// Two courses, a tee sheet over them, and Prism, which holds what passes through it against the description of tee-time services.

/** On 2026-11-28, a Saturday, a week after the test clock's day. */
export const SHEET = [
  {
    id: 'links',
    name: 'Old Links',
    time_zone: 'Europe/Lisbon',
    first: '07:30',
    last: '17:00',
    every_minutes: 10,
    price: { amount: '45.00', currency: 'EUR' },
  },
  {
    id: 'pines',
    name: 'Pine Valley Nine',
    time_zone: 'America/New_York',
    holes: 9,
    first: '08:00',
    last: '09:00',
    every_minutes: 20,
    spots: 2,
    days_ahead: 14,
  },
];
export const COURSES: readonly Course[] = parseCourses(JSON.stringify(SHEET));
export const SATURDAY = '2026-11-28';
export const PRICE = { amount: '45.00', currency: 'EUR' };

export const testRandom = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };

export function createTestSheet(clock: Clock, store: KeyValueStore = createMemoryStore({ clock })): TeeTimeProvider {
  return createTeeSheet({ store, clock, random: testRandom, courses: COURSES });
}

export interface Judge {
  /** In place of the service's own. */
  readonly url: string;
  /** Every violation so far, in Prism's words. */
  violations(): readonly string[];
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../peers/openapi/', import.meta.url));
const DESCRIPTION = fileURLToPath(new URL('../../docs/openapi/tee-times.yaml', import.meta.url));
const STARTS_WITHIN_MS = 60_000;

/** Prism between a client and a service: what either says wrongly is answered with an error, and noted. */
export async function startJudge(serviceUrl: string): Promise<Judge> {
  await installPeer('@stoplight/prism-cli', 'openapi');
  const port = await freePort();
  const args = [
    'node_modules/.bin/prism',
    'proxy',
    DESCRIPTION,
    serviceUrl,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    '--errors',
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', listen);
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (!said.includes('Prism is listening')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`Prism did not start: ${said}`);
    await sleep(50);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    violations: () => said.split('\n').filter((line) => /violation|terminated with error/i.test(line)),
    close: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
