import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from '../../src/cli/client/chat.ts';
import { readLocalFile } from '../../src/cli/client/local-file.ts';
import { freePortBase, startDev } from '../support/dev-process.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createOutsideAgent, toolCall } from '../support/outside-agent.ts';
import { hasRedisServer, type RedisServer, startRedisServer } from '../support/redis-server.ts';

// What people see when something breaks in the middle, and that nothing is lost or done twice.

const zone = { timeZone: 'Europe/Berlin' };
const yes = async () => 'yes' as const;

interface Reply {
  readonly status: number;
  readonly text: string;
}

async function post(url: string, token: string, body: unknown): Promise<Reply> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2025-11-25',
  };
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };

(hasRedisServer() ? describe : describe.skip)('with Redis over TLS', () => {
  let redis: RedisServer;
  let test: TestMachine;

  beforeAll(async () => {
    redis = await startRedisServer();
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-redis-'));
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'ca.pem'), redis.ca);
    test = await startTestMachine({
      given: { SALLYPORT_STORE: 'redis', REDIS_URL: redis.url.reveal(), REDIS_CA_FILE: join(folder, 'ca.pem') },
    });
    await test.connect();
  }, 30_000);
  afterAll(async () => {
    await test.close();
    await redis.stop();
  });

  it('the whole way of a question works', async () => {
    const { agent, oauth } = test.machine.access;
    const answer = await ask(
      { message: 'Book "Redis" on 1 March 2027 at 10:00', ...zone },
      { agent, approvals: oauth, decide: yes },
    );
    expect(answer.status).toBe('completed');
    expect(test.machine.google.events(test.machine.person.email)).toHaveLength(1);
  });

  it('every API says 503 while Redis is away, none hangs, and all work again when it is back', async () => {
    const { agent, oauth, key_door, mcp } = test.machine.access;
    const identity = {
      certificate: readFileSync(mcp.cert, 'utf8'),
      privateKey: readFileSync(mcp.key, 'utf8'),
      keyId: mcp.key_id,
      secret: mcp.secret,
    };
    const outside = createOutsideAgent(identity, { url: mcp.url, ca: readFileSync(mcp.ca, 'utf8') });
    const signed = () => outside.send(test.machine.access.person, { body: toolCall('freebusy', window) });
    expect((await signed()).status).toBe(200);
    // Requests are on their way while it dies.
    const underWay = Promise.all(Array.from({ length: 20 }, signed));
    await redis.kill();
    for (const { status } of await underWay) expect([200, 503]).toContain(status);
    const away = await signed();
    expect(away.status).toBe(503);
    expect(away.headers['retry-after']).toBeDefined();
    expect((await post(key_door.url, key_door.token, toolCall('freebusy', window))).status).toBe(503);
    const chat = await post(`${agent.url}/chat`, agent.token, { message: 'am I free tomorrow at three?' });
    expect(chat.status).toBe(503);
    expect(JSON.parse(chat.text).error).toMatchObject({
      code: 'unavailable',
      request_id: expect.stringMatching(/.{8}/),
    });
    const approvals = await fetch(`${oauth.url}/approvals`, { headers: { authorization: `Bearer ${oauth.token}` } });
    expect(approvals.status).toBe(503);
    await redis.start();
    const deadline = Date.now() + 10_000;
    let status = 503;
    // Redis kept nothing (no persistence in this test), so identities are gone: refused, but no longer 503.
    while (status === 503 && Date.now() < deadline)
      status = (await post(key_door.url, key_door.token, toolCall('freebusy', window))).status;
    expect(status).toBe(401);
  }, 40_000);
});

describe('when Google fails', () => {
  let test: TestMachine;
  beforeAll(async () => {
    test = await startTestMachine();
    await test.connect();
  });
  afterAll(() => test.close());

  const book = (title: string) =>
    ask(
      { message: `Book "${title}" on 3 March 2027 at 10:00`, ...zone },
      { agent: test.machine.access.agent, approvals: test.machine.access.oauth, decide: yes },
    );
  const booked = (title: string) =>
    test.machine.google
      .events(test.machine.person.email)
      .filter((event) => event['summary'] === title && event['status'] !== 'cancelled');

  it('a few 500s are waited out, and the event is there once', async () => {
    test.machine.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, status: 500, times: 2 });
    expect((await book('After 500')).status).toBe('completed');
    expect(booked('After 500')).toHaveLength(1);
  }, 30_000);

  it('an answer lost after Google committed books once, and the answer says so', async () => {
    test.machine.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, commitThenTimeout: true });
    const answer = await book('Lost answer');
    expect(booked('Lost answer')).toHaveLength(1);
    expect(answer.status).toBe('completed');
    expect(answer.answer).toMatch(/Lost answer/);
  }, 60_000);

  it('what Google never does is not claimed to be done', async () => {
    test.machine.google.faults.next({ match: { method: 'POST', pathIncludes: '/events' }, status: 500, times: 50 });
    const answer = await book('Never');
    test.machine.google.faults.clear();
    expect(booked('Never')).toHaveLength(0);
    expect(answer.answer).not.toMatch(/^(?:Booked|Done)/);
    expect(JSON.stringify(answer.tool_calls)).not.toMatch(/"outcome":"completed"[^}]*createevent/);
  }, 60_000);

  it('a connection that was taken back at Google asks the person to connect again, with a link', async () => {
    test.machine.google.revokeAccount(test.machine.person.email);
    test.machine.google.expireAccessTokens();
    const answer = await ask(
      { message: 'am I free tomorrow at three?', ...zone },
      { agent: test.machine.access.agent, decide: yes },
    );
    expect(answer.answer).toContain(`${test.machine.access.oauth.url}/connect/google`);
    await test.connect();
    const again = await ask(
      { message: 'am I free tomorrow at three?', ...zone },
      { agent: test.machine.access.agent, decide: yes },
    );
    expect(again.answer).toMatch(/free/i);
  }, 30_000);
});

