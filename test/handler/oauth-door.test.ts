import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { identityKey } from '../../src/trust/person.ts';
import { MACHINE_CLIENT, startIssuer, type TestIssuer } from '../support/issuer.ts';
import { claimsAt, createSigningKey, signJwt, unsigned } from '../support/jwt.ts';
import {
  createOAuthDoorWorld,
  DOOR_PERSON,
  DOOR_URL,
  type KeyIssuer,
  type OAuthDoorWorld,
  startKeyIssuer,
} from '../support/oauth-door.ts';

// What the OAuth door says to whom, word for word: clients act on these headers. One issuer is a real provider, the other signs whatever a test says.

const METADATA = 'https://tools.example.com/.well-known/oauth-protected-resource/mcp';
const SCOPES = 'calendar.read calendar.write weather.read';
const NO_TOKEN = `Bearer realm="sallyport", resource_metadata="${METADATA}", scope="${SCOPES}"`;
const INVALID = `Bearer realm="sallyport", resource_metadata="${METADATA}", error="invalid_token", error_description="The token is not accepted here.", scope="${SCOPES}"`;
const stepUp = (scope: string): string =>
  `Bearer realm="sallyport", resource_metadata="${METADATA}", error="insufficient_scope", error_description="The token lacks a scope that this needs.", scope="${scope}"`;

const MACHINE = `oidc:work:${MACHINE_CLIENT}`;
const USER = 'oidc:own:user-1';
const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };
const toolCall = (name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: args },
});

let provider: TestIssuer;
let own: KeyIssuer;
let world: OAuthDoorWorld;

beforeAll(async () => {
  provider = await startIssuer({ resource: DOOR_URL });
  own = await startKeyIssuer();
});
afterAll(async () => {
  await provider.close();
  await own.close();
});

const profiles = () => [
  { issuer: provider.issuer, alias: 'work', audience: [DOOR_URL], client_ids: [MACHINE_CLIENT], typ: 'at+jwt' },
  { issuer: own.issuer, alias: 'own', audience: [DOOR_URL], client_ids: ['cli', 'https://client.example/id'] },
];

beforeEach(async () => {
  world = createOAuthDoorWorld({ issuers: profiles(), hosts: [provider.host, own.host] });
  await world.link(MACHINE);
  await world.link(USER);
});

const claims = (over: Readonly<Record<string, unknown>> = {}) =>
  claimsAt(world.clock.nowMs(), { iss: own.issuer, aud: DOOR_URL, scope: 'calendar.read', ...over });
const signed = (over: Readonly<Record<string, unknown>> = {}, header: Readonly<Record<string, unknown>> = {}) =>
  signJwt(own.key, claims(over), header);
const challengeOf = (answer: { readonly headers: Readonly<Record<string, unknown>> }) =>
  answer.headers['www-authenticate'];

describe('the metadata of the OAuth door', () => {
  it.each(['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp'])(
    'is at %s, for everybody',
    async (path) => {
      const answer = await world.ask({ path });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.json).toEqual({
        resource: DOOR_URL,
        authorization_servers: [provider.issuer, own.issuer],
        scopes_supported: ['calendar.read', 'calendar.write', 'weather.read'],
        bearer_methods_supported: ['header'],
        resource_name: 'Sallyport',
      });
      expect((await world.ask({ path, method: 'HEAD' })).status).toBe(200);
      const refused = await world.ask({ path, method: 'POST', body: '{}' });
      expect([refused.status, refused.headers['allow']]).toEqual([405, 'GET, HEAD']);
    },
  );

  it('is nowhere else', async () => {
    for (const path of ['/.well-known/oauth-protected-resource/', '/.well-known/oauth-authorization-server']) {
      expect((await world.ask({ path })).status).toBe(404);
    }
  });

  it('spells scopes as the first issuer does', async () => {
    const scopes = {
      'https://tools.example.com/read': 'calendar.read weather.read',
      'https://tools.example.com/plan': 'calendar.write weather.read',
    };
    const [first, second] = profiles();
    const mapped = createOAuthDoorWorld({ issuers: [{ ...first, scopes }, second ?? {}], hosts: [provider.host] });
    const { json } = await mapped.ask({ path: '/.well-known/oauth-protected-resource' });
    expect(json.scopes_supported).toEqual(Object.keys(scopes));
    expect(String(challengeOf(await mapped.post(undefined)))).toContain(`scope="${Object.keys(scopes).join(' ')}"`);
  });
});

