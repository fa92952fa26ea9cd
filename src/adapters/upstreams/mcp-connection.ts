import {
  Client,
  type JSONRPCMessage,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  type Transport,
} from '@modelcontextprotocol/client';
import { AppError } from '../../kernel/app-error.ts';
import { isJsonObject } from '../../kernel/json-object.ts';
import type { Clock } from '../../ports/clock.ts';
import type { UpstreamAnswer, UpstreamCall, UpstreamConnection, UpstreamTool } from '../../ports/upstream.ts';

// One connection to another MCP server, through the official client over whatever transport: it finds out which era the server speaks and
// translates. Every answer is read as a stranger's: of limited size, of known shape, and none of its words go into a message of ours.

export interface McpConnectionOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `auto` asks `server/discover` first; `legacy` is for servers that break off when they are asked that. */
  readonly era: 'auto' | 'legacy';
  /** Carries what belongs to one call beside the message, such as headers: runs the call's work. */
  readonly around?: <Value>(call: UpstreamCall, work: () => Promise<Value>) => Promise<Value>;
  /** Tells the server that nobody comes back; what it rejects with is passed over, and so is that it takes long. */
  readonly takeLeave?: () => Promise<void>;
}

/** More tools than anybody approves; more pages than that come from a server that counts without end. */
const MAX_PAGES = 20;
const MAX_TOOLS = 500;
/** Of one answer. A picture fits; what is larger would not pass the doors in front of us either (Lambda: 6 MB). */
const MAX_ANSWER_CHARACTERS = 4_000_000;
/** The SDK answers our own deadlines. */
const NEVER_MS = 2 ** 31 - 1;
/** How long a server may think about `server/discover` before it counts as one that does not know it. */
const PROBE_MS = 5_000;
/** Nobody waits longer for a server that is left. */
const LEAVE_MS = 1_000;

const gone = (cause: unknown): AppError =>
  new AppError('upstream_failed', 'The server broke off the connection.', { cause });

/** What a failed request means, in our own words. */
function failureOf(error: unknown, signal: AbortSignal): AppError {
  if (error instanceof AppError) return error;
  if (signal.aborted) return new AppError('timed_out', 'The server did not answer in time.', { cause: error });
  if (error instanceof ProtocolError) {
    const code = error.code === -32602 || error.code === -32601 ? 'invalid_request' : 'upstream_failed';
    const message = code === 'invalid_request' ? 'The server does not take this call' : 'The server failed';
    return new AppError(code, `${message} (JSON-RPC ${error.code}).`, { cause: error, details: { answered: true } });
  }
  if (error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed) return gone(error);
  if (error instanceof SdkHttpError) {
    return new AppError('upstream_failed', `The server answered with the status ${error.status}.`, { cause: error });
  }
  return new AppError('upstream_failed', 'The server’s answer could not be read, or none came.', { cause: error });
}

/** Where the tools of an answer lie while the official client reads the rest of it. */
const LISTED = 'sallyport/listed';

/** The official client refuses a whole list for one tool in it that is not right: it is given none, and each is judged alone. */
function withToolsAside(message: JSONRPCMessage): JSONRPCMessage {
  // Nobody has looked yet at whether it is a message at all.
  const answer: unknown = isJsonObject(message) && 'result' in message ? message.result : undefined;
  if (!isJsonObject(answer) || !Array.isArray(answer['tools'])) return message;
  const { tools, _meta, ...rest } = answer;
  const result = { ...rest, tools: [], _meta: { ...(isJsonObject(_meta) && _meta), [LISTED]: tools } };
  return { ...message, result } as JSONRPCMessage;
}

/** As far as it can be read. What is no name or no schema becomes an empty one, which nobody can approve. */
function readTool(value: unknown): UpstreamTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = isJsonObject(value) ? value : {};
  return {
    name: typeof name === 'string' ? name : '',
    ...(typeof title === 'string' && { title }),
    ...(typeof description === 'string' && { description }),
    inputSchema: isJsonObject(inputSchema) ? inputSchema : {},
    ...(outputSchema !== undefined && { outputSchema: isJsonObject(outputSchema) ? outputSchema : {} }),
    ...(isJsonObject(annotations) && { annotations }),
  };
}

