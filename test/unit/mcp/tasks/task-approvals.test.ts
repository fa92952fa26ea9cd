import { describe, expect, it } from '@jest/globals';
import { decisionKey } from '../../../../src/trust/approval.ts';
import { createLongCallWorld, type LongCallWorld } from '../../../support/long-calls.ts';
import { PERSON } from '../../../support/mcp-app.ts';
import { createToolOf } from '../../../support/mcp-tools.ts';

// A person's yes, in front of a call that goes on behind its answer; and the same call made twice.

const WRITES = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false };
const CAN_BE_ASKED = { elicitation: { url: {} }, extensions: { 'io.modelcontextprotocol/tasks': {} } };

function writing() {
  const written: unknown[] = [];
  const tool = createToolOf(
    'write',
    async ({ text }) => {
      written.push(text);
      return { text: 'Written.', structuredContent: { written: written.length } };
    },
    {
      execution: { taskSupport: 'optional' },
      annotations: WRITES,
      scopes: ['test.write'],
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' }, idempotencyKey: { type: 'string' } },
        additionalProperties: false,
      },
    },
  );
  return { tool, written };
}

const ask = (world: LongCallWorld, args: object) => world.call('write', args, CAN_BE_ASKED);

describe('a write that goes on behind its answer', () => {
  it('is taken on with the person’s yes alone, which is used up by that', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    expect((await ask(world, { text: 'a' })).result).toMatchObject({ resultType: 'input_required' });
    expect((await ask(world, { text: 'a' })).result).toMatchObject({ resultType: 'input_required' });
    expect(world.sent).toEqual([]);
    await world.decide('yes');
    const { taskId } = (await ask(world, { text: 'a' })).result;
    await world.work();
    expect(written).toEqual(['a']);
    expect(await world.record(taskId)).toMatchObject({ status: 'completed' });
    // The same once more is another question.
    expect((await ask(world, { text: 'a' })).result).toMatchObject({ resultType: 'input_required' });
    const audits = world.log.lines.filter(({ event }) => event === 'tool_call');
    expect(new Set(audits.slice(2, 4).map(({ approval }) => approval)).size).toBe(1);
  });

  it('is not taken on after a no', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    await ask(world, { text: 'a' });
    await world.decide('no');
    expect((await ask(world, { text: 'a' })).result._meta['sallyport/error']).toMatchObject({
      code: 'approval_refused',
    });
    expect(world.sent).toEqual([]);
    expect(written).toEqual([]);
  });

  it('is not done where the person has changed their yes to a no by the time that it is begun', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    await ask(world, { text: 'a' });
    const id = await world.decide('yes');
    const { taskId } = (await ask(world, { text: 'a' })).result;
    const yes = JSON.parse((await world.store.get(decisionKey(PERSON, id))) ?? '{}');
    await world.store.set(decisionKey(PERSON, id), JSON.stringify({ ...yes, decision: 'no' }));
    await world.work();
    expect(written).toEqual([]);
    expect((await world.method('tasks/get', taskId)).result.result).toMatchObject({ isError: true });
    expect(world.log.lines.find(({ event }) => event === 'task.refused')).toMatchObject({
      reason: 'approval_taken_back',
    });
  });

  it('is not done without a yes, whatever lies in the store', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    await ask(world, { text: 'a' });
    await world.decide('yes');
    const { taskId } = (await ask(world, { text: 'a' })).result;
    const { approval: _used, ...without } = await world.record(taskId);
    await world.store.set(`task:${PERSON}:${taskId}`, JSON.stringify(without));
    await world.work();
    expect(written).toEqual([]);
    expect(world.log.lines.find(({ event }) => event === 'task.refused')).toMatchObject({ reason: 'approval_missing' });
  });

  it('with a key of its caller’s is one task, however often it is asked for, and asks once', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    const args = { text: 'a', idempotencyKey: 'k1' };
    await ask(world, args);
    await world.decide('yes');
    const { taskId } = (await ask(world, args)).result;
    expect((await ask(world, args)).result.taskId).toBe(taskId);
    await world.work();
    expect((await ask(world, args)).result).toMatchObject({ taskId, status: 'completed' });
    expect(written).toEqual(['a']);
    expect((await world.store.list('approval:')).keys).toEqual([]);
    // Another key is another wish.
    const other = (await ask(world, { ...args, idempotencyKey: 'k2' })).result;
    expect(other).toMatchObject({ resultType: 'input_required' });
  });

  it('with such a key may be asked for again once it was cancelled, and asks the person again', async () => {
    const { tool, written } = writing();
    const world = await createLongCallWorld([tool]);
    const args = { text: 'a', idempotencyKey: 'k1' };
    await ask(world, args);
    await world.decide('yes');
    const { taskId } = (await ask(world, args)).result;
    await world.method('tasks/cancel', taskId);
    expect((await ask(world, args)).result).toMatchObject({ resultType: 'input_required' });
    await world.decide('yes');
    expect((await ask(world, args)).result).toMatchObject({ taskId, status: 'working' });
    await world.hand(`${PERSON}:${taskId}`);
    expect(written).toEqual(['a']);
  });
});
