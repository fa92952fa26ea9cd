import type { Tool } from '@modelcontextprotocol/client';
import type { Log } from '../../ports/log.ts';
import { type DoorFault, explainFault } from './door-answers.ts';
import type { DoorConnection } from './door-connection.ts';
import { prefixed } from './tool-names.ts';

// The tools of all servers, each under the one name that leads back to it. A server that does not answer hides none of the others: what it listed
// before stays listed, its fault is told, and it is asked again until it answers.

export interface ServerFault extends DoorFault {
  readonly server: string;
}

export interface ListedTools {
  readonly tools: readonly Tool[];
  readonly faults: readonly ServerFault[];
}

export interface FoundTool {
  readonly connection: DoorConnection;
  /** As its server calls it. */
  readonly name: string;
}

export interface ToolCatalog {
  /** Never rejects for a server's fault. */
  list(signal: AbortSignal): Promise<ListedTools>;
  find(name: string, signal: AbortSignal): Promise<FoundTool | undefined>;
  /** A server that did not answer does, or its tools are others than before. */
  onChange(listener: () => void): void;
  close(): void;
}

/** With others to be listed nobody waits longer than this for one. */
const TOGETHER_MS = 8_000;
const AGAIN_MS = [2_000, 5_000, 15_000, 60_000];

export function createToolCatalog(connections: readonly DoorConnection[], log: Log): ToolCatalog {
  const several = connections.length > 1;
  const listeners: (() => void)[] = [];
  /** What each server listed last, by its names. */
  const listed = new Map<string, readonly Tool[]>();
  const timers = new Map<string, NodeJS.Timeout>();
  const closed = new AbortController();
  const nameOf = (connection: DoorConnection, name: string): string =>
    several ? prefixed(connection.name, name) : name;

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function tryAgain(connection: DoorConnection, tried = 0): void {
    if (closed.signal.aborted || timers.has(connection.name)) return;
    const delay = AGAIN_MS[Math.min(tried, AGAIN_MS.length - 1)];
    const timer = setTimeout(async () => {
      timers.delete(connection.name);
      try {
        listed.set(connection.name, await connection.listTools(closed.signal));
        changed();
      } catch {
        tryAgain(connection, tried + 1);
      }
    }, delay);
    timers.set(connection.name, timer);
  }

  async function listOne(connection: DoorConnection, signal: AbortSignal): Promise<ServerFault | undefined> {
    const within = several ? AbortSignal.any([signal, AbortSignal.timeout(TOGETHER_MS)]) : signal;
    try {
      listed.set(connection.name, await connection.listTools(within));
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const late = {
        code: 'timed_out',
        message: `The MCP server "${connection.name}" did not answer in time.`,
      } as const;
      const fault = { server: connection.name, ...(within.aborted ? late : explainFault(error, connection.name)) };
      log.warn('bridge.not_listed', { door: connection.name, code: fault.code });
      tryAgain(connection);
      return fault;
    }
  }

  const toolsOf = (connection: DoorConnection): readonly Tool[] =>
    (listed.get(connection.name) ?? []).map((tool) => ({ ...tool, name: nameOf(connection, tool.name) }));

  function lookUp(name: string): FoundTool | undefined {
    for (const connection of connections) {
      const tool = listed.get(connection.name)?.find((one) => nameOf(connection, one.name) === name);
      if (tool !== undefined) return { connection, name: tool.name };
    }
    return undefined;
  }

  for (const connection of connections) {
    connection.onNotification((method) => {
      if (method === 'notifications/tools/list_changed') changed();
    });
  }

  return {
    async list(signal) {
      const found = await Promise.all(connections.map((connection) => listOne(connection, signal)));
      const faults = found.filter((fault) => fault !== undefined);
      return { tools: connections.flatMap(toolsOf), faults };
    },
    async find(name, signal) {
      const [only] = connections;
      // The one server knows best what it has; it says so itself when it has no such tool.
      if (!several && only !== undefined) {
        if (!listed.has(only.name)) await listOne(only, signal);
        return { connection: only, name };
      }
      const known = lookUp(name);
      if (known !== undefined) return known;
      const unasked = connections.filter((connection) => !listed.has(connection.name));
      await Promise.all(unasked.map((connection) => listOne(connection, signal)));
      return lookUp(name);
    },
    onChange: (listener) => void listeners.push(listener),
    close() {
      closed.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}
