import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { agentOpenapiYaml } from '../../scripts/agent-openapi.ts';
import { openapiDocument } from '../../src/agent/openapi.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import { tokenKey } from '../../src/trust/access-token.ts';
import {
  type AgentWorld,
  approvalOf,
  calling,
  createAgentWorld,
  type ErrorAnswer,
  EVENT,
  OTHER_PERSON,
  PERSON,
  type Send,
  send,
} from '../support/agent-world.ts';

// What the Agent API accepts, refuses and says of itself.

let world: AgentWorld;
let token: string;
beforeEach(async () => {
  world = createAgentWorld();
  token = await world.token();
});

const refusal = (method: string, path: string, options: Send = {}) =>
  send<ErrorAnswer>(world.app, method, path, options);

describe('a token', () => {
  it.each([
    ['none', undefined],
    ['no token of ours', 'eyJhbGciOiJub25lIn0.e30.'],
    ['a made-up one', `sp_01ARZ3NDEKTSV4RRFFQ69G5FAV_${'A'.repeat(43)}`],
  ])('that is %s is refused without saying why', async (_name, bad) => {
    const answer = await refusal('POST', '/chat', {
      body: { message: 'hi' },
      ...(bad === undefined ? {} : { token: bad }),
    });
    expect(answer).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: {
        error: {
          code: 'unauthenticated',
          message: 'This API needs a valid bearer token for the agent.',
          request_id: 'request-1',
        },
      },
    });
    expect(world.asked).toHaveLength(0);
  });

  it.each(['mcp', 'confirm'] as const)('for the audience %s is refused', async (audience) => {
    expect((await refusal('GET', '/contacts', { token: await world.token({ audience }) })).status).toBe(401);
    expect(JSON.stringify(world.log.events)).toContain('token_audience');
  });

  it('that has expired, or was revoked, is refused', async () => {
    expect((await refusal('GET', '/contacts', { token: await world.token({ lifetimeSeconds: 0 }) })).status).toBe(401);
    const key = tokenKey(token.split('_')[1] ?? '');
    const record = JSON.parse((await world.store.get(key)) ?? '{}');
    await world.store.set(key, JSON.stringify({ ...record, revoked_at: 1 }));
    expect((await refusal('GET', '/contacts', { token })).status).toBe(401);
  });

  it('with the right id and another secret is refused', async () => {
    const other = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    expect((await refusal('GET', '/contacts', { token: other })).status).toBe(401);
  });

  it('is read from the Authorization header only', async () => {
    expect((await refusal('GET', '/contacts', { query: `access_token=${token}` })).status).toBe(401);
    expect((await refusal('GET', '/contacts', { headers: { cookie: `token=${token}` } })).status).toBe(401);
  });

  it('decides who the person is, whatever the body says', async () => {
    expect((await refusal('POST', '/chat', { token, body: { message: 'hi', person: OTHER_PERSON } })).status).toBe(400);
  });
});

