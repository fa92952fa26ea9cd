import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Bundle, buildBundle, filesAtStart, OUT } from '../../build/build-bundle.ts';
import { loadConsoleAssets } from '../../src/console/assets.ts';
import { createEvent } from '../support/lambda-events.ts';
import { unpackZip } from '../support/lambda-function.ts';

// The console from the zip: it holds the finished page, neither its sources nor a compiler, and loads it only where it is switched on and asked for.

const run = promisify(execFile);

let bundle: Bundle;
let folder: string;

beforeAll(async () => {
  bundle = await buildBundle();
  folder = await unpackZip(bundle.zip);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the zip's agent answers, in a process that has nothing of this checkout. */
async function answers(paths: readonly string[], console: 'on' | 'off') {
  const events = paths.map((path) => {
    const event = createEvent();
    const http = { ...event.requestContext.http, method: 'GET', path };
    return { ...event, rawPath: path, requestContext: { ...event.requestContext, http } };
  });
  const program = `
    const { handler } = await import(${JSON.stringify(join(folder, 'agent.mjs'))});
    const results = [];
    for (const event of ${JSON.stringify(events)}) results.push(await handler(event, { getRemainingTimeInMillis: () => 9000 }));
    console.log(JSON.stringify(results));`;
  const { stdout } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
    {
      cwd: folder,
      env: {
        SALLYPORT_AGENT_URL: 'https://agent.example.test',
        SALLYPORT_CONSOLE: console,
        SALLYPORT_CREDENTIALS: '{}',
        SALLYPORT_MCP_URL: 'https://mcp.example.test/mcp',
        SALLYPORT_MODEL: 'offline',
        SALLYPORT_OAUTH_URL: 'https://oauth.example.test',
      },
    },
  );
  const last = stdout.trim().split('\n').at(-1) ?? '';
  return JSON.parse(last) as { statusCode: number; headers: Record<string, string>; body: string }[];
}

describe('the console in the zip', () => {
  it('answers as from the sources', async () => {
    const { script, style } = await loadConsoleAssets();
    const paths = ['/console', '/console/app.js', '/console/style.css', '/health'];
    const [page, app, sheet, health] = await answers(paths, 'on');
    expect(page).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page?.body).toContain('data-oauth-url="https://oauth.example.test"');
    expect(page?.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(app).toMatchObject({ statusCode: 200, body: script });
    expect(sheet).toMatchObject({ statusCode: 200, body: style });
    expect(health).toMatchObject({ statusCode: 200 });
  }, 60_000);

  it('is not there where it is switched off', async () => {
    const [page, app] = await answers(['/console', '/console/app.js'], 'off');
    expect([page?.statusCode, app?.statusCode]).toEqual([404, 404]);
  }, 60_000);

  it('is loaded by nobody at start, and brings neither sources nor a compiler', () => {
    for (const entry of ['agent', 'stream', 'mcp', 'oauth'] as const) {
      const atStart = filesAtStart(bundle, entry).flatMap((file) =>
        Object.keys(bundle.metafile.outputs[file]?.inputs ?? {}),
      );
      expect(atStart.filter((source) => source.startsWith('src/console/'))).toEqual([]);
    }
    const inputs = Object.keys(bundle.metafile.inputs);
    expect(inputs).toContain('src/console/assets.ts');
    expect(inputs.filter((source) => source.startsWith('src/console/page/') || source.includes('esbuild'))).toEqual([]);
    const outputs = Object.entries(bundle.metafile.outputs).filter(
      ([, { inputs: made }]) => 'src/console/assets.ts' in made,
    );
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.map(([path]) => path).filter((path) => !path.startsWith(`${OUT}/chunks/`))).toEqual([]);
  });
});
