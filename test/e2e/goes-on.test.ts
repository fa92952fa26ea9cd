import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TurnView } from '../../src/agent/turn-view.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// After the person's yes a turn goes on by itself: no client asks for it.

let test: TestMachine | undefined;
const folders: string[] = [];

afterEach(async () => {
  await test?.close();
  test = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function send<Body>({ url, token }: { url: string; token: string }, path: string, body?: unknown): Promise<Body> {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)]);
  return (await response.json()) as Body;
}

const ask = ({ machine }: TestMachine, message: string): Promise<TurnView> =>
  send(machine.access.agent, '/chat', { message, time_zone: 'Europe/Berlin' });

const answer = ({ machine }: TestMachine, approval: string, decision: 'yes' | 'no'): Promise<unknown> =>
  send(machine.access.oauth, `/approvals/${approval}`, { decision });

/** Only looks: a turn that waits is not set going by a look at it. */
async function lookUntil(world: TestMachine, turn: string, status: TurnView['status']): Promise<TurnView> {
  const until = Date.now() + 20_000;
  for (;;) {
    const view = await send<TurnView>(world.machine.access.agent, `/turns/${turn}`);
    if (view.status === status || Date.now() > until) return view;
    await pause(50);
  }
}

const only = (view: TurnView): string => {
  expect(view.status).toBe('approval_required');
  expect(view.approvals).toHaveLength(1);
  return view.approvals[0]?.id ?? '';
};

/** What the MCP API has run, by the tool's name. */
const ran = (world: TestMachine, tool: string): number =>
  world.lines('tool_call').filter((line) => line['tool'] === tool && line['outcome'] === 'completed').length;

describe('a turn that waits for the person', () => {
  it('goes on by itself after a yes, and is done once though its client goes on as well', async () => {
    test = await startTestMachine();
    await test.connect();
    const paused = await ask(test, 'book an hour called Alpha tomorrow at 10');
    await answer(test, only(paused), 'yes');
    const ended = await lookUntil(test, paused.turn, 'completed');
    expect(ended).toMatchObject({ status: 'completed', tool_calls: [{ tool: 'createevent', outcome: 'completed' }] });
    expect(test.lines('job.done')).toHaveLength(1);

    const second = await ask(test, 'book an hour called Beta tomorrow at 12');
    await answer(test, only(second), 'yes');
    const continued = await send<TurnView>(test.machine.access.agent, `/turns/${second.turn}/continue`, {});
    expect(continued.status).toBe('completed');
    // The worker comes later and finds nothing that waits.
    while (test.lines('job.done').length < 2) await pause(50);
    expect(test.lines('approval.nothing_waits')).toHaveLength(1);
    expect(ran(test, 'createevent')).toBe(2);
  }, 60_000);

  it('goes on after a no as well, and says that nothing was done', async () => {
    test = await startTestMachine();
    await test.connect();
    const paused = await ask(test, 'book an hour called Alpha tomorrow at 10');
    await answer(test, only(paused), 'no');
    const ended = await lookUntil(test, paused.turn, 'completed');
    expect(ended).toMatchObject({
      status: 'completed',
      tool_calls: [{ outcome: 'refused', code: 'approval_refused' }],
    });
    expect(ran(test, 'createevent')).toBe(0);
  }, 60_000);

  it('goes on after a restart that came between the yes and the worker', async () => {
    const home = mkdtempSync(join(tmpdir(), 'sallyport-goes-on-'));
    folders.push(home);
    const options = { home, storeFile: join(home, 'store.db'), googleStateFile: join(home, 'google.json') };
    test = await startTestMachine(options);
    await test.connect();
    const paused = await ask(test, 'book an hour called Alpha tomorrow at 10');
    await answer(test, only(paused), 'yes');
    await test.close();
    expect(test.lines('job.done')).toEqual([]);

    test = await startTestMachine(options);
    const ended = await lookUntil(test, paused.turn, 'completed');
    expect(ended).toMatchObject({ status: 'completed', tool_calls: [{ tool: 'createevent', outcome: 'completed' }] });
    expect(ran(test, 'createevent')).toBe(1);
  }, 60_000);
});
