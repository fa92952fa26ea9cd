import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DOORS } from '../../build/build-bundle.ts';
import { EMULATOR_START_MS } from '../support/aws-emulator.ts';
import { ANN } from '../support/google-stand-in.ts';
import { createEvent, unfitEvents } from '../support/lambda-events.ts';
import { connectAndBook } from '../support/lambda-flow.ts';
import { canRunLambda, RUNTIME_INSTALL_MS } from '../support/lambda-function.ts';
import { type LambdaWorld, startLambdaWorld } from '../support/lambda-world.ts';
import { createOutsideAgent, type OutsideAgent, toolCall } from '../support/outside-agent.ts';
import { hasPython } from '../support/python.ts';
import { hasRedisServer } from '../support/redis-server.ts';

// The zip itself under Lambda's own runtime client: what `make bundle` writes is what answers here.

const peers = [canRunLambda(), hasPython('what needs the AWS emulator'), hasRedisServer()];
const suite = peers.every(Boolean) ? describe : describe.skip;

suite('the zip on Lambda', () => {
  let world: LambdaWorld;
  let agent: OutsideAgent;

  beforeAll(async () => {
    world = await startLambdaWorld();
    const { certificate, private_key: privateKey, key_id: keyId, secret } = world.credentials;
    agent = createOutsideAgent({ certificate, privateKey, keyId, secret }, { url: world.urls.mcp, ca: world.serverCa });
  }, RUNTIME_INSTALL_MS + EMULATOR_START_MS);
  afterAll(() => world?.stop(), 30_000);

  it.each(DOORS)('%s.handler says that it is well', async (entry) => {
    const answer = await world.functions[entry].answer(createEvent({ stage: 'prod' }));
    expect([answer.statusCode, JSON.parse(answer.body ?? '')]).toMatchObject([200, { status: 'ok' }]);
  });

  it.each(DOORS)('%s.handler answers every event, and lives on', async (entry) => {
    for (const [what, event] of unfitEvents) {
      // JSON has no undefined: nothing at all travels as null.
      const answer = await world.functions[entry].answer(event ?? null);
      const { error } = JSON.parse(answer.body ?? '') as { error: { code: string; request_id: string } };
      expect([what, answer.statusCode, error.code]).toEqual([what, 400, 'invalid_request']);
      expect(error.request_id).not.toBe('');
    }
    expect((await world.functions[entry].answer(createEvent())).statusCode).toBe(200);
  });

  it('refuses an unsigned call', async () => {
    const body = toolCall('freebusy', {});
    const unsigned = await agent.prepare(world.person.id, { body });
    const headers = Object.fromEntries(
      Object.entries(unsigned.headers).filter(([name]) => !name.startsWith('signature')),
    );
    expect(await agent.deliver({ ...unsigned, headers })).toMatchObject({ status: 401 });
  });

  it('connects a person, tells when they are busy, and books only what they approve', async () => {
    expect(await connectAndBook(world, agent)).toBe('booked');
  }, 60_000);

  it('keeps every secret out of its environment and its logs', () => {
    const secrets = Object.values(world.parameters).concat(world.person.agentToken, world.person.confirmToken);
    const environments = JSON.stringify(world.environments);
    const logs = DOORS.flatMap((entry) => world.functions[entry].lines).join('\n');
    expect(logs).toContain('"service":"mcp"');
    for (const secret of [...secrets, world.credentials.secret, ANN.email, 'Review of the plans']) {
      expect(environments.includes(secret)).toBe(false);
      expect(logs.includes(secret)).toBe(false);
    }
  });

  it('logs no fault on the way, in JSON that CloudWatch can read', () => {
    for (const entry of DOORS) {
      const lines = world.functions[entry].lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.filter((line) => line['level'] === 'error')).toEqual([]);
    }
  });

  it('starts without what Parameter Store lacks, says so to nobody but the log, and goes on asking', async () => {
    const environment = { ...world.environments.mcp, SALLYPORT_HMAC_MASTER_PARAMETER: '/sallyport/dev/absent' };
    const broken = await world.start('mcp', environment);
    const answer = await broken.answer(createEvent());
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('absent');
    const failures = broken.lines.filter((line) => line.includes('"event":"service.failed"'));
    // Once ahead of the first request, once for it.
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('Parameter Store has no value for: /sallyport/dev/absent');
  });

  it.each(['mcp', 'oauth'] as const)('%s.handler generates no code: it runs where that is forbidden', async (entry) => {
    const flags = { NODE_OPTIONS: '--disallow-code-generation-from-strings' };
    const strict = await world.start(entry, { ...world.environments[entry], ...flags });
    expect((await strict.answer(createEvent())).statusCode).toBe(200);
    if (entry !== 'mcp') return;
    const url = new URL(world.urls.mcp);
    const body = toolCall('freebusy', { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' });
    const { headers, ...wire } = await agent.prepare(world.person.id, { body });
    const parts = { domainName: url.host, apiId: world.environments.mcp['SALLYPORT_API_ID'] ?? '' };
    const event = createEvent({
      ...wire,
      ...parts,
      headers: headers as Record<string, string>,
      clientCertPem: world.credentials.certificate,
    });
    const answer = await strict.answer(event);
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ result: { structuredContent: { busy: [{}] } } });
  });

  it('stream.handler tells a turn as it happens, behind the head that a Function URL makes its answer of', async () => {
    const stream = await world.start('stream', world.environments.agent);
    const outcome = await stream.run(
      createEvent({
        method: 'POST',
        path: '/stream',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${world.person.agentToken}` },
        body: JSON.stringify({ message: 'What is on tomorrow?', time_zone: 'Europe/Berlin' }),
      }),
    );
    expect(outcome.kind).toBe('response');
    // https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html: the head as JSON, eight NUL bytes, the body.
    const [head = '', body = ''] = outcome.payload.split('\0'.repeat(8));
    expect(JSON.parse(head)).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    });
    const told = [...body.matchAll(/^event: (.*)$/gm)].map(([, event]) => event);
    expect(told[0]).toBe('turn.start');
    expect(told).toContain('tool.result');
    expect(told.at(-1)).toBe('turn.end');
    expect(body).toContain('"status":"completed"');
  });

  it('works with an embedded store and no AWS at all', async () => {
    const { AWS_ENDPOINT_URL: _endpoint, ...mcp } = world.environments.mcp;
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-alone-'));
    const environment = {
      ...mcp,
      SALLYPORT_STORE: 'embedded',
      SALLYPORT_STORE_FILE: join(folder, 'store.sqlite'),
      SALLYPORT_VAULT_KMS_KEY_ID: '',
      SALLYPORT_VAULT_KEY: Buffer.alloc(32, 1).toString('base64url'),
      SALLYPORT_HMAC_MASTER: Buffer.alloc(32, 2).toString('base64url'),
      GOOGLE_CLIENT_SECRET: 'a secret',
    };
    const alone = await world.start('mcp', environment);
    expect((await alone.answer(createEvent())).statusCode).toBe(200);
    // No revocation list is there, so the door refuses whoever asks, and says that it may pass.
    const refused = await alone.answer(createEvent({ method: 'POST', path: '/mcp', body: '{}' }));
    expect([401, 503]).toContain(refused.statusCode);
    await rm(folder, { recursive: true });
  });
});
