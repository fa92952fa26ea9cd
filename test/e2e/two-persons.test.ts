import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createOutsideAgent, type OutsideAgent, toolCall } from '../support/outside-agent.ts';

// Two persons, two agents. Whatever one of them tries, what is the other's does not exist.

interface Person {
  readonly id: string;
  readonly email: string;
  readonly agent: string;
  readonly mcp: string;
  readonly confirm: string;
}

let test: TestMachine;
let alex: Person;
let ana: Person;
let assistant: OutsideAgent;
let other: OutsideAgent;

interface Reply {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into here.
  readonly json: any;
}

async function send(url: string, token: string, method = 'GET', body?: unknown): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

const chat = (person: Person, message: string, conversation?: string): Promise<Reply> =>
  send(`${test.machine.access.agent.url}/chat`, person.agent, 'POST', {
    message,
    time_zone: 'Europe/Berlin',
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
  });

/** A tool call at the key door, as a script of that person's would make it. */
const tool = async (person: Person, name: string, args: unknown): Promise<Reply> => {
  const response = await fetch(test.machine.access.key_door.url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${person.mcp}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body: toolCall(name, args),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text) };
};

const approvalOf = (reply: Reply): { id: string } =>
  reply.json.error?.data?.['sallyport/approval'] ?? reply.json.result?._meta?.['sallyport/approval'];

async function write(person: Person, name: string, args: unknown): Promise<Reply> {
  const { id } = approvalOf(await tool(person, name, args));
  const answered = await send(`${test.machine.access.oauth.url}/approvals/${id}`, person.confirm, 'POST', {
    decision: 'yes',
  });
  expect(answered.status).toBe(200);
  return tool(person, name, args);
}

beforeAll(async () => {
  test = await startTestMachine();
  const { access, person } = test.machine;
  alex = {
    id: access.person,
    email: person.email,
    agent: access.agent.token,
    mcp: access.key_door.token,
    confirm: access.oauth.token,
  };
  const added = await test.operator.addPerson('Ana');
  const token = async (audience: string, scope: string) =>
    (await test.operator.createToken({ person: added.person, audience, scope, days: 1 })).text;
  const calendar = 'calendar.read calendar.write';
  ana = {
    id: added.person,
    email: 'ana@example.com',
    agent: await token('agent', calendar),
    mcp: await token('mcp', calendar),
    confirm: await token('confirm', 'confirm'),
  };
  await test.connect();
  await test.connect({ token: ana.confirm, account: ana.email });
  const { mcp } = access;
  const target = { url: mcp.url, ca: readFileSync(mcp.ca, 'utf8') };
  const certificate = readFileSync(mcp.cert, 'utf8');
  assistant = createOutsideAgent(
    { certificate, privateKey: readFileSync(mcp.key, 'utf8'), keyId: mcp.key_id, secret: mcp.secret },
    target,
  );
  const credentials = await test.addAgent('agent/other');
  other = createOutsideAgent(
    {
      certificate: credentials.certificate,
      privateKey: credentials.private_key,
      keyId: credentials.key_id,
      secret: credentials.secret,
    },
    target,
  );
  await test.grant('agent/other', ana.id);
}, 30_000);
afterAll(() => test.close());

const hours = { start: '2027-03-01T10:00:00+01:00', end: '2027-03-01T11:00:00+01:00' };
const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };

describe('two persons', () => {
  let eventId = '';

  it('each have their own calendar behind the same tools', async () => {
    const made = await write(alex, 'createevent', { summary: 'Alex alone', ...hours });
    eventId = made.json.result.structuredContent.event?.id ?? made.json.result.structuredContent.id;
    expect(eventId).toMatch(/^[a-v0-9]+$/);
    expect((await tool(alex, 'freebusy', window)).json.result.structuredContent.busy).toHaveLength(1);
    expect((await tool(ana, 'freebusy', window)).json.result.structuredContent.busy).toHaveLength(0);
    expect((await tool(ana, 'listevents', window)).text).not.toContain('Alex alone');
  });

  it.each([
    ['getevent', () => ({ eventId })],
    ['getevent', () => ({ eventId, calendar: 'alex@example.com' })],
    ['listevents', () => ({ ...window, calendar: 'alex@example.com' })],
  ])('neither reads the other’s events: %s', async (name, args) => {
    const reply = await tool(ana, name, args());
    // Google shows others' free/busy times, as blocks without a title; nothing more.
    expect(reply.json.result).toBeDefined();
    expect(reply.text).not.toContain('Alex alone');
  });

  it.each([
    ['updateevent', () => ({ eventId, calendar: 'alex@example.com', summary: 'taken over' })],
    ['deleteevent', () => ({ eventId, calendar: 'alex@example.com' })],
    ['createevent', () => ({ summary: 'planted', calendar: 'alex@example.com', ...hours })],
  ])('neither changes the other’s calendar, not even with a yes of their own: %s', async (name, args) => {
    const reply = await write(ana, name, args());
    expect(reply.json.result.isError).toBe(true);
    const found = await tool(alex, 'listevents', window);
    expect(found.text).toContain('Alex alone');
    expect(found.text).not.toMatch(/taken over|planted/);
  });

  it('are never chosen by an argument', async () => {
    for (const member of ['person', 'sub', 'user']) {
      const reply = await tool(ana, 'freebusy', { ...window, [member]: alex.id });
      expect(reply.text).not.toContain('"busy"');
    }
  });

  it('do not see, steer or end each other’s turns and conversations', async () => {
    const turn = await chat(alex, 'Book an hour with Tom on 1 March 2027 at 15:00');
    expect(turn.json.status).toBe('approval_required');
    const url = `${test.machine.access.agent.url}/turns/${turn.json.turn}`;
    expect((await send(url, alex.agent)).status).toBe(200);
    expect((await send(url, ana.agent)).status).toBe(404);
    expect((await send(`${url}/continue`, ana.agent, 'POST')).status).toBe(404);
    expect((await send(url, ana.agent, 'DELETE')).status).toBe(404);
    expect((await send(url, alex.agent)).json.status).toBe('approval_required');
    const followUp = await chat(ana, 'What is on my calendar on 1 March 2027?', turn.json.conversation_id);
    expect(followUp.text).not.toContain('Tom');
  });

  it('neither see nor answer each other’s approvals', async () => {
    const args = { summary: 'Only Alex decides', ...hours };
    const { id } = approvalOf(await tool(alex, 'createevent', args));
    const url = `${test.machine.access.oauth.url}/approvals`;
    expect((await send(url, ana.confirm)).text).not.toContain(id);
    expect((await send(`${url}/${id}`, ana.confirm)).status).toBe(404);
    expect((await send(`${url}/${id}`, ana.confirm, 'POST', { decision: 'yes' })).status).toBe(404);
    expect(approvalOf(await tool(alex, 'createevent', args)).id).toBe(id);
    // The same call of the other person asks a question of its own.
    expect(approvalOf(await tool(ana, 'createevent', args)).id).not.toBe(id);
  });

  it('a yes serves one call, of the same agent, with the same arguments', async () => {
    const args = { summary: 'Once', ...hours };
    const signed = (agent: OutsideAgent, person: Person, body: unknown) =>
      agent.send(person.id, { body: toolCall('createevent', body) });
    const asked = (await signed(assistant, ana, args)) as unknown as Reply;
    const { id } = approvalOf(asked);
    await send(`${test.machine.access.oauth.url}/approvals/${id}`, ana.confirm, 'POST', { decision: 'yes' });
    expect(approvalOf((await signed(other, ana, args)) as unknown as Reply).id).not.toBe(id);
    expect(approvalOf((await signed(assistant, alex, args)) as unknown as Reply).id).not.toBe(id);
    expect(approvalOf((await signed(assistant, ana, { ...args, summary: 'Twice' })) as unknown as Reply).id).not.toBe(
      id,
    );
    const answers = await Promise.all(Array.from({ length: 10 }, () => signed(assistant, ana, args)));
    const ran = answers.filter(({ text }) => text.includes('structuredContent'));
    expect(ran).toHaveLength(1);
    expect(approvalOf((await signed(assistant, ana, args)) as unknown as Reply)).toBeDefined();
  });

  it('have connections and grants of their own', async () => {
    const { url } = test.machine.access.oauth;
    expect((await send(`${url}/connections`, ana.confirm)).text).not.toContain('alex@');
    expect((await send(`${url}/connections/google`, ana.confirm, 'DELETE')).status).toBe(200);
    expect((await tool(ana, 'freebusy', window)).text).toContain('reconnect_required');
    expect((await tool(alex, 'freebusy', window)).json.result.structuredContent.busy.length).toBeGreaterThan(0);
    await test.connect({ token: ana.confirm, account: ana.email });
    expect((await send(`${url}/grants/agent/assistant`, ana.confirm, 'DELETE')).status).toBeLessThan(300);
    expect((await assistant.send(ana.id, { body: toolCall('freebusy', window) })).status).toBe(403);
    expect((await assistant.send(alex.id, { body: toolCall('freebusy', window) })).status).toBe(200);
  });
});

describe('a token', () => {
  it('opens the one API it was made for', async () => {
    const { agent, oauth, key_door } = test.machine.access;
    const question = { message: 'am I free tomorrow at three?' };
    expect((await send(`${agent.url}/chat`, alex.mcp, 'POST', question)).status).toBe(401);
    expect((await send(`${agent.url}/chat`, alex.confirm, 'POST', question)).status).toBe(401);
    expect([401, 403]).toContain((await send(`${oauth.url}/approvals`, alex.agent)).status);
    expect([401, 403]).toContain((await send(`${oauth.url}/approvals`, alex.mcp)).status);
    for (const token of [alex.agent, alex.confirm]) {
      expect(
        (await fetch(key_door.url, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: '{}' }))
          .status,
      ).toBe(401);
    }
  });

  it('is useless once revoked', async () => {
    const made = await test.operator.createToken({
      person: alex.id,
      audience: 'agent',
      scope: 'calendar.read',
      days: 1,
    });
    const url = `${test.machine.access.agent.url}/contacts`;
    expect((await send(url, made.text)).status).toBe(200);
    await test.operator.revokeToken(made.record.id);
    expect((await send(url, made.text)).status).toBe(401);
  });

  it('bounds what the agent may do in its name', async () => {
    const made = await test.operator.createToken({
      person: alex.id,
      audience: 'agent',
      scope: 'calendar.read',
      days: 1,
    });
    const body = { message: 'Book dentist on 2 March 2027 at 9', time_zone: 'Europe/Berlin' };
    const reply = await send(`${test.machine.access.agent.url}/chat`, made.text, 'POST', body);
    expect(reply.json.status).toBe('completed');
    expect(reply.json.approvals).toEqual([]);
    expect(
      (await tool(alex, 'listevents', { timeMin: '2027-03-02T00:00:00Z', timeMax: '2027-03-03T00:00:00Z' })).text,
    ).not.toMatch(/dentist/i);
  });
});
