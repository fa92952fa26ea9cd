import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmbeddedJobQueue, type EmbeddedJobQueue } from '../../../../src/adapters/embedded/job-queue.ts';
import { createMcpToolClient } from '../../../../src/adapters/http/mcp-client.ts';
import { createApprovals } from '../../../../src/mcp/approvals.ts';
import { createSchemaValidators } from '../../../../src/mcp/schema-validators.ts';
import { createDoorTasks } from '../../../../src/mcp/tasks/door-tasks.ts';
import { createTaskWorker } from '../../../../src/mcp/tasks/task-worker.ts';
import { fixedTools } from '../../../../src/mcp/tool-source.ts';
import type { Tool, ToolContext } from '../../../../src/mcp/tools/tool.ts';
import type { TaskNews, ToolCallRequest, ToolClient } from '../../../../src/ports/tool-client.ts';
import { json, PERSON } from '../../../support/mcp-app.ts';
import { createToolOf } from '../../../support/mcp-tools.ts';
import { createMcpWorld, type McpWorld } from '../../../support/mcp-world.ts';

// The agent's client, whose calls go on behind their answers: the real API behind its real door, its queue and its worker, over real mutual TLS.

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const clock = { nowMs: () => Date.now() };

interface Held {
  readonly context: ToolContext;
  finish(): void;
}

let world: McpWorld;
let client: ToolClient;
let queue: EmbeddedJobQueue;
/** Runs of the tool, each under way until the test lets it end. */
let runs: Held[];
let onRun: (held: Held) => void;

const run: Tool['run'] = (_args, context) =>
  new Promise((resolve, reject) => {
    const finish = (): void => resolve({ text: 'It ran.', structuredContent: { run: runs.length } });
    context.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    const held = { context, finish };
    runs.push(held);
    onRun(held);
  });
const WRITES = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false };
const tools = [
  createToolOf('long', run, { execution: { taskSupport: 'optional' } }),
  createToolOf('change', run, { execution: { taskSupport: 'optional' }, annotations: WRITES, scopes: ['test.write'] }),
];

beforeEach(async () => {
  runs = [];
  onRun = () => {};
  queue = createEmbeddedJobQueue({ onGivenUp: () => {} });
  const source = fixedTools(tools);
  world = await createMcpWorld(tools, {
    confirm: 'never',
    longCalls: (store, mcpUrl) => createDoorTasks({ store, tools: source, queue, clock, random, mcpUrl }),
  });
  const { store, log } = world;
  const approvals = createApprovals({ store, clock, random, confirm: 'never', approvalUrl: (id) => id });
  const schemas = createSchemaValidators();
  const worker = createTaskWorker({ store, tools: source, schemas, approvals, clock, random, log });
  queue.attach((name) => worker.run(name, { remainingMs: 900_000, requestId: 'worker' }));
  const credentials = await world.credentials();
  client = createMcpToolClient({ credentials: async () => credentials, mcpUrl: world.mcpUrl, clock, random, log });
});
afterEach(async () => {
  await client.close();
  await queue.close();
  await world.close();
});

async function request(changes: Partial<ToolCallRequest> = {}, name = 'long'): Promise<ToolCallRequest> {
  const principal = {
    person: PERSON,
    scopes: ['test.write'],
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    signal: new AbortController().signal,
  };
  const tool = (await client.list(principal)).find((listed) => listed.name === name);
  if (tool === undefined) throw new Error('not listed');
  return { ...principal, tool, arguments: {}, timeoutMs: 20_000, waitMs: 60_000, ...changes };
}

const methods = (): readonly string[] =>
  world.requests.map(({ body }) => JSON.parse(Buffer.from(body).toString('utf8')).method as string);

const statusOf = async (id: string): Promise<unknown> =>
  JSON.parse((await world.store.get(`task:${PERSON}:${id}`)) ?? '{}').status;

