import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEmbeddedJobQueue } from '../../src/adapters/embedded/job-queue.ts';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { createApprovals } from '../../src/mcp/approvals.ts';
import { createSchemaValidators } from '../../src/mcp/schema-validators.ts';
import { createDoorTasks } from '../../src/mcp/tasks/door-tasks.ts';
import { createTaskWorker } from '../../src/mcp/tasks/task-worker.ts';
import { fixedTools } from '../../src/mcp/tool-source.ts';
import type { HttpApp } from '../../src/ports/http.ts';
import { createToken, tokenKey } from '../../src/trust/access-token.ts';
import { type AppServer, startAppServer } from '../support/http-app-server.ts';
import { createTestApp, PERSON } from '../support/mcp-app.ts';
import { createToolOf } from '../support/mcp-tools.ts';
import { installPeer } from '../support/peers.ts';

// MCP's own scenarios of the tasks extension, against the real app with a queue and a worker behind it. Those that ask the client something in the
// middle of a task are not played: a task here asks nothing once it has begun.

const PEER = new URL('../peers/node_modules/mcp-conformance-0.2/dist/index.js', import.meta.url).pathname;
const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const ANY = { inputSchema: { type: 'object' } };

const tools = [
  createToolOf('greet', async ({ name }) => ({ text: `Hello, ${name}!`, structuredContent: {} }), ANY),
  createToolOf(
    'slow_compute',
    ({ seconds }, { signal }) =>
      new Promise((resolve) => {
        const end = (): void => resolve({ text: 'Computed.', structuredContent: {} });
        const timer = setTimeout(end, Number(seconds ?? 1) * 1000);
        signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      }),
    { ...ANY, execution: { taskSupport: 'optional' } },
  ),
  createToolOf('confirm_delete', async () => ({ text: 'Deleted.', structuredContent: {} }), {
    ...ANY,
    execution: { taskSupport: 'optional' },
  }),
  createToolOf('failing_job', async () => ({ isError: true, text: 'It failed.' }), {
    ...ANY,
    execution: { taskSupport: 'required' },
  }),
  createToolOf(
    'protocol_error_job',
    async () => {
      throw new TypeError('a fault');
    },
    { ...ANY, execution: { taskSupport: 'required' } },
  ),
];

let server: AppServer;
let folder: string;
const queue = createEmbeddedJobQueue({ onGivenUp: () => {} });

beforeAll(async () => {
  await installPeer('mcp-conformance-0.2');
  folder = mkdtempSync(join(tmpdir(), 'conformance-tasks-'));
  const store = createMemoryStore({ clock });
  const source = fixedTools(tools);
  const scopes = ['test.write'];
  const times = { nowMs: clock.nowMs(), lifetimeSeconds: 3600 };
  const { record } = createToken({ person: PERSON, audience: 'mcp', scopes, ...times, random: randomBytes(42) });
  await store.set(tokenKey(record.id), JSON.stringify(record));
  let app: HttpApp | undefined;
  server = await startAppServer(async (request) => {
    if (app === undefined) throw new Error('the app is not there yet');
    return app(request);
  });
  const longCalls = createDoorTasks({ store, clock, random, queue, tools: source, mcpUrl: `${server.url}/mcp` });
  const standing = { kind: 'token', id: record.id } as const;
  const caller = {
    door: 'key',
    person: PERSON,
    agent: `token/${record.id}`,
    scopes,
    tainted: false,
    standing,
  } as const;
  const test = createTestApp({ tools, store, confirm: 'never', callerOf: () => caller, over: { longCalls } });
  app = test.app;
  const approvals = createApprovals({ store, clock, random, confirm: 'never', approvalUrl: (id) => id });
  const schemas = createSchemaValidators();
  const worker = createTaskWorker({ store, tools: source, schemas, approvals, clock, random, log: test.log });
  queue.attach((name) => worker.run(name, { remainingMs: 900_000, requestId: 'worker' }));
}, 600_000);
afterAll(async () => {
  await queue.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('MCP’s scenarios of the tasks extension', () => {
  it.each([
    'tasks-lifecycle',
    'tasks-wire-fields',
    'tasks-capability-negotiation',
    'tasks-request-headers',
    'tasks-dispatch-and-envelope',
    'tasks-required-task-error',
  ])(
    '%s passes',
    async (scenario) => {
      const args = [PEER, 'server', '--url', `${server.url}/mcp`, '--scenario', scenario, '--output-dir', folder];
      const said = await new Promise<string>((resolve) => {
        execFile(process.execPath, args, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
      });
      expect(said).toMatch(/Passed: (\d+)\/\1, 0 failed/);
    },
    120_000,
  );
});
