import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AppError } from '../../../src/kernel/app-error.ts';
import { createEnvelopeReader } from '../../../src/mcp/protocol/envelope.ts';
import type { HttpApp, HttpResponse } from '../../../src/ports/http.ts';
import { CAPABILITIES_META, createTestApp, httpRequest, PROTOCOL_VERSION_META } from '../../support/mcp-app.ts';
import { createEchoTool, createNoteTool, createToolOf } from '../../support/mcp-tools.ts';

// A call that is read and written plainly (src/mcp/protocol/plain-call.ts) and the same call through the SDK: one answer, byte for byte.
// The two ways differ only in whether that `_meta` is known: because the SDK has served a call with it before, so each call goes to an app where it
// has and to one where it has not; or because it is simple, so each goes with it and with one that is not.

const tools = [
  createEchoTool(),
  createToolOf('text_only', async () => ({ text: 'said', structuredContent: {} })),
  createToolOf('nested', async (args) => ({
    text: 'nested',
    structuredContent: { list: [1, { deep: null }], unset: undefined, ...args },
  })),
  createToolOf('picture', async () => ({
    text: 'a picture',
    structuredContent: {},
    content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }],
  })),
  createToolOf('picture_alone', async () => ({
    text: '',
    structuredContent: {},
    content: [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }],
  })),
  createToolOf('silent', async () => ({ text: '', structuredContent: {} })),
  createToolOf('fails', async () => ({ isError: true, code: 'not_found', text: 'There is none.' })),
  createToolOf('refuses', async () => {
    throw new AppError('conflict', 'Somebody else was first.');
  }),
  createToolOf('breaks', async () => {
    throw new Error('broken');
  }),
  createToolOf('answers_wrongly', async () => ({ text: 'x', structuredContent: [] as never })),
  createToolOf('forbidden', async () => ({ text: 'never' }), { scopes: ['other.read'] }),
  createNoteTool([]),
];
const names = ['echo', 'text_only', 'nested', ...tools.map(({ declaration }) => declaration.name), 'no_such_tool', ''];

const meta = fc.record(
  {
    [PROTOCOL_VERSION_META]: fc.constant('2026-07-28'),
    [CAPABILITIES_META]: fc.constantFrom({}, { elicitation: { url: {} } }),
    'io.modelcontextprotocol/clientInfo': fc.constantFrom({ name: 'c', version: '1' }, { name: 'd', version: '2' }),
    progressToken: fc.constantFrom<unknown>('t', 1, true),
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    other: fc.jsonValue({ maxDepth: 1 }),
  },
  { requiredKeys: [PROTOCOL_VERSION_META, CAPABILITIES_META, 'other'] },
);

const CLIENT_INFO_META = 'io.modelcontextprotocol/clientInfo';
const trap = fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'isPrototypeOf', 'toString');

/** Mostly such as clients send, and then a little off. */
function nearly<Value>(usual: fc.Arbitrary<Value>): fc.Arbitrary<unknown> {
  const stray = fc.tuple(usual, trap, fc.jsonValue({ maxDepth: 1 }));
  return fc.oneof(
    { weight: 12, arbitrary: usual },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
    {
      weight: 1,
      arbitrary: stray.map(([value, name, member]) =>
        JSON.parse(`{${[...members(value), `${JSON.stringify(name)}:${JSON.stringify(member)}`].join()}}`),
      ),
    },
  );
}

