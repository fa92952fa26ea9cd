import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build, type Metafile } from 'esbuild';
import { withoutSdkValidator } from '../../../build/sdk-shims.ts';
import type { createProtocol as CreateProtocol } from '../../../src/mcp/protocol/serve.ts';
import { fixedTools } from '../../../src/mcp/tool-source.ts';
import { createMemoryLog, legacyRequest, modernRequest, testCaller } from '../../support/mcp-app.ts';
import { createEchoTool } from '../../support/mcp-tools.ts';

// The protocol as the bundle has it: the SDK without its own copy of ajv.

let folder: string;
let outfile: string;
let metafile: Metafile;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shims-'));
  outfile = join(folder, 'serve.mjs');
  const result = await build({
    entryPoints: ['src/mcp/protocol/serve.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    metafile: true,
    plugins: [withoutSdkValidator()],
    logLevel: 'error',
  });
  metafile = result.metafile;
});

afterAll(() => rm(folder, { recursive: true }));

describe('the protocol in the bundle', () => {
  it('serves both eras', async () => {
    const { createProtocol } = (await import(pathToFileURL(outfile).href)) as { createProtocol: typeof CreateProtocol };
    const serve = createProtocol({
      serverInfo: { name: 'sallyport', version: '0.1.0' },
      tools: fixedTools([createEchoTool()]),
      callTool: async (call) => ({ kind: 'result', result: { text: call.name, structuredContent: {} } }),
      onFault: (error) => {
        throw error;
      },
    });
    const call = { name: 'echo', arguments: { text: 'x' } };
    for (const { headers, body } of [modernRequest('tools/call', call), legacyRequest('tools/call', call)]) {
      const message = JSON.parse(Buffer.from(body).toString('utf8'));
      const context = {
        caller: testCaller,
        requestId: 'r',
        log: createMemoryLog(),
        signal: new AbortController().signal,
      };
      const answer = await serve({ message, headers, ...context });
      expect([answer.status, JSON.parse(answer.body).result.content[0].text]).toEqual([200, 'echo']);
    }
  });

  it('does not validate silently when someone leaves it to the SDK', async () => {
    const probe = join(folder, 'probe.mjs');
    const contents = "export { Server } from '@modelcontextprotocol/server'";
    await build({
      stdin: { contents, resolveDir: process.cwd() },
      outfile: probe,
      bundle: true,
      format: 'esm',
      platform: 'node',
      plugins: [withoutSdkValidator()],
    });
    const { Server } = (await import(pathToFileURL(probe).href)) as { Server: new (info: object) => object };
    expect(() => new Server({ name: 'x', version: '1' })).toThrow(/pass jsonSchemaValidator/);
  });

  it('holds no JSON Schema compiler and stays under 75 kB gzip', async () => {
    expect(Object.keys(metafile.inputs).filter((path) => /ajv|cfWorker/i.test(path))).toEqual([]);
    expect(gzipSync(await readFile(outfile)).length).toBeLessThan(75_000);
  });
});
