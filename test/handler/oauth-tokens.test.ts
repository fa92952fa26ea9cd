import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseToken, tokenKey } from '../../src/trust/access-token.ts';
import { createOAuthWorld, type OAuthWorld } from '../support/oauth-app.ts';

// A person gives a token of theirs another secret, and can do nothing else to it, nor anything to anybody else's.

let world: OAuthWorld;
let person: string;
let confirm: string;

beforeAll(async () => {
  world = await createOAuthWorld();
  person = await world.addPerson('Ann');
  confirm = await world.addToken(person);
});
afterAll(() => world.close());

const idOf = (text: string): string => parseToken(text)?.id ?? '';
const script = (): Promise<string> => world.addToken(person, { audience: 'mcp', scopes: ['calendar.read'] });
const rotate = (token: string | undefined, id: string, body?: object) =>
  world.call(token, 'POST', `/tokens/${id}/rotate`, body);

describe('POST /tokens/{id}/rotate', () => {
  it('answers another secret for the same token, for this once', async () => {
    const text = await script();
    const answer = await rotate(confirm, idOf(text), { overlap_hours: 1 });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { id, token, expires_at, previous_until } = answer.json;
    expect([id, idOf(token)]).toEqual([idOf(text), idOf(text)]);
    expect(Date.parse(previous_until)).toBe(world.clock.nowMs() - (world.clock.nowMs() % 1000) + 3_600_000);
    const record = JSON.parse((await world.store.get(tokenKey(id))) ?? '');
    expect(record).toMatchObject({ person, audience: 'mcp', scopes: ['calendar.read'] });
    expect(Date.parse(expires_at)).toBe(record.expires_at * 1000);
    expect(world.logged.join('\n')).toContain('token.rotated');
    expect(world.logged.join('\n')).not.toContain(token.slice(-43));
  });

  it('takes no second one while the first old secret works, unless that is said', async () => {
    const id = idOf(await script());
    await rotate(confirm, id, {});
    expect(await rotate(confirm, id)).toMatchObject({ status: 409, json: { error: { code: 'conflict' } } });
    expect((await rotate(confirm, id, { again: true, overlap_hours: 0 })).status).toBe(200);
  });

  it('gives a token no longer life, other scopes, or another audience', async () => {
    const id = idOf(await script());
    for (const body of [
      { days: 900 },
      { scopes: ['calendar.write'] },
      { audience: 'confirm' },
      { overlap_hours: 721 },
    ]) {
      expect((await rotate(confirm, id, body)).status).toBe(400);
    }
  });

  it('is for tokens that may confirm, and for one’s own', async () => {
    const text = await script();
    expect((await rotate(undefined, idOf(text))).status).toBe(401);
    expect((await rotate(text, idOf(text))).status).toBe(403);
    const bob = await world.addToken(await world.addPerson('Bob'));
    expect((await rotate(bob, idOf(text))).status).toBe(404);
    expect((await rotate(confirm, '01ARZ3NDEKTSV4RRFFQ69G5FAV')).status).toBe(404);
    expect((await rotate(confirm, idOf(confirm))).status).toBe(200);
  });
});
