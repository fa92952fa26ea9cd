import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet } from 'jose';
import { AppError } from '../../src/kernel/app-error.ts';
import { accept, refuse } from '../../src/kernel/result.ts';
import { createJwtVerifier, type VerifyJwt } from '../../src/trust/jwt.ts';
import { identityKey } from '../../src/trust/person.ts';
import {
  type AgentWorld,
  createAgentWorld,
  type ErrorAnswer,
  OTHER_PERSON,
  PERSON,
  type Send,
  send,
} from '../support/agent-world.ts';
import { AUDIENCE, claimsAt, createSigningKey, ISSUER, profileOf, type SigningKey, signJwt } from '../support/jwt.ts';

// Who the Agent API takes a caller for: by a token of ours, by an issuer's access token, by an AWS identity; and who is nobody.

interface WhoAmI {
  readonly person: string;
  readonly identity: string;
  readonly scopes: readonly string[];
}

const IAM = { accountId: '111122223333', uniqueId: 'AROAEXAMPLEID' };
let key: SigningKey;
let verifyJwt: VerifyJwt;
let world: AgentWorld;

beforeAll(async () => {
  key = await createSigningKey();
  const set = createLocalJWKSet({ keys: [key.publicJwk] });
  verifyJwt = createJwtVerifier({
    issuers: [profileOf()],
    clock: { nowMs: () => Date.now() },
    keysOf: () => async (request) => {
      if (request.kid === 'silent')
        throw new AppError('unavailable', 'The issuer is silent.', { retryAfterSeconds: 30 });
      if (request.kid !== 'key-1') return refuse('jwt_key_unknown');
      return accept(await set({ ...request }, undefined as never));
    },
  });
});

async function identify(identity: string, person = PERSON): Promise<void> {
  await world.store.set(identityKey(identity), JSON.stringify({ v: 1, person }));
}

beforeEach(async () => {
  world = createAgentWorld({ verifyJwt, config: { iamScopes: ['calendar.write', 'confirm'] } });
  await identify('oidc:work:user-1');
});

const jwt = (over: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) =>
  signJwt(key, claimsAt(Date.now(), over), header);
const whoami = (options: Send) => send<WhoAmI & ErrorAnswer>(world.app, 'GET', '/whoami', options);
const refusals = (): readonly unknown[] =>
  world.log.events.filter(({ event }) => event === 'agent.refused').map(({ fields }) => fields['reason']);

describe('an issuer’s access token', () => {
  it('stands for the person whose identity it proves, with the scopes that it carries', async () => {
    const answer = await whoami({ token: await jwt({ scope: 'openid calendar.read' }) });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'cache-control': 'no-store' },
      body: { person: PERSON, identity: 'oidc:work:user-1', scopes: ['calendar.read'] },
    });
  });

  it('chats as that person, and delegates no more than it carries', async () => {
    world.replies.push({ text: 'Hello.' });
    const token = await jwt({ scope: 'calendar.read' });
    const { status, body } = await send(world.app, 'POST', '/chat', { token, body: { message: 'Hello' } });
    expect([status, body.answer]).toEqual([200, 'Hello.']);
    const seen = await send(world.app, 'GET', `/turns/${body.turn}`, { token: await world.token({ person: PERSON }) });
    expect(seen.status).toBe(200);
    const other = await world.token({ person: OTHER_PERSON });
    expect((await send(world.app, 'GET', `/turns/${body.turn}`, { token: other })).status).toBe(404);
  });

  it('whose identity nobody has is told so, with the identity, and nothing else is', async () => {
    const answer = await whoami({ token: await jwt({ sub: 'stranger' }) });
    expect(answer).toMatchObject({
      status: 403,
      body: { error: { code: 'forbidden', details: { identity: 'oidc:work:stranger' } } },
    });
    expect(refusals()).toEqual(['identity_unknown']);
  });

  it('with an e-mail address of a known person is a stranger all the same', async () => {
    await identify('oidc:work:ann@example.com');
    const token = await jwt({ sub: 'stranger', email: 'ann@example.com', email_verified: true });
    expect((await whoami({ token })).status).toBe(403);
  });

  it.each([
    ['expired', { iat: 1, exp: 600 }, {}, 'jwt_expired'],
    ['for somebody else', { aud: 'https://other.example.com' }, {}, 'jwt_audience'],
    ['of another issuer', { iss: 'https://evil.example.com' }, {}, 'jwt_issuer'],
    ['an ID token', { nonce: 'n' }, { typ: 'JWT' }, 'jwt_id_token'],
    ['by an unknown key', {}, { kid: 'key-2' }, 'jwt_key_unknown'],
  ])('that is %s is refused; the log says why, the answer does not', async (_, claims, header, reason) => {
    const answer = await whoami({ token: await jwt(claims, header) });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body.error.message).toBe('This API needs a valid bearer token for the agent.');
    expect(refusals()).toEqual([reason]);
    const metric = { level: 'metric', event: 'Refused', fields: expect.objectContaining({ reason }) };
    expect(world.log.events).toContainEqual(metric);
  });

  it('is answered 503 while its issuer cannot be asked', async () => {
    const answer = await whoami({ token: await jwt({}, { kid: 'silent' }) });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '30']);
  });

  it('is refused where no issuer is configured', async () => {
    world = createAgentWorld();
    await identify('oidc:work:user-1');
    expect((await whoami({ token: await jwt() })).status).toBe(401);
    expect(refusals()).toEqual(['token_malformed']);
  });

  it('leaves nothing of itself in the log', async () => {
    const token = await jwt({ sub: 'canary-subject', email: 'canary@example.com' });
    await whoami({ token });
    await whoami({ token: `${token}x` });
    const text = JSON.stringify(world.log.events);
    for (const canary of ['canary', token, token.split('.')[1]]) expect(text).not.toContain(canary);
  });
});

