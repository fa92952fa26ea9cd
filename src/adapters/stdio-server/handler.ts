import { createAnswer, type ServerResponse } from './answer.ts';
import { startChild } from './child.ts';
import { createSession } from './session.ts';
import { type ServerSettings, serverEnvironment } from './settings.ts';

// A server behind standard streams as a Lambda function behind a Function URL: one child in each instance, for nobody in particular. The log says
// which tool was called and how it ended, never with what.

export interface StdioServerOptions {
  readonly settings: ServerSettings;
  /** Where the server's own files lie. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly writeLog: (line: string) => void;
  readonly nowMs: () => number;
}

interface Invocation {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface StdioServer {
  /** Takes a Function URL's events (payload 2.0). */
  handle(event: unknown, invocation: Invocation): Promise<ServerResponse>;
  /** Starts the server ahead of the first call. Resolves in any case; the first call tries again. */
  prepare(): Promise<void>;
  close(): void;
}

/** Lambda gives initialisation 10 s. */
const GREETING_MS = 9_000;
/** W3C Trace Context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

interface UrlEvent {
  readonly requestContext?: { readonly http?: { readonly method?: string }; readonly requestId?: string };
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export function createStdioServer(options: StdioServerOptions): StdioServer {
  const { settings, folder, environment, writeLog, nowMs } = options;
  const log = (level: 'info' | 'warn', event: string, fields: object): void =>
    writeLog(JSON.stringify({ time: new Date(nowMs()).toISOString(), level, event, server: settings.name, ...fields }));

  const session = createSession({
    start: (events) =>
      startChild({
        command: settings.command === 'node' ? process.execPath : settings.command,
        args: settings.args,
        cwd: folder,
        environment: serverEnvironment(settings, environment),
        ...events,
      }),
    onEnd: (why, errorOutput) =>
      log('warn', 'server.ended', { why, stderr_lines: errorOutput.lines, stderr_bytes: errorOutput.bytes }),
    greetingTimeoutMs: GREETING_MS,
  });

  return {
    async handle(event, invocation) {
      const { requestContext, headers = {}, body = '', isBase64Encoded } = (event ?? {}) as UrlEvent;
      const startedMs = nowMs();
      const { traceparent } = headers;
      const answer = createAnswer({
        session,
        callTimeoutMs: settings.timeoutSeconds * 1000,
        onAnswered: (fields) =>
          log('info', 'server.call', {
            request_id: requestContext?.requestId ?? invocation.awsRequestId,
            ...(traceparent !== undefined && TRACEPARENT.test(traceparent) && { traceparent }),
            ...fields,
            ms: nowMs() - startedMs,
          }),
      });
      return answer({
        method: requestContext?.http?.method ?? '',
        headers,
        body: isBase64Encoded === true ? Buffer.from(body, 'base64').toString('utf8') : body,
        remainingMs: invocation.getRemainingTimeInMillis(),
      });
    },
    async prepare() {
      await session.greeting().catch((error: Error) => log('warn', 'server.not_started', { cause: error.message }));
    },
    close: () => session.close(),
  };
}