function readAnswer(value: unknown): UpstreamAnswer {
  if (!isJsonObject(value)) throw new AppError('upstream_failed', 'The server’s answer is no result.');
  if (value['resultType'] === 'input_required') {
    const message = 'The server asks for something in the middle of the call, which is not passed on to anybody.';
    throw new AppError('upstream_failed', message, { details: { answered: true } });
  }
  const { content = [], structuredContent, isError } = value;
  if (!Array.isArray(content) || !content.every(isJsonObject)) {
    throw new AppError('upstream_failed', 'The server’s answer is no list of contents.');
  }
  if (JSON.stringify([content, structuredContent]).length > MAX_ANSWER_CHARACTERS) {
    throw new AppError('upstream_failed', 'The server’s answer is too long.', { details: { answered: true } });
  }
  return { content, ...(isJsonObject(structuredContent) && { structuredContent }), isError: isError === true };
}

function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}

function createClient(era: 'auto' | 'legacy'): Client {
  return new Client(
    { name: 'sallyport-gateway', version: '1' },
    {
      // Nothing that a server may ask of a client is offered: it learns nothing of persons, files or models.
      capabilities: {},
      versionNegotiation: { mode: era, ...(era === 'auto' && { probe: { timeoutMs: PROBE_MS } }) },
      inputRequired: { autoFulfill: false },
      // Answers are checked against the approved schema, not against the one that the server has just sent.
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
}

/** Rejects with AppError; the transport is then closed. */
export async function openMcpConnection(options: McpConnectionOptions): Promise<UpstreamConnection> {
  const { transport, clock, signal, around = (_call, work) => work() } = options;
  const client = createClient(options.era);
  const listeners: (() => void)[] = [];
  let broken = false;
  let heardAtMs = clock.nowMs();
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    for (const listener of listeners) listener();
  });
  try {
    await client.connect(transport, { signal, timeout: NEVER_MS });
  } catch (error) {
    await client.close().catch(() => undefined);
    throw failureOf(error, signal);
  }
  const { onclose, onmessage } = transport;
  transport.onclose = () => {
    broken = true;
    onclose?.();
  };
  transport.onmessage = (message, extra) => {
    heardAtMs = clock.nowMs();
    onmessage?.(withToolsAside(message), extra);
  };
  const server = client.getServerVersion();

  async function listTools(listSignal: AbortSignal): Promise<readonly UpstreamTool[]> {
    const tools: UpstreamTool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await client.request(
        { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
        { signal: listSignal, timeout: NEVER_MS },
      );
      const listed = answer._meta?.[LISTED];
      tools.push(...(Array.isArray(listed) ? listed.map(readTool) : []));
      if (tools.length > MAX_TOOLS) break;
      cursor = answer.nextCursor;
      // Some serialize what is not there as an empty text.
      if (cursor === undefined || cursor === '') return tools;
    }
    throw new AppError('upstream_failed', `The server lists more than ${MAX_TOOLS} tools, or without end.`);
  }

  async function callTool(call: UpstreamCall): Promise<UpstreamAnswer> {
    const { name, traceparent, onProgress } = call;
    const meta = traceparent === undefined ? {} : { _meta: { traceparent } };
    const answer = await client.request(
      { method: 'tools/call', params: { name, arguments: { ...call.arguments }, ...meta } },
      {
        signal: call.signal,
        timeout: NEVER_MS,
        allowInputRequired: true,
        ...(onProgress !== undefined && {
          onprogress: ({ progress, total, message }) =>
            onProgress({ progress, ...(total !== undefined && { total }), ...(message !== undefined && { message }) }),
        }),
      },
    );
    return readAnswer(answer);
  }

  return {
    server: { name: server?.name ?? 'unknown', version: server?.version ?? 'unknown' },
    protocolVersion: client.getNegotiatedProtocolVersion() ?? 'unknown',
    get broken() {
      return broken;
    },
    get heardAtMs() {
      return heardAtMs;
    },
    listTools: (listSignal) =>
      listTools(listSignal).catch((error: unknown) => Promise.reject(failureOf(error, listSignal))),
    callTool: (call) =>
      around(call, () => callTool(call)).catch((error: unknown) => Promise.reject(failureOf(error, call.signal))),
    onToolsChanged: (listener) => void listeners.push(listener),
    async close() {
      const isOpen = !broken;
      broken = true;
      if (isOpen && options.takeLeave !== undefined) await atMost(LEAVE_MS, options.takeLeave());
      await client.close();
    },
  };
}