describe('an AWS identity', () => {
  const identity = `iam:${IAM.accountId}:${IAM.uniqueId}`;

  it('that the front door checked stands for its person; it never confirms', async () => {
    await identify(identity);
    const answer = await whoami({ iam: IAM, headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA' } });
    expect(answer.body).toEqual({ person: PERSON, identity, scopes: ['calendar.write'] });
  });

  it('nobody knows is a stranger', async () => {
    expect(await whoami({ iam: IAM })).toMatchObject({
      status: 403,
      body: { error: { details: { identity } } },
    });
  });

  it('yields to the person’s own token, also to one that does not pass', async () => {
    await identify(identity, OTHER_PERSON);
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA' };
    const withToken = (token: string) =>
      whoami({ iam: IAM, headers: { ...headers, 'x-sallyport-authorization': `Bearer ${token}` } });
    expect((await withToken(await jwt())).body.person).toBe(PERSON);
    expect((await withToken(await world.token())).body.person).toBe(PERSON);
    expect((await withToken(await jwt({ iat: 1, exp: 600 }))).status).toBe(401);
    expect((await withToken('')).status).toBe(401);
  });

  it.each([
    ['an account that is none', { ...IAM, accountId: '1:2' }],
    ['a unique id that is none', { ...IAM, uniqueId: 'AROA:session' }],
    ['an empty unique id', { ...IAM, uniqueId: '' }],
  ])('with %s is refused', async (_, iam) => {
    expect((await whoami({ iam })).status).toBe(401);
    expect(refusals()).toEqual(['iam_malformed']);
  });

  it('lets in nobody where nothing may be delegated that way', async () => {
    world = createAgentWorld();
    await identify(identity);
    expect((await whoami({ iam: IAM })).status).toBe(401);
    expect(refusals()).toEqual(['iam_not_allowed']);
  });

  it('in a header of the caller’s own proves nothing', async () => {
    await identify(identity);
    const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/x', 'x-amzn-iam': JSON.stringify(IAM) };
    expect((await whoami({ headers })).status).toBe(401);
  });
});

describe('a token of ours', () => {
  it('says which one it is', async () => {
    const token = await world.token();
    expect((await whoami({ token })).body).toEqual({
      person: PERSON,
      identity: `token:${token.split('_')[1]}`,
      scopes: ['calendar.write'],
    });
  });
});

describe('what is told of signing in', () => {
  const path = '/.well-known/oauth-protected-resource';

  it('is the issuers, and how a command signs a person in; to everybody, for it is no secret', async () => {
    const signIn = {
      resource: AUDIENCE,
      issuers: [ISSUER],
      logins: [{ issuer: ISSUER, alias: 'work', clientId: 'cli', scopes: ['openid'], port: 8123 }],
    };
    world = createAgentWorld({ verifyJwt, signIn });
    const { status, body } = await send<unknown>(world.app, 'GET', path);
    expect([status, body]).toEqual([
      200,
      {
        resource: AUDIENCE,
        authorization_servers: [ISSUER],
        bearer_methods_supported: ['header'],
        sallyport_logins: [{ issuer: ISSUER, alias: 'work', client_id: 'cli', scopes: ['openid'], port: 8123 }],
      },
    ]);
  });

  it('is nothing where there is no issuer', async () => {
    world = createAgentWorld();
    const { body } = await send<Record<string, unknown>>(world.app, 'GET', path);
    expect(body['authorization_servers']).toBeUndefined();
    expect(body['sallyport_logins']).toEqual([]);
  });

  it.each(['/whoami', path])('%s is read only', async (address) => {
    const answer = await send(world.app, 'POST', address, { token: await world.token() });
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD']);
  });
});
