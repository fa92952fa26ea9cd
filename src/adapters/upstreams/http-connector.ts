import { AsyncLocalStorage } from 'node:async_hooks';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { AppError } from '../../kernel/app-error.ts';
import type { UpstreamConnection, UpstreamConnector } from '../../ports/upstream.ts';
import { createProof, type HttpAuth, type ProofDeps } from './http-auth.ts';
import { createUpstreamFetch, isSessionOver, type UpstreamFetch } from './http-fetch.ts';
import { openMcpConnection } from './mcp-connection.ts';

// An MCP server at an address (streamable HTTP, both eras). All of its connections share one proof, so that one token serves them all. A session
// that the server has ended is begun again, once a call: a call that was turned away for it has done nothing.

export interface HttpConnectorOptions extends ProofDeps {
  readonly url: string;
  readonly auth: HttpAuth;
  /** Beside the protocol's own; lower-case names, each one that `mayConfigureHeader` allows. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The longest that one request may take; a caller's own patience comes first. */
  readonly timeoutMs: number;
  /** `legacy` saves a question where the server is known to speak only revisions up to 2025-11-25. */
  readonly era?: 'auto' | 'legacy';
}

/** Whether a greeting in the older way may do better: not where nobody was reached, or where this system was refused. */
function isUnclearOfEra(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.code === 'timed_out' || (error.code === 'upstream_failed' && error.details?.['reached'] === undefined);
}

export function createHttpConnector(options: HttpConnectorOptions): UpstreamConnector {
  const { url, auth, http, clock, headers, timeoutMs, era = 'auto' } = options;
  const proof = createProof(auth, url, options);
  const send = createUpstreamFetch({ http, proof, timeoutMs, ...(headers !== undefined && { headers }) });

  /** Beside the SDK, which tells of a stream only that it ended. */
  const calls = new AsyncLocalStorage<{ onBroken(fault: unknown): void }>();

  /** A stream that broke off ends its call at once, by what broke it. */
  async function watched<Value>(work: () => Promise<Value>): Promise<Value> {
    let broken: unknown;
    const watch = {
      onBroken: (fault: unknown): void => {
        broken = fault;
      },
    };
    try {
      return await calls.run(watch, work);
    } catch (error) {
      throw broken instanceof AppError ? broken : error;
    }
  }

  /** Found out at the first connection: some servers of the older era hang, fail or show a page when they are asked for the newer one. */
  let older = era === 'legacy';

  const openIn = async (asked: 'auto' | 'legacy', signal: AbortSignal): Promise<UpstreamConnection> => {
    let fault: AppError | undefined;
    // While it finds out the server's era, the SDK hides faults in errors of its own.
    const fetch: UpstreamFetch = (to, init) =>
      send(to, init, calls.getStore()?.onBroken).catch((error: unknown) => {
        if (error instanceof AppError) fault = error;
        throw error;
      });
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch,
      // Nothing is listened to, so nothing is resumed.
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 1,
        maxReconnectionDelay: 1,
        reconnectionDelayGrowFactor: 1,
      },
    });
    try {
      // MCP 2025-11-25, "Session Management": what the server keeps for a session is of no more use.
      const takeLeave = (): Promise<void> => transport.terminateSession();
      return await openMcpConnection({ transport, clock, signal, era: asked, takeLeave });
    } catch (error) {
      throw fault ?? error;
    }
  };

  const open = async (signal: AbortSignal): Promise<UpstreamConnection> => {
    if (older) {
      return openIn('legacy', signal).catch((error: unknown) => {
        // It may have become a newer one: that is asked the next time.
        older = era === 'legacy';
        throw error;
      });
    }
    try {
      return await openIn('auto', signal);
    } catch (error) {
      if (signal.aborted || !isUnclearOfEra(error)) throw error;
      // The first answer is what an operator is told of: the second question may have had no more use.
      const connection = await openIn('legacy', signal).catch(() => Promise.reject(error));
      older = true;
      return connection;
    }
  };

  return {
    async connect({ signal }) {
      let current = await open(signal);
      const listeners: (() => void)[] = [];

      async function again<Value>(
        until: AbortSignal,
        work: (connection: UpstreamConnection) => Promise<Value>,
      ): Promise<Value> {
        const used = current;
        try {
          return await work(used);
        } catch (error) {
          if (!isSessionOver(error)) throw error;
          // Of several calls that find it over, the first opens the next one.
          if (current === used) {
            current = await open(until);
            for (const listener of listeners) current.onToolsChanged(listener);
            void used.close().catch(() => undefined);
          }
          return work(current);
        }
      }

      return {
        get server() {
          return current.server;
        },
        get protocolVersion() {
          return current.protocolVersion;
        },
        get broken() {
          return current.broken;
        },
        get heardAtMs() {
          return current.heardAtMs;
        },
        listTools: (until) => again(until, (connection) => watched(() => connection.listTools(until))),
        callTool: (call) => again(call.signal, (connection) => watched(() => connection.callTool(call))),
        onToolsChanged(listener) {
          listeners.push(listener);
          current.onToolsChanged(listener);
        },
        close: () => current.close(),
      };
    },
  };
}
