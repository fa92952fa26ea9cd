import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { AppError } from '../../kernel/app-error.ts';
import { ttlMs } from '../../kernel/time-to-live.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Expiry, KeyValueStore } from '../../ports/key-value-store.ts';
import { sqliteFault } from './sqlite-fault.ts';

// The store of one machine: a SQLite file that survives crashes and may be opened by several processes at once.
// Each operation is one SQL statement, so it happens whole or not at all. It encrypts nothing: secrets arrive sealed (`src/vault`).

export interface SqliteStoreOptions {
  /** Made with mode 0600 when absent, its folder with 0700. */
  readonly file: string;
  readonly clock: Clock;
  /** Pages of 4 KiB the file may grow to. Writes beyond it are refused as on a full disk. */
  readonly maxPages?: number;
  /** How long a write waits for another process, milliseconds. SQLite waits inside the call, so this is also how long the event loop may stand still. */
  readonly busyTimeoutMs?: number;
}

const SCHEMA_VERSION = 1;
const DEFAULT_PAGE = 100;
const DEFAULT_BUSY_TIMEOUT_MS = 2_000;
const WRITES_BETWEEN_SWEEPS = 500;
/** Rows deleted by one sweep: enough to keep up with the writes between two, too few to hold the file for long. */
const ROWS_PER_SWEEP = 2_000;

const statements = {
  get: 'SELECT value FROM records WHERE key = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)',
  set: `INSERT INTO records (key, value, expires_at_ms) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at_ms = excluded.expires_at_ms`,
  setIfAbsent: `INSERT INTO records (key, value, expires_at_ms) VALUES (?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at_ms = excluded.expires_at_ms
    WHERE records.expires_at_ms <= ?`,
  compareAndSet: `UPDATE records SET value = ?, expires_at_ms = ?
    WHERE key = ? AND value = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)`,
  compareAndDelete: `DELETE FROM records
    WHERE key = ? AND value = ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)`,
  // A record that is no whole number is left alone: no row comes back.
  increment: `INSERT INTO records (key, value, expires_at_ms) VALUES (:key, '1', :expires)
    ON CONFLICT (key) DO UPDATE SET
      value = CASE WHEN expires_at_ms <= :now THEN '1' ELSE CAST(CAST(value AS INTEGER) + 1 AS TEXT) END,
      expires_at_ms = CASE WHEN expires_at_ms <= :now THEN excluded.expires_at_ms ELSE expires_at_ms END
    WHERE expires_at_ms <= :now OR CAST(CAST(value AS INTEGER) AS TEXT) = value
    RETURNING value`,
  listFrom: `SELECT key FROM records WHERE key >= ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)
    ORDER BY key LIMIT ?`,
  listAfter: `SELECT key FROM records WHERE key > ? AND (expires_at_ms IS NULL OR expires_at_ms > ?)
    ORDER BY key LIMIT ?`,
  sweep: `DELETE FROM records WHERE key IN
    (SELECT key FROM records WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)`,
} as const;

type StatementName = keyof typeof statements;

/** Blocks this thread for a moment; only while a file is being opened, before anything is served. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Two processes that open a new file in the same moment contend for the switch to WAL, for which SQLite does not wait by itself. */
function enableWal(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (cause) {
      if (attempt === 40) throw cause;
      pause(25);
    }
  }
}

function migrate(database: DatabaseSync, file: string): void {
  database.exec('BEGIN IMMEDIATE');
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > SCHEMA_VERSION) {
    database.exec('ROLLBACK');
    throw new AppError('misconfigured', `${file} was written by a later version of Sallyport: use that version.`);
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at_ms INTEGER);
    CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
    PRAGMA user_version = ${SCHEMA_VERSION};
    COMMIT`);
}

function openDatabase(options: SqliteStoreOptions): DatabaseSync {
  const { file } = options;
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Made before SQLite sees it: the journal files that SQLite adds beside it take its mode.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    database = new DatabaseSync(file, { timeout: options.busyTimeoutMs ?? DEFAULT_BUSY_TIMEOUT_MS });
    enableWal(database);
    // Every commit reaches the disk before it is answered: a revocation must not come undone with the power.
    database.exec('PRAGMA synchronous = FULL');
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw sqliteFault({ errcode: 11, message: String(check) }, file);
    if (options.maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(options.maxPages)}`);
    migrate(database, file);
    return database;
  } catch (cause) {
    database?.close();
    throw sqliteFault(cause, file);
  }
}

