import { describe, expect, it } from '@jest/globals';
import type { HttpResponse } from '../../../../src/ports/http.ts';
import {
  createTestApp,
  httpRequest,
  json,
  legacyRequest,
  modernRequest,
  OTHER_PERSON,
  PERSON,
  testCaller,
} from '../../../support/mcp-app.ts';
import { createEchoTool, createToolOf } from '../../../support/mcp-tools.ts';

const { app } = createTestApp({ tools: [createEchoTool()] });
const call = { name: 'echo', arguments: { text: 'hello' } };

const verdict = (answer: HttpResponse) => ({ status: answer.status, code: json(answer).error?.code });

describe('revision 2026-07-28', () => {
  it('answers server/discover with what is served and how long that may be kept', async () => {
    const answer = await app(modernRequest('server/discover'));
    expect(answer.status).toBe(200);
    expect(json(answer).result).toMatchObject({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: { listChanged: false } },
      ttlMs: 300_000,
      cacheScope: 'public',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'sallyport', version: '0.1.0' } },
    });
  });

  it('lists tools with what a client may see of them, and how long the list may be kept', async () => {
    const { result } = json(await app(modernRequest('tools/list')));
    expect(result).toMatchObject({ resultType: 'complete', ttlMs: 300_000, cacheScope: 'public' });
    expect(result.tools).toHaveLength(1);
    expect(Object.keys(result.tools[0]).sort()).toEqual(
      ['_meta', 'annotations', 'description', 'inputSchema', 'name', 'outputSchema', 'title'].sort(),
    );
    expect(result.tools[0]._meta).toEqual({ 'sallyport/scopes': expect.arrayContaining([expect.any(String)]) });
  });

  it('calls a tool on behalf of the person whom the door proved', async () => {
    const answer = await app(modernRequest('tools/call', call, { id: 'a string' }));
    expect(answer.headers['content-type']).toBe('application/json');
    expect(json(answer)).toMatchObject({
      jsonrpc: '2.0',
      id: 'a string',
      result: {
        resultType: 'complete',
        structuredContent: { text: 'hello', person: PERSON },
        content: [{ text: 'hello' }],
      },
    });
  });

  it.each([
    ['ping'],
    ['initialize'],
    ['logging/setLevel'],
    ['resources/list'],
    ['prompts/list'],
    ['subscriptions/listen'],
    ['completion/complete'],
    ['tools/destroy'],
    ['__proto__'],
  ])('does not know the method %s: 404, -32601', async (method) => {
    expect(verdict(await app(modernRequest(method)))).toEqual({ status: 404, code: -32601 });
  });

  it.each([
    ['no version', { 'mcp-protocol-version': undefined }],
    ['another version', { 'mcp-protocol-version': '2025-11-25' }],
    ['no method', { 'mcp-method': undefined }],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['the method twice, joined by a comma', { 'mcp-method': 'tools/call, tools/call' }],
    ['no name', { 'mcp-name': undefined }],
    ['another name', { 'mcp-name': 'other' }],
    ['a name that is no Base64', { 'mcp-name': '=?base64?%%%?=' }],
    ['a name that is Base64 of no UTF-8', { 'mcp-name': '=?base64?/w==?=' }],
    ['another name in Base64', { 'mcp-name': `=?base64?${Buffer.from('other').toString('base64')}?=` }],
  ])('refuses headers that disagree with the body: %s', async (_what, headers) => {
    const answer = await app(modernRequest('tools/call', call, { headers }));
    expect(verdict(answer)).toEqual({ status: 400, code: -32020 });
    expect(json(answer).id).toBe(1);
  });

  it('takes a name in Base64, and white space around values', async () => {
    const headers = {
      'mcp-name': ` =?base64?${Buffer.from('echo').toString('base64')}?= `,
      'mcp-method': '\ttools/call ',
    };
    expect((await app(modernRequest('tools/call', call, { headers }))).status).toBe(200);
  });

  it('refuses a version it does not serve, and names the one it does', async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2099-01-01',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const answer = await app(
      httpRequest({
        headers: { 'mcp-protocol-version': '2099-01-01', 'mcp-method': 'tools/list' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list', params: { _meta: meta } }),
      }),
    );
    expect(verdict(answer)).toEqual({ status: 400, code: -32022 });
    expect(json(answer)).toMatchObject({
      id: 7,
      error: { data: { supported: ['2026-07-28'], requested: '2099-01-01' } },
    });
  });

  it.each([
    ['no _meta', {}],
    ['no capabilities in it', { _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' } }],
    [
      'capabilities that are none',
      {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': 5,
        },
      },
    ],
  ])('refuses a request with %s: 400, -32602', async (_what, params) => {
    const answer = await app(
      httpRequest({
        headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params }),
      }),
    );
    expect(verdict(answer)).toEqual({ status: 400, code: -32602 });
  });

  it('ignores parameters that it does not know', async () => {
    const answer = await app(
      modernRequest('tools/call', { ...call, requestState: 'x', inputResponses: { y: {} }, z: 1 }),
    );
    expect(json(answer).result.structuredContent.text).toBe('hello');
  });

  it('calls an unknown tool an invalid parameter', async () => {
    const answer = await app(modernRequest('tools/call', { name: 'nothing', arguments: {} }));
    expect(verdict(answer)).toEqual({ status: 200, code: -32602 });
  });

  it('refuses a cursor, since it gives none out', async () => {
    expect(verdict(await app(modernRequest('tools/list', { cursor: 'x' })))).toEqual({ status: 200, code: -32602 });
  });
});

