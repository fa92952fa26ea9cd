import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createToken, type NewToken, type TokenRecord, tokenKey } from '../../src/trust/access-token.ts';
import { renewToken } from '../../src/trust/renew-token.ts';
import { createSigningKey, signJwt } from '../support/jwt.ts';
import { createOAuthDoorWorld, DOOR_PERSON, type OAuthDoorWorld } from '../support/oauth-door.ts';

// What the key door says to whom, word for word, as its function composes it: scripts act on these answers. Rotation without a pause, and each key's
// own limit, are seen here by whoever calls.

const NO_TOKEN = 'Bearer realm="sallyport"';
const INVALID = `${NO_TOKEN}, error="invalid_token", error_description="The token is not accepted here."`;
const call = (name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id: 7,
  method: 'tools/call',
  params: { name, arguments: args },
});

let world: OAuthDoorWorld;
beforeEach(() => {
  world = createOAuthDoorWorld({ issuers: [], hosts: [], over: { SALLYPORT_DOOR: 'key' } });
});

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

/** A token in the store, and its text. */
async function made(over: Partial<NewToken> = {}, changes: Partial<TokenRecord> = {}) {
  const { text, record } = createToken({
    person: DOOR_PERSON,
    audience: 'mcp',
    scopes: ['calendar.read'],
    nowMs: world.clock.nowMs(),
    lifetimeSeconds: 86_400,
    random: randomBytes(42),
    ...over,
  });
  await world.store.set(tokenKey(record.id), JSON.stringify({ ...record, ...changes }));
  return { text, id: record.id };
}
const rotate = (id: string, overlapSeconds: number, again = false) =>
  renewToken({ store: world.store, clock: world.clock, random }, { id, overlapSeconds, again });
const challengeOf = (answer: { readonly headers: Readonly<Record<string, unknown>> }) =>
  answer.headers['www-authenticate'];

describe('a key that is no good', () => {
  it('is asked for, with no error, where there is none', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await world.ask({ path: '/mcp', method, ...(method === 'POST' && { body: '{}' }) });
      expect([answer.status, challengeOf(answer)]).toEqual([401, NO_TOKEN]);
      expect(answer.json.error).toMatchObject({ message: 'Refused.', data: { code: 'unauthenticated' } });
    }
  });

  const cases: readonly (readonly [string, string, () => Promise<string>])[] = [
    ['for the Agent API', 'token_audience', async () => (await made({ audience: 'agent' })).text],
    ['that answers approvals', 'token_audience', async () => (await made({ audience: 'confirm' })).text],
    ['that was revoked', 'token_revoked', async () => (await made({}, { revoked_at: 1 })).text],
    ['that expired', 'token_expired', async () => expired()],
    ['whose secret is another one', 'token_unknown', async () => changed((await made()).text)],
    ['that nobody made', 'token_unknown', async () => `sp_01ARZ3NDEKTSV4RRFFQ69G5FAV_${'A'.repeat(43)}`],
    ['that was rotated, with no time left for the old secret', 'token_unknown', () => rotatedOut(0)],
    ['that was rotated, when that time is over', 'token_replaced', () => rotatedOut(3600)],
    ['that was rotated and then revoked', 'token_revoked', () => rotatedAndRevoked()],
    ['that is an issuer’s token', 'token_unknown', issuersToken],
    ['that is none', 'token_unknown', async () => 'hello'],
  ];
  async function expired(): Promise<string> {
    const { text } = await made({ lifetimeSeconds: 60 });
    world.clock.advance(60_000);
    return text;
  }
  function changed(text: string): string {
    return text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A');
  }
  async function rotatedOut(overlapSeconds: number): Promise<string> {
    const { text, id } = await made();
    await rotate(id, overlapSeconds);
    world.clock.advance(overlapSeconds * 1000);
    return text;
  }
  async function rotatedAndRevoked(): Promise<string> {
    const { text, id } = await made();
    const { record } = await rotate(id, 3600);
    await world.store.set(tokenKey(id), JSON.stringify({ ...record, revoked_at: 1 }));
    return text;
  }
  async function issuersToken(): Promise<string> {
    return signJwt(await createSigningKey(), {
      iss: 'https://login.example.com',
      aud: 'https://tools.example.com/mcp',
    });
  }

  it.each(cases)('%s is refused like any other', async (_what, reason, make) => {
    const token = await make();
    const answer = await world.post(token);
    expect([answer.status, challengeOf(answer)]).toEqual([401, INVALID]);
    expect(answer.json).toMatchObject({ id: null, error: { message: 'Refused.', data: { code: 'unauthenticated' } } });
    expect(world.reasons()).toEqual([reason]);
    expect(world.log.join('\n')).not.toContain(token);
  });

  it('ends with the next call when it is revoked', async () => {
    const { text, id } = await made();
    expect((await world.post(text)).status).toBe(200);
    const record = JSON.parse((await world.store.get(tokenKey(id))) ?? '') as TokenRecord;
    await world.store.set(tokenKey(id), JSON.stringify({ ...record, revoked_at: 1 }));
    const answer = await world.post(text);
    expect([answer.status, challengeOf(answer)]).toEqual([401, INVALID]);
  });
});

