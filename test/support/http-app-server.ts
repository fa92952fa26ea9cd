import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpApp, HttpRequest } from '../../src/ports/http.ts';

// An `HttpApp` on plain loopback HTTP, for peers that speak to a URL and know nothing of certificates.

export interface AppServer {
  readonly url: string;
  close(): Promise<void>;
}

async function readRequest(incoming: IncomingMessage, authority: string, requestId: string): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(',') : value,
  ]);
  return {
    method: incoming.method ?? 'GET',
    path,
    query,
    headers: Object.fromEntries(headers),
    cookies: [],
    body: Buffer.concat(chunks),
    domainName: authority,
    apiId: 'test',
    stage: '$default',
    sourceIp: '127.0.0.1',
    requestId,
    remainingMs: 30_000,
  };
}

export async function startAppServer(app: HttpApp): Promise<AppServer> {
  let count = 0;
  const server = createServer((incoming, outgoing) => {
    count += 1;
    readRequest(incoming, `127.0.0.1:${(server.address() as AddressInfo).port}`, `r-${count}`)
      .then(app)
      .then((answer) => {
        outgoing.writeHead(answer.status, answer.headers);
        outgoing.end(answer.body);
      })
      .catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