describe('a model that never answers', () => {
  let silent: Server;
  let test: TestMachine;
  beforeAll(async () => {
    silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    test = await startTestMachine({
      given: {
        SALLYPORT_MODEL: 'openai:silent',
        OPENAI_API_KEY: 'planted-key',
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
        SALLYPORT_TURN_SECONDS: '5',
      },
    });
    await test.connect();
  });
  afterAll(async () => {
    await test.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('ends the turn in time, with an answer that says why', async () => {
    const started = Date.now();
    const { agent } = test.machine.access;
    const answer = await ask({ message: 'am I free tomorrow?', ...zone }, { agent, decide: yes });
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(answer.status).not.toBe('running');
    expect(answer.answer).toMatch(/time|model/i);
    expect(test.logText.join('\n')).not.toContain('planted-key');
  }, 30_000);
});

describe('make dev', () => {
  it('finishes the requests under way when it is told to end, takes local.json away, and ends with 0', async () => {
    const home = mkdtempSync(join(tmpdir(), 'sallyport-dev-'));
    const base = await freePortBase();
    const dev = startDev(home, base);
    try {
      await dev.ready;
      const access = readLocalFile(home);
      if (access === undefined) throw new Error('no local.json');
      const control = `${access.google.url}/_stand-in/faults`;
      const fault = { match: { pathIncludes: 'freeBusy' }, delayMs: 800, times: 30 };
      await fetch(control, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
      const load = Array.from({ length: 10 }, () =>
        post(access.key_door.url, access.key_door.token, toolCall('freebusy', window)),
      );
      // All of them have reached Google before the signal comes.
      for (;;) {
        const { faults } = (await (await fetch(control)).json()) as { faults: { times: number }[] };
        if ((faults[0]?.times ?? 0) <= 20) break;
      }
      dev.signal('SIGTERM');
      const answers = await Promise.all(load);
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(answers.every(({ text }) => text.includes('"busy"'))).toBe(true);
      expect(await dev.ended).toBe(0);
      expect(readLocalFile(home)).toBeUndefined();
    } finally {
      dev.signal('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    }
  }, 40_000);

  it('says which port is in use, and what to do', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const home = mkdtempSync(join(tmpdir(), 'sallyport-dev-'));
    const dev = startDev(home, port - 2);
    expect(await dev.ended).toBe(1);
    expect(dev.output.join('\n')).toContain(`Port ${port}`);
    expect(dev.output.join('\n')).toContain('SALLYPORT_PORT_BASE');
    blocker.close();
    rmSync(home, { recursive: true, force: true });
  }, 30_000);

  it('keeps everything over a restart: person, tokens, connection, events', async () => {
    const home = mkdtempSync(join(tmpdir(), 'sallyport-dev-'));
    const base = await freePortBase();
    const persons: string[] = [];
    for (const round of [1, 2]) {
      const dev = startDev(home, base);
      await dev.ready;
      const access = readLocalFile(home);
      if (access === undefined) throw new Error('no local.json');
      persons.push(access.person, access.agent.token);
      const options = { agent: access.agent, approvals: access.oauth, decide: yes };
      if (round === 1) await ask({ message: 'Book "Kept" on 4 March 2027 at 10:00', ...zone }, options);
      else
        expect((await ask({ message: 'What is on my calendar on 4 March 2027?', ...zone }, options)).answer).toContain(
          'Kept',
        );
      dev.signal('SIGINT');
      expect(await dev.ended).toBe(0);
    }
    expect(persons[2]).toBe(persons[0]);
    expect(persons[3]).toBe(persons[1]);
    rmSync(home, { recursive: true, force: true });
  }, 60_000);
});
