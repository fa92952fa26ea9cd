import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { ListedTool, ToolClient, ToolOutcome, ToolPrincipal } from '../../ports/tool-client.ts';
import type { UpstreamAnswer, UpstreamConnection, UpstreamConnector } from '../../ports/upstream.ts';
import type { AgentDoorAuth } from '../../ports/upstream-auth.ts';
import { createMcpToolClient } from '../http/mcp-client.ts';

// Another system of this kind, at its agent door: client certificate, signature, and a delegation for one person, whose grant over there decides.
// A question that only that person can answer comes back as a tool's error with the link, for the call has done nothing yet.

export interface AgentDoorConnectorOptions {
  /** The server's name here, for messages. */
  readonly name: string;
  readonly url: string;
  readonly auth: AgentDoorAuth;
  readonly readSecret: (name: string) => Promise<{ reveal(): string }>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timeoutMs: number;
}

const PROTOCOL_VERSION = '2026-07-28';

function newTraceparent(random: Random): string {
  const hex = (count: number): string => Buffer.from(random.bytes(count)).toString('hex');
  return `00-${hex(16)}-${hex(8)}-01`;
}

const failed = (text: string): UpstreamAnswer => ({ content: [{ type: 'text', text }], isError: true });

/** Throws AppError where nothing was done or nobody knows. */
function readOutcome(outcome: ToolOutcome): UpstreamAnswer {
  switch (outcome.kind) {
    case 'result': {
      const { text, structuredContent, isError } = outcome;
      return {
        content: [{ type: 'text', text }],
        isError,
        ...(structuredContent !== undefined && { structuredContent }),
      };
    }
    case 'approval':
      return failed(
        `Nothing was done yet: "${outcome.approval.summary}" waits for a yes at ${outcome.approval.url}. Call again with the same arguments after that.`,
      );
    case 'refused':
      throw new AppError(outcome.code === 'internal' ? 'upstream_failed' : outcome.code, outcome.message, {
        ...(outcome.retryAfterSeconds !== undefined && { retryAfterSeconds: outcome.retryAfterSeconds }),
      });
    case 'unclear':
      throw new AppError('upstream_failed', outcome.message);
  }
}

export function createAgentDoorConnector(options: AgentDoorConnectorOptions): UpstreamConnector {
  const { name, url, auth, readSecret, clock, random, log, timeoutMs } = options;
  let shared: ToolClient | undefined;
  /** One for all persons: it keeps the connections, each request carries its own delegation. */
  const client = (): ToolClient => {
    shared ??= createMcpToolClient({
      mcpUrl: url,
      credentials: async () => (await readSecret(auth.secret)).reveal(),
      clock,
      random,
      log,
    });
    return shared;
  };

  return {
    async connect({ tenant }) {
      const person = auth.person ?? tenant;
      if (person === undefined) {
        throw new AppError(
          'misconfigured',
          `The server ${name} needs to know for whom it is asked: give its auth a person.`,
        );
      }
      let broken = false;
      let heardAtMs = clock.nowMs();
      let listed: ReadonlyMap<string, ListedTool> | undefined;
      const principal = (signal: AbortSignal, traceparent = newTraceparent(random)): ToolPrincipal => ({
        person,
        scopes: auth.scopes,
        traceparent,
        signal,
      });
      const list = async (signal: AbortSignal): Promise<readonly ListedTool[]> => {
        const tools = await client().list(principal(signal));
        listed = new Map(tools.map((tool) => [tool.name, tool]));
        heardAtMs = clock.nowMs();
        return tools;
      };
      const connection: UpstreamConnection = {
        server: { name: 'sallyport', version: 'unknown' },
        protocolVersion: PROTOCOL_VERSION,
        get broken() {
          return broken;
        },
        get heardAtMs() {
          return heardAtMs;
        },
        listTools: async (signal) =>
          (await list(signal)).map(
            ({ name: toolName, title, description, inputSchema, outputSchema, annotations }) => ({
              name: toolName,
              inputSchema,
              ...(title !== undefined && { title }),
              ...(description !== undefined && { description }),
              ...(outputSchema !== undefined && { outputSchema }),
              ...(annotations !== undefined && { annotations }),
            }),
          ),
        async callTool(call) {
          if (listed === undefined) await list(call.signal);
          const tool = listed?.get(call.name);
          if (tool === undefined) throw new AppError('invalid_request', `The server ${name} has no such tool.`);
          const request = { ...principal(call.signal, call.traceparent), tool, arguments: call.arguments, timeoutMs };
          const outcome = await client().call(request);
          heardAtMs = clock.nowMs();
          return readOutcome(outcome);
        },
        onToolsChanged: () => {},
        async close() {
          broken = true;
        },
      };
      return connection;
    },
  };
}
