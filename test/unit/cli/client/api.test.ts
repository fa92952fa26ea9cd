import { afterEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { type ApiRequest, callApi, type Endpoint, openApi, readApi } from '../../../../src/cli/client/api.ts';
import { createTransport, type Transport, type WireRequest } from '../../../../src/cli/client/transport.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/ports/http.ts';
import { type AppServer, startAppServer } from '../../../support/http-app-server.ts';

const servers: AppServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const json = (status: number, body: unknown, headers = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const refusal = (status: number, code: string, headers = {}): HttpResponse =>
  json(status, { error: { code, message: 'Not so.', request_id: 'r1' } }, headers);

/** Answers in this order, the last for ever. */
async function serve(...answers: readonly HttpResponse[]) {
  const requests: HttpRequest[] = [];
  const server = await startAppServer(async (request) => {
    requests.push(request);
    return answers[Math.min(requests.length, answers.length) - 1] ?? json(200, {});
  });
  servers.push(server);
  return { endpoint: { url: server.url, token: 'sp_token', retries: 3 } satisfies Endpoint, requests };
}

const anything = z.looseObject({});
const get: ApiRequest = { method: 'GET', path: '/contacts' };
const post: ApiRequest = { method: 'POST', path: '/chat', body: { message: 'x' } };

describe('a call', () => {
  it('brings the token, and the present one where it changes', async () => {
    const { endpoint, requests } = await serve(json(200, { ok: true }));
    await callApi(endpoint, get, anything);
    await callApi({ ...endpoint, token: async () => 'fresh' }, get, anything);
    await callApi({ url: endpoint.url }, get, anything);
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer sp_token',
      'Bearer fresh',
      undefined,
    ]);
  });

  it('is signed with all it brings, and sent with what the signer made of it', async () => {
    const { endpoint, requests } = await serve(json(200, {}));
    const signed: unknown[] = [];
    await callApi(
      {
        ...endpoint,
        sign: async (request) => {
          signed.push(request);
          return { ...request.headers, authorization: 'AWS4', 'x-sallyport-authorization': 'moved' };
        },
      },
      post,
      anything,
    );
    expect(signed).toMatchObject([
      {
        method: 'POST',
        url: `${endpoint.url}/chat`,
        body: '{"message":"x"}',
        headers: { authorization: 'Bearer sp_token' },
      },
    ]);
    expect(requests[0]?.headers).toMatchObject({ authorization: 'AWS4', 'x-sallyport-authorization': 'moved' });
  });

  it.each(['http://agent.example.com', 'http://192.168.1.2:8401', 'http://localhost.example.com'])(
    'is not sent in the clear to %s',
    async (url) => {
      const sent: WireRequest[] = [];
      const transport: Transport = async (wire) => {
        sent.push(wire);
        throw new Error('sent');
      };
      await expect(callApi({ url, token: 'x', transport }, get, anything)).rejects.toThrow(/only https/);
      expect(sent).toEqual([]);
    },
  );

  it('that is refused says why, in the API’s words', async () => {
    const { endpoint } = await serve(refusal(403, 'forbidden'));
    await expect(callApi(endpoint, get, anything)).rejects.toMatchObject({
      status: 403,
      code: 'forbidden',
      message: 'Not so. (forbidden, request r1)',
    });
  });

  it.each([
    ['not JSON', { status: 200, headers: {}, body: '<html>' }, 'not JSON'],
    ['another shape', json(200, []), 'unknown shape'],
    ['a refusal that is not ours', { status: 502, headers: {}, body: '<html>' }, 'answered 502'],
    ['a redirect', { status: 302, headers: { location: 'https://evil.example' }, body: '' }, 'answered 302'],
  ] as const)('believes nothing that is %s', async (_what, answer, words) => {
    const { endpoint } = await serve(answer);
    await expect(callApi({ ...endpoint, retries: 0 }, get, anything)).rejects.toThrow(words);
  });

  it('reads no answer without end', async () => {
    const endless: Transport = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (;;) yield new Uint8Array(1024 * 1024);
      })(),
    });
    await expect(callApi({ url: 'https://a.example', transport: endless }, get, anything)).rejects.toThrow(/too long/);
  });

  it('gives documents as they are', async () => {
    const { endpoint } = await serve({ status: 200, headers: { 'content-type': 'text/markdown' }, body: '# Hi' });
    expect(await readApi(endpoint, get, 'text/markdown')).toBe('# Hi');
  });

  it('that shall stream and does not is refused', async () => {
    const { endpoint } = await serve(json(200, {}));
    await expect(openApi(endpoint, post)).rejects.toThrow(/without a stream/);
  });
});

describe('a call that failed', () => {
  it('is repeated while somebody is busy, when that is safe', async () => {
    const { endpoint, requests } = await serve(
      refusal(503, 'unavailable'),
      refusal(429, 'rate_limited'),
      json(200, {}),
    );
    await callApi(endpoint, get, anything);
    expect(requests).toHaveLength(3);
  });

  it('waits as long as it was told', async () => {
    const { endpoint, requests } = await serve(refusal(503, 'unavailable', { 'retry-after': '1' }), json(200, {}));
    const began = Date.now();
    await callApi(endpoint, get, anything);
    expect(requests).toHaveLength(2);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it('gives up after as many tries as it has', async () => {
    const { endpoint, requests } = await serve(refusal(503, 'unavailable'));
    await expect(callApi({ ...endpoint, retries: 2 }, get, anything)).rejects.toMatchObject({ code: 'unavailable' });
    expect(requests).toHaveLength(3);
  });

  it('is not repeated when it may do something twice', async () => {
    const { endpoint, requests } = await serve(refusal(503, 'unavailable'));
    await expect(callApi(endpoint, post, anything)).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(1);
    await expect(callApi(endpoint, { ...post, repeatable: true }, anything)).rejects.toMatchObject({ status: 503 });
    expect(requests).toHaveLength(5);
  });

  it('is repeated when it never left, whatever it is', async () => {
    const { endpoint, requests } = await serve(json(200, {}));
    let tries = 0;
    const { TransportError, createTransport } = await import('../../../../src/cli/client/transport.ts');
    const real = createTransport();
    const transport: Transport = async (wire) => {
      tries += 1;
      if (tries < 3) throw new TransportError('connect', false);
      return real({ ...wire, url: new URL(`${endpoint.url}/chat`) });
    };
    await callApi({ url: 'https://agent.example.com', transport, retries: 3 }, post, anything);
    expect({ tries, sent: requests.length }).toEqual({ tries: 3, sent: 1 });
  });

  it('is not repeated when it may have arrived and may not be repeated', async () => {
    let tries = 0;
    const { TransportError } = await import('../../../../src/cli/client/transport.ts');
    const transport: Transport = async () => {
      tries += 1;
      throw new TransportError('timeout', true);
    };
    const endpoint = { url: 'https://agent.example.com', transport, retries: 3 };
    await expect(callApi(endpoint, post, anything)).rejects.toMatchObject({ code: 'timed_out' });
    expect(tries).toBe(1);
  });

  it('does not wait for anybody on this machine where nobody listens', async () => {
    const { endpoint } = await serve(json(200, {}));
    await servers.splice(0)[0]?.close();
    const real = createTransport({});
    let tries = 0;
    const transport: Transport = (request) => {
      tries += 1;
      return real(request);
    };
    const refused = callApi({ ...endpoint, transport }, post, anything);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
    expect(tries).toBe(1);
  });
});
