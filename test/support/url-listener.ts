import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createEvent } from './lambda-events.ts';
import type { LambdaFunction } from './lambda-function.ts';

// A Function URL's place before one function: a listener on this machine that hands each request over as an event. It checks no signature.

export interface UrlListener {
  readonly url: string;
  /** `host:port`, for SALLYPORT_ALLOWED_HOSTS. */
  readonly host: string;
  /** Headers of the requests so far, oldest first. */
  readonly requests: readonly IncomingMessage['headers'][];
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Function URLs know no stages. */
export async function listenAsUrl(lambda: Pick<LambdaFunction, 'answer'>): Promise<UrlListener> {
  const requests: IncomingMessage['headers'][] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push(request.headers);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = await readBody(request);
    const answer = await lambda.answer(
      createEvent({ method: request.method ?? '', path: request.url ?? '/', headers, body }),
    );
    response.writeHead(answer.statusCode ?? 502, answer.headers as Record<string, string>).end(answer.body);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.writeHead(502).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/`,
    host,
    requests,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
