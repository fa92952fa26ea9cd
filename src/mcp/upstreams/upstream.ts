import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { UpstreamAnswer, UpstreamConnection, UpstreamConnector, UpstreamTool } from '../../ports/upstream.ts';
import type { ToolFault } from '../tool-source.ts';
import type { JsonObject, ToolContext } from '../tools/tool.ts';
import { compareTools, type ToolDifference } from './approved.ts';
import type { BelievedTool } from './believe.ts';
import { causeOf } from './cause.ts';
import { createCircuit, type Try } from './circuit.ts';
import { createConnections } from './connections.ts';
import { exposedName } from './names.ts';
import type { ServerConfig } from './server-config.ts';
import { createSlots } from './slots.ts';

// One server behind this one while this process lives: it is reached when it is first called, watched for changed declarations, limited in time and
// number, and left alone while it fails. Whatever is wrong with it ends here, with its name, and touches no other server.

export interface Upstream {
  readonly name: string;
  /** Rejects with AppError in words that name the server. */
  call(tool: BelievedTool, args: JsonObject, context: ToolContext): Promise<UpstreamAnswer>;
  /** Why this tool is not offered, when it is not what was approved. */
  quarantine(tool: string): string | undefined;
  faults(): readonly ToolFault[];
  close(): Promise<void>;
}

export interface UpstreamDeps {
  readonly config: ServerConfig;
  /** All that was approved of it, also what is not offered. */
  readonly approved: readonly UpstreamTool[];
  readonly connector: UpstreamConnector;
  readonly clock: Clock;
  readonly log: Log;
}

/** A server that announces no changes is asked again after this long. */
const LOOK_AGAIN_MS = 5 * 60_000;

/** A change that an operator must look at. A tool more is none of them: it is not offered anyway. */
function reasonOf({ kind, members }: ToolDifference): string | undefined {
  if (kind === 'gone') return 'is not there any more';
  return kind === 'changed' ? `has another ${members.join(' and ')} than was approved` : undefined;
}

/** Whether the server may have acted on the call: not where it answered, and not where nothing reached it. */
function isUnclear(error: AppError): boolean {
  if (error.code !== 'upstream_failed' && error.code !== 'timed_out') return false;
  return error.details?.['answered'] !== true && error.details?.['reached'] !== false;
}

interface Asked {
  readonly tool: BelievedTool;
  readonly args: JsonObject;
  readonly context: ToolContext;
}

/** A call whose turn has come. */
interface Turn {
  readonly attempt: Try;
  readonly sinceMs: number;
}

