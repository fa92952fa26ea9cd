import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createApiGatewayHandler,
  parseApiGatewayEvent,
  toApiGatewayResult,
} from '../../src/adapters/http/api-gateway.ts';
import { createFetchApp } from '../../src/adapters/http/fetch-app.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import type { HttpRequest } from '../../src/ports/http.ts';
import { changedEvent, createEvent, documentedEvent, testContext, unfitEvents } from '../support/lambda-events.ts';

const LIMIT_MS = 29_000;
const read = (event: unknown): HttpRequest => parseApiGatewayEvent(event, testContext, LIMIT_MS);
const text = (request: HttpRequest): string => Buffer.from(request.body).toString('utf8');

describe('an event of an HTTP API', () => {
  it('is read as AWS documents it', () => {
    const request = read(documentedEvent);
    expect({ ...request, headers: { ...request.headers }, body: text(request) }).toEqual({
      method: 'POST',
      path: '/my/path',
      query: 'parameter1=value1&parameter1=value2&parameter2=value',
      headers: { header1: 'value1', header2: 'value1,value2' },
      cookies: ['cookie1', 'cookie2'],
      body: 'Hello from Lambda',
      domainName: 'id.execute-api.us-east-1.amazonaws.com',
      apiId: 'api-id',
      stage: '$default',
      sourceIp: '192.0.2.1',
      requestId: 'id',
      clientCertificatePem: 'CERT_CONTENT',
      remainingMs: LIMIT_MS,
    });
  });

  it('has the bytes that were sent, whether they came as text or as base64', () => {
    const bytes = Buffer.from([0, 0xff, 0xfe, 0x80, 10]);
    expect(read(createEvent({ method: 'POST', body: bytes })).body).toEqual(new Uint8Array(bytes));
    expect(text(read(createEvent({ method: 'POST', body: 'grüß 👋' })))).toBe('grüß 👋');
    expect(text(read(createEvent({ method: 'POST', body: Buffer.from('grüß 👋') })))).toBe('grüß 👋');
  });

  it.each(['GET', 'HEAD', 'DELETE'])(
    '%s without a body has an empty one, with the Content-Type that API Gateway adds',
    (method) => {
      const request = read(createEvent({ method }));
      expect([request.body.length, request.headers['content-type']]).toEqual([0, 'application/json']);
      expect(read(changedEvent('body', null)).body.length).toBe(0);
    },
  );

  it.each([
    ['prod', '/prod/mcp', '/mcp'],
    ['prod', '/prod', '/'],
    ['prod', '/prod/', '/'],
    ['prod', '/production/mcp', '/production/mcp'],
    ['prod', '/prod/prod/mcp', '/prod/mcp'],
    ['$default', '/$default/mcp', '/$default/mcp'],
  ])('of stage %s with the path %s is for %s', (stage, rawPath, path) => {
    expect(read(changedEvent('rawPath', rawPath, createEvent({ stage }))).path).toBe(path);
  });

  it('keeps a decoded path decoded, and a query raw', () => {
    const request = read(createEvent({ path: '/a b/ü%', query: 'q=%2Fx%20y&q=2' }));
    expect([request.path, request.query]).toEqual(['/a b/ü%', 'q=%2Fx%20y&q=2']);
  });

  it('keeps repeated headers joined as they came, and joins names that differ by case only', () => {
    expect(read(createEvent({ headers: { 'x-many': 'a,b' } })).headers['x-many']).toBe('a,b');
    const { headers } = read(createEvent({ headers: { signature: 'one', Signature: 'two' } }));
    expect(headers['signature']).toBe('one,two');
  });

  it('takes a certificate from its context only, never from a header', () => {
    const request = read(createEvent({ headers: { 'x-amzn-mtls-clientcert': 'FORGED', 'x-client-cert': 'FORGED' } }));
    expect(request.clientCertificatePem).toBeUndefined();
    expect(read(createEvent({ clientCertPem: 'PEM' })).clientCertificatePem).toBe('PEM');
  });

  it('leaves time to answer before Lambda or API Gateway gives up', () => {
    const remaining = (ms: number): number =>
      parseApiGatewayEvent(createEvent(), { getRemainingTimeInMillis: () => ms }, LIMIT_MS).remainingMs;
    expect([remaining(900_000), remaining(10_000)]).toEqual([LIMIT_MS, 9_500]);
  });
});