describe('a call that goes on behind its answer', () => {
  it('is waited for, and answered as if it had been done at once', async () => {
    const news: TaskNews[] = [];
    onRun = ({ context, finish }) => {
      context.progress?.({ progress: 1, total: 2, message: 'half of it' });
      if (news.some(({ words }) => words?.startsWith('half of it') === true)) finish();
    };
    const call = client.call(
      await request({
        onTask: (said) => {
          news.push(said);
          if (said.words === 'half of it (1 of 2)') runs[0]?.finish();
        },
      }),
    );
    expect(await call).toMatchObject({
      kind: 'result',
      text: 'It ran.',
      structuredContent: { run: 1 },
      isError: false,
      // The checks are those of the call.
      doors: expect.arrayContaining([expect.objectContaining({ name: 'signature' })]),
    });
    expect(news[0]).toEqual({ id: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) });
    expect(news.at(-1)?.words).toBe('half of it (1 of 2)');
    expect(new Set(methods())).toEqual(new Set(['tools/list', 'tools/call', 'tasks/get']));
    expect(methods().filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it('is found again by whoever comes after one that died, and not called again', async () => {
    const known = await new Promise<string>((resolve) => {
      onRun = () => {};
      void request({ onTask: ({ id }) => resolve(id) }).then((asked) => client.call(asked));
    });
    const before = methods().filter((method) => method === 'tools/call').length;
    const second = client.call(await request({ task: known, onTask: () => runs[0]?.finish() }));
    expect(await second).toMatchObject({ kind: 'result', structuredContent: { run: 1 } });
    expect(methods().filter((method) => method === 'tools/call')).toHaveLength(before);
    expect(runs).toHaveLength(1);
  });

  it('is called anew where nobody knows of it any more', async () => {
    onRun = ({ finish }) => finish();
    expect(await client.call(await request({ task: 'A'.repeat(43) }))).toMatchObject({ kind: 'result' });
    expect(methods()).toEqual(expect.arrayContaining(['tasks/get', 'tools/call']));
    expect(runs).toHaveLength(1);
  });

  it('is ended when its person does not want it any more', async () => {
    const person = new AbortController();
    let task = '';
    const onTask = ({ id }: TaskNews): void => {
      task = id;
      person.abort();
    };
    await expect(client.call(await request({ signal: person.signal, onTask }, 'change'))).rejects.toThrow();
    while ((await statusOf(task)) !== 'cancelled') await new Promise((resolve) => setTimeout(resolve, 20));
    expect(methods()).toContain('tasks/cancel');
  });

  it('that only reads is ended when nobody waits for it any more; one that writes goes on, and is unclear', async () => {
    for (const [name, cancels] of [
      ['long', true],
      ['change', false],
    ] as const) {
      const before = methods().length;
      const cancelled = new Promise<void>((resolve) => {
        world.intercept = (asked) => {
          if (json({ ...asked, status: 200, body: asked.body } as never).method === 'tasks/cancel') resolve();
          return undefined;
        };
      });
      expect(await client.call(await request({ waitMs: 300 }, name))).toMatchObject({ kind: 'unclear' });
      if (cancels) await cancelled;
      else {
        runs.at(-1)?.finish();
        expect(methods().slice(before)).not.toContain('tasks/cancel');
      }
    }
  });

  it('is asked about again when the API is away for a moment', async () => {
    let missed = 0;
    world.intercept = ({ body }) => {
      if (!Buffer.from(body).toString('utf8').includes('"tasks/get"') || missed === 2) return undefined;
      missed += 1;
      if (missed === 2) runs[0]?.finish();
      return { status: 503, headers: {}, body: '' };
    };
    expect(await client.call(await request())).toMatchObject({ kind: 'result', structuredContent: { run: 1 } });
    expect(missed).toBe(2);
  });

  it('is unclear where the API stays away', async () => {
    world.intercept = ({ body }) =>
      Buffer.from(body).toString('utf8').includes('"tasks/get"') ? { status: 503, headers: {}, body: '' } : undefined;
    expect(await client.call(await request({}, 'change'))).toMatchObject({ kind: 'unclear' });
    runs[0]?.finish();
  });
});