describe('a request', () => {
  it.each([
    ['no message', {}, /message/],
    ['an empty message', { message: ' \n' }, /must not be empty/],
    ['a message that is too long', { message: 'x'.repeat(8001) }, /8000/],
    ['a message that is no text', { message: 5 }, /message/],
    ['an unknown member', { message: 'hi', persn: 1 }, /persn/],
    ['an unknown time zone', { message: 'hi', time_zone: 'Mars/Base' }, /time_zone/],
    ['an offset for a time zone', { message: 'hi', time_zone: '+02:00' }, /time_zone/],
    ['null', null, /valid/],
    ['a list', [], /valid/],
  ])('with %s is refused', async (_name, body, words) => {
    const answer = await refusal('POST', '/chat', { token, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_request' } } });
    expect(answer.body.error.message).toMatch(words);
  });

  it.each([
    ['broken JSON', '{"message":', {}, 400],
    ['invalid UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400],
    ['another media type', 'message=hi', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['another charset', '{"message":"hi"}', { 'content-type': 'application/json; charset=latin1' }, 415],
    ['too many bytes', JSON.stringify({ message: 'x'.repeat(70_000) }), {}, 413],
  ])('with %s is refused with its own status', async (_name, raw, headers, status) => {
    expect((await refusal('POST', '/chat', { token, raw, headers })).status).toBe(status);
    expect(world.asked).toHaveLength(0);
  });

  it('takes 8,000 characters, counted as characters', async () => {
    expect((await send(world.app, 'POST', '/chat', { token, body: { message: '🙂'.repeat(8000) } })).status).toBe(200);
  });

  it.each([
    ['GET', '/chat', 'POST'],
    ['PATCH', '/turns/t_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'GET, HEAD, DELETE'],
    ['GET', '/turns/t_01ARZ3NDEKTSV4RRFFQ69G5FAV/continue', 'POST'],
    ['POST', '/contacts', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/health', 'GET, HEAD'],
    ['OPTIONS', '/chat', 'POST'],
    ['TRACE', '/chat', 'POST'],
  ])('%s %s says which methods there are', async (method, path, allow) => {
    expect(await refusal(method, path, { token })).toMatchObject({
      status: 405,
      headers: { allow },
      body: { error: { code: 'method_not_allowed', request_id: 'request-1' } },
    });
  });

  it.each(['/', '/nowhere', '/chat/', '/turns', '/turns/t_1/continue/now'])('of %s finds nothing', async (path) => {
    expect((await refusal('GET', path, { token })).status).toBe(404);
  });

  it.each(['t_1', 'T_01ARZ3NDEKTSV4RRFFQ69G5FAV', '%00', `${OTHER_PERSON}:t_01ARZ3NDEKTSV4RRFFQ69G5FAV`])(
    'of the turn %s finds nothing',
    async (id) => {
      expect((await refusal('GET', `/turns/${id}`, { token })).status).toBe(404);
    },
  );

  it('that continues a turn takes no body', async () => {
    world.tool = () => approvalOf('a1');
    world.replies.push(calling(['createevent', EVENT]));
    const { body } = await send(world.app, 'POST', '/chat', { token, body: { message: 'Book' } });
    const path = `/turns/${body.turn}/continue`;
    expect((await refusal('POST', path, { token, body: { decision: 'yes' } })).status).toBe(400);
    expect((await send(world.app, 'POST', path, { token, body: {} })).status).toBe(200);
    expect((await send(world.app, 'POST', path, { token, headers: { 'content-type': 'text/plain' } })).status).toBe(
      200,
    );
  });

  it('is answered when the store is down', async () => {
    const get = world.store.get;
    Object.assign(world.store, {
      get: async () => {
        throw new AppError('unavailable', 'The store cannot be reached.');
      },
    });
    expect((await refusal('GET', '/contacts', { token })).status).toBe(503);
    Object.assign(world.store, { get });
  });
});

describe('contacts', () => {
  const put = (name: string, address: string, over: Send = {}) =>
    send<{ contacts: unknown[] } & ErrorAnswer>(world.app, 'PUT', '/contacts', {
      token,
      body: { name, address },
      ...over,
    });

  it('are kept by name, whatever its case, and belong to one person', async () => {
    await put('Bob', 'bob@old.example');
    await put('Anna Berg', 'anna@example.org');
    expect((await put('bob', 'bob@example.org')).body).toEqual({
      contacts: [
        { name: 'Anna Berg', address: 'anna@example.org' },
        { name: 'bob', address: 'bob@example.org' },
      ],
    });
    const other = await world.token({ person: OTHER_PERSON });
    expect((await send(world.app, 'GET', '/contacts', { token: other })).body).toEqual({ contacts: [] });
    const removed = await send(world.app, 'DELETE', '/contacts', { token, query: 'name=anna%20berg' });
    expect(removed.body).toEqual({ contacts: [{ name: 'bob', address: 'bob@example.org' }] });
    expect((await refusal('DELETE', '/contacts', { token, query: 'name=anna%20berg' })).status).toBe(404);
  });

  it.each(['bob', 'bob@', '@x.org', 'bob@x', 'Bob <bob@x.org>', 'a@x.org,b@x.org', 'bob@x.org\r\nBcc: z@x.org'])(
    'do not take %j for an address',
    async (address) => {
      expect((await put('Bob', address)).status).toBe(400);
    },
  );

  it.each(['', 'name=a&name=b', 'nam=a'])('are not removed by ?%s', async (query) => {
    expect((await refusal('DELETE', '/contacts', { token, query })).status).toBe(400);
  });

  it('are all kept when many are added at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => put(name, `${name}@example.org`)));
    const kept = await send<{ contacts: unknown[] }>(world.app, 'GET', '/contacts', { token });
    expect(kept.body.contacts).toHaveLength(4);
  });

  it('are five hundred at most', async () => {
    const contacts = Array.from({ length: 500 }, (_, index) => ({ name: `n${index}`, address: 'a@example.org' }));
    await world.store.set(`contacts:${PERSON}`, JSON.stringify({ v: 1, contacts }));
    expect((await put('n0', 'b@example.org')).status).toBe(200);
    expect((await put('new', 'b@example.org')).status).toBe(409);
  });
});

describe('the description', () => {
  it('is served and is what docs/openapi/agent.yaml holds', async () => {
    const served = await send(world.app, 'GET', '/openapi.json');
    const plain = JSON.parse(JSON.stringify(served.body), (_name, value) =>
      value?.format === 'iana-time-zone' ? { ...value, enum: undefined } : value,
    );
    expect(plain).toEqual(JSON.parse(JSON.stringify(openapiDocument)));
    expect(JSON.stringify(served.body)).toContain('"UTC","Africa/Abidjan"');
    expect(readFileSync(new URL('../../docs/openapi/agent.yaml', import.meta.url), 'utf8')).toBe(agentOpenapiYaml());
  });

  it('names every route, and no other', async () => {
    for (const [path, item] of Object.entries(openapiDocument.paths)) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
        const address = path.replace('{id}', 't_01ARZ3NDEKTSV4RRFFQ69G5FAV');
        const { status } = await refusal(method.toUpperCase(), address, { token });
        expect([path, method, status === 405]).toEqual([path, method, !(method in item)]);
      }
    }
  });

  it('refers to nothing that is not there', () => {
    const text = JSON.stringify(openapiDocument);
    const targets = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(targets.length).toBeGreaterThan(30);
    for (const [, kind = '', name = ''] of targets) {
      expect(Object.keys((openapiDocument.components as Record<string, object>)[kind] ?? {})).toContain(name);
    }
  });

  it('fits what is answered, and its own examples', async () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ $id: 'https://agent.test/', ...JSON.parse(JSON.stringify(openapiDocument)) });
    const fits = (schema: string, value: unknown) => {
      const check = ajv.getSchema(`https://agent.test/#/components/schemas/${schema}`);
      expect(check?.(value) === true ? [] : check?.errors).toEqual([]);
    };
    const completed = await send(world.app, 'POST', '/chat', { token, body: { message: 'hi' } });
    fits('Turn', completed.body);
    world.tool = () => approvalOf('a1');
    world.replies.push(calling(['createevent', EVENT]));
    fits('Turn', (await send(world.app, 'POST', '/chat', { token, body: { message: 'Book' } })).body);
    world.replies.push(new AppError('model_failed', 'x'));
    fits('Error', (await refusal('POST', '/chat', { token, body: { message: 'hi' } })).body);
    fits('Error', (await refusal('PUT', '/chat', { token })).body);
    fits(
      'Contacts',
      (await send(world.app, 'PUT', '/contacts', { token, body: { name: 'A', address: 'a@example.org' } })).body,
    );
    fits('Health', (await send(world.app, 'GET', '/health')).body);
    const { 200: turn, 202: running } = openapiDocument.paths['/chat'].post.responses as Record<
      string,
      { content: Record<string, { examples: Record<string, { value: unknown }> }> }
    >;
    for (const shown of [turn, running]) {
      for (const example of Object.values(shown?.content['application/json']?.examples ?? {}))
        fits('Turn', example.value);
    }
    for (const response of Object.values(openapiDocument.components.responses)) {
      for (const example of Object.values(response.content['application/json'].examples ?? {}))
        fits('Error', (example as { value: unknown }).value);
    }
  });
});

describe('the log', () => {
  it('holds no message, name, address or token', async () => {
    await send(world.app, 'PUT', '/contacts', { token, body: { name: 'Canaryname', address: 'canary@example.org' } });
    world.replies.push(
      calling(['createevent', { ...EVENT, summary: 'canary title', attendees: ['canary@example.org'] }]),
      { text: 'canary answer' },
    );
    await send(world.app, 'POST', '/chat', { token, body: { message: 'canary: meet Canaryname' } });
    await refusal('POST', '/chat', { token, body: { message: '' } });
    const text = JSON.stringify(world.log.events);
    expect(text).toContain('turn.finished');
    expect(text.toLowerCase()).not.toContain('canary');
    expect(text).not.toContain(token.slice(-20));
  });
});
