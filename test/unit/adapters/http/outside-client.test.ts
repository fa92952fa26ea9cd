import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createOutsideClient } from '../../../../src/adapters/http/outside-client.ts';
import type { Resolve } from '../../../../src/adapters/http/outside-target.ts';
import type { OutsideClient, OutsideRequest } from '../../../../src/ports/outside-client.ts';
import { createTestCertificate } from '../../../support/certificates.ts';
import { createTestLog, type TestLog } from '../../../support/log.ts';

// The way out, against real servers on this machine.

const open: { close(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

interface Site {
  readonly url: string;
  readonly host: string;
  readonly requests: IncomingMessage[];
}

async function listen(server: Server, protocol: string, requests: IncomingMessage[]): Promise<Site> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${protocol}://127.0.0.1:${port}`, host: `127.0.0.1:${port}`, requests };
}

type Answer = (response: ServerResponse, request: IncomingMessage, nth: number) => void;

function serve(answer: Answer): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    answer(response, request, requests.length);
  };
  return listen(createServer(listener), 'http', requests);
}

interface Setup {
  readonly hosts?: readonly string[];
  readonly resolve?: Resolve;
  readonly log?: TestLog;
}

function client(setup: Setup = {}): OutsideClient {
  const created = createOutsideClient({
    clock: { nowMs: Date.now },
    random: { bytes: (count) => new Uint8Array(count) },
    log: setup.log ?? createTestLog(),
    allow: { hosts: setup.hosts ?? [] },
    ...(setup.resolve === undefined ? {} : { resolve: setup.resolve }),
  });
  open.push(created);
  return created;
}

const get = (url: string, over: Partial<OutsideRequest> = {}): OutsideRequest => ({ method: 'GET', url, ...over });
const text = (body: Uint8Array): string => Buffer.from(body).toString('utf8');

