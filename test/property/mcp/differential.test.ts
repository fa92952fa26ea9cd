import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRoute } from '../../../src/mcp/protocol/route.ts';
import { readStandardHeaders } from '../../../src/mcp/protocol/standard-headers.ts';
import { CAPABILITIES_META, createTestApp, httpRequest, PERSON, PROTOCOL_VERSION_META } from '../../support/mcp-app.ts';
import { createEchoTool } from '../../support/mcp-tools.ts';
import { createStockHandler, type StockAnswer } from '../../support/stock-handler.ts';

// The same message, well-formed or not, to our endpoint and to the SDK's own handler: the status and the JSON-RPC error code must be
// the same, but for the differences that are listed here, each meant.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Case {
  readonly message: Json;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

interface Verdict {
  readonly status: number;
  readonly code: number | undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const params = ({ message }: Case): Record<string, unknown> =>
  isObject(message) && isObject(message['params']) ? message['params'] : {};

const methodOf = ({ message }: Case): unknown => (isObject(message) ? message['method'] : undefined);

/** A value as a header would hold it. Not `String`: generated objects may have a `toString` of their own that is no function. */
const written = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/** What we answer otherwise than the SDK's handler, on purpose. Each takes the case and both verdicts. */
const deliberate: readonly {
  readonly why: string;
  readonly applies: (given: Case, ours: Verdict, stock: Verdict) => boolean;
}[] = [
  {
    why: 'batches were removed with 2025-06-18: refused, where the SDK still takes them',
    applies: ({ message }, ours) => Array.isArray(message) && ours.status === 400 && ours.code === -32600,
  },
  {
    why: 'revisions before 2025-06-18 are not served, and the refusal has the code that names the ones which are',
    applies: ({ headers }, ours) =>
      ours.status === 400 &&
      ours.code === -32022 &&
      !['2025-06-18', '2025-11-25'].includes(headers['mcp-protocol-version'] ?? ''),
  },
  {
    why: 'subscriptions/listen: nothing here ever changes, so there is no stream to hold open; an unknown method',
    applies: (given, ours) => methodOf(given) === 'subscriptions/listen' && ours.status === 404 && ours.code === -32601,
  },
  {
    why: 'tools/list with a cursor: none was given out, so it is invalid; the SDK ignores it or calls it an internal error',
    applies: (given, ours) => methodOf(given) === 'tools/list' && 'cursor' in params(given) && ours.code === -32602,
  },
  {
    why: 'initialize with bad parameters has bad parameters (-32602); the SDK calls it an internal error (-32603)',
    applies: (given, ours, stock) => methodOf(given) === 'initialize' && ours.code === -32602 && stock.code === -32603,
  },
];

const text = fc.string({ maxLength: 12 });
const anyJson = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
const version = fc.constantFrom(
  '2026-07-28',
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2027-01-01',
  'x',
  '',
);
const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('tools/call', 'tools/list', 'server/discover', 'initialize', 'ping') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'subscriptions/listen',
      'logging/setLevel',
      'prompts/list',
      'prompts/get',
      'resources/read',
      'completion/complete',
      'tasks/get',
      'elicitation/create',
      'notifications/initialized',
      'notifications/cancelled',
      'notifications/progress',
      '__proto__',
      'constructor',
    ),
  },
  { weight: 1, arbitrary: text },
);

/** Mostly right, now and then absent or something else. */
function sloppy<Value>(good: fc.Arbitrary<Value>, bad: fc.Arbitrary<unknown> = anyJson): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 14, arbitrary: good },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: bad },
  );
}

const meta = fc.record({
  [PROTOCOL_VERSION_META]: sloppy(
    fc.oneof({ weight: 5, arbitrary: fc.constant('2026-07-28') }, { weight: 1, arbitrary: version }),
  ),
  [CAPABILITIES_META]: sloppy(fc.constantFrom({}, { elicitation: {} }, { elicitation: { url: {} } })),
  'io.modelcontextprotocol/clientInfo': fc.oneof(
    fc.constant(undefined),
    sloppy(fc.constant({ name: 'c', version: '1' })),
  ),
});

const body = fc.record({
  name: sloppy(fc.constantFrom('echo', 'echo', 'echo', 'nothing', '')),
  arguments: sloppy(fc.oneof(fc.record({ text: sloppy(text) }), fc.dictionary(text, anyJson, { maxKeys: 3 }))),
  uri: fc.oneof(fc.constant(undefined), fc.constant('test://x')),
  cursor: fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyJson }),
  protocolVersion: fc.oneof(fc.constant(undefined), version),
  capabilities: fc.oneof(fc.constant(undefined), fc.constant({})),
  clientInfo: fc.oneof(fc.constant(undefined), fc.constant({ name: 'c', version: '1' })),
  _meta: fc.oneof(
    { weight: 4, arbitrary: meta },
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: anyJson },
  ),
});