/** node:sqlite reads text up to the first NUL only: such a key could pass for a shorter one. */
function demandNoNul(...texts: readonly string[]): void {
  if (texts.some((text) => text.includes('\0'))) {
    throw new AppError('invalid_request', 'Text with a NUL character cannot be stored.');
  }
}

/** Runs statements on one file: prepares each once, sweeps expired rows now and then, and turns SQLite's errors into ours. */
function createRunner(database: DatabaseSync, { clock, file }: SqliteStoreOptions) {
  const prepared = new Map<StatementName, StatementSync>();
  let writesSinceSweep = 0;

  function statement(name: StatementName): StatementSync {
    const known = prepared.get(name);
    if (known !== undefined) return known;
    const made = database.prepare(statements[name]);
    prepared.set(name, made);
    return made;
  }

  function sweep(): void {
    writesSinceSweep = 0;
    statement('sweep').run(clock.nowMs(), ROWS_PER_SWEEP);
  }

  function read<Value>(action: () => Value): Value {
    try {
      return action();
    } catch (cause) {
      throw sqliteFault(cause, file);
    }
  }

  /** A file that is full may hold expired rows: they are swept and the write is tried once more. */
  function write<Value>(action: () => Value): Value {
    try {
      writesSinceSweep += 1;
      if (writesSinceSweep >= WRITES_BETWEEN_SWEEPS) sweep();
      return action();
    } catch (cause) {
      const fault = sqliteFault(cause, file);
      if (fault.details?.['reason'] !== 'full') throw fault;
    }
    return read(() => {
      sweep();
      return action();
    });
  }

  return { statement, read, write };
}

export function createSqliteStore(options: SqliteStoreOptions): KeyValueStore {
  const { clock } = options;
  const database = openDatabase(options);
  const { statement, read, write } = createRunner(database, options);
  const expiresAtMs = (expiry: Expiry | undefined): number | null =>
    expiry?.ttlSeconds === undefined ? null : clock.nowMs() + ttlMs(expiry.ttlSeconds);

  return {
    async get(key) {
      demandNoNul(key);
      const row = read(() => statement('get').get(key, clock.nowMs()));
      return row === undefined ? undefined : String(row['value']);
    },
    async set(key, value, expiry) {
      demandNoNul(key, value);
      const expires = expiresAtMs(expiry);
      write(() => statement('set').run(key, value, expires));
    },
    async setIfAbsent(key, value, expiry) {
      demandNoNul(key, value);
      const expires = expiresAtMs(expiry);
      return write(() => statement('setIfAbsent').run(key, value, expires, clock.nowMs())).changes === 1;
    },
    async compareAndSet(key, expected, value, expiry) {
      demandNoNul(key, expected, value);
      const expires = expiresAtMs(expiry);
      return write(() => statement('compareAndSet').run(value, expires, key, expected, clock.nowMs())).changes === 1;
    },
    async compareAndDelete(key, expected) {
      demandNoNul(key, expected);
      return write(() => statement('compareAndDelete').run(key, expected, clock.nowMs())).changes === 1;
    },
    async increment(key, expiry) {
      demandNoNul(key);
      const expires = expiresAtMs(expiry);
      const row = write(() => statement('increment').get({ key, expires, now: clock.nowMs() }));
      if (row === undefined) throw new AppError('internal', 'The record to increment is not a number.');
      return Number(row['value']);
    },
    async list(prefix, page = {}) {
      const { cursor, limit = DEFAULT_PAGE } = page;
      demandNoNul(prefix);
      const rows = read(() =>
        cursor === undefined
          ? statement('listFrom').all(prefix, clock.nowMs(), limit + 1)
          : statement('listAfter').all(cursor, clock.nowMs(), limit + 1),
      );
      // Keys come in order, so those of the prefix are together: the first foreign one ends them.
      const keys = rows.map((row) => String(row['key'])).filter((key) => key.startsWith(prefix));
      const last = keys[limit - 1];
      return keys.length > limit && last !== undefined ? { keys: keys.slice(0, limit), cursor: last } : { keys };
    },
    async close() {
      if (database.isOpen) database.close();
    },
  };
}