describe('where it goes', () => {
  it('reaches a host that the operator named, by exactly that port', async () => {
    const site = await serve((response) => response.end('hello'));
    const answer = await client({ hosts: [site.host] }).send(get(`${site.url}/x?y=1`));
    expect([answer.status, text(answer.body)]).toEqual([200, 'hello']);
    expect(site.requests[0]?.headers['accept-encoding']).toBe('identity');
    await expect(client({ hosts: ['127.0.0.1:1'] }).send(get(site.url))).rejects.toMatchObject({ code: 'forbidden' });
    expect(site.requests).toHaveLength(1);
  });

  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'https://user:secret@example.com/',
    'not a url',
    '',
  ])('does not send to %j', async (url) => {
    await expect(client().send(get(url))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('does not connect to a name that leads to private addresses only', async () => {
    const resolve: Resolve = async () => [
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ];
    const sent = client({ resolve }).send(get('https://calendar.example.com/'));
    await expect(sent).rejects.toMatchObject({ code: 'forbidden', details: { reached: false } });
    await expect(client().send(get('https://localhost/'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('asks for the name once a connection and connects to what was checked', async () => {
    const site = await serve((response) => response.end('here'));
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const port = site.host.split(':')[1];
    const one = client({ hosts: [`named.example:${port}`], resolve });
    expect(text((await one.send(get(`http://named.example:${port}/`))).body)).toBe('here');
    expect(text((await one.send(get(`http://named.example:${port}/`))).body)).toBe('here');
    expect([asked, site.requests[0]?.headers.host]).toEqual([1, `named.example:${port}`]);
  });

  it('does not speak TLS with a server whose certificate nobody vouches for', async () => {
    const { pem, keyPem } = await createTestCertificate({
      names: [{ type: 'ip', value: '127.0.0.1' }],
      usages: ['1.3.6.1.5.5.7.3.1'],
    });
    const requests: IncomingMessage[] = [];
    const server = createTlsServer({ cert: pem, key: keyPem }, (request, response) => {
      requests.push(request);
      response.end();
    });
    const site = await listen(server, 'https', requests);
    await expect(client({ hosts: [site.host] }).send(get(site.url, { retry: false }))).rejects.toMatchObject({
      code: 'upstream_failed',
      details: { reached: false },
    });
    expect(requests).toHaveLength(0);
  });
});

describe('redirects', () => {
  const to =
    (location: string, status = 302): Answer =>
    (response) =>
      response.writeHead(status, { location }).end();

  it('follows a GET and keeps credentials within one origin only', async () => {
    const last = await serve((response) => response.end('there'));
    const first = await serve((response, request) =>
      request.url === '/a' ? to('/b')(response, request, 0) : to(`${last.url}/c`)(response, request, 0),
    );
    const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'x-other': 'kept' };
    const answer = await client({ hosts: [first.host, last.host] }).send(get(`${first.url}/a`, { headers }));
    expect(text(answer.body)).toBe('there');
    expect(first.requests[1]?.headers.authorization).toBe('Bearer x');
    expect(last.requests[0]?.headers).toMatchObject({ 'x-other': 'kept' });
    expect(last.requests[0]?.headers.authorization).toBeUndefined();
    expect(last.requests[0]?.headers.cookie).toBeUndefined();
  });

  it('checks where a redirect leads', async () => {
    const secret = await serve((response) => response.end('secret'));
    const site = await serve(to(secret.url));
    await expect(client({ hosts: [site.host] }).send(get(site.url))).rejects.toMatchObject({ code: 'forbidden' });
    expect(secret.requests).toHaveLength(0);
  });

  it('gives up on one that never ends', async () => {
    const site = await serve((response, _request, nth) => to(`/${nth}`)(response, _request, nth));
    await expect(client({ hosts: [site.host] }).send(get(site.url))).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(site.requests).toHaveLength(4);
  });

  it('hands the redirect of a POST back', async () => {
    const site = await serve(to('/elsewhere', 307));
    const answer = await client({ hosts: [site.host] }).send({ method: 'POST', url: site.url, body: 'x' });
    expect([answer.status, site.requests.length]).toEqual([307, 1]);
  });
});

describe('limits', () => {
  it('ends at the deadline, however slowly the body drips', async () => {
    const site = await serve((response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const sent = client({ hosts: [site.host] }).send(get(site.url, { timeoutMs: 150 }));
    await expect(sent).rejects.toMatchObject({ code: 'timed_out', details: { reached: true } });
  });

  it('ends when the caller gives up', async () => {
    const controller = new AbortController();
    const site = await serve(() => controller.abort());
    const sent = client({ hosts: [site.host] }).send(get(site.url, { signal: controller.signal }));
    await expect(sent).rejects.toMatchObject({ code: 'timed_out', details: { reached: true } });
    const late = client({ hosts: [site.host] }).send(get(site.url, { signal: AbortSignal.abort() }));
    await expect(late).rejects.toMatchObject({ code: 'timed_out', details: { reached: false } });
  });

  it('does not read a body beyond the limit, announced or not', async () => {
    const big = 'x'.repeat(2_000);
    const announced = await serve((response) => response.end(big));
    const streamed = await serve((response) => {
      response.write(big.slice(0, 600));
      response.end(big.slice(600));
    });
    const one = client({ hosts: ['127.0.0.1'] });
    for (const site of [announced, streamed]) {
      await expect(one.send(get(site.url, { maxResponseBytes: 1_000 }))).rejects.toMatchObject({
        code: 'upstream_failed',
      });
      expect(site.requests).toHaveLength(1);
    }
    expect((await one.send(get(announced.url, { maxResponseBytes: 2_000 }))).body.byteLength).toBe(2_000);
  });
});

describe('another try', () => {
  it('sends a GET again after 429, 5xx and a connection broken in the body', async () => {
    const site = await serve((response, _request, nth) => {
      if (nth === 1) response.writeHead(429).end();
      else if (nth === 2) response.writeHead(503).end();
      else if (nth === 3) {
        response.writeHead(200, { 'content-length': 100 }).write('half');
        setImmediate(() => response.destroy());
      } else response.end('whole');
    });
    const log = createTestLog();
    const answer = await client({ hosts: [site.host], log }).send(get(`${site.url}/private/path?q=secret`));
    expect([answer.status, text(answer.body)]).toEqual([200, 'whole']);
    expect(log.events.map((event) => event.fields['status'])).toEqual([429, 503, 0]);
    expect(JSON.stringify(log.events)).not.toMatch(/secret|private/);
  });

  it('answers the last status once the tries are spent', async () => {
    const site = await serve((response) => response.writeHead(500).end('down'));
    const answer = await client({ hosts: [site.host] }).send(get(site.url));
    expect([answer.status, text(answer.body), site.requests.length]).toEqual([500, 'down', 4]);
  });

  it('says when an earlier try may have been acted on', async () => {
    const statuses = [429, 503, 429, 400];
    const site = await serve((response, _request, nth) => response.writeHead(statuses[nth - 1] ?? 200).end());
    const one = client({ hosts: [site.host] });
    expect(await one.send({ method: 'POST', url: site.url, retry: true })).toMatchObject({
      status: 400,
      triedBefore: true,
    });
    expect((await one.send({ method: 'POST', url: site.url, retry: true })).triedBefore).toBeUndefined();
  });

  it.each([400, 401, 403, 404, 409, 412])('does not repeat after %i', async (status) => {
    const site = await serve((response) => response.writeHead(status).end());
    expect((await client({ hosts: [site.host] }).send(get(site.url))).status).toBe(status);
    expect(site.requests).toHaveLength(1);
  });

  it('repeats after an answer that the caller says asks for it', async () => {
    const site = await serve((response, _request, nth) => response.writeHead(nth === 1 ? 403 : 200).end('slow down'));
    const answer = await client({ hosts: [site.host] }).send(
      get(site.url, { retryOn: (response) => response.status === 403 && text(response.body) === 'slow down' }),
    );
    expect([answer.status, site.requests.length]).toEqual([200, 2]);
  });

  it('never repeats a POST on its own, but does when told that it may', async () => {
    const site = await serve((response, _request, nth) => response.writeHead(nth < 3 ? 503 : 201).end());
    const one = client({ hosts: [site.host] });
    expect((await one.send({ method: 'POST', url: site.url, body: '{}' })).status).toBe(503);
    expect(site.requests).toHaveLength(1);
    expect((await one.send({ method: 'POST', url: site.url, body: '{}', retry: true })).status).toBe(201);
    expect(site.requests).toHaveLength(3);
  });

  it('waits as long as the service asks, and does not wait past the deadline', async () => {
    const site = await serve((response, _request, nth) =>
      nth === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : response.end('now'),
    );
    const one = client({ hosts: ['127.0.0.1'] });
    const started = performance.now();
    expect(text((await one.send(get(site.url))).body)).toBe('now');
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    const patient = await serve((response) => response.writeHead(429, { 'retry-after': '60' }).end());
    const answer = await one.send(get(patient.url, { timeoutMs: 2_000 }));
    expect([answer.status, answer.headers['retry-after'], patient.requests.length]).toEqual([429, '60', 1]);
  });

  it('says that nothing was reached when nobody listens', async () => {
    const site = await serve((response) => response.end());
    open.splice(0, 1)[0]?.close();
    await expect(client({ hosts: [site.host] }).send(get(site.url))).rejects.toMatchObject({
      code: 'upstream_failed',
      details: { reached: false },
    });
  });
});

describe('connections', () => {
  it('that are handed on from request to request keep nothing of those before', async () => {
    const site = await serve((response) => response.end('hello'));
    const one = client({ hosts: [site.host] });
    const late: unknown[] = [];
    const { once: listen } = Socket.prototype;
    const spy = jest.spyOn(Socket.prototype, 'once').mockImplementation(function (this: Socket, name, listener) {
      if (String(name) === 'connect' && this.remoteAddress !== undefined) late.push(name);
      return listen.call(this, name, listener);
    });
    try {
      // Far more at once than there are connections to one host.
      await Promise.all(Array.from({ length: 200 }, () => one.send(get(site.url))));
    } finally {
      spy.mockRestore();
    }
    expect(site.requests).toHaveLength(200);
    // Who waits for a connection that stands waits, and stays, for as long as it does.
    expect(late).toEqual([]);
  });

  it('keeps one for what may be repeated, and takes a new one for what may not', async () => {
    const site = await serve((response) => response.end());
    const one = client({ hosts: [site.host] });
    for (let round = 0; round < 3; round += 1) await one.send(get(site.url));
    expect(new Set(site.requests.map((request) => request.socket)).size).toBe(1);
    await one.send({ method: 'POST', url: site.url, body: 'x' });
    await one.send({ method: 'POST', url: site.url, body: 'x' });
    expect(new Set(site.requests.map((request) => request.socket)).size).toBe(3);
  });
});