describe('a key that is not enough', () => {
  it('shows what it may call, and is told which scope is missing when it calls something else', async () => {
    const { text } = await made({ scopes: ['weather.read'] });
    const { result } = (await world.post(text)).json;
    expect(result.tools.map(({ name }: { name: string }) => name)).toEqual(['get_weather']);
    const answer = await world.post(text, call('createevent'));
    expect([answer.status, challengeOf(answer)]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="calendar.write"',
    ]);
    expect(answer.json).toMatchObject({
      id: 7,
      error: { data: { code: 'insufficient_scope', scope: 'calendar.write' } },
    });
  });
});

describe('a key that is rotated', () => {
  it('is served without a pause, whichever secret a caller has by then', async () => {
    const { text: first, id } = await made();
    const statuses: number[] = [];
    let second = first;
    for (let turn = 0; turn < 60; turn += 1) {
      if (turn === 20) second = (await rotate(id, 3600)).text;
      // One caller changes over at once, another one half an hour later.
      for (const text of [second, turn < 40 ? first : second]) statuses.push((await world.post(text)).status);
      world.clock.advance(60_000);
    }
    expect(second).not.toBe(first);
    expect(statuses).toHaveLength(120);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const seen = world.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(seen.filter(({ event }) => event === 'door.previous_token')).toHaveLength(20);
  });

  it('keeps its name, its scopes and its limit', async () => {
    const { id } = await made({ rate: 5 });
    const { text } = await rotate(id, 0);
    await world.post(text, call('freebusy', { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' }));
    const audited = world.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(audited.find(({ event }) => event === 'tool_call')).toMatchObject({ door: 'key', agent: `token/${id}` });
    const statuses: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) statuses.push((await world.post(text)).status);
    expect(statuses).toContain(429);
  });
});

describe('a key with a limit of its own', () => {
  it('is told to wait past it, while another one is served; and is served again the minute after', async () => {
    const slow = await made({ rate: 3 });
    const other = await made();
    const statuses = async (text: string, count: number): Promise<readonly number[]> => {
      const seen: number[] = [];
      for (let turn = 0; turn < count; turn += 1) seen.push((await world.post(text)).status);
      return seen;
    };
    // From the start of a minute: limits are counted by the minute.
    world.clock.advance(60_000 - (world.clock.nowMs() % 60_000));
    expect(await statuses(slow.text, 5)).toEqual([200, 200, 200, 429, 429]);
    const refused = await world.post(slow.text);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.json.error.data.code).toBe('rate_limited');
    expect(await statuses(other.text, 5)).toEqual([200, 200, 200, 200, 200]);
    world.clock.advance(60_000);
    expect(await statuses(slow.text, 1)).toEqual([200]);
  });
});
