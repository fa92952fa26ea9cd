import type { FetchFunction } from '@slack/web-api';
import type { OutsideClient } from '../../ports/outside-client.ts';

// Slack's own client sends through our one way outside: its deadlines, its limits on size, its look at where a name leads.

const TIMEOUT_MS = 10_000;
/** The longest answer that we read is a user's record or a message of ours. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

export function createOutsideFetch(http: OutsideClient): FetchFunction {
  return async (url, init = {}) => {
    if (typeof init.body !== 'string') throw new TypeError('only texts are sent to Slack');
    const response = await http.send({
      method: 'POST',
      url: String(url),
      headers: init.headers ?? {},
      body: init.body,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
      // A message that was sent twice would stand there twice.
      retry: false,
      ...(init.signal !== undefined && { signal: init.signal }),
    });
    const text = (): string => Buffer.from(response.body).toString('utf8');
    return {
      ok: response.status >= 200 && response.status < 300,
      status: response.status,
      statusText: '',
      url: String(url),
      headers: {
        get: (name) => response.headers[name.toLowerCase()] ?? null,
        entries: () => Object.entries(response.headers),
      },
      arrayBuffer: async () => response.body.slice().buffer as ArrayBuffer,
      json: async () => JSON.parse(text()) as unknown,
      text: async () => text(),
    };
  };
}