describe('an event that is no HTTP API’s', () => {
  it.each(unfitEvents)('is refused: %s', (_what, event) => {
    expect(() => read(event)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it('sets no prototype by a header', () => {
    const event = JSON.parse(
      JSON.stringify(createEvent()).replace('"headers":{', '"headers":{"__proto__":{"authorization":"Bearer x"},'),
    );
    const request = read(event);
    expect(request.headers['authorization']).toBeUndefined();
    expect(request.headers['constructor']).toBeUndefined();
    expect(({} as Record<string, unknown>)['authorization']).toBeUndefined();
  });

  it('is read or refused, whatever it is', () => {
    const paths = ['version', 'rawPath', 'rawQueryString', 'cookies', 'headers', 'headers.accept', 'body'].concat(
      ['requestContext', 'requestContext.http', 'requestContext.http.method', 'requestContext.authentication'],
      ['requestContext.stage', 'requestContext.domainName', 'isBase64Encoded'],
    );
    const seen = { read: 0, refused: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' })), (path, value) => {
        try {
          read(changedEvent(path, value));
          seen.read += 1;
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== 'invalid_request') throw error;
          seen.refused += 1;
        }
      }),
      { numRuns: 2000 },
    );
    expect(seen.read).toBeGreaterThan(50);
    expect(seen.refused).toBeGreaterThan(50);
  });
});

describe('an answer', () => {
  it('is text where it is text, and base64 where it is not', () => {
    const answer = { status: 200, headers: { 'content-type': 'application/json' } };
    expect(toApiGatewayResult({ ...answer, body: '{}' })).toMatchObject({ body: '{}', isBase64Encoded: false });
    const utf8 = toApiGatewayResult({ ...answer, body: Buffer.from('grüß') });
    expect(utf8).toMatchObject({ body: 'grüß', isBase64Encoded: false });
    const bytes = toApiGatewayResult({ ...answer, body: new Uint8Array([0xff, 0]) });
    expect(bytes).toMatchObject({ body: '/wA=', isBase64Encoded: true });
  });

  it('carries each cookie apart, and none where there is none', () => {
    const answer = { status: 204, headers: {}, body: '' };
    expect(toApiGatewayResult({ ...answer, cookies: ['a=1', 'b=2'] }).cookies).toEqual(['a=1', 'b=2']);
    expect('cookies' in toApiGatewayResult(answer)).toBe(false);
  });
});

describe('an app that speaks Request and Response', () => {
  const echo = createFetchApp(async (request) => {
    const headers = new Headers({ 'content-type': 'application/json' });
    headers.append('set-cookie', 'a=1; Path=/');
    headers.append('set-cookie', 'b=2, c; Path=/');
    const seen = {
      method: request.method,
      url: request.url,
      cookie: request.headers.get('cookie'),
      body: await request.text(),
    };
    return new Response(JSON.stringify(seen), { status: 201, headers });
  });
  const handle = createApiGatewayHandler(echo);
  const ask = async (event: unknown) => {
    const result = await handle(event, testContext);
    return { result, seen: JSON.parse(result.body ?? '') as Record<string, unknown> };
  };

  it('gets the public address, cookies joined, and the body; its cookies come back apart', async () => {
    const { result, seen } = await ask(
      createEvent({
        method: 'POST',
        path: '/a b/%2F?#ü',
        query: 'q=%20',
        cookies: ['x=1', 'y=2'],
        body: Buffer.from('hi'),
      }),
    );
    expect(seen).toEqual({
      method: 'POST',
      url: 'https://api.example.com/a%20b/%252F%3F%23%C3%BC?q=%20',
      cookie: 'x=1; y=2',
      body: 'hi',
    });
    expect(result).toMatchObject({ statusCode: 201, cookies: ['a=1; Path=/', 'b=2, c; Path=/'] });
    expect(Object.keys(result.headers ?? {})).not.toContain('set-cookie');
  });

  it('gets no body with GET and HEAD, even if the event has one', async () => {
    for (const method of ['GET', 'HEAD']) expect((await ask(createEvent({ method, body: 'x' }))).seen['body']).toBe('');
  });

  it('is not asked about headers that HTTP cannot carry', async () => {
    const event = createEvent({ headers: { 'x-bad': 'a\nb' } });
    await expect(handle(event, testContext)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(handle(createEvent({ cookies: ['a=\nb'] }), testContext)).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });

  it('gets a path of whole characters', async () => {
    expect((await ask(createEvent({ path: '/\ud800x' }))).seen['url']).toBe('https://api.example.com/%EF%BF%BDx');
  });
});