describe('a token that is no good', () => {
  it('is asked for, with no error, where there is none', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await world.ask({ path: '/mcp', method, ...(method === 'POST' && { body: '{}' }) });
      expect([answer.status, challengeOf(answer)]).toEqual([401, NO_TOKEN]);
      expect(answer.json.error).toMatchObject({ message: 'Refused.', data: { code: 'unauthenticated' } });
    }
  });

  const cases: readonly (readonly [string, string, () => Promise<string> | string])[] = [
    ['for another API', 'jwt_audience', () => provider.machineToken({ resource: 'https://agent.example.com' })],
    ['for the issuer itself', 'jwt_audience', () => signed({ aud: own.issuer })],
    ['for nobody', 'jwt_audience', () => signed({ aud: undefined })],
    ['of an issuer that is not configured', 'jwt_issuer', () => signed({ iss: 'https://evil.example.com' })],
    ['of an issuer in the other one’s name', 'jwt_key_unknown', () => signed({ iss: provider.issuer })],
    ['of a client that is not allowed', 'jwt_client', () => signed({ client_id: 'another' })],
    ['of a client in two names', 'jwt_client', () => signed({ client_id: 'cli', azp: 'another' })],
    ['that expired', 'jwt_expired', () => signed({ iat: now() - 700, exp: now() - 61 })],
    ['that is not valid yet', 'jwt_not_yet', () => signed({ nbf: now() + 120 })],
    ['that lives for days', 'jwt_lifetime', () => signed({ exp: now() + 90_000 })],
    ['without an end', 'jwt_claims', () => signed({ exp: undefined })],
    ['that is an ID token', 'jwt_id_token', () => signed({ nonce: 'n' }, { typ: 'JWT' })],
    ['that is an ID token for its client', 'jwt_id_token', () => signed({ aud: 'cli' }, { typ: undefined })],
    ['that is an ID token by its use', 'jwt_id_token', () => signed({ token_use: 'id' }, { typ: 'JWT' })],
    ['that is a logout token', 'jwt_type', () => signed({}, { typ: 'logout+jwt' })],
    ['that is a delegation', 'jwt_type', () => signed({}, { typ: 'delegation+jwt' })],
    ['that is bound to a key', 'jwt_bound', () => signed({ cnf: { jkt: 'x' } })],
    ['with nobody in it', 'jwt_subject', () => signed({ sub: undefined })],
    ['that nobody signed', 'jwt_algorithm', () => unsigned({ alg: 'none', typ: 'at+jwt' }, claims())],
    ['that nobody signed, as it says', 'jwt_malformed', () => unsigned({ alg: 'none', typ: 'at+jwt' }, claims(), '')],
    ['signed with the public key as a secret', 'jwt_algorithm', hmacSigned],
    ['signed by a stranger under our key’s name', 'jwt_signature', strangersToken],
    ['that was changed', 'jwt_signature', async () => changed(await signed())],
    ['of ours, for the key door', 'jwt_malformed', () => `sp_01ARZ3NDEKTSV4RRFFQ69G5FAV_${'A'.repeat(43)}`],
    ['that is none', 'jwt_malformed', () => 'hello'],
    ['longer than any', 'jwt_malformed', () => 'a'.repeat(9000)],
  ];
  const now = (): number => Math.floor(world.clock.nowMs() / 1000);

  function hmacSigned(): string {
    const head = unsigned({ alg: 'HS256', typ: 'at+jwt', kid: 'key-1' }, claims(), '').slice(0, -1);
    const secret = JSON.stringify(own.key.publicJwk);
    return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
  }
  async function strangersToken(): Promise<string> {
    return signJwt(await createSigningKey(), claims());
  }
  function changed(token: string): string {
    const [header, , signature] = token.split('.');
    return `${header}.${Buffer.from(JSON.stringify(claims({ scope: SCOPES }))).toString('base64url')}.${signature}`;
  }

  it.each(cases)('%s is refused like any other', async (_what, reason, make) => {
    const token = await make();
    const answer = await world.post(token);
    expect([answer.status, challengeOf(answer)]).toEqual([401, INVALID]);
    expect(answer.json).toMatchObject({ id: null, error: { message: 'Refused.', data: { code: 'unauthenticated' } } });
    expect(world.reasons()).toEqual([reason]);
    expect(world.log.join('\n')).not.toContain(token);
  });

  it('is refused when its issuer has withdrawn the key, and taken with the new one', async () => {
    const before = await provider.machineToken();
    expect((await world.post(before)).status).toBe(200);
    await provider.rotateKey(false);
    world.clock.advance(30_000);
    expect((await world.post(await provider.machineToken())).status).toBe(200);
    const answer = await world.post(before);
    expect([answer.status, challengeOf(answer)]).toEqual([401, INVALID]);
    expect(world.reasons()).toEqual(['jwt_key_unknown']);
  });

  it('is looked for in the Authorization header only, and as one', async () => {
    const token = await signed();
    const post = (headers: Readonly<Record<string, string>>, query = '') =>
      world.ask({ method: 'POST', path: '/mcp', query, body: '{}', headers });
    expect(challengeOf(await post({}, `access_token=${token}`))).toBe(NO_TOKEN);
    expect(challengeOf(await post({ cookie: `access_token=${token}`, 'x-authorization': token }))).toBe(NO_TOKEN);
    for (const value of [`Bearer ${token}, Bearer ${token}`, `Basic ${token}`, token, 'Bearer', `DPoP ${token}`]) {
      expect(challengeOf(await post({ authorization: value }))).toBe(INVALID);
    }
    expect((await world.post(undefined, undefined, { authorization: `bearer  ${token}` })).status).toBe(200);
  });
});

