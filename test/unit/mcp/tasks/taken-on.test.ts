import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import type { Tool } from '../../../../src/mcp/tools/tool.ts';
import { createLongCallWorld, KNOWS_TASKS, MCP_URL, TASKS_EXTENSION } from '../../../support/long-calls.ts';
import { json, legacyRequest, modernRequest, OTHER_PERSON } from '../../../support/mcp-app.ts';
import { createToolOf } from '../../../support/mcp-tools.ts';

const RAN = { text: 'It ran.', structuredContent: { count: 3 } };
const run: Tool['run'] = async () => RAN;
const long = createToolOf('long', run, { execution: { taskSupport: 'optional' } });
const slow = createToolOf('slow', run, { execution: { taskSupport: 'required' } });
const quick = createToolOf('quick', run, { execution: { taskSupport: 'forbidden' } });
const plain = createToolOf('plain', run);

describe('a call that is taken on', () => {
  it('is a task to a client of 2026-07-28 that knows them, and ends as the call itself would have', async () => {
    const world = await createLongCallWorld([long]);
    const { status, result } = await world.call('long');
    expect(status).toBe(200);
    expect(result).toMatchObject({
      resultType: 'task',
      status: 'working',
      statusMessage: 'It waits to be begun.',
      ttlMs: 86_400_000,
      pollIntervalMs: 500,
      createdAt: '2026-11-21T12:00:00.000Z',
    });
    expect(result).not.toHaveProperty('content');
    expect(world.sent).toEqual([`${world.caller.person}:${result.taskId}`]);

    await world.work();
    const ended = (await world.method('tasks/get', result.taskId)).result;
    expect(ended).toMatchObject({ taskId: result.taskId, status: 'completed' });
    const { resultType: _type, _meta: _info, ...atOnce } = (await world.call('long', {}, {})).result;
    expect(ended.result).toEqual(atOnce);
  });

  it('is done at once where the client knows no tasks, or says nothing of them', async () => {
    const world = await createLongCallWorld([long, plain]);
    for (const capabilities of [{}, { extensions: { other: {} } }, { extensions: {} }])
      expect((await world.call('long', {}, capabilities)).result).toMatchObject({ structuredContent: { count: 3 } });
    // A tool that says nothing of it is quick.
    expect((await world.call('plain')).result).toMatchObject({ structuredContent: { count: 3 } });
    const { result } = json(await world.app(legacyRequest('tools/call', { name: 'long', arguments: {} })));
    expect(result).toMatchObject({ structuredContent: { count: 3 } });
    expect(world.sent).toEqual([]);
  });

  it('is a task of 2025-11-25 where that is asked for', async () => {
    const world = await createLongCallWorld([long, slow, plain]);
    for (const name of ['long', 'slow', 'plain']) {
      const { result } = json(
        await world.app(legacyRequest('tools/call', { name, arguments: {}, task: { ttl: 1000 } })),
      );
      expect(Object.keys(result)).toEqual(['task']);
      expect(result.task).toMatchObject({ status: 'working', ttl: 86_400_000, pollInterval: 500 });
      const { taskId } = result.task;
      await world.work();
      const found = json(await world.app(legacyRequest('tasks/get', { taskId }))).result;
      expect(found).toMatchObject({ taskId, status: 'completed' });
      const ended = json(await world.app(legacyRequest('tasks/result', { taskId }))).result;
      expect(ended).toMatchObject({
        structuredContent: { count: 3 },
        _meta: { 'io.modelcontextprotocol/related-task': { taskId } },
      });
    }
  });

  it('is not cancelled once it has ended: a client of 2025-11-25 is told so, a newer one need not be', async () => {
    const world = await createLongCallWorld([long]);
    const cancel = async (taskId: string) => json(await world.app(legacyRequest('tasks/cancel', { taskId })));
    const { taskId } = (await world.call('long')).result;
    expect((await cancel(taskId)).result).toMatchObject({ taskId, status: 'cancelled' });
    expect((await cancel(taskId)).error).toEqual({
      code: -32602,
      message: 'The task has ended already: it is cancelled.',
    });
    const other = (await world.call('long')).result.taskId;
    world.sent.shift();
    await world.work();
    expect((await cancel(other)).error).toMatchObject({ code: -32602 });
    expect((await world.method('tasks/cancel', other)).result).toBeDefined();
    expect(await world.record(other)).toMatchObject({ status: 'completed' });
  });

  it('is told of by its address to a client that would rather not wait, and knows no tasks', async () => {
    const world = await createLongCallWorld([plain]);
    const call = { name: 'plain', arguments: {} };
    for (const request of [modernRequest('tools/call', call), legacyRequest('tools/call', call)]) {
      const asked = { ...request, headers: { ...request.headers, prefer: 'respond-async, wait=10' } };
      const { result } = json(await world.app(asked));
      expect(result).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'running' } } });
      const { id, url, status } = result._meta['sallyport/task'];
      expect({ url, status }).toEqual({ url: `${MCP_URL}/status/${id}`, status: 'queued' });
      expect(result.content[0].text).toContain(url);
      await world.work();
      expect(await world.record(id)).toMatchObject({ status: 'completed' });
    }
  });

  it('whose tool never takes less than long is refused to a client without tasks, before anybody is asked anything', async () => {
    const writes = createToolOf('slow', run, {
      execution: { taskSupport: 'required' },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
    });
    const world = await createLongCallWorld([writes]);
    const modern = await world.call('slow', {}, {});
    expect(modern).toMatchObject({
      status: 400,
      error: { code: -32021, data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } } },
    });
    const legacy = json(await world.app(legacyRequest('tools/call', { name: 'slow', arguments: {} })));
    expect(legacy.error).toMatchObject({ code: -32601 });
    expect((await world.store.list('approval:')).keys).toEqual([]);
  });

  it('is never one whose tool forbids it, nor one of a caller whose proof nobody could look at again', async () => {
    const world = await createLongCallWorld([quick, long]);
    const { standing: _gone, ...passing } = world.caller;
    expect((await world.call('quick')).result).toMatchObject({ structuredContent: { count: 3 } });
    world.caller = passing;
    expect((await world.call('long')).result).toMatchObject({ structuredContent: { count: 3 } });
    expect(world.sent).toEqual([]);
  });

  it('is one that ran out of time and may be made again; any other is said to be unclear', async () => {
    const never: Tool['run'] = (_args, { signal, progress }) =>
      progress === undefined
        ? new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new AppError('timed_out', 'It took too long.')), {
              once: true,
            });
          })
        : Promise.resolve(RAN);
    const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
    const world = await createLongCallWorld(
      [createToolOf('reads', never), createToolOf('writes', never, { annotations })],
      {
        confirm: 'never',
      },
    );
    const soon = async (name: string, capabilities: object) => {
      const request = modernRequest('tools/call', { name, arguments: {} }, { capabilities });
      return json(await world.app({ ...request, remainingMs: 20 })).result;
    };
    expect(await soon('reads', KNOWS_TASKS)).toMatchObject({ resultType: 'task' });
    const told = await soon('reads', {});
    expect(told._meta['sallyport/error'].code).toBe('running');
    expect(await soon('writes', KNOWS_TASKS)).toMatchObject({
      isError: true,
      _meta: { 'sallyport/error': { code: 'timed_out' } },
    });
    expect(world.sent).toHaveLength(2);
    await world.work();
    await world.work();
    expect(await world.record(told._meta['sallyport/task'].id)).toMatchObject({ status: 'completed' });
  });

  it('is announced where it can be, and nowhere else', async () => {
    const world = await createLongCallWorld([long, slow, plain]);
    const discovered = json(await world.app(modernRequest('server/discover'))).result;
    expect(discovered.capabilities).toMatchObject({ extensions: { [TASKS_EXTENSION]: {} } });
    const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
    const greeted = json(await world.app(legacyRequest('initialize', initialize))).result;
    expect(greeted.capabilities.tasks).toEqual({ cancel: {}, requests: { tools: { call: {} } } });
    const listed = json(await world.app(legacyRequest('tools/list'))).result.tools;
    expect(listed.map(({ name, execution }: Record<string, unknown>) => [name, execution])).toEqual([
      ['long', { taskSupport: 'optional' }],
      ['slow', { taskSupport: 'required' }],
      ['plain', undefined],
    ]);
    const newer = json(await world.app(modernRequest('tools/list'))).result.tools;
    expect(newer.some((tool: object) => 'execution' in tool)).toBe(false);
  });

  it('has methods that need the word for them in each request, an id, and a task of the caller’s own', async () => {
    const world = await createLongCallWorld([long]);
    const { taskId } = (await world.call('long')).result;
    const silent = modernRequest('tasks/get', { taskId }, { headers: { 'mcp-name': taskId } });
    expect(json(await world.app(silent)).error).toMatchObject({ code: -32021 });
    const unnamed = modernRequest('tasks/get', {}, { capabilities: KNOWS_TASKS });
    expect(json(await world.app(unnamed)).error).toMatchObject({ code: -32602 });
    const other = await world.method('tasks/get', 'A'.repeat(43));
    expect(other.error).toMatchObject({ code: -32602, message: 'There is no such task of yours.' });
    // An update has nothing to take, and is answered all the same.
    expect((await world.method('tasks/update', taskId)).error).toBeUndefined();
    world.caller = { ...world.caller, person: OTHER_PERSON };
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel'])
      expect((await world.method(method, taskId)).error).toEqual(other.error);
    const list = await world.app(modernRequest('tasks/list', {}, { capabilities: KNOWS_TASKS }));
    expect(list.status).toBe(404);
  });
});
