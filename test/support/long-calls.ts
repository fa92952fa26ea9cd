import { randomBytes } from 'node:crypto';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import { type ConfirmMode, createApprovals } from '../../src/mcp/approvals.ts';
import type { Caller } from '../../src/mcp/caller.ts';
import { createSchemaValidators } from '../../src/mcp/schema-validators.ts';
import { createDoorTasks } from '../../src/mcp/tasks/door-tasks.ts';
import { type TaskRecord, taskKey } from '../../src/mcp/tasks/task-record.ts';
import { createTaskWorker, type TaskJobOutcome } from '../../src/mcp/tasks/task-worker.ts';
import { fixedTools } from '../../src/mcp/tool-source.ts';
import type { Tool } from '../../src/mcp/tools/tool.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { createToken, type TokenRecord, tokenKey } from '../../src/trust/access-token.ts';
import { decisionKey } from '../../src/trust/approval.ts';
import { createTestClock, type TestClock } from './clock.ts';
import { type createMemoryLog, createTestApp, json, modernRequest, PERSON } from './mcp-app.ts';

// A door that takes on calls, its queue in the test's hands, and workers as a test wants them.

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';
/** Of a client of 2026-07-28 that knows tasks. */
export const KNOWS_TASKS = { extensions: { [TASKS_EXTENSION]: {} } };
export const MCP_URL = 'https://mcp.example.test/mcp';

const random = { bytes: (count: number): Uint8Array => randomBytes(count) };

export interface LongCallWorld {
  readonly clock: TestClock;
  readonly store: KeyValueStore;
  readonly log: ReturnType<typeof createMemoryLog>;
  readonly app: ReturnType<typeof createTestApp>['app'];
  /** Of the caller's own token, which each worker looks up again. */
  readonly token: TokenRecord;
  /** Who calls; a test may put another in this place. */
  caller: Caller;
  /** Fails while it is set. */
  queueFails: boolean;
  /** Names that were put in the queue, oldest first. */
  readonly sent: string[];
  /** Takes the oldest name out of the queue and has a worker of its own do it, with other tools where they are given. */
  work(tools?: readonly Tool[]): Promise<TaskJobOutcome>;
  /** Hands a name to a new worker. */
  hand(name: string, tools?: readonly Tool[]): Promise<TaskJobOutcome>;
  /** Calls a tool as a client of 2026-07-28 that knows tasks. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  call(name: string, args?: object, capabilities?: object): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  method(method: string, taskId: string): Promise<any>;
  record(id: string): Promise<TaskRecord>;
  change(id: string, change: Partial<TaskRecord>): Promise<void>;
  /** Answers the one open question. */
  decide(decision: 'yes' | 'no'): Promise<string>;
  putToken(change?: Partial<TokenRecord>): Promise<void>;
}

export interface LongCallOptions {
  readonly confirm?: ConfirmMode;
  readonly store?: (memory: KeyValueStore) => KeyValueStore;
}

export async function createLongCallWorld(
  tools: readonly Tool[],
  { confirm = 'writes', store: over = (memory) => memory }: LongCallOptions = {},
): Promise<LongCallWorld> {
  const clock = createTestClock();
  const memory = createMemoryStore({ clock });
  const store = over(memory);
  const sent: string[] = [];
  const queue = {
    async send(name: string) {
      if (world.queueFails) throw new Error('the queue is away');
      sent.push(name);
    },
  };
  const scopes = ['test.write'];
  const nowMs = clock.nowMs();
  const lifetimeSeconds = 7 * 86_400;
  const made = createToken({
    person: PERSON,
    audience: 'mcp',
    scopes,
    nowMs,
    lifetimeSeconds,
    random: randomBytes(42),
  });
  const token = made.record;
  const source = fixedTools(tools);
  const longCalls = createDoorTasks({ store, clock, random, queue, tools: source, mcpUrl: MCP_URL });
  const { app, log } = createTestApp({
    tools,
    clock,
    store,
    confirm,
    callerOf: () => world.caller,
    over: { longCalls },
  });
  const approvalUrl = (id: string): string => `https://oauth.example.test/approvals/${id}`;

  const world: LongCallWorld = {
    clock,
    store: memory,
    log,
    app,
    token,
    caller: {
      door: 'key',
      person: PERSON,
      agent: `token/${token.id}`,
      scopes,
      tainted: false,
      standing: { kind: 'token', id: token.id },
    },
    queueFails: false,
    sent,
    async work(others) {
      const name = sent.shift();
      if (name === undefined) throw new Error('the queue is empty');
      return world.hand(name, others);
    },
    async hand(name, others) {
      const approvals = createApprovals({ store, clock, random, confirm, approvalUrl });
      const offered = others === undefined ? source : fixedTools(others);
      const schemas = createSchemaValidators();
      const worker = createTaskWorker({ store, tools: offered, schemas, approvals, clock, random, log });
      return worker.run(name, { remainingMs: 900_000, requestId: 'worker-1' });
    },
    async call(name, args = {}, capabilities = KNOWS_TASKS) {
      const answer = await app(modernRequest('tools/call', { name, arguments: args }, { capabilities }));
      return { status: answer.status, ...json(answer) };
    },
    async method(method, taskId) {
      const headers = { 'mcp-name': taskId };
      const answer = await app(modernRequest(method, { taskId }, { capabilities: KNOWS_TASKS, headers }));
      return { status: answer.status, headers: answer.headers, ...json(answer) };
    },
    async record(id) {
      const raw = await memory.get(taskKey(PERSON, id));
      if (raw === undefined) throw new Error('there is no such task');
      return JSON.parse(raw) as TaskRecord;
    },
    async change(id, change) {
      await memory.set(taskKey(PERSON, id), JSON.stringify({ ...(await world.record(id)), ...change }));
    },
    async decide(decision) {
      const { keys } = await memory.list(`approval:${PERSON}:`);
      const raw = keys.length === 1 ? await memory.get(keys[0] ?? '') : undefined;
      if (raw === undefined) throw new Error(`expected one open question, found ${keys.length}`);
      const { id, instance } = JSON.parse(raw) as { id: string; instance: string };
      const decided_at = Math.floor(clock.nowMs() / 1000);
      const record = { v: 1, id, instance, decision, decided_at, by: 'token:test' };
      await memory.set(decisionKey(PERSON, id), JSON.stringify(record));
      return id;
    },
    putToken: (change = {}) => memory.set(tokenKey(token.id), JSON.stringify({ ...token, ...change })),
  };
  await world.putToken();
  return world;
}
