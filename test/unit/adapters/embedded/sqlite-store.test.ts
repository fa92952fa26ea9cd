import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSqliteStore, type SqliteStoreOptions } from '../../../../src/adapters/embedded/sqlite-store.ts';
import type { KeyValueStore } from '../../../../src/ports/key-value-store.ts';
import { createTestClock } from '../../../support/clock.ts';

// What the SQLite store promises beyond the contract of every store: about its file, a full disk, a damaged file, a crash, a second process.

const SOURCE = new URL('../../../../src/adapters/embedded/sqlite-store.ts', import.meta.url).href;

let directory: string;
let file: string;
let clock: ReturnType<typeof createTestClock>;
let open: KeyValueStore[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-sqlite-'));
  file = join(directory, 'inner', 'store.db');
  clock = createTestClock();
  open = [];
});
afterEach(async () => {
  for (const store of open) await store.close();
  await rm(directory, { recursive: true, force: true });
});

function openStore(over: Partial<SqliteStoreOptions> = {}): KeyValueStore {
  const store = createSqliteStore({ file, clock, ...over });
  open.push(store);
  return store;
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

/** Another process with the same file open; `body` is the inside of an async function with `store` and `say(text)`. */
function startProcess(body: string) {
  const source = `
    const { createSqliteStore } = await import(${JSON.stringify(SOURCE)});
    const store = createSqliteStore({ file: process.argv[1], clock: { nowMs: () => ${clock.nowMs()} } });
    const say = (text) => process.stdout.write(text + '\\n');
    ${body}`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', source, file],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    child,
    async said(text: string): Promise<void> {
      while (!output.includes(text)) await once(child.stdout, 'data');
    },
    async ended(): Promise<string> {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
      return output.trim();
    },
  };
}

describe('the file', () => {
  it('can be read by its owner alone, journals included, in a folder of the owner’s', async () => {
    const store = openStore();
    await store.set('k', 'v');
    expect(await modeOf(file)).toBe(0o600);
    expect(await modeOf(`${file}-wal`)).toBe(0o600);
    expect(await modeOf(join(directory, 'inner'))).toBe(0o700);
  });

  it('is closed to others when it was open to them before', async () => {
    await openStore().close();
    await chmod(file, 0o644);
    openStore();
    expect(await modeOf(file)).toBe(0o600);
  });

  it('keeps records from one opening to the next', async () => {
    const first = openStore();
    await first.set('k', 'v');
    await first.set('brief', 'v', { ttlSeconds: 10 });
    await first.close();
    clock.advance(10_000);
    const second = openStore();
    expect(await second.get('k')).toBe('v');
    expect(await second.get('brief')).toBeUndefined();
  });

  it('loses expired records for good, so that it does not grow for ever', async () => {
    const store = openStore();
    for (let n = 0; n < 1_200; n += 1) {
      await store.set(`nonce:${n}`, 'x', { ttlSeconds: 1 });
      clock.advance(10);
    }
    const reader = new DatabaseSync(file, { readOnly: true });
    const rows = Number(reader.prepare('SELECT count(*) AS rows FROM records').get()?.['rows']);
    reader.close();
    expect(rows).toBeLessThan(700);
  });
});

describe('a full disk', () => {
  it('answers unavailable, keeps the record as it was, and serves reads and deletes', async () => {
    const store = openStore({ maxPages: 40 });
    await store.set('kept', 'as it was');
    const refused = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining(file) });
    await expect(store.set('kept', 'x'.repeat(500_000))).rejects.toEqual(refused);
    await expect(store.setIfAbsent('new', 'x'.repeat(500_000))).rejects.toEqual(refused);
    await expect(store.compareAndSet('kept', 'as it was', 'x'.repeat(500_000))).rejects.toEqual(refused);
    expect(await store.get('kept')).toBe('as it was');
    expect(await store.get('new')).toBeUndefined();
    await store.close();
    const again = openStore({ maxPages: 40 });
    expect(await again.get('kept')).toBe('as it was');
    expect(await again.compareAndDelete('kept', 'as it was')).toBe(true);
  });

  it('makes room from expired records before it refuses', async () => {
    const store = openStore({ maxPages: 60 });
    await store.set('old', 'x'.repeat(150_000), { ttlSeconds: 5 });
    await expect(store.set('new', 'y'.repeat(150_000))).rejects.toMatchObject({ code: 'unavailable' });
    clock.advance(5_000);
    await store.set('new', 'y'.repeat(150_000));
    expect((await store.get('new'))?.length).toBe(150_000);
  });
});