describe('revisions 2025-11-25 and 2025-06-18', () => {
  const initialize = (protocolVersion: string) =>
    httpRequest({
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 0,
        method: 'initialize',
        params: { protocolVersion, capabilities: {}, clientInfo: { name: 'c', version: '1' } },
      }),
    });

  it.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-11-25'],
    ['1999-01-01', '2025-11-25'],
  ])('to a client that offers %s it says %s', async (offered, chosen) => {
    const answer = await app(initialize(offered));
    expect(answer.headers['mcp-session-id']).toBeUndefined();
    expect(json(answer).result).toEqual({
      protocolVersion: chosen,
      capabilities: { tools: { listChanged: false } },
      serverInfo: { name: 'sallyport', version: '0.1.0' },
    });
  });

  it('keeps nothing of an initialize: the next caller is served as if there had been none', async () => {
    await app(initialize('2025-06-18'));
    expect(json(await app(legacyRequest('tools/call', call))).result.structuredContent.text).toBe('hello');
    expect(json(await app(modernRequest('tools/call', call))).result.structuredContent.text).toBe('hello');
  });

  it('serves lists and calls in JSON, without the members of the later revision', async () => {
    const listed = json(await app(legacyRequest('tools/list')));
    const called = json(await app(legacyRequest('tools/call', call)));
    expect(Object.keys(listed.result)).toEqual(['tools']);
    expect(called.result).toEqual({
      content: [{ type: 'text', text: 'hello' }],
      structuredContent: { text: 'hello', person: PERSON },
    });
  });

  it('serves a client that leaves the version header out, and answers its pings', async () => {
    const ping = httpRequest({ body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) });
    expect(json(await app(ping))).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
  });

  it.each(['2025-03-26', '2024-11-05', '1.0'])('refuses the version %s in the header', async (version) => {
    const request = legacyRequest('tools/list');
    const answer = await app({ ...request, headers: { ...request.headers, 'mcp-protocol-version': version } });
    expect(verdict(answer)).toEqual({ status: 400, code: -32022 });
    expect(json(answer).error.data.supported).toEqual(['2026-07-28', '2025-11-25', '2025-06-18']);
  });

  it('does not know other methods: -32601, with 200 as ever in this era', async () => {
    expect(verdict(await app(legacyRequest('logging/setLevel', { level: 'debug' })))).toEqual({
      status: 200,
      code: -32601,
    });
  });
});