describe('a token that is not enough', () => {
  it('is told all scopes there are when it holds none', async () => {
    const answer = await world.post(await signed({ scope: 'openid profile' }));
    expect([answer.status, challengeOf(answer)]).toEqual([403, stepUp(SCOPES)]);
    expect(answer.json.error.data.code).toBe('forbidden');
    expect(world.reasons()).toEqual(['jwt_scope']);
  });

  it('is told which scopes to ask for again, those it has among them, in each era', async () => {
    const token = await signed({ scope: 'weather.read calendar.read' });
    const old = await world.post(token, toolCall('createevent'), { 'mcp-protocol-version': '2025-11-25' });
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const call = toolCall('createevent');
    const today = await world.post(
      token,
      { ...call, params: { ...call.params, _meta: meta } },
      { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'createevent' },
    );
    for (const answer of [old, today]) {
      expect([answer.status, challengeOf(answer)]).toEqual([403, stepUp('calendar.read weather.read calendar.write')]);
      expect(answer.json).toMatchObject({
        id: 7,
        error: { data: { code: 'insufficient_scope', scope: 'calendar.write' } },
      });
    }
  });

  it('shows and runs what its scopes allow', async () => {
    const names = async (scope: string): Promise<readonly string[]> =>
      (await world.post(await signed({ scope }))).json.result.tools.map(({ name }: { name: string }) => name).sort();
    expect(await names('weather.read')).toEqual(['get_weather']);
    const reads = await names('calendar.read');
    expect(reads).toContain('freebusy');
    expect(reads).not.toContain('createevent');
    expect(await names(SCOPES)).toEqual([...new Set([...(await names('calendar.write')), 'get_weather'])].sort());
    const answer = await world.post(await signed({ scope: 'calendar.read' }), toolCall('freebusy', window));
    expect(answer.json.result).toMatchObject({ _meta: { 'sallyport/error': { code: 'reconnect_required' } } });
  });

  it('makes no list that a cache may give to another caller', async () => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
    const { result } = (await world.post(await signed(), list, headers)).json;
    expect(result).toMatchObject({ cacheScope: 'private', ttlMs: expect.any(Number) });
  });
});

