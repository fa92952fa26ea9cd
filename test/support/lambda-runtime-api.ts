import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// Lambda's side of the Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html): hands one invocation at a time to the one
// runtime that asks, and takes its answer, as Lambda does with each execution environment.

export type InvocationOutcome =
  | { readonly kind: 'response'; readonly payload: string }
  /** The handler threw: `{errorType, errorMessage, …}`. API Gateway would answer 500. */
  | { readonly kind: 'error'; readonly payload: string };

export interface RuntimeApi {
  /** `host:port`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Resolves when the runtime has asked for its first invocation; rejects when its initialisation failed. */
  readonly initialised: Promise<void>;
  invoke(event: unknown, timeoutMs: number): Promise<InvocationOutcome>;
  /** The runtime is gone: ends every invocation under way, and each that comes. */
  fail(reason: Error): void;
  close(): Promise<void>;
}

interface Invocation {
  readonly id: string;
  readonly event: string;
  readonly deadlineMs: number;
  readonly resolve: (outcome: InvocationOutcome) => void;
  readonly reject: (reason: Error) => void;
}

const PREFIX = '/2018-06-01/runtime';
const ANSWER = /^\/invocation\/([\w-]+)\/(response|error)$/;
const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:111122223333:function:sallyport';

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function handOver(response: ServerResponse, { id, event, deadlineMs }: Invocation): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': id,
    'lambda-runtime-deadline-ms': String(deadlineMs),
    'lambda-runtime-invoked-function-arn': FUNCTION_ARN,
    'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0',
  });
  response.end(event);
}

function createQueue() {
  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  let runtime: ServerResponse | undefined;
  let failure: Error | undefined;
  const advance = (): void => {
    const next = runtime === undefined ? undefined : waiting.shift();
    if (runtime === undefined || next === undefined) return;
    running.set(next.id, next);
    handOver(runtime, next);
    runtime = undefined;
  };
  return {
    add(invocation: Invocation): void {
      if (failure === undefined) {
        waiting.push(invocation);
        advance();
      } else invocation.reject(failure);
    },
    /** The runtime asks for work. */
    ask(response: ServerResponse): void {
      runtime = response;
      advance();
    },
    take(id: string): Invocation | undefined {
      const found = running.get(id);
      running.delete(id);
      return found;
    },
    fail(reason: Error): void {
      failure = reason;
      for (const { reject } of [...waiting.splice(0), ...running.values()]) reject(reason);
      running.clear();
    },
  };
}

export async function startRuntimeApi(): Promise<RuntimeApi> {
  const queue = createQueue();
  let begin: () => void = () => {};
  let breakOff: (reason: Error) => void = () => {};
  const initialised = new Promise<void>((resolve, reject) => {
    begin = resolve;
    breakOff = reject;
  });
  // Whoever never waits for it must not be told twice.
  initialised.catch(() => {});

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').startsWith(PREFIX) ? (request.url ?? '').slice(PREFIX.length) : '';
    if (request.method === 'GET' && path === '/invocation/next') {
      begin();
      queue.ask(response);
      return;
    }
    const payload = await readText(request);
    const [, id = '', kind] = ANSWER.exec(path) ?? [];
    const invocation = queue.take(id);
    if (path === '/init/error') breakOff(new Error(`initialisation failed: ${payload}`));
    else if (invocation !== undefined) invocation.resolve({ kind: kind === 'error' ? 'error' : 'response', payload });
    else {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  }

  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    initialised,
    invoke: (event, timeoutMs) =>
      new Promise((resolve, reject) => {
        const deadlineMs = Date.now() + timeoutMs;
        queue.add({ id: randomUUID(), event: JSON.stringify(event), deadlineMs, resolve, reject });
      }),
    fail: (reason) => {
      breakOff(reason);
      queue.fail(reason);
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
