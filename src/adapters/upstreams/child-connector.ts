import { mkdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { UpstreamConnection, UpstreamConnector } from '../../ports/upstream.ts';
import { type Child, startChild } from '../stdio-server/child.ts';
import { openMcpConnection } from './mcp-connection.ts';
import type { Reaper } from './reaper.ts';

// An MCP server as a child process: started for one tenant, in a process group of its own, with the environment it is given and nothing else of
// ours. It ends when its connection does; when it will not, it is made to.

export interface ChildSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** A folder of its own, made before it starts. */
  readonly dataFolder: string;
}

export interface ChildConnectorOptions {
  readonly spec: (tenant: string | undefined) => Promise<ChildSpec>;
  readonly reaper: Reaper;
  readonly clock: Clock;
  readonly log: Log;
}

/** MCP (stdio, shutdown): close its input, wait, SIGTERM, wait, SIGKILL. */
const PATIENCE_MS = 1_000;

interface ChildTransport extends Transport {
  /** Why it ended, in a word or two, once it has. */
  readonly endedWhy: string | undefined;
}

function createChildTransport(spec: ChildSpec, { reaper, log }: ChildConnectorOptions): ChildTransport {
  let child: Child | undefined;
  let endedWhy: string | undefined;
  let closing = false;
  let onEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve;
  });

  const transport = {
    // What the SDK knows a process by: it then takes silence at `server/discover` for an older server.
    stderr: null,
    get pid() {
      return child?.pid ?? null;
    },
    get endedWhy() {
      return endedWhy;
    },
    async start() {
      await mkdir(spec.dataFolder, { recursive: true, mode: 0o700 });
      const started = startChild({
        command: spec.command,
        args: spec.args,
        cwd: spec.cwd,
        environment: spec.environment,
        onMessage: (message) => transport.onmessage?.(message as unknown as JSONRPCMessage),
        onEnd: (why) => {
          endedWhy = why;
          if (started.pid !== undefined) reaper.forget(started.pid);
          const { lines, bytes } = started.errorOutput;
          // Its standard error may repeat what people asked: how much there was says whether to look.
          if (!closing) log.warn('upstream.child_ended', { why, stderr_lines: lines, stderr_bytes: bytes });
          onEnded();
          transport.onclose?.();
        },
      });
      child = started;
      if (started.pid !== undefined) reaper.watch(started.pid);
    },
    async send(message: JSONRPCMessage) {
      if (child === undefined || endedWhy !== undefined) throw new Error('the child has ended');
      child.send(message);
    },
    async close() {
      closing = true;
      if (child === undefined || endedWhy !== undefined) return;
      for (const how of ['close', 'SIGTERM'] as const) {
        child.ask(how);
        const waited = new AbortController();
        await Promise.race([ended, delay(PATIENCE_MS, undefined, { signal: waited.signal }).catch(() => {})]);
        waited.abort();
        if (endedWhy !== undefined) return;
      }
      child.kill();
      await ended;
    },
  } as ChildTransport & { start(): Promise<void> };
  return transport;
}

function startFailure(error: unknown, why: string | undefined): unknown {
  if (why === undefined) return error;
  return new AppError('upstream_failed', `Its process ${why} before it answered.`, {
    cause: error,
    details: { reached: false },
  });
}

export function createChildConnector(options: ChildConnectorOptions): UpstreamConnector {
  /** Found out at the first start: some servers of the older era end when they are asked for the newer one. */
  let era: 'auto' | 'legacy' = 'auto';

  async function open(spec: ChildSpec, signal: AbortSignal, asked: 'auto' | 'legacy'): Promise<UpstreamConnection> {
    const transport = createChildTransport(spec, options);
    try {
      return await openMcpConnection({ transport, clock: options.clock, signal, era: asked });
    } catch (error) {
      // In time no more: then it is we who ended it.
      throw signal.aborted ? error : startFailure(error, transport.endedWhy);
    }
  }

  return {
    async connect({ tenant, signal }) {
      const spec = await options.spec(tenant);
      try {
        return await open(spec, signal, era);
      } catch (error) {
        if (era === 'legacy' || signal.aborted || isMissing(error)) throw error;
        const connection = await open(spec, signal, 'legacy');
        era = 'legacy';
        return connection;
      }
    },
  };
}

/** A command that is not there is not there the second time. */
function isMissing(error: unknown): boolean {
  return error instanceof AppError && error.message.includes('did not start');
}
