import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { runCommand } from '../support/run-command.ts';

// Slack's client is CommonJS and loaded late: bundled, it must be found all the same. What is built here is the client alone, in the form in
// which the zip holds it.

const root = new URL('../../', import.meta.url).pathname;
const PROGRAM = `
import { createSlackClient } from './src/adapters/slack/slack-client.ts';
const sent = [];
const http = {
  send: async (request) => {
    sent.push([request.method, request.url, request.headers.Authorization]);
    return { status: 200, headers: {}, body: Buffer.from('{"ok":true,"channel":"D1","ts":"1.1"}') };
  },
};
const log = { info() {}, warn() {}, error() {}, metric() {}, child: () => log };
const slack = createSlackClient({
  token: { reveal: () => 'xoxb-test' },
  apiUrl: 'https://slack.com/api/',
  http,
  clock: { nowMs: () => Date.now() },
  log,
});
const ref = await slack.post({ channel: 'D1' }, { text: 'hello', blocks: [] });
console.log(JSON.stringify({ ref, sent }));
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-bundle-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('Slack’s client, bundled', () => {
  it('lies in a chunk of its own and sends', async () => {
    const { metafile } = await build({
      stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts', sourcefile: 'program.ts' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      minify: true,
      metafile: true,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      mainFields: ['module', 'main'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const holding = Object.entries(metafile.outputs)
      .filter(([, { inputs }]) => Object.keys(inputs).some((name) => name.includes('@slack/web-api')))
      .map(([name]) => name);
    expect(holding).toHaveLength(1);
    expect(holding[0]).not.toContain('stdin');
    const { stdout } = await runCommand(process.execPath, [join(folder, 'stdin.mjs')]);
    expect(JSON.parse(stdout)).toEqual({
      ref: { channel: 'D1', ts: '1.1' },
      sent: [['POST', 'https://slack.com/api/chat.postMessage', 'Bearer xoxb-test']],
    });
  }, 60_000);
});
