import {
  type JSONRPCMessage,
  type JSONRPCRequest,
  type MessageClassification,
  type MessageExtraInfo,
  PerRequestHTTPServerTransport,
  type RequestId,
} from '@modelcontextprotocol/server';

// Many callers' requests through one long-lived SDK server. The SDK knows a request by its id alone, and callers choose
// their ids: so each request goes in under a number of ours, and the answer leaves under the caller's own id. Who calls
// stays in the exchange, never in the server. Only requests go in: a notification (`notifications/cancelled` names a
// request by id) could reach another caller's call, so there is no way here to deliver one.
//
// It is a subclass because the SDK binds a server to the 2026-07-28 era by recognising this class; nothing of the
// parent's single exchange, nor its `Response`, is used.

/** HTTP statuses of errors that the SDK answers before any handler runs (revision 2026-07-28, Streamable HTTP). */
const EARLY_STATUS: Readonly<Record<number, number>> = { [-32700]: 400, [-32600]: 400, [-32601]: 404, [-32022]: 400 };
/** The one code of a handler that has a status of its own: a client capability is missing. */
const MISSING_CAPABILITY = -32021;

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message: JSONRPCMessage;
}

/** What a handler may say about the HTTP answer beyond its JSON-RPC message. */
export interface Exchange<Scope> {
  readonly scope: Scope;
  status?: number;
  headers?: Readonly<Record<string, string>>;
  /** A result that the SDK has no schema for; it is sent in place of the handler's. */
  instead?: Readonly<Record<string, unknown>>;
}

interface OpenExchange<Scope> extends Exchange<Scope> {
  readonly callerId: RequestId;
  readonly resolve: (answer: Answer) => void;
}

export class SharedTransport<Scope> extends PerRequestHTTPServerTransport {
  readonly #open = new Map<RequestId, OpenExchange<Scope>>();
  readonly #extra: MessageExtraInfo;
  /** Whether early errors have statuses of their own; in the older era every JSON-RPC answer is a 200. */
  readonly #statuses: boolean;
  #lastId = 0;
  #delivering = false;

  constructor(classification: MessageClassification) {
    super({ classification, responseMode: 'json' });
    this.#statuses = classification.era === 'modern';
    this.#extra = this.#statuses ? { classification } : {};
  }

  /** Hands one request to the server and resolves with its answer, under the caller's id. */
  deliver(message: JSONRPCRequest, scope: Scope): Promise<Answer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#open.set(id, { callerId: message.id, scope, resolve });
      this.#delivering = true;
      try {
        this.onmessage?.({ ...message, id }, this.#extra);
      } catch (error) {
        this.#open.delete(id);
        reject(error);
      } finally {
        this.#delivering = false;
      }
    });
  }

  /** The exchange that a handler is serving, by the id the SDK gives it. */
  exchange(id: RequestId): Exchange<Scope> {
    const exchange = this.#open.get(id);
    if (exchange === undefined) throw new Error('no exchange is open under this id');
    return exchange;
  }

  override async start(): Promise<void> {}

  override async close(): Promise<void> {
    this.onclose?.();
  }

  /** Answers settle their exchange. Whatever else a server may wish to send has no one to go to and is dropped. */
  override async send(message: JSONRPCMessage): Promise<void> {
    if ('method' in message || message.id === undefined) return;
    const exchange = this.#open.get(message.id);
    if (exchange === undefined) return;
    this.#open.delete(message.id);
    exchange.resolve({
      status: exchange.status ?? this.#statusOf(message),
      ...(exchange.headers !== undefined && { headers: exchange.headers }),
      message: this.#messageOf(message, exchange),
    });
  }

  #messageOf(message: JSONRPCMessage, { instead, callerId }: OpenExchange<Scope>): JSONRPCMessage {
    const replaced = instead !== undefined && 'result' in message ? { ...message, result: { ...instead } } : message;
    return { ...replaced, id: callerId } as JSONRPCMessage;
  }

  #statusOf(message: JSONRPCMessage): number {
    if (!this.#statuses || !('error' in message)) return 200;
    if (message.error.code === MISSING_CAPABILITY) return 400;
    return this.#delivering ? (EARLY_STATUS[message.error.code] ?? 200) : 200;
  }
}
