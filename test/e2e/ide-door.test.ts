import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { callApi } from '../../src/cli/client/api.ts';
import { createDesk, type Desk, openClient, serverOf } from '../support/ide.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// Tools that act for a person, from an IDE: declared by `sallyport mcp`, and run behind a door, whose checks and approvals they pass.

const SLOW_MS = 60_000;
let machine: TestMachine;
let desk: Desk;

beforeAll(async () => {
  machine = await startTestMachine();
  await machine.connect();
  desk = createDesk();
  desk.write('.sallyport/local.json', machine.machine.access);
}, SLOW_MS);
afterAll(async () => {
  desk?.close();
  await machine?.close();
});

const event = (title: string) => ({
  name: 'createevent',
  arguments: { summary: title, start: '2027-03-02T10:00:00', end: '2027-03-02T11:00:00', timeZone: 'Europe/Berlin' },
});

async function sayYes(url: string): Promise<void> {
  const { oauth } = machine.machine.access;
  const path = `/approvals/${new URL(url).pathname.split('/').at(-1)}` as const;
  await callApi(
    { url: oauth.url, token: oauth.token },
    { method: 'POST', path, body: { decision: 'yes' } },
    z.unknown(),
  );
}

const answerOf = (result: unknown) =>
  result as { isError?: boolean; content: [{ text: string }]; structuredContent?: Record<string, unknown> };

describe('calendar tools in an IDE', () => {
  it(
    'are listed with no door in reach, and say what to do when one is needed',
    async () => {
      const alone = createDesk();
      const client = await openClient(serverOf(alone, ['--toolsets', 'calendar']), { era: 'legacy' });
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('freebusy');
      const answer = answerOf(await client.callTool(event('Nobody')));
      await client.close();
      alone.close();
      expect(answer.isError).toBe(true);
      expect(answer.content[0].text).toMatch(/make dev|bridge\.json/);
    },
    SLOW_MS,
  );

  it(
    'read the person’s own calendar behind the door, which logs the call',
    async () => {
      const client = await openClient(serverOf(desk, ['--toolsets', 'calendar']), { era: 'modern' });
      const when = { timeMin: '2027-03-02T00:00:00', timeMax: '2027-03-03T00:00:00', timeZone: 'Europe/Berlin' };
      const answer = answerOf(await client.callTool({ name: 'freebusy', arguments: when }));
      await client.close();
      expect(answer).not.toMatchObject({ isError: true });
      expect(machine.lines('tool_call').at(-1)).toMatchObject({ door: 'key', tool: 'freebusy', outcome: 'completed' });
    },
    SLOW_MS,
  );

  it(
    'write after a yes at the door, said by the link in words',
    async () => {
      const client = await openClient(serverOf(desk, ['--toolsets', 'calendar']), { era: 'legacy' });
      const asked = answerOf(await client.callTool(event('Words')));
      expect(asked.isError).toBe(true);
      const url = /https?:\/\/\S+\/approvals\/[\w-]+/.exec(asked.content[0].text)?.[0] ?? '';
      expect(url).toContain(machine.machine.access.oauth.url);
      await sayYes(url);
      const done = answerOf(await client.callTool(event('Words')));
      await client.close();
      expect(done.isError).not.toBe(true);
    },
    SLOW_MS,
  );

  it(
    'never take a form in the client for the door’s yes; where it opens addresses, the answer is waited for',
    async () => {
      const opened: string[] = [];
      const client = await openClient(serverOf(desk, ['--toolsets', 'calendar']), {
        era: 'legacy',
        capabilities: { elicitation: { form: {}, url: {} } },
        answer: ({ mode, url }) => {
          if (mode !== 'url') throw new Error('the door’s question was put into a form');
          opened.push(String(url));
          void sayYes(String(url));
          return { action: 'accept' };
        },
      });
      const done = answerOf(await client.callTool(event('Opened')));
      await client.close();
      expect(opened).toHaveLength(1);
      expect(done.isError).not.toBe(true);
    },
    SLOW_MS,
  );
});
