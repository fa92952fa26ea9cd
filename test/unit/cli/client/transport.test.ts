import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  createTransport,
  type Transport,
  TransportError,
  type WireRequest,
} from '../../../../src/cli/client/transport.ts';

// Against real sockets: what a failure says of whether the request may have arrived decides whether it is sent again.

const open: (Server | SocketServer)[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  }
});

async function listen<Kind extends Server | SocketServer>(server: Kind): Promise<URL> {
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}
const serve = (listener: RequestListener): Promise<URL> => listen(createServer(listener));

const request = (url: URL, over: Partial<WireRequest> = {}): WireRequest => ({
  method: 'GET',
  url,
  headers: {},
  answerMs: 5_000,
  once: true,
  ...over,
});

async function failureOf(transport: Transport, wire: WireRequest): Promise<TransportError> {
  try {
    const { body } = await transport(wire);
    for await (const _ of body);
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
  throw new Error('it was answered');
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const piece of body) text += Buffer.from(piece).toString('utf8');
  return text;
}

describe('a request', () => {
  const saidOf = async (headers: Readonly<Record<string, string>>): Promise<string> => {
    const url = await serve((incoming, outgoing) => void outgoing.end(incoming.headers['user-agent'] ?? 'nothing'));
    return textOf((await createTransport()(request(url, { headers }))).body);
  };

  it('says who asks, since firewalls refuse whoever does not', async () => {
    expect(await saidOf({})).toBe('sallyport');
    expect(await saidOf({ 'user-agent': 'another/1' })).toBe('another/1');
  });
});

describe('a request that fails', () => {
  const transport = createTransport();

  it('was never sent where nobody listens', async () => {
    const url = await serve(() => undefined);
    const server = open.splice(0)[0];
    await new Promise((resolve) => server?.close(resolve));
    expect(await failureOf(transport, request(url))).toMatchObject({ reason: 'connect', maybeSent: false });
  });

  it('was never sent where the name is nobody’s', async () => {
    const failed = await failureOf(transport, request(new URL('http://nobody.invalid/')));
    expect(failed).toMatchObject({ reason: 'connect', maybeSent: false });
  });

  it('may have arrived where the connection breaks before an answer', async () => {
    const url = await listen(createSocketServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await failureOf(transport, request(url))).toMatchObject({ reason: 'broken', maybeSent: true });
  });

  it('may have arrived where nobody answers in time', async () => {
    const url = await serve(() => undefined);
    expect(await failureOf(transport, request(url, { answerMs: 50 }))).toMatchObject({
      reason: 'timeout',
      maybeSent: true,
    });
  });

  it('ends when whoever answers falls silent', async () => {
    const url = await serve((_incoming, outgoing) => void outgoing.write('half'));
    const impatient = createTransport({}, { connectMs: 1_000, silenceMs: 50 });
    expect(await failureOf(impatient, request(url))).toMatchObject({ reason: 'silence', maybeSent: true });
  });

  it('ends when it is broken off, before the answer and within it', async () => {
    const hanging = await serve(() => undefined);
    const before = AbortSignal.timeout(50);
    expect(await failureOf(transport, request(hanging, { signal: before }))).toMatchObject({ reason: 'aborted' });
    expect(await failureOf(transport, request(hanging, { signal: AbortSignal.abort() }))).toMatchObject({
      reason: 'aborted',
      maybeSent: false,
    });
    const half = await serve((_incoming, outgoing) => void outgoing.write('half'));
    expect(await failureOf(transport, request(half, { signal: AbortSignal.timeout(100) }))).toMatchObject({
      reason: 'aborted',
    });
  });
});

describe('a request', () => {
  it('brings its body, and back status, headers and body', async () => {
    const url = await serve((incoming, outgoing) => {
      outgoing.writeHead(201, { 'x-length': incoming.headers['content-length'], 'set-cookie': ['a=1', 'b=2'] });
      incoming.pipe(outgoing);
    });
    const answer = await createTransport()(request(url, { method: 'POST', body: 'Grüße' }));
    expect(answer).toMatchObject({ status: 201, headers: { 'x-length': '7', 'set-cookie': 'a=1, b=2' } });
    expect(await textOf(answer.body)).toBe('Grüße');
  });

  it('follows no redirect', async () => {
    let count = 0;
    const url = await serve((_incoming, outgoing) => {
      count += 1;
      outgoing.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    });
    expect((await createTransport()(request(url))).status).toBe(302);
    expect(count).toBe(1);
  });

  it('shares a connection with those that may be repeated, and has its own where it may not', async () => {
    const ports = new Set<number | undefined>();
    const url = await serve((incoming, outgoing) => {
      ports.add(incoming.socket.remotePort);
      outgoing.end('ok');
    });
    const transport = createTransport();
    const ask = async (isOnce: boolean) => textOf((await transport(request(url, { once: isOnce }))).body);
    for (const isOnce of [false, false, false]) await ask(isOnce);
    expect(ports.size).toBe(1);
    await ask(true);
    expect(ports.size).toBe(2);
  });

  it('reaches names under localhost without a name server', async () => {
    const url = await serve((incoming, outgoing) => void outgoing.end(incoming.headers.host));
    const answer = await createTransport()(request(new URL(`http://some-api.localhost:${url.port}/`)));
    expect(await textOf(answer.body)).toBe(`some-api.localhost:${url.port}`);
  });
});

describe('a proxy', () => {
  it('is told the whole address and the user’s name of it', async () => {
    const seen: unknown[] = [];
    const proxy = await serve((incoming, outgoing) => {
      seen.push(incoming.url, incoming.headers.host, incoming.headers['proxy-authorization']);
      outgoing.end('from the proxy');
    });
    const HTTP_PROXY = `http://ana:p%40ss@127.0.0.1:${proxy.port}`;
    const answer = await createTransport({ HTTP_PROXY })(request(new URL('http://agent.test/health')));
    expect(await textOf(answer.body)).toBe('from the proxy');
    const basic = `Basic ${Buffer.from('ana:p@ss').toString('base64')}`;
    expect(seen).toEqual(['http://agent.test/health', 'agent.test', basic]);
  });

  it('that refuses a tunnel has passed nothing on', async () => {
    const server = createServer();
    server.on('connect', (_incoming, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    const proxy = await listen(server);
    const transport = createTransport({ HTTPS_PROXY: proxy.href });
    const failed = await failureOf(transport, request(new URL('https://agent.test/')));
    expect(failed).toMatchObject({ reason: 'connect', maybeSent: false });
    expect(String(failed.cause)).toContain('407');
  });
});
