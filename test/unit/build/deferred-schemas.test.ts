import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import fc from 'fast-check';
import { deferSchemas } from '../../../build/deferred-schemas.ts';
import { leanSdk } from '../../../build/lean-sdk.ts';
import type { Serve } from '../../../src/mcp/protocol/seam.ts';
import type { createProtocol as CreateProtocol } from '../../../src/mcp/protocol/serve.ts';
import { fixedTools } from '../../../src/mcp/tool-source.ts';
import { createMemoryLog, legacyRequest, modernRequest, testCaller } from '../../support/mcp-app.ts';
import { createEchoTool } from '../../support/mcp-tools.ts';

// The protocol with the SDK's schemas deferred, against the same with the SDK's schemas as they are: the same answers to anything.

let folder: string;
let deferred: Serve;
let eager: Serve;

async function serveWith(name: string, defer?: (source: string) => string): Promise<Serve> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: ['src/mcp/protocol/serve.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    plugins: [defer === undefined ? leanSdk() : leanSdk(defer)],
    logLevel: 'error',
  });
  const { createProtocol } = (await import(pathToFileURL(outfile).href)) as { createProtocol: typeof CreateProtocol };
  return createProtocol({
    serverInfo: { name: 'sallyport', version: '0.1.0' },
    tools: fixedTools([createEchoTool()]),
    callTool: async (call) => ({ kind: 'result', result: { text: call.name, structuredContent: call.arguments } }),
    onFault: () => undefined,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deferred-'));
  deferred = await serveWith('deferred');
  eager = await serveWith('eager', (source) => source);
});

afterAll(() => rm(folder, { recursive: true }));

const methods = [
  ...['initialize', 'ping', 'server/discover', 'tools/list', 'tools/call', 'prompts/list', 'prompts/get'],
  ...['resources/list', 'resources/read', 'resources/templates/list', 'completion/complete', 'logging/setLevel'],
  ...['subscriptions/listen', 'tasks/get', 'tasks/cancel', 'notifications/cancelled', 'notifications/progress'],
];
const member = fc.oneof(
  fc.constantFrom('echo', 'info', '2025-11-25', '2026-07-28', 'file:///a', 1, null, true),
  fc.jsonValue({ maxDepth: 2 }),
);
const names = ['name', 'arguments', 'cursor', 'uri', 'level', 'protocolVersion', 'capabilities', 'clientInfo', 'ref'];
const params = fc.dictionary(fc.constantFrom(...names, 'inputResponses', 'requestState', 'requestId'), member, {
  maxKeys: 4,
});

async function answers(serve: Serve, headers: Readonly<Record<string, string | undefined>>, message: unknown) {
  const context = { caller: testCaller, requestId: 'r', log: createMemoryLog(), signal: new AbortController().signal };
  const { status, body } = await serve({ message, headers, ...context });
  return { status, body };
}

describe('schemas made when they are first asked for', () => {
  it('answer every message as those made at once', async () => {
    const seen = { results: 0, errors: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(modernRequest, legacyRequest),
        fc.constantFrom(...methods),
        params,
        async (make, method, given) => {
          const { headers, body } = make(method, given as Record<string, never>);
          const message = JSON.parse(Buffer.from(body).toString('utf8'));
          const expected = await answers(eager, headers, message);
          expect(await answers(deferred, headers, message)).toEqual(expected);
          if (expected.body !== '') seen['error' in JSON.parse(expected.body) ? 'errors' : 'results'] += 1;
        },
      ),
      { numRuns: 1500 },
    );
    expect(seen.results).toBeGreaterThan(50);
    expect(seen.errors).toBeGreaterThan(100);
  });

  it('answer the calls that clients make, in both eras', async () => {
    const call = { name: 'echo', arguments: { text: 'x' } };
    for (const { headers, body } of [modernRequest('tools/call', call), legacyRequest('tools/call', call)]) {
      const message = JSON.parse(Buffer.from(body).toString('utf8'));
      const { status, body: answer } = await answers(deferred, headers, message);
      expect({ status, text: JSON.parse(answer).result.content[0].text }).toEqual({ status: 200, text: 'echo' });
    }
  });

  it('fail the build when the SDK is laid out in another way', () => {
    expect(() => deferSchemas('export const nothing = 1;\n')).toThrow(/laid out in another way/);
  });
});