const members = (value: unknown): readonly string[] =>
  Object.entries(Object(value)).map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`);

const empty = nearly(fc.constant({}));
const simple = fc.record(
  {
    [PROTOCOL_VERSION_META]: fc.constant('2026-07-28'),
    [CLIENT_INFO_META]: nearly(fc.record({ name: fc.string(), version: fc.string() })),
    [CAPABILITIES_META]: nearly(
      fc.record(
        {
          elicitation: nearly(fc.record({ form: empty, url: empty }, { requiredKeys: [] })),
          extensions: nearly(fc.dictionary(fc.string(), empty, { maxKeys: 2 })),
          roots: empty,
          sampling: empty,
        },
        { requiredKeys: [] },
      ),
    ),
  },
  { requiredKeys: [PROTOCOL_VERSION_META] },
);

const call = fc.record({
  name: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.jsonValue() }),
  arguments: fc.oneof(
    { weight: 4, arbitrary: fc.record({ text: fc.string() }) },
    { weight: 4, arbitrary: fc.constantFrom({}, undefined) },
    { weight: 2, arbitrary: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }) },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) },
  ),
});

/** What only the SDK reads. */
const more = fc.record(
  {
    requestState: fc.string(),
    inputResponses: fc.constantFrom({}, { approval: { action: 'decline' } }, 'none'),
    task: fc.constant({ ttl: 1 }),
    cursor: fc.string(),
  },
  { requiredKeys: [] },
);

const params = fc
  .tuple(call, fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: more }))
  .map(([plain, added]) => ({ ...plain, ...added }));

const id = fc.oneof(fc.integer(), fc.string(), fc.constant(2 ** 53));

type Message = { readonly id: unknown; readonly params: Readonly<Record<string, unknown>> };

function post(app: HttpApp, { id: given, params: { name, ...rest } }: Message): Promise<HttpResponse> {
  const headers = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    ...(typeof name === 'string' && { 'mcp-name': `=?base64?${Buffer.from(name).toString('base64')}?=` }),
  };
  const message = { jsonrpc: '2.0', id: given, method: 'tools/call', params: { name, ...rest } };
  return app(httpRequest({ headers, body: JSON.stringify(message) }));
}

/** Approvals differ in what is random and in time; the rest must be the same. */
const comparable = ({ status, headers, body }: HttpResponse): string =>
  JSON.stringify([status, headers, String(body).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')]);

describe('a plain call', () => {
  it('is answered with the very bytes that the SDK would write', async () => {
    const seen = { results: 0, errors: 0, others: 0 };
    const { app: remembering, log } = createTestApp({ tools });
    await fc.assert(
      fc.asyncProperty(meta, params, id, async (given, body, callId) => {
        await post(remembering, { id: 0, params: { name: 'echo', arguments: { text: '' }, _meta: given } });
        const { app: fresh } = createTestApp({ tools });
        const message = { id: callId, params: { ...body, _meta: given } };
        const ours = await post(remembering, message);
        expect(comparable(ours)).toBe(comparable(await post(fresh, message)));
        if (/"structuredContent":\{.*"resultType":"complete"/.test(String(ours.body))) seen.results += 1;
        else if (/"isError":true,"resultType":"complete"/.test(String(ours.body))) seen.errors += 1;
        else seen.others += 1;
      }),
      { numRuns: 3000 },
    );
    expect(seen.results).toBeGreaterThan(200);
    expect(seen.errors).toBeGreaterThan(200);
    expect(seen.others).toBeGreaterThan(200);
    expect(log.lines.filter(({ event }) => event === 'protocol_fault')).toEqual([]);
  }, 120_000);

  it('is answered so at once to whoever says of themselves only what is plain', async () => {
    const seen = { plain: 0, others: 0 };
    await fc.assert(
      fc.asyncProperty(simple, params, id, async (given, body, callId) => {
        const send = (_meta: unknown): Promise<HttpResponse> =>
          post(createTestApp({ tools }).app, { id: callId, params: { ...body, _meta } });
        const ours = await send(given);
        // A member that nobody knows is no matter to the SDK; it makes the same `_meta` one to ask it about.
        expect(comparable(ours)).toBe(comparable(await send({ ...given, other: true })));
        if (createEnvelopeReader()(given)?.isSimple === true && ours.status === 200) seen.plain += 1;
        else seen.others += 1;
      }),
      { numRuns: 3000 },
    );
    expect(seen.plain).toBeGreaterThan(500);
    expect(seen.others).toBeGreaterThan(500);
  }, 120_000);

  it('runs its tool once, whichever way its outcome is said', async () => {
    let runs = 0;
    const count = createToolOf('count', async () => {
      runs += 1;
      return runs === 2
        ? { isError: true, code: 'not_found', text: 'none' }
        : { text: String(runs), structuredContent: {} };
    });
    const { app } = createTestApp({ tools: [count] });
    const _meta = { [PROTOCOL_VERSION_META]: '2026-07-28', [CAPABILITIES_META]: {} };
    for (let call = 1; call <= 3; call += 1) {
      await post(app, { id: call, params: { name: 'count', _meta } });
      expect(runs).toBe(call);
    }
  });
});