describe('a file that cannot be used', () => {
  it.each([
    ['no database at all', 'this is a text file, and a long enough one to be looked at\n'.repeat(100)],
    ['a database cut off in its header', 'SQLite format 3\u0000'.padEnd(2_000, '\u0001')],
  ])('is refused with what to do: %s', async (_, content) => {
    await openStore().close();
    await writeFile(file, content);
    expect(() => openStore()).toThrow(
      expect.objectContaining({ code: 'misconfigured', message: expect.stringMatching(/damaged.*move/s) }),
    );
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('is refused when pages in its middle are damaged', async () => {
    const store = openStore();
    for (let n = 0; n < 400; n += 1) await store.set(`k:${n}`, 'x'.repeat(500));
    await store.close();
    const bytes = await readFile(file);
    bytes.fill(0xa5, 4_096 * 2, 4_096 * 12);
    await writeFile(file, bytes);
    expect(() => openStore()).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });

  it('is refused when a later version wrote it', async () => {
    await openStore().close();
    const database = new DatabaseSync(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openStore()).toThrow(expect.objectContaining({ message: expect.stringContaining('later version') }));
  });

  it('is unavailable when its folder cannot be made', async () => {
    await writeFile(join(directory, 'inner'), 'in the way');
    expect(() => openStore()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

describe('several processes on one file', () => {
  it('open a new file in the same moment, and only one of them gets each key', async () => {
    const body = `
      let won = 0;
      for (let n = 0; n < 150; n += 1) won += (await store.setIfAbsent('nonce:' + n, String(process.pid))) ? 1 : 0;
      say(String(won));`;
    const processes = Array.from({ length: 4 }, () => startProcess(body));
    const won = (await Promise.all(processes.map((made) => made.ended()))).map(Number);
    expect(won.reduce((sum, each) => sum + each, 0)).toBe(150);
  });

  it('see each other’s writes at once', async () => {
    const store = openStore();
    await store.set('k', 'ours');
    const other = startProcess(`say(await store.get('k')); await store.set('k', 'theirs'); await store.close();`);
    expect(await other.ended()).toBe('ours');
    expect(await store.get('k')).toBe('theirs');
  });

  it('lose nothing that was answered when one of them is killed in the middle of its writes', async () => {
    const other = startProcess(`
      for (let n = 0; ; n += 1) {
        await store.set('k:' + String(n).padStart(6, '0'), 'x'.repeat(5000));
        say(String(n) + ' done');
      }`);
    await other.said('50 done');
    other.child.kill('SIGKILL');
    const done = (await other.ended()).split('\n').filter((line) => line.endsWith(' done'));
    const store = openStore();
    for (const line of done) {
      const key = `k:${String(Number.parseInt(line, 10)).padStart(6, '0')}`;
      expect((await store.get(key))?.length).toBe(5_000);
    }
    await store.set('after', 'v');
    expect(await store.get('after')).toBe('v');
  });

  it('are told unavailable when one of them holds the file for too long', async () => {
    const store = openStore({ busyTimeoutMs: 50 });
    await store.set('k', 'v');
    const holder = new DatabaseSync(file);
    holder.exec('BEGIN IMMEDIATE');
    await expect(store.set('k', 'other')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await store.get('k')).toBe('v');
    holder.exec('ROLLBACK');
    holder.close();
    await store.set('k', 'other');
    expect(await store.get('k')).toBe('other');
  });
});

describe('text with NUL', () => {
  it('is refused, as a key and as a value: it would come back shorter', async () => {
    const store = openStore();
    const refused = expect.objectContaining({ code: 'invalid_request' });
    await expect(store.set('k\0tail', 'v')).rejects.toEqual(refused);
    await expect(store.set('k', 'v\0tail')).rejects.toEqual(refused);
    await expect(store.get('k\0tail')).rejects.toEqual(refused);
    await expect(store.list('k\0')).rejects.toEqual(refused);
  });
});
