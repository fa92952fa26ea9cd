import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../../src/cli/client/chat.ts';
import { createServersFolder, type ServersFolder } from '../support/gateway.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { type ObedientModel, startObedientModel } from '../support/obedient-model.ts';
import { toolCall } from '../support/outside-agent.ts';

// A server that somebody put into the folder, on the whole system: its tools beside ours at one endpoint, for the agent too, held to the same limits
// and told in the same log. Nothing but the folder knows of it.

const DICE = resolve('examples/servers/own/dice/server.mjs');
let folder: ServersFolder;
let model: ObedientModel;
let test: TestMachine;
beforeAll(async () => {
  const dice = { command: process.execPath, args: [DICE], sallyport: { tenant: 'none' } };
  const changing = { ...dice };
  folder = createServersFolder({ dice, changing, cards: { ...dice, sallyport: { tenant: 'none', deny: ['*'] } } });
  await folder.approve((server, tools) =>
    server === 'changing' ? tools.map((tool) => ({ ...tool, description: 'As it was.' })) : tools,
  );
  model = await startObedientModel();
  test = await startTestMachine({ given: { ...folder.environment, ...model.environment } });
  await test.connect();
}, 120_000);
afterAll(async () => {
  await test?.close();
  await model?.close();
  folder?.remove();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into here.
type Json = any;

async function post(body: string, token = test.machine.access.key_door.token): Promise<Json> {
  const answer = await fetch(test.machine.access.key_door.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body,
  });
  return { status: answer.status, ...((await answer.json()) as object) };
}

const rolled = { structuredContent: { shown: [expect.any(Number), expect.any(Number)] } };

describe('one endpoint', () => {
  it('lists our tools and the other server’s, by its name, and none that was denied', async () => {
    const { result } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }));
    const names: readonly string[] = result.tools.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['freebusy', 'find_tools', 'dice__roll']));
    expect(names.filter((name) => name.startsWith('cards'))).toEqual([]);
  });

  it('sends each call where it belongs, and writes down whose it was', async () => {
    expect(await post(toolCall('dice__roll', { dice: 2 }))).toMatchObject({ result: rolled });
    const { result } = await post(toolCall('find_tools', { query: 'roll some dice' }));
    expect(result.structuredContent.tools[0]).toMatchObject({ name: 'dice__roll', read_only: true });
    const lines = test.lines('tool_call').filter(({ door }) => door === 'key');
    expect(lines).toMatchObject([
      {
        tool: 'dice__roll',
        server: 'dice',
        server_tool: 'roll',
        outcome: 'completed',
        person: test.machine.access.person,
      },
      { tool: 'find_tools', outcome: 'completed' },
    ]);
    expect(lines[1]).not.toHaveProperty('server');
    for (const line of lines) expect(line['arguments_hash']).toEqual(expect.any(String));
  });

  it('refuses what does not fit the other server’s schema before it is asked', async () => {
    const { result } = await post(toolCall('dice__roll', { dice: 'many' }));
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result.content)).toContain('dice');
  });

  it('holds calls of other servers’ tools to the caller’s rate', async () => {
    const { person } = test.machine.access;
    const scope = 'dice.read calendar.read';
    const key = await test.operator.createToken({ person, audience: 'mcp', scope, days: 1, rate: 3 });
    const answers: Json[] = [];
    for (let count = 0; count < 10; count += 1) answers.push(await post(toolCall('dice__roll', { dice: 2 }), key.text));
    expect(answers[0]).toMatchObject({ status: 200, result: rolled });
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const { error } of refused) expect(error).toMatchObject({ code: -32000 });
  });
});

describe('a server that is not what was approved', () => {
  const list = async (token?: string): Promise<Json> =>
    (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }), token)).result;
  const named = [{ name: 'changing__roll', code: 'tool_changed', message: expect.stringContaining('description') }];

  it('is named in the list that lacks it, to whoever may use it and to nobody else', async () => {
    const { person } = test.machine.access;
    const stranger = await test.operator.createToken({ person, audience: 'mcp', scope: 'dice.read', days: 1 });
    expect(await list()).not.toHaveProperty('_meta.sallyport/faults');
    const { result } = await post(toolCall('changing__roll', { dice: 2 }));
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result.content)).toContain('changing__roll has another description than was approved');
    const after = await list();
    expect(after._meta['sallyport/faults']).toEqual(named);
    const names = after.tools.map(({ name }: { name: string }) => name);
    expect(names).toContain('dice__roll');
    expect(names).not.toContain('changing__roll');
    expect((await list(stranger.text))._meta?.['sallyport/faults']).toBeUndefined();
    expect(test.lines('upstream.tools_changed')).toMatchObject([{ level: 'error', server: 'changing' }]);
  });
});

describe('the agent', () => {
  it('uses a server’s tool that it was never written for', async () => {
    model.script = {
      planted: '',
      readBefore: 0,
      next: (step) =>
        step === 0 ? { calls: [{ tool: 'dice__roll', arguments: { dice: 2 } }] } : { says: 'They were rolled.' },
    };
    const { agent } = test.machine.access;
    const answer = await ask(
      { message: 'Roll two dice.', timeZone: 'Europe/Berlin' },
      { agent, decide: async () => undefined },
    );
    expect(answer.tool_calls).toMatchObject([{ tool: 'dice__roll', outcome: 'completed' }]);
    expect(model.offered.has('dice__roll')).toBe(true);
    expect(test.lines('tool_call').at(-1)).toMatchObject({ door: 'agent', server: 'dice', outcome: 'completed' });
  });
});