describe('who comes through the OAuth door', () => {
  const audited = (): Record<string, unknown> | undefined =>
    world.log.map((line) => JSON.parse(line) as Record<string, unknown>).findLast(({ event }) => event === 'tool_call');

  it('is the person whom the token’s identity is linked to, through that client', async () => {
    await world.post(await signed({ client_id: 'https://client.example/id' }), toolCall('freebusy', window));
    expect(audited()).toMatchObject({
      door: 'oauth',
      person: DOOR_PERSON,
      agent: 'client/own/https://client.example/id',
      tainted: true,
    });
    await world.post(await provider.machineToken(), toolCall('freebusy', window));
    expect(audited()).toMatchObject({ agent: `client/work/${MACHINE_CLIENT}` });
  });

  it('is nobody while the identity is linked to nobody, and is told how it is spelled', async () => {
    const answer = await world.post(await signed({ sub: 'stranger' }));
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('www-authenticate');
    expect(answer.json.error).toMatchObject({
      message: expect.stringContaining('https://oauth.example.com/identities'),
      data: {
        code: 'forbidden',
        details: { identity: 'oidc:own:stranger', link_url: 'https://oauth.example.com/identities' },
      },
    });
    expect(world.reasons()).toEqual(['identity_unknown']);
    expect(world.log.join('\n')).not.toContain('stranger');
    await world.link('oidc:own:stranger');
    const token = await signed({ sub: 'stranger' });
    expect((await world.post(token)).status).toBe(200);
    // Taken back, the very next call with the same token is nobody's again.
    const held = (await world.store.get(identityKey('oidc:own:stranger'))) ?? '';
    await world.store.compareAndDelete(identityKey('oidc:own:stranger'), held);
    expect((await world.post(token)).status).toBe(403);
  });

  it('is told to come back while the issuer or the store is away', async () => {
    own.silence(true);
    const answer = await world.post(await signed());
    own.silence(false);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(world.reasons()).toEqual(['issuer_unavailable']);
    await world.store.set('identity:oidc:own:user-1', 'damaged');
    world.clock.advance(60_000);
    expect((await world.post(await signed())).status).toBe(503);
    expect(world.reasons()).toEqual(['issuer_unavailable', 'identity_store_unavailable']);
  });
});

describe('the configuration of the OAuth door', () => {
  it('needs an issuer', async () => {
    const closed = createOAuthDoorWorld({ issuers: [], hosts: [] });
    expect((await closed.post(undefined)).status).toBe(500);
    expect(closed.log.join('\n')).toContain('SALLYPORT_ISSUERS: needed at the OAuth door');
  });

  it('knows no scope of an issuer that a header cannot carry', async () => {
    const [first] = profiles();
    const closed = createOAuthDoorWorld({ issuers: [{ ...first, scopes: { 'a"b': 'calendar.read' } }], hosts: [] });
    expect((await closed.post(undefined)).status).toBe(500);
    expect(closed.log.join('\n')).toContain('SALLYPORT_ISSUERS.0.scopes.a');
  });

  it('lets pages of named origins read the metadata and the challenge', async () => {
    const origin = 'https://app.example.com';
    const open = createOAuthDoorWorld({ issuers: profiles(), hosts: [], over: { SALLYPORT_CORS_ORIGINS: origin } });
    const metadata = await open.ask({ path: '/.well-known/oauth-protected-resource/mcp', headers: { origin } });
    expect(metadata.headers['access-control-allow-origin']).toBe(origin);
    const asked = await open.post(undefined, undefined, { origin });
    expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([401, origin]);
    expect(String(asked.headers['access-control-expose-headers'])).toContain('www-authenticate');
    expect((await open.post(undefined, undefined, { origin: 'https://evil.example' })).status).toBe(403);
  });
});