describe('messages that are no requests', () => {
  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['a cancellation', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }],
    ['a response to nothing', { jsonrpc: '2.0', id: 1, result: {} }],
    ['an error to nothing', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }],
  ])('%s is taken and goes nowhere: 202', async (_what, message) => {
    expect(await app(httpRequest({ body: JSON.stringify(message) }))).toMatchObject({ status: 202, body: '' });
  });

  it.each([
    ['an empty batch', []],
    ['a batch of one', [{ jsonrpc: '2.0', id: 1, method: 'ping' }]],
    ['a number', 5],
    ['null', null],
    ['no jsonrpc', { id: 1, method: 'ping' }],
    ['another jsonrpc', { jsonrpc: '1.0', id: 1, method: 'ping' }],
    ['an id that is null', { jsonrpc: '2.0', id: null, method: 'ping' }],
    ['an id that is an object', { jsonrpc: '2.0', id: {}, method: 'ping' }],
    ['a method that is a number', { jsonrpc: '2.0', id: 1, method: 5 }],
  ])('%s is an invalid request: 400, -32600', async (_what, message) => {
    expect(verdict(await app(httpRequest({ body: JSON.stringify(message) })))).toEqual({ status: 400, code: -32600 });
  });
});

describe('many callers at once', () => {
  const persons = [PERSON, OTHER_PERSON];
  const shared = createTestApp({
    tools: [
      createEchoTool(),
      createToolOf('slow', async (_args, context) => {
        await new Promise((resolve) => setImmediate(resolve));
        return { text: context.person, structuredContent: { person: context.person } };
      }),
    ],
    callerOf: (request) => ({ ...testCaller, person: String(request.headers['x-person']) }),
  });

  it('never mixes 4,000 concurrent calls with equal ids', async () => {
    const calls = Array.from({ length: 4000 }, (_unused, index) => {
      const person = `${persons[index % 2]}-${index}`;
      const headers = { 'x-person': person };
      const modern = modernRequest('tools/call', { name: 'slow', arguments: {} }, { id: 1, headers });
      const legacy = legacyRequest('tools/call', { name: 'slow', arguments: {} }, 1);
      const request = index % 3 === 0 ? { ...legacy, headers: { ...legacy.headers, ...headers } } : modern;
      return shared.app(request).then((answer) => ({ person, message: json(answer) }));
    });
    const answers = await Promise.all(calls);
    const mixed = answers.filter(
      ({ person, message }) => message.id !== 1 || message.result.structuredContent.person !== person,
    );
    expect(mixed).toEqual([]);
  });

  it("lets no one cancel another caller's call, whatever id they name", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = () => {};
    const started = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const aborted: boolean[] = [];
    const waiting = createTestApp({
      tools: [
        createToolOf('wait', async (_args, context) => {
          entered();
          await gate;
          aborted.push(context.signal.aborted);
          return { text: 'done', structuredContent: {} };
        }),
      ],
    });
    const victim = waiting.app(modernRequest('tools/call', { name: 'wait', arguments: {} }, { id: 5 }));
    await started;
    const cancellations = Array.from({ length: 50 }, (_unused, requestId) =>
      ['2026-07-28', '2025-11-25'].map((version) =>
        waiting.app(
          httpRequest({
            headers: { 'mcp-protocol-version': version, 'mcp-method': 'notifications/cancelled' },
            body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }),
          }),
        ),
      ),
    ).flat();
    const statuses = (await Promise.all(cancellations)).map((answer) => answer.status);
    release();
    expect(new Set(statuses)).toEqual(new Set([202]));
    expect(json(await victim)).toMatchObject({ id: 5, result: { content: [{ text: 'done' }] } });
    expect(aborted).toEqual([false]);
  });
});

it('does not start with a tool that wants arguments in headers', () => {
  const inputSchema = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
  const tool = createToolOf('regional', async () => ({ text: '' }), { inputSchema });
  expect(() => createTestApp({ tools: [tool] })).toThrow(/x-mcp-header/);
});
