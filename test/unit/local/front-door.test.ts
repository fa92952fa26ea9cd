import { get } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { type FrontDoor, openFrontDoor } from '../../../src/local/front-door.ts';
import { createTestServerCertificate, testAuthority } from '../../support/certificates.ts';

// What comes over the wire, as the event that API Gateway would make of it.

const events: APIGatewayProxyEventV2[] = [];
let door: FrontDoor;

beforeAll(async () => {
  door = await openFrontDoor({
    name: 'test door',
    port: 0,
    apiId: 'test',
    limitMs: 1000,
    onFault: (error) => {
      throw error;
    },
    handler: async (event) => {
      events.push(event as APIGatewayProxyEventV2);
      return { statusCode: 204 };
    },
  });
});
afterAll(() => door.close());

/** Sends bytes as they are and answers with the status line, or nothing when the door hung up. */
function send(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(door.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.split('\r\n', 1)[0] ?? ''));
  });
}

const request = (...lines: readonly string[]): string =>
  ['GET /a%20b?c=%20d HTTP/1.1', 'Host: door.test', 'Connection: close', ...lines, '', ''].join('\r\n');

describe('the front door', () => {
  it('decodes the path and leaves the query as it is', async () => {
    expect(await send(request())).toContain('204');
    expect(events.at(-1)).toMatchObject({ rawPath: '/a b', rawQueryString: 'c=%20d' });
  });

  it('joins repeated headers, keeps cookies apart, and takes no name for one of Object’s members', async () => {
    await send(request('X-One: 1', 'x-one: 2', 'Cookie: a=1; b=2', 'constructor: plain', '__proto__: x'));
    const { headers = {}, cookies } = events.at(-1) ?? {};
    expect(headers).toMatchObject({ 'x-one': '1,2', constructor: 'plain' });
    expect(Object.keys(headers)).not.toContain('cookie');
    expect(cookies).toEqual(['a=1', 'b=2']);
  });

  it.each([
    ['two lengths of the body', request('Content-Length: 1', 'Content-Length: 1')],
    ['a length beside chunks', request('Content-Length: 1', 'Transfer-Encoding: chunked')],
    ['a folded header', request('X-One: 1', ' 2')],
    ['a space before the colon', request('X-One : 1')],
    ['a header after a bare line feed', request('X-One: 1\nX-Two: 2')],
    ['more headers than fit', request(...Array.from({ length: 5000 }, (_, index) => `x${index}: 1`))],
  ])('hands nothing on of a request with %s', async (_what, bytes) => {
    const before = events.length;
    expect(await send(bytes)).not.toContain('204');
    expect(events.length).toBe(before);
  });
});

describe('a front door with a domain of its own', () => {
  it('asks nobody for a certificate when it was given no truststore, and names the domain in its events', async () => {
    const { pem, keyPem } = await createTestServerCertificate();
    const seen: APIGatewayProxyEventV2[] = [];
    const named = await openFrontDoor({
      name: 'named door',
      port: 0,
      apiId: 'test',
      domainName: 'agent.example.org',
      tls: { certificate: pem, privateKey: keyPem },
      limitMs: 1000,
      onFault: () => {},
      handler: async (event) => {
        seen.push(event as APIGatewayProxyEventV2);
        return { statusCode: 204 };
      },
    });
    const { pem: ca } = await testAuthority();
    const status = await new Promise((resolve, reject) => {
      get(named.url, { ca, agent: false }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
    await named.close();
    expect(status).toBe(204);
    expect(seen[0]?.requestContext).toMatchObject({ domainName: 'agent.example.org' });
    expect(seen[0]?.requestContext.authentication).toBeUndefined();
  });
});

describe('an answer in pieces', () => {
  const piece = (text: string): Uint8Array => new TextEncoder().encode(text);

  async function openStreaming(chunks: () => AsyncIterable<Uint8Array>): Promise<FrontDoor> {
    const respond = async () => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: '',
      chunks: chunks(),
    });
    return openFrontDoor({
      name: 'streaming door',
      port: 0,
      apiId: 'test',
      limitMs: 10_000,
      onFault: (error) => {
        throw error;
      },
      handler: Object.assign(async () => ({ statusCode: 500 }), { respond }),
    });
  }

  it('is passed on piece by piece', async () => {
    let goOn: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const streaming = await openStreaming(async function* () {
      yield piece('first');
      await held;
      yield piece('second');
    });
    const response = await fetch(streaming.url);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
    goOn();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second');
    expect((await reader?.read())?.done).toBe(true);
    await streaming.close();
  });

  it('is let go of when the client leaves', async () => {
    let letGo: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const streaming = await openStreaming(async function* () {
      try {
        for (;;) {
          yield piece('more');
          await new Promise((later) => setImmediate(later));
        }
      } finally {
        letGo();
      }
    });
    const leaving = new AbortController();
    const response = await fetch(streaming.url, { signal: leaving.signal });
    await response.body?.getReader().read();
    leaving.abort();
    await gone;
    await streaming.close();
  });
});
