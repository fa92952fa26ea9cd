import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOperator } from '../../src/operator/operator.ts';
import { EMULATOR_START_MS } from '../support/aws-emulator.ts';
import { DYNAMODB_INSTALL_MS, hasDynamoDbLocal } from '../support/dynamodb-local.ts';
import { createEvent } from '../support/lambda-events.ts';
import { connectAndBook } from '../support/lambda-flow.ts';
import { canRunLambda, RUNTIME_INSTALL_MS } from '../support/lambda-function.ts';
import { type LambdaWorld, startLambdaWorld } from '../support/lambda-world.ts';
import { createOutsideAgent, type OutsideAgent, toolCall } from '../support/outside-agent.ts';
import { hasPython } from '../support/python.ts';
import { isAllowed, type SharedDynamoDb, startSharedDynamoDb } from '../support/shared-store.ts';

// The zip under Lambda's own runtime client, its records in DynamoDB, each function held to what its policy allows: table, action and leading keys.

const peers = [canRunLambda(), hasPython('what needs the AWS emulator'), hasDynamoDbLocal()];
const suite = peers.every(Boolean) ? describe : describe.skip;

suite('the zip on Lambda with DynamoDB', () => {
  let shared: SharedDynamoDb;
  let world: LambdaWorld;
  let agent: OutsideAgent;
  beforeAll(
    async () => {
      shared = await startSharedDynamoDb();
      world = await startLambdaWorld(shared);
      const { certificate, private_key: privateKey, key_id: keyId, secret } = world.credentials;
      const keys = { certificate, privateKey, keyId, secret };
      agent = createOutsideAgent(keys, { url: world.urls.mcp, ca: world.serverCa });
    },
    RUNTIME_INSTALL_MS + EMULATOR_START_MS + DYNAMODB_INSTALL_MS,
  );
  afterAll(() => world?.stop(), 30_000);

  it('connects a person, tells when they are busy, and books only what they approve', async () => {
    expect(await connectAndBook(world, agent)).toBe('booked');
  }, 60_000);

  it('refuses the same request twice', async () => {
    const once = await agent.prepare(world.person.id, { body: toolCall('freebusy', {}) });
    expect((await agent.deliver(once)).status).toBe(200);
    expect((await agent.deliver(once)).status).toBe(401);
  });

  it('lets the key door work with its own rights, which know no nonce', async () => {
    const operator = createOperator({
      store: shared.store,
      clock: { nowMs: () => Date.now() },
      random: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
    });
    const { person } = world;
    const wish = { person: person.id, audience: 'mcp', scope: 'calendar.read calendar.write', days: 1 };
    const { text: token, record } = await operator.createToken(wish);
    // A grant as the person's consent would leave it.
    const now = Math.floor(Date.now() / 1000);
    const grant = { agent: `token/${record.id}`, person: person.id, scopes: wish.scope.split(' '), granted_at: now };
    await shared.store.set(
      `grant:token/${record.id}:${person.id}`,
      JSON.stringify({ v: 1, ...grant, expires_at: now + 3600 }),
    );
    const door = await world.start('mcp', {
      ...world.environments.mcp,
      ...shared.settings('mcp-key'),
      SALLYPORT_DOOR: 'key',
      SALLYPORT_HMAC_MASTER_PARAMETER: '',
    });
    const call = (name: string, args: unknown) =>
      door.answer(
        createEvent({
          method: 'POST',
          path: '/mcp',
          body: toolCall(name, args),
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            'mcp-protocol-version': '2025-11-25',
          },
        }),
      );
    const busy = await call('freebusy', { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' });
    expect([busy.statusCode, JSON.parse(busy.body ?? '')]).toMatchObject([
      200,
      { result: { structuredContent: { busy: [{ calendar: 'primary' }] } } },
    ]);
    const event = { summary: 'x', start: '2027-03-01T12:00:00Z', end: '2027-03-01T13:00:00Z' };
    const asked = await call('createevent', event);
    expect(asked.body).toContain('sallyport/approval');
    expect(shared.seen.filter(({ caller }) => caller === 'mcpkey').map(({ action }) => action)).toContain('PutItem');
  });

  it('asks DynamoDB for nothing that a policy does not allow', () => {
    const callers = new Set(shared.seen.map(({ caller }) => caller));
    expect([...callers].sort()).toEqual(['agent', 'mcp', 'mcpkey', 'oauth']);
    expect(shared.seen.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  it('is told by DynamoDB what it may not, whatever its own view says', () => {
    const body = { TableName: 'sallyport-dev-consent', Item: { p: { S: 'grant:agent/a:p_1' } } };
    expect(isAllowed('agent', { action: 'PutItem', body, caller: 'agent' })).toBe(false);
    expect(isAllowed('mcp', { action: 'PutItem', body, caller: 'mcp' })).toBe(false);
    expect(isAllowed('oauth', { action: 'PutItem', body, caller: 'oauth' })).toBe(true);
    expect(isAllowed('oauth', { action: 'Scan', body: { TableName: body.TableName }, caller: 'oauth' })).toBe(false);
  });

  it('logs no fault on the way', () => {
    for (const entry of ['agent', 'mcp', 'oauth'] as const) {
      const lines = world.functions[entry].lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.filter((line) => line['level'] === 'error')).toEqual([]);
    }
  });
});
