import { isJsonObject } from '../../kernel/json-object.ts';
import type { Child, ChildOptions } from './child.ts';

// One conversation with a server behind standard streams: greeted once, asked under ids of our own, and begun anew when it ends. A question that
// is not answered in time ends the server with all its processes: on Lambda whatever it still did would go on in the middle of somebody else's call.

type JsonObject = Readonly<Record<string, unknown>>;

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export type Answer = { readonly result: JsonObject } | { readonly error: JsonRpcError };

/** The server did not do its part: it is not there, it ended, or it kept silent. */
export class ServerFailed extends Error {
  override readonly name = 'ServerFailed';
}

export interface Session {
  /** What the server said when it was greeted. Rejects with `ServerFailed`. */
  greeting(): Promise<JsonObject>;
  /** Rejects with `ServerFailed`. */
  ask(method: string, params: JsonObject | undefined, timeoutMs: number): Promise<Answer>;
  /** Ends the server. */
  close(): void;
}

export interface SessionOptions {
  readonly start: (events: Pick<ChildOptions, 'onMessage' | 'onEnd'>) => Child;
  /** Told why it ended, in a word or two, and how much it had written to standard error. */
  readonly onEnd: (why: string, errorOutput: Child['errorOutput']) => void;
  readonly greetingTimeoutMs: number;
}

/** The newest revision with a greeting; a server answers with its own. */
export const PROTOCOL_VERSION = '2025-11-25';

interface Life {
  readonly child: Child;
  readonly greeting: Promise<JsonObject>;
  ask(method: string, params: JsonObject | undefined, timeoutMs: number): Promise<Answer>;
}

function readError(value: unknown): JsonRpcError {
  if (!isJsonObject(value) || typeof value['code'] !== 'number' || typeof value['message'] !== 'string') {
    return { code: -32603, message: 'The server failed.' };
  }
  const { code, message, data } = value;
  return data === undefined ? { code, message } : { code, message, data };
}

function beginLife(options: SessionOptions, onOver: () => void): Life {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let lastId = 0;
  let over: string | undefined;

  const child = options.start({
    onMessage(message) {
      const { id, method } = message;
      if (typeof method === 'string') {
        // Nothing is offered to a server, but that somebody is there; its notifications have nobody to go to.
        if (id === undefined) return;
        const reply = method === 'ping' ? { result: {} } : { error: { code: -32601, message: 'Method not found' } };
        child.send({ jsonrpc: '2.0', id, ...reply });
        return;
      }
      const asked = typeof id === 'number' ? waiting.get(id) : undefined;
      if (asked === undefined) return;
      waiting.delete(Number(id));
      asked.resolve(
        isJsonObject(message['result']) ? { result: message['result'] } : { error: readError(message['error']) },
      );
    },
    onEnd(why) {
      over = why;
      for (const { reject } of waiting.values()) reject(new ServerFailed(`The server ${why}.`));
      waiting.clear();
      onOver();
      options.onEnd(why, child.errorOutput);
    },
  });

  function ask(method: string, params: JsonObject | undefined, timeoutMs: number): Promise<Answer> {
    if (over !== undefined) return Promise.reject(new ServerFailed(`The server ${over}.`));
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new ServerFailed('The server did not answer in time.'));
        child.kill();
      }, timeoutMs);
      const settle =
        <Value>(done: (value: Value) => void) =>
        (value: Value): void => {
          clearTimeout(timer);
          done(value);
        };
      waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      child.send({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) });
    });
  }

  async function greet(): Promise<JsonObject> {
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      capabilities: {},
      clientInfo: { name: 'sallyport-server', version: '1' },
    };
    const answer = await ask('initialize', params, options.greetingTimeoutMs);
    if ('error' in answer) {
      child.kill();
      throw new ServerFailed('The server refused the greeting.');
    }
    child.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return answer.result;
  }

  const greeting = greet();
  // Whoever asks is told; until somebody does, nothing is unhandled.
  greeting.catch(() => {});
  return { child, greeting, ask };
}

export function createSession(options: SessionOptions): Session {
  let life: Life | undefined;

  const living = (): Life => {
    if (life !== undefined) return life;
    const begun: Life = beginLife(options, () => {
      if (life === begun) life = undefined;
    });
    life = begun;
    return begun;
  };

  return {
    greeting: () => living().greeting,
    async ask(method, params, timeoutMs) {
      const now = living();
      await now.greeting;
      return now.ask(method, params, timeoutMs);
    },
    close: () => life?.child.kill(),
  };
}