export function createUpstream(deps: UpstreamDeps): Upstream {
  const { config, clock } = deps;
  const { name: server } = config;
  const log = deps.log.child({ server });
  const circuit = createCircuit();
  const slots = createSlots(config.concurrency);
  const looks = new WeakMap<UpstreamConnection, { untilMs: number }>();
  let quarantined = new Map<string, string>();
  let trouble: { readonly code: string; readonly message: string } | undefined;

  function judge(present: readonly UpstreamTool[]): void {
    const differences = compareTools(deps.approved, present);
    const found = differences.flatMap((one) => {
      const reason = reasonOf(one);
      return reason === undefined ? [] : [[one.name, reason] as const];
    });
    const fresh = found.filter(([tool, reason]) => quarantined.get(tool) !== reason);
    quarantined = new Map(found);
    if (fresh.length > 0) {
      log.error('upstream.tools_changed', { tools: fresh.map(([tool]) => exposedName(server, tool)) });
      log.metric('Refused', { reason: 'tool_changed' }, fresh.length);
    }
    const more = differences.filter(({ kind }) => kind === 'new').length;
    if (more > 0) log.info('upstream.tools_not_approved', { count: more });
  }

  async function look(connection: UpstreamConnection, signal: AbortSignal): Promise<void> {
    judge(await connection.listTools(signal));
    looks.set(connection, { untilMs: clock.nowMs() + LOOK_AGAIN_MS });
  }

  const connections = createConnections({
    connector: deps.connector,
    clock,
    async onOpen(connection, signal) {
      const { version } = connection.server;
      log.info('upstream.opened', { revision: connection.protocolVersion, version: version.slice(0, 64) });
      connection.onToolsChanged(() => void looks.delete(connection));
      await look(connection, signal);
    },
  });

  /** What is there now, before anything is asked of it. */
  async function ready(context: ToolContext, signal: AbortSignal): Promise<UpstreamConnection> {
    const connection = await connections.get(config.tenant === 'person' ? context.person : undefined, signal);
    if ((looks.get(connection)?.untilMs ?? 0) <= clock.nowMs()) await look(connection, signal);
    return connection;
  }

  function demandApproved(tool: BelievedTool): void {
    const reason = quarantined.get(tool.tool);
    if (reason === undefined) return;
    const message = `${tool.declaration.name} ${reason}, so it is not used until an operator has looked and approved.json says what is there now.`;
    throw new AppError('forbidden', message, { details: { told: true } });
  }

  /** Who waited in line for most of the time has not given the server its own: that it did not answer tells nothing of it. */
  const hadItsTime = ({ sinceMs }: Turn): boolean => clock.nowMs() - sinceMs >= config.timeoutMs / 2;

  async function ask(
    connection: UpstreamConnection,
    { tool, args, context, signal, turn }: Asked & { readonly signal: AbortSignal; readonly turn: Turn },
  ): Promise<UpstreamAnswer> {
    const { traceparent, progress } = context;
    const startedMs = clock.nowMs();
    try {
      return await connections.using(connection, () =>
        connection.callTool({
          name: tool.tool,
          arguments: args,
          signal,
          ...(traceparent !== undefined && { traceparent }),
          ...(progress !== undefined && { onProgress: progress }),
        }),
      );
    } catch (error) {
      // Not a word of any call in all that time: it hangs, and would hang for the next one, too.
      const silent = error instanceof AppError && error.code === 'timed_out' && connection.heardAtMs <= startedMs;
      if (silent && !context.signal.aborted && hadItsTime(turn)) connections.discard(connection);
      throw error;
    }
  }

  /** The server's part in a failure. */
  function account(failed: AppError, turn: Turn, context: ToolContext): void {
    const { attempt } = turn;
    const failing = ['upstream_failed', 'timed_out', 'misconfigured', 'unavailable'].includes(failed.code);
    if (context.signal.aborted) attempt.abandoned();
    else if (failed.details?.['answered'] === true) attempt.succeeded();
    else if (failed.code === 'timed_out' && !hadItsTime(turn)) attempt.abandoned();
    else {
      if (failing) attempt.failed(clock.nowMs());
      else attempt.succeeded();
      // Where this system is refused the server is named, but not left alone: the next tool may be another matter.
      const refused = failed.code === 'forbidden' && failed.details?.['reached'] === false;
      if (!failing && !refused) return;
      trouble = { code: failed.code, message: failed.message };
      log.warn('upstream.failed', { code: failed.code, cause: causeOf(failed) });
    }
  }

  /** What its caller is told of a failure. */
  function inWords(failed: AppError, { tool }: Asked): AppError {
    if (failed.details?.['told'] === true) return failed;
    const may = isUnclear(failed) && !tool.declaration.annotations.readOnlyHint;
    // Only the operator can mend what is misconfigured, but the words are ours and name no secret: a caller may know why there is no answer.
    const code = may ? 'timed_out' : failed.code === 'misconfigured' ? 'unavailable' : failed.code;
    const after = may ? ' It may have been done all the same: look before you try again.' : '';
    return new AppError(code, `The server ${server}: ${failed.message}${after}`, {
      cause: failed.cause,
      ...(failed.retryAfterSeconds !== undefined && { retryAfterSeconds: failed.retryAfterSeconds }),
    });
  }

  function demandClosedCircuit(): void {
    const nowMs = clock.nowMs();
    const untilMs = circuit.closedUntil(nowMs);
    if (untilMs === undefined) return;
    const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1000));
    const message = `The server ${server} failed several times and is left alone for ${retryAfterSeconds} s. Last: ${trouble?.message ?? ''}`;
    throw new AppError('unavailable', message.trim(), { retryAfterSeconds, details: { told: true } });
  }

  async function take(asked: Asked, signal: AbortSignal, turn: Turn): Promise<UpstreamAnswer> {
    try {
      const connection = await ready(asked.context, signal);
      demandApproved(asked.tool);
      const answer = await ask(connection, { ...asked, signal, turn });
      turn.attempt.succeeded();
      trouble = undefined;
      return answer;
    } catch (error) {
      const failed = failureOf(error);
      account(failed, turn, asked.context);
      throw failed;
    }
  }

  return {
    name: server,

    async call(tool, args, context) {
      demandClosedCircuit();
      const signal = AbortSignal.any([context.signal, AbortSignal.timeout(config.timeoutMs)]);
      const asked = { tool, args, context };
      try {
        return await slots.use(signal, () => {
          // It may have been found to fail while this call waited for its turn.
          demandClosedCircuit();
          const sinceMs = clock.nowMs();
          return take(asked, signal, { attempt: circuit.begin(sinceMs), sinceMs });
        });
      } catch (error) {
        throw inWords(failureOf(error), asked);
      }
    },

    quarantine: (tool) => quarantined.get(tool),

    faults() {
      const { toolset } = config;
      const changed = [...quarantined].map(([tool, reason]): ToolFault => {
        const name = exposedName(server, tool);
        return {
          name,
          toolset,
          code: 'tool_changed',
          message: `It ${reason}, so it is not used until an operator has looked.`,
        };
      });
      const down =
        trouble === undefined ? [] : [{ name: server, toolset, code: 'server_failed', message: trouble.message }];
      return [...down, ...changed];
    },

    close: () => connections.close(),
  };
}

function failureOf(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError('upstream_failed', 'It failed.', { cause: error });
}
