import { readEvents } from '../../cli/client/server-sent-events.ts';

// The Agent API, as this page calls it: always at its own origin, always with the tab's token.

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface ApiEvent {
  readonly type: string;
  readonly data: unknown;
}

export interface Api {
  json(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Events as they come; an API that does not stream gives its one answer as `turn.end`. */
  events(path: string, body?: unknown): AsyncGenerator<ApiEvent>;
  text(method: string, path: string, body?: unknown): Promise<string>;
}

interface Refusal {
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly request_id?: unknown };
}

async function refusalOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Refusal | null;
  const { code, message, request_id } = body?.error ?? {};
  const id = typeof request_id === 'string' ? ` (request ${request_id})` : '';
  const words = typeof message === 'string' ? message : `The Agent API answered ${response.status}.`;
  return new ApiError(response.status, typeof code === 'string' ? code : 'unknown', `${words}${id}`);
}

/** By its reader: not every browser can iterate over a stream. */
async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}

export function createApi(token: () => string | undefined): Api {
  async function ask(method: string, path: string, body: unknown, accept: string): Promise<Response> {
    const response = await fetch(path, {
      method,
      headers: {
        accept,
        authorization: `Bearer ${token() ?? ''}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      // No cookie of this origin means anything to the API.
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new ApiError(0, 'unreachable', 'The Agent API does not answer. Is it running?');
    });
    if (!response.ok) throw await refusalOf(response);
    return response;
  }

  return {
    async json(method, path, body) {
      return (await ask(method, path, body, 'application/json')).json();
    },
    async text(method, path, body) {
      return (await ask(method, path, body, '*/*')).text();
    },
    async *events(path, body) {
      const response = await ask('POST', path, body, 'text/event-stream');
      const streams = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
      if (!streams || response.body === null) {
        yield { type: 'turn.end', data: await response.json() };
        return;
      }
      for await (const { event, data } of readEvents(pieces(response.body)))
        yield { type: event, data: JSON.parse(data) };
    },
  };
}
