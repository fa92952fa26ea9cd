import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startConformanceServer } from '../support/conformance-server.ts';
import type { AppServer } from '../support/http-app-server.ts';
import { installPeer } from '../support/peers.ts';

// MCP's own conformance suites, both generations, against the real app behind a trivial door. They can present no client
// certificate; what the doors do is proved elsewhere.

const PEERS = new URL('../peers/node_modules/', import.meta.url);

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

function runSuite(suite: string, args: readonly string[], cwd: string): Promise<Outcome> {
  const script = new URL(`${suite}/dist/index.js`, PEERS).pathname;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, 'server', ...args], { cwd });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

const baseline = (name: string): string => new URL(name, import.meta.url).pathname;

describe('MCP conformance', () => {
  let server: AppServer;
  let folder: string;

  beforeAll(async () => {
    await installPeer('mcp-conformance-0.1');
    await installPeer('mcp-conformance-0.2');
    server = await startConformanceServer();
    folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  }, 600_000);

  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('passes what revision 2026-07-28 requires, but for the failures that are explained', async () => {
    const args = ['--url', server.url, '--requirements', '2026-07-28'];
    const expected = baseline('expected-failures-2026-07-28.yml');
    const outcome = await runSuite('mcp-conformance-0.2', [...args, '--expected-failures', expected], folder);
    expect(outcome.output).toContain('=== SUMMARY ===');
    expect({
      code: outcome.code,
      summary: outcome.code === 0 ? '' : outcome.output.split('=== SUMMARY ===')[1],
    }).toEqual({ code: 0, summary: '' });
  }, 120_000);

  it('passes what revision 2025-11-25 asks, but for the failures that are explained', async () => {
    const args = ['--url', server.url, '--suite', 'all'];
    const expected = baseline('expected-failures-2025-11-25.yml');
    const outcome = await runSuite('mcp-conformance-0.1', [...args, '--expected-failures', expected], folder);
    expect(outcome.output).toContain('=== SUMMARY ===');
    expect({
      code: outcome.code,
      summary: outcome.code === 0 ? '' : outcome.output.split('=== SUMMARY ===')[1],
    }).toEqual({ code: 0, summary: '' });
  }, 120_000);

  it.each(['expected-failures-2026-07-28.yml', 'expected-failures-2025-11-25.yml'])(
    '%s gives a reason on every line',
    async (name) => {
      const lines = (await readFile(baseline(name), 'utf8')).split('\n').filter((line) => line.startsWith('  - '));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/^ {2}- \S+ # \S.{15,}$/);
    },
  );
});
