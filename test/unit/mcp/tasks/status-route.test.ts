import { describe, expect, it } from '@jest/globals';
import type { Caller } from '../../../../src/mcp/caller.ts';
import type { HttpResponse } from '../../../../src/ports/http.ts';
import { createLongCallWorld, type LongCallWorld } from '../../../support/long-calls.ts';
import { createTestApp, httpRequest, json, legacyRequest, OTHER_PERSON } from '../../../support/mcp-app.ts';
import { createEchoTool, createToolOf } from '../../../support/mcp-tools.ts';

const long = createToolOf('long', async () => ({ text: 'It ran.', structuredContent: { count: 3 } }), {
  execution: { taskSupport: 'optional' },
});
const broken = createToolOf(
  'broken',
  async () => {
    throw new TypeError('secret words');
  },
  { execution: { taskSupport: 'optional' } },
);

const ask = (world: Pick<LongCallWorld, 'app'>, id: string, method = 'GET'): Promise<HttpResponse> =>
  world.app(httpRequest({ method, path: `/mcp/status/${id}` }));

async function begin(world: LongCallWorld, name = 'long'): Promise<string> {
  return (await world.call(name)).result.taskId;
}

describe('GET /mcp/status/{id}', () => {
  it('says how far a call is, and when to look again, until it says how it ended', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    const before = await ask(world, id);
    expect(before).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'retry-after': '1' },
    });
    expect(json(before)).toEqual({
      id,
      tool: 'long',
      status: 'queued',
      created_at: '2026-11-21T12:00:00.000Z',
      updated_at: '2026-11-21T12:00:00.000Z',
      expires_at: '2026-11-22T12:00:00.000Z',
    });
    world.clock.advance(5_000);
    await world.work();
    const after = await ask(world, id);
    expect(after.headers).not.toHaveProperty('retry-after');
    expect(json(after)).toMatchObject({
      status: 'completed',
      updated_at: '2026-11-21T12:00:05.000Z',
      expires_at: '2026-11-22T12:00:05.000Z',
      result: { structuredContent: { count: 3 }, content: [{ type: 'text', text: 'It ran.' }] },
    });
  });

  it('names the request under which the log has what went wrong, as the methods of both eras do', async () => {
    const refuses = createToolOf(
      'refuses',
      async () => ({ isError: true, code: 'not_found', text: 'There is none.' }),
      {
        execution: { taskSupport: 'optional' },
      },
    );
    const world = await createLongCallWorld([refuses]);
    const id = await begin(world, 'refuses');
    await world.work();
    const { request_id } = await world.record(id);
    expect(request_id).not.toBe('');
    const said = { _meta: { 'sallyport/error': { code: 'not_found', request_id } } };
    expect(json(await ask(world, id)).result).toMatchObject(said);
    expect((await world.method('tasks/get', id)).result.result).toMatchObject(said);
    expect(json(await world.app(legacyRequest('tasks/result', { taskId: id }))).result).toMatchObject(said);
  });

  it('is asked less often, the longer it takes', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    const waits: unknown[] = [];
    for (const ms of [0, 11_000, 60_000]) {
      world.clock.advance(ms);
      waits.push((await ask(world, id)).headers['retry-after']);
    }
    expect(waits).toEqual(['1', '2', '5']);
  });

  it('keeps the result for a day from its end, and not longer', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    world.clock.advance(60_000);
    await world.work();
    world.clock.advance(86_400_000 - 1);
    expect((await ask(world, id)).status).toBe(200);
    world.clock.advance(1);
    expect((await ask(world, id)).status).toBe(404);
    expect((await world.store.list('task:')).keys).toEqual([]);
  });

  it('gives nothing to anybody else: not to another person, not to the same person’s other client, not to a guess', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    await world.work();
    const own = world.caller;
    const strangers: readonly Caller[] = [
      { ...own, person: OTHER_PERSON },
      { ...own, agent: 'token/01BX5ZZKBKACTAV9WEVGEMMVRZ' },
      { ...own, person: OTHER_PERSON, agent: 'agent/assistant', door: 'agent' },
    ];
    const answers: unknown[] = [];
    for (const caller of strangers) {
      world.caller = caller;
      for (const method of ['GET', 'DELETE']) {
        const { status, headers, body } = await ask(world, id, method);
        answers.push({ status, headers, body });
      }
    }
    world.caller = own;
    for (const guess of ['A'.repeat(43), 'x', '', `${id}/`, `../${id}`, '%00', 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV:x']) {
      const { status, headers, body } = await ask(world, guess);
      answers.push({ status, headers, body });
    }
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 404 });
    expect(json(await ask(world, id))).toMatchObject({ status: 'completed' });
  });

  it('tells nothing of a tool whose scope was lost, in the door’s own words for it', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    await world.work();
    const own = world.caller;
    world.caller = { ...own, scopes: ['other.read'] };
    expect(await ask(world, id)).toMatchObject({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="test.read"' },
    });
    expect((await world.method('tasks/get', id)).headers).toMatchObject({
      'www-authenticate': 'Bearer error="insufficient_scope", scope="test.read"',
    });
    world.caller = { ...own, scopes: [], challenge: (needed) => `Bearer realm="here", scope="${needed.join(' ')}"` };
    const { status, headers } = await ask(world, id);
    expect({ status, challenge: headers['www-authenticate'] }).toEqual({
      status: 403,
      challenge: 'Bearer realm="here", scope="test.read"',
    });
  });

  it('says of a fault of ours under which request the log has it, and no more', async () => {
    const world = await createLongCallWorld([broken]);
    const id = await begin(world, 'broken');
    await world.work();
    const answer = await ask(world, id);
    expect(json(answer)).toMatchObject({
      status: 'failed',
      error: { code: 'internal', message: 'Internal error', request_id: 'request-1' },
    });
    expect(String(answer.body)).not.toContain('secret words');
    expect(world.log.lines.find((line) => line.event === 'tool_fault')).toMatchObject({ request_id: 'request-1' });
    const { result } = await world.method('tasks/get', id);
    expect(result).toMatchObject({ status: 'failed', error: { code: -32603, data: { request_id: 'request-1' } } });
  });

  it('takes GET and DELETE, and nothing where no call goes on behind its answer', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    expect(await ask(world, id, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, DELETE' } });
    const { app } = createTestApp({ tools: [createEchoTool()] });
    expect((await ask({ app }, id)).status).toBe(404);
  });

  it('counts as any other request', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    world.caller = { ...world.caller, perMinute: 2 };
    const statuses: number[] = [];
    for (let asked = 0; asked < 3; asked += 1) statuses.push((await ask(world, id)).status);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('DELETE /mcp/status/{id}', () => {
  it('ends a call that nobody has begun: it is not done any more', async () => {
    let ran = false;
    const tool = createToolOf(
      'long',
      async () => {
        ran = true;
        return { text: 'It ran.', structuredContent: {} };
      },
      { execution: { taskSupport: 'optional' } },
    );
    const world = await createLongCallWorld([tool]);
    const id = await begin(world);
    const answer = await ask(world, id, 'DELETE');
    expect(answer.status).toBe(202);
    expect(json(answer)).toMatchObject({ status: 'cancelled' });
    expect(await world.work()).toEqual({ status: 'done' });
    expect(ran).toBe(false);
    expect((await world.method('tasks/get', id)).result).toMatchObject({ status: 'cancelled' });
  });

  it('changes nothing about one that has ended', async () => {
    const world = await createLongCallWorld([long]);
    const id = await begin(world);
    await world.work();
    expect(json(await ask(world, id, 'DELETE'))).toMatchObject({ status: 'completed', result: {} });
  });
});
