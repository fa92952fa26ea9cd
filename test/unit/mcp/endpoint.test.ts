import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/kernel/app-error.ts';
import type { Door } from '../../../src/mcp/doors/door.ts';
import { createTestApp, httpRequest, json, legacyRequest, modernRequest } from '../../support/mcp-app.ts';
import { createEchoTool } from '../../support/mcp-tools.ts';

const { app } = createTestApp({ tools: [createEchoTool()], over: { allowedOrigins: ['https://app.example.test'] } });
const call = { name: 'echo', arguments: { text: 'hello' } };

describe('the endpoint over HTTP', () => {
  it.each(['GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS', 'PATCH'])(
    'refuses %s: 405, and says what it takes',
    async (method) => {
      const answer = await app(httpRequest({ method }));
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    },
  );

  it.each(['/', '/mcp/', '/MCP', '/mcp/x', '//mcp', '/.well-known/x'])('knows no path %s', async (path) => {
    expect((await app(httpRequest({ path }))).status).toBe(404);
  });

  it.each([undefined, '*/*', 'application/json', 'text/event-stream', 'text/html', 'application/json;q=0'])(
    'answers in JSON whatever Accept says: %s',
    async (accept) => {
      const answers = [modernRequest('tools/call', call), legacyRequest('tools/call', call)].map((request) =>
        app({ ...request, headers: { ...request.headers, accept } }),
      );
      for (const answer of await Promise.all(answers)) {
        expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
      }
    },
  );

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', ''])(
    'refuses a body of the type %s: 415',
    async (type) => {
      const request = modernRequest('tools/list');
      expect((await app({ ...request, headers: { ...request.headers, 'content-type': type } })).status).toBe(415);
    },
  );

  it.each(['application/json; charset=utf-8', 'Application/JSON'])('takes a body of the type %s', async (type) => {
    const request = modernRequest('tools/list');
    expect((await app({ ...request, headers: { ...request.headers, 'content-type': type } })).status).toBe(200);
  });

  it.each(['https://evil.example', 'null', 'http://app.example.test', 'https://app.example.test:444', ''])(
    'refuses a page of %j: 403',
    async (origin) => {
      const request = modernRequest('tools/list');
      expect((await app({ ...request, headers: { ...request.headers, origin } })).status).toBe(403);
    },
  );

  it('takes a page that is allowed, and callers that are no pages', async () => {
    const request = modernRequest('tools/list');
    const allowed = { ...request, headers: { ...request.headers, origin: 'https://app.example.test' } };
    expect((await app(allowed)).status).toBe(200);
    expect((await app(request)).status).toBe(200);
  });

  it('ignores a session id and an event id', async () => {
    const headers = { 'mcp-session-id': 'stolen', 'last-event-id': '5' };
    const answer = await app(modernRequest('tools/list', {}, { headers }));
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers)).toEqual(['content-type']);
  });
});

describe('bodies', () => {
  const post = (body: Uint8Array | string) => app(httpRequest({ body }));
  const verdict = async (body: Uint8Array | string) => {
    const answer = await post(body);
    return { status: answer.status, code: json(answer).error.code };
  };
  const nested = (depth: number) =>
    `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${'['.repeat(depth - 2)}${']'.repeat(depth - 2)}}}`;

  it('refuses more than 256 KiB: 413, and takes exactly that', async () => {
    const frame = (bytes: number) => {
      const rest = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', x: '' }).length;
      return JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', x: 'a'.repeat(bytes - rest) });
    };
    expect((await post(frame(256 * 1024 + 1))).status).toBe(413);
    expect((await post(frame(256 * 1024))).status).not.toBe(413);
  });

  it('refuses what is too large before it looks at who calls', async () => {
    let asked = 0;
    const door: Door = async () => {
      asked += 1;
      throw new AppError('internal', 'must not be asked');
    };
    const guarded = createTestApp({ tools: [], over: { door } });
    expect((await guarded.app(httpRequest({ body: new Uint8Array(256 * 1024 + 1) }))).status).toBe(413);
    expect(asked).toBe(0);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['half of an object', '{"jsonrpc":'],
    ['two values', '{} {}'],
    ['a byte order mark', '\ufeff{"jsonrpc":"2.0","id":1,"method":"ping"}'],
  ])('refuses %s: 400, -32700', async (_what, body) => {
    expect(await verdict(body)).toEqual({ status: 400, code: -32700 });
  });

  it.each([
    ['a stray byte', [0x22, 0xff, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['half of a surrogate pair', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])('refuses what is no UTF-8, %s: 400, -32700', async (_what, bytes) => {
    expect(await verdict(Uint8Array.from(bytes))).toEqual({ status: 400, code: -32700 });
  });

  it('refuses deep nesting without building it: 400, -32600', async () => {
    expect(await verdict(nested(65))).toEqual({ status: 400, code: -32600 });
    expect(await verdict('['.repeat(200_000))).toEqual({ status: 400, code: -32600 });
    expect((await verdict(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"${'['.repeat(100)}\\"["}}`)).code).toBe(
      -32601,
    );
    expect((await verdict(nested(64))).code).toBe(-32601);
  });
});

describe('the app', () => {
  it('answers /health without a door', async () => {
    const door: Door = async () => {
      throw new Error('must not be asked');
    };
    const guarded = createTestApp({ tools: [], over: { door } });
    const answer = await guarded.app(httpRequest({ method: 'GET', path: '/health' }));
    expect([answer.status, json(answer)]).toEqual([200, { status: 'ok' }]);
  });

  it('gives the door’s status and headers, and not its reason', async () => {
    const door: Door = async () => ({
      ok: false,
      status: 401,
      code: 'unauthenticated',
      reason: 'nonce_replayed',
      detail: 'secret detail',
      headers: { 'www-authenticate': 'Bearer' },
    });
    const guarded = createTestApp({ tools: [createEchoTool()], over: { door } });
    const answer = await guarded.app(modernRequest('tools/call', call));
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(json(answer).error.data).toEqual({ code: 'unauthenticated', request_id: 'request-1' });
    expect(String(answer.body)).not.toMatch(/nonce|secret/);
    expect(guarded.log.lines.filter((line) => line.event === 'tool_call')).toEqual([]);
  });

  it('answers 500 without a word of the cause when something unforeseen breaks', async () => {
    const door: Door = async () => {
      throw new Error('password=hunter2');
    };
    const guarded = createTestApp({ tools: [], over: { door } });
    const answer = await guarded.app(modernRequest('tools/list'));
    expect(answer.status).toBe(500);
    expect(`${answer.body}${JSON.stringify(guarded.log.lines)}`).not.toContain('hunter2');
  });

  it('serves another path when configured so', async () => {
    const moved = createTestApp({ tools: [createEchoTool()], over: { path: '/elsewhere/mcp' } });
    expect((await moved.app({ ...modernRequest('tools/list'), path: '/elsewhere/mcp' })).status).toBe(200);
    expect((await moved.app(modernRequest('tools/list'))).status).toBe(404);
  });
});
