import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type Approval, ask, type TurnAnswer } from '../../src/cli/client/chat.ts';
import { type DevProcess, freePortBase, startDev } from '../support/dev-process.ts';
import { freeze } from '../support/freeze.ts';
import { createServersFolder, oddServer, officialServers, type ServersFolder } from '../support/gateway.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { type ObedientModel, type ObedientStep, startObedientModel } from '../support/obedient-model.ts';
import { PYTHON_INSTALL_MS } from '../support/python.ts';

// Other servers on the whole system: a person's question answered with their tools, a yes before they change anything, one door's list and call like
// another's, and nothing left of them when the machine is gone, however it went.

jest.setTimeout(180_000);

const MANY = 50;

let folder: ServersFolder;
let model: ObedientModel;
let test: TestMachine;

beforeAll(async () => {
  const { everything, memory, time } = await officialServers();
  const slow = oddServer('silent', { seconds: 3 });
  folder = createServersFolder({ everything, memory, time, slow, many: oddServer('many', { more: String(MANY) }) });
  await folder.approve((_server, tools) =>
    tools.map((tool) => (tool.name === 'get-sum' ? { ...tool, description: 'Adds.' } : tool)),
  );
  model = await startObedientModel();
  test = await startTestMachine({ given: { ...folder.environment, ...model.environment } });
  await test.connect();
}, PYTHON_INSTALL_MS * 2);
afterAll(async () => {
  await test?.close();
  await model?.close();
  folder?.remove();
});

type Step = (shown: string) => ObedientStep;
const call =
  (tool: string, args: Readonly<Record<string, unknown>> = {}): Step =>
  () => ({ calls: [{ tool, arguments: args }] });
const say =
  (words: string): Step =>
  () => ({ says: words });

/** What the model was shown at each step: all that was said, and the names of the tools. */
const shown: { readonly said: string; readonly tools: readonly string[] }[] = [];

function follow(...steps: readonly Step[]): void {
  shown.length = 0;
  model.script = {
    planted: '',
    readBefore: 0,
    next(step, text) {
      const [said, tools] = JSON.parse(text) as [unknown, readonly { readonly function: { readonly name: string } }[]];
      shown.push({ said: JSON.stringify(said), tools: tools.map((tool) => tool.function.name) });
      return steps[step]?.(text);
    },
  };
}

interface Asked {
  readonly answer: TurnAnswer;
  readonly approvals: readonly Approval[];
}

async function chat(message: string, options: { conversation?: string; decision?: 'yes' | 'no' } = {}): Promise<Asked> {
  const { agent, oauth } = test.machine.access;
  const approvals: Approval[] = [];
  const { conversation } = options;
  const question = {
    message,
    timeZone: 'Europe/Berlin',
    ...(conversation !== undefined && { conversationId: conversation }),
  };
  const decide = async (approval: Approval) => {
    approvals.push(approval);
    return options.decision;
  };
  return { answer: await ask(question, { agent, approvals: oauth, decide }), approvals };
}

const outcomes = ({ answer }: Asked) => answer.tool_calls.map(({ tool, outcome }) => `${tool}: ${outcome}`);

describe('a question in plain words', () => {
  it('is answered with a tool of another server, which the model finds among more than forty', async () => {
    follow(
      call('find_tools', { query: 'convert a time between time zones' }),
      call('time__convert_time', { source_timezone: 'Asia/Tokyo', time: '09:30', target_timezone: 'Europe/London' }),
      (text) => ({ says: /T00:30|T01:30/.test(text) ? 'Half past midnight or one.' : 'No idea.' }),
    );
    const asked = await chat('When it is 09:30 in Asia/Tokyo, what time is it in Europe/London?');
    expect(outcomes(asked)).toEqual(['find_tools: completed', 'time__convert_time: completed']);
    expect(asked.answer.answer).toBe('Half past midnight or one.');
    const [first, second] = shown;
    expect(first?.tools).toEqual(expect.arrayContaining(['listevents', 'find_tools']));
    expect(first?.tools.filter((name) => name.includes('__'))).toEqual([]);
    expect(second?.tools).toContain('time__convert_time');
    expect(second?.tools.length).toBeLessThan(40);
  });

  it('is mended where its arguments do not fit the other server’s schema, before anything is sent', async () => {
    const before = test.lines('tool_call').length;
    follow(call('everything__echo', { message: 7 }), call('everything__echo', { message: 'seven' }), say('Seven.'));
    const asked = await chat('Say "seven" to the other server.');
    expect(outcomes(asked)).toEqual(['everything__echo: refused', expect.stringContaining('everything__echo: ')]);
    expect(shown[1]?.said).toContain('The arguments do not fit');
    expect(test.lines('tool_call').length - before).toBeLessThanOrEqual(1);
  });

  it('is told which server failed when one hangs', async () => {
    follow(call('slow__act'), say('It did not answer.'));
    const asked = await chat('Act slowly.');
    expect(outcomes(asked)).toEqual(['slow__act: failed']);
    expect(shown[1]?.said).toContain('The server slow: ');
  });

  it('gets no tool that is not what an operator approved', async () => {
    follow(call('everything__get-sum', { a: 1, b: 2 }), say('No.'));
    const asked = await chat('Add 1 and 2.', { decision: 'yes' });
    expect(outcomes(asked)).not.toContain('everything__get-sum: completed');
    expect(shown[1]?.said).toMatch(/has another description than was approved|There is no tool|cannot be used/);
    expect(test.lines('upstream.tools_changed')).toEqual([
      expect.objectContaining({ server: 'everything', tools: ['everything__get-sum'] }),
    ]);
  });
});