const rpc = fc.record({
  jsonrpc: sloppy(fc.constant('2.0')),
  id: sloppy(fc.oneof(fc.integer(), text), fc.oneof(anyJson, fc.constantFrom(1.5, null, true))),
  method: sloppy(method),
  params: sloppy(body),
});

const odd = fc.oneof(
  anyJson,
  fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer(), result: anyJson }),
  fc.record({ jsonrpc: fc.constant('2.0'), id: fc.integer(), error: fc.record({ code: fc.integer(), message: text }) }),
  fc.array(rpc, { maxLength: 3 }),
);

/** Headers that agree with the body, each of which may then be left out or spoilt. */
const cases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: rpc as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd }),
    fc.record({
      version: fc.constantFrom('agree', 'agree', 'agree', 'agree', 'absent', 'other'),
      method: fc.constantFrom('agree', 'agree', 'agree', 'agree', 'absent', 'other', 'spaced'),
      name: fc.constantFrom('agree', 'agree', 'agree', 'agree', 'absent', 'other', 'base64', 'bad64'),
      otherVersion: version,
    }),
  )
  .map(([raw, how]) => {
    const message = JSON.parse(JSON.stringify(raw)) as Json;
    const given: Case = { message, headers: {} };
    const inner = params(given);
    const claimed = isObject(inner['_meta']) ? inner['_meta'][PROTOCOL_VERSION_META] : '2025-11-25';
    const pick = (choice: string, agree: unknown, other: string): string | undefined =>
      choice === 'absent' ? undefined : choice === 'agree' && typeof agree === 'string' ? agree : other;
    const name = typeof inner['name'] === 'string' ? inner['name'] : inner['uri'];
    const base64 = `=?base64?${Buffer.from(written(name)).toString('base64')}?=`;
    const spoilt = new Map([
      ['base64', base64],
      ['bad64', '=?base64?@@?='],
    ]);
    const named = spoilt.get(how.name) ?? pick(how.name, name, 'other');
    const spelt =
      how.method === 'spaced' ? ` ${written(methodOf(given))}\t` : pick(how.method, methodOf(given), 'tools/list');
    const headers = {
      'mcp-protocol-version': pick(how.version, claimed, how.otherVersion),
      'mcp-method': spelt,
      'mcp-name': named,
    };
    return { message, headers };
  })
  // A header is a latin-1 line; what no HTTP peer can send, neither side can be asked about.
  .filter(({ headers }) =>
    Object.values(headers).every((value) => value === undefined || /^[\t\x20-\x7e]*$/.test(value)),
  );

const { app } = createTestApp({ tools: [createEchoTool()] });
const stock = createStockHandler([createEchoTool()], PERSON);
const FIXED = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

async function askOurs(given: Case): Promise<Verdict> {
  const answer = await app(
    httpRequest({ headers: { ...FIXED, ...given.headers }, body: JSON.stringify(given.message) }),
  );
  const message = answer.body === '' ? undefined : JSON.parse(String(answer.body));
  return { status: answer.status, code: message?.error?.code };
}

function verdictOf(answer: StockAnswer): Verdict {
  return { status: answer.status, code: answer.message?.error?.code };
}

describe('our endpoint beside the stock SDK handler', () => {
  it('answers generated messages with the same status and error code, but for the listed differences', async () => {
    const counts = { same: 0, served: 0, refused: 0 };
    const used = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const ours = await askOurs(given);
        const oracle = verdictOf(await stock.post(JSON.stringify(given.message), { ...FIXED, ...given.headers }));
        if (ours.status === oracle.status && ours.code === oracle.code) {
          counts.same += 1;
          if (ours.status === 200 && ours.code === undefined) counts.served += 1;
          if (ours.status >= 400) counts.refused += 1;
          return;
        }
        const difference = deliberate.find(({ applies }) => applies(given, ours, oracle));
        if (difference === undefined) throw new Error(`ours ${JSON.stringify(ours)}, stock ${JSON.stringify(oracle)}`);
        used.add(difference.why);
      }),
      { numRuns: 6000 },
    );
    // The generator must reach both sides of the protocol, or the comparison says little.
    expect(counts.served).toBeGreaterThan(300);
    expect(counts.refused).toBeGreaterThan(1000);
    // A listed difference that nothing shows is one that is no more.
    expect([...used].sort()).toEqual(deliberate.map(({ why }) => why).sort());
  }, 120_000);

  it('sends a message the same way whether or not it remembers the client', async () => {
    const remembering = createRoute();
    let modern = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ message, headers }) => {
        const standard = readStandardHeaders(headers);
        const { outcome } = await remembering(message, standard);
        if (outcome.kind === 'modern') modern += 1;
        expect(await remembering(message, standard)).toEqual(await createRoute()(message, standard));
      }),
      { numRuns: 5000 },
    );
    expect(modern).toBeGreaterThan(500);
  });

  it('reads any bytes at all as a refusal or an answer, never as a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const answer = await app(httpRequest({ headers: FIXED, body: bytes }));
        expect(answer.status).toBe(400);
      }),
      { numRuns: 1000 },
    );
  });
});
