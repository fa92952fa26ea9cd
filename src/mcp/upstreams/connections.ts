import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { UpstreamConnection, UpstreamConnector } from '../../ports/upstream.ts';

// The open connections to one server: one for each tenant that used it of late, or one for all where it holds nobody's data. Never is one person's
// connection given to another. A broken one is dropped and opened anew at the next call; one that nobody uses for a while is closed.

export interface Connections {
  /** Opens one when there is none that works. Calls at the same time wait for the same one. */
  get(tenant: string | undefined, signal: AbortSignal): Promise<UpstreamConnection>;
  /** Counts the work as use, so that the connection stays. */
  using<Value>(connection: UpstreamConnection, work: () => Promise<Value>): Promise<Value>;
  /** Closes it now, whatever it is doing. */
  discard(connection: UpstreamConnection): void;
  close(): Promise<void>;
}

export interface ConnectionsDeps {
  readonly connector: UpstreamConnector;
  readonly clock: Clock;
  /** Told of each new connection before anybody uses it; what it throws closes the connection. */
  readonly onOpen: (connection: UpstreamConnection, signal: AbortSignal) => Promise<void>;
}

/** Tenants with a connection at a time: a child is a process, with the memory of one. */
const MAX_OPEN = 16;
const IDLE_MS = 5 * 60_000;
/** For one opening, whoever waits for it: a first start may install what the server is made of. */
const OPENING_MS = 60_000;

interface Held {
  readonly opened: Promise<UpstreamConnection>;
  connection?: UpstreamConnection;
  uses: number;
  usedAtMs: number;
}

/** Ends with the signal, whatever the work does: the opening goes on for whoever comes next. */
function unlessAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(new AppError('timed_out', 'It did not start in time.', { details: { reached: false } }));
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

export function createConnections(deps: ConnectionsDeps): Connections {
  const { connector, clock } = deps;
  const held = new Map<string, Held>();
  const closing = new Set<Promise<void>>();
  let sweeper: NodeJS.Timeout | undefined;

  function shut(connection: UpstreamConnection): void {
    const done: Promise<void> = connection
      .close()
      .catch(() => undefined)
      .finally(() => closing.delete(done));
    closing.add(done);
  }

  function drop(key: string, entry: Held): void {
    if (held.get(key) === entry) held.delete(key);
    void entry.opened.then(shut, () => undefined);
    if (held.size === 0) clearInterval(sweeper);
  }

  /** What is broken, or idle for long. */
  function sweep(): void {
    const nowMs = clock.nowMs();
    for (const [key, entry] of held) {
      const idle = entry.uses === 0 && nowMs - entry.usedAtMs > IDLE_MS;
      if (idle || entry.connection?.broken === true) drop(key, entry);
    }
  }

  function makeRoom(): void {
    if (held.size < MAX_OPEN) return;
    const idle = [...held].filter(([, { uses }]) => uses === 0);
    const [oldest] = idle.sort(([, left], [, right]) => left.usedAtMs - right.usedAtMs);
    if (oldest === undefined) {
      throw new AppError('rate_limited', 'As many people use it as it can serve. Try again in a moment.');
    }
    drop(...oldest);
  }

  async function open(tenant: string | undefined): Promise<UpstreamConnection> {
    const signal = AbortSignal.timeout(OPENING_MS);
    const connection = await connector.connect({ tenant, signal });
    try {
      await deps.onOpen(connection, signal);
    } catch (error) {
      shut(connection);
      throw error;
    }
    return connection;
  }

  function begin(key: string, tenant: string | undefined): Held {
    makeRoom();
    const entry: Held = { opened: open(tenant), uses: 0, usedAtMs: clock.nowMs() };
    held.set(key, entry);
    entry.opened.then(
      (connection) => {
        entry.connection = connection;
      },
      () => drop(key, entry),
    );
    clearInterval(sweeper);
    sweeper = setInterval(sweep, IDLE_MS / 5);
    sweeper.unref();
    return entry;
  }

  function entryOf(connection: UpstreamConnection): readonly [string, Held] | undefined {
    return [...held].find(([, entry]) => entry.connection === connection);
  }

  return {
    async get(tenant, signal) {
      const key = tenant ?? '';
      let entry = held.get(key);
      if (entry?.connection?.broken === true) {
        drop(key, entry);
        entry = undefined;
      }
      entry ??= begin(key, tenant);
      entry.usedAtMs = clock.nowMs();
      return unlessAborted(signal, entry.opened);
    },

    async using(connection, work) {
      const entry = entryOf(connection)?.[1];
      if (entry !== undefined) entry.uses += 1;
      try {
        return await work();
      } finally {
        if (entry !== undefined) {
          entry.uses -= 1;
          entry.usedAtMs = clock.nowMs();
        }
      }
    },

    discard(connection) {
      const found = entryOf(connection);
      if (found !== undefined) drop(...found);
    },

    async close() {
      clearInterval(sweeper);
      const opened = [...held.values()].map(({ opened: one }) => one);
      held.clear();
      for (const one of opened) void one.then(shut, () => undefined);
      await Promise.allSettled(opened);
      await Promise.all(closing);
    },
  };
}