describe('a change at another server', () => {
  const entities = (name: string) => ({ entities: [{ name, entityType: 'person', observations: ['plays chess'] }] });

  it('waits for the person’s yes, is made once, and is there then', async () => {
    follow(call('memory__create_entities', entities('Ada')), call('memory__read_graph'), (text) => ({
      says: text.includes('plays chess') ? 'Noted.' : 'Not noted.',
    }));
    const asked = await chat('Remember that Ada plays chess.', { decision: 'yes' });
    expect(asked.approvals.map(({ tool }) => tool)).toContain('memory__create_entities');
    expect(outcomes(asked)).toEqual(['memory__create_entities: completed', 'memory__read_graph: completed']);
    expect(asked.answer.answer).toBe('Noted.');
  });

  it('is not made without it, nor with a no', async () => {
    follow(call('memory__create_entities', entities('Bob')), say('Not noted.'));
    const open = await chat('Remember that Bob plays chess.');
    expect(open.answer.status).toBe('approval_required');
    follow(call('memory__create_entities', entities('Cay')), say('Not noted.'));
    const refused = await chat('Remember that Cay plays chess.', { decision: 'no' });
    expect(outcomes(refused)).toEqual(['memory__create_entities: refused']);
    follow(call('memory__read_graph'), say('Read.'));
    await chat('Who plays chess?', { decision: 'yes' });
    expect(shown[1]?.said).toContain('Ada');
    expect(shown[1]?.said).not.toMatch(/Bob.{1,20}chess|Cay.{1,20}observations/);
  });
});

describe('a door', () => {
  async function withClient<Value>(door: { url: string; token: string }, work: (client: Client) => Promise<Value>) {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const headers = { authorization: `Bearer ${door.token}` };
    await client.connect(new StreamableHTTPClientTransport(new URL(door.url), { requestInit: { headers } }));
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  it('lists and calls the other servers’ tools for an official client, and the log names server and tool', async () => {
    const { key_door: door } = test.machine.access;
    const { names, answer } = await withClient(door, async (client) => ({
      names: (await client.listTools()).tools.map(({ name }) => name),
      answer: await client.callTool({ name: 'time__get_current_time', arguments: { timezone: 'Asia/Tokyo' } }),
    }));
    expect(names).toEqual(
      expect.arrayContaining(['listevents', 'find_tools', 'everything__echo', `many__tool_${MANY - 1}`]),
    );
    expect(JSON.stringify(answer.content)).toContain('Asia/Tokyo');
    expect(test.lines('tool_call').at(-1)).toMatchObject({
      tool: 'time__get_current_time',
      server: 'time',
      outcome: 'completed',
    });
  });

  it('shows a token only the servers that its scopes are of', async () => {
    const { person } = test.machine.access;
    const { text } = await test.operator.createToken({ person, audience: 'mcp', scope: 'time.read', days: 1 });
    const door = { ...test.machine.access.key_door, token: text };
    const names = await withClient(door, async (client) => (await client.listTools()).tools.map(({ name }) => name));
    expect(names.filter((name) => name.startsWith('time__')).length).toBeGreaterThan(0);
    expect(names.filter((name) => !name.startsWith('time__') && name !== 'find_tools')).toEqual([]);
  });
});

describe('a machine that ends', () => {
  const homes: string[] = [];
  afterEach(() => {
    for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
  });

  async function start(its: ServersFolder): Promise<{ readonly dev: DevProcess; readonly home: string }> {
    const home = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'));
    homes.push(home);
    return { dev: startDev(home, await freePortBase(), its.environment), home };
  }

  /** Once two servers answer, one of them hangs. */
  async function useServers({ dev, home }: { dev: DevProcess; home: string }, its: ServersFolder): Promise<void> {
    await dev.ready;
    const { key_door: door } = JSON.parse(
      readFileSync(join(home, 'local.json'), 'utf8'),
    ) as TestMachine['machine']['access'];
    for (const name of ['one__act', 'other__act']) {
      const response = await fetch(door.url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${door.token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2025-11-25',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
      });
      expect(await response.text()).toContain('act done');
    }
    const [hung] = its.processes();
    expect(its.processes()).toHaveLength(2);
    freeze(Number(hung));
  }

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
    'by %s leaves no server behind, not even one that hangs',
    async (signal) => {
      const its = createServersFolder({ one: oddServer('well'), other: oddServer('well') });
      await its.approve();
      const started = await start(its);
      try {
        await useServers(started, its);
        started.dev.signal(signal);
        await started.dev.ended;
        await its.untilNoneRuns();
      } finally {
        started.dev.signal('SIGKILL');
        for (const pid of its.processes()) process.kill(pid, 'SIGKILL');
        its.remove();
      }
    },
  );

  it('in one process closes all of them', async () => {
    expect(folder.processes().length).toBeGreaterThan(0);
    await test.close();
    await folder.untilNoneRuns();
  });
});
