import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../../src/adapters/embedded/memory-store.ts';
import {
  createToken,
  isPrevious,
  parseToken,
  type TokenRecord,
  tokenKey,
  tokenRecord,
  verifyToken,
} from '../../../src/trust/access-token.ts';
import { type RenewTokenRequest, renewToken } from '../../../src/trust/renew-token.ts';
import { createTestClock } from '../../support/clock.ts';

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const DAY = 86_400;

async function createWorld() {
  const clock = createTestClock();
  const store = createMemoryStore({ clock });
  const random = { bytes: (count: number) => randomBytes(count) };
  const made = createToken({
    person: PERSON,
    audience: 'mcp',
    scopes: ['calendar.read'],
    nowMs: clock.nowMs(),
    lifetimeSeconds: 90 * DAY,
    rate: 30,
    random: randomBytes(42),
  });
  const { id } = made.record;
  await store.set(tokenKey(id), JSON.stringify(made.record));
  const read = async (): Promise<TokenRecord> => tokenRecord.parse(JSON.parse((await store.get(tokenKey(id))) ?? ''));
  const renew = (over: Partial<RenewTokenRequest> = {}) =>
    renewToken({ store, clock, random }, { id, overlapSeconds: DAY, ...over });
  const verdict = async (text: string): Promise<string> => {
    const checked = verifyToken(parseToken(text)?.secret ?? '', await read(), {
      audience: 'mcp',
      nowMs: clock.nowMs(),
    });
    return checked.ok ? 'accepted' : checked.reason;
  };
  return { clock, store, random, made, read, renew, verdict };
}

describe('a token that is made anew', () => {
  it('is accepted with either secret for the overlap, and then with the new one only', async () => {
    const { clock, made, renew, verdict, read } = await createWorld();
    const { text } = await renew();
    expect(parseToken(text)?.id).toBe(made.record.id);
    expect([await verdict(made.text), await verdict(text)]).toEqual(['accepted', 'accepted']);
    const record = await read();
    expect([made.text, text].map((each) => isPrevious(parseToken(each)?.secret ?? '', record))).toEqual([true, false]);
    clock.advance(DAY * 1000 - 1);
    expect(await verdict(made.text)).toBe('accepted');
    clock.advance(1);
    expect([await verdict(made.text), await verdict(text)]).toEqual(['token_replaced', 'accepted']);
  });

  it('keeps no secret in its record, and everything but the secret as it was', async () => {
    const { made, renew, read } = await createWorld();
    const { text } = await renew();
    const { hash, previous, rotated_at, ...rest } = await read();
    expect(JSON.stringify(await read())).not.toContain(text.slice(-43));
    expect({ ...rest, hash: made.record.hash }).toEqual(made.record);
    expect(previous).toEqual({ hash: made.record.hash, until: made.record.created_at + DAY });
    expect([hash === made.record.hash, rotated_at]).toEqual([false, made.record.created_at]);
  });

  it('ends its old secret at once without an overlap', async () => {
    const { made, renew, verdict } = await createWorld();
    const { text } = await renew({ overlapSeconds: 0 });
    expect([await verdict(made.text), await verdict(text)]).toEqual(['token_unknown', 'accepted']);
  });

  it('is not made anew once more while the secret before is accepted, unless that is said', async () => {
    const { clock, made, renew, verdict } = await createWorld();
    const first = await renew();
    await expect(renew()).rejects.toMatchObject({ code: 'conflict' });
    expect(await verdict(first.text)).toBe('accepted');
    const second = await renew({ again: true });
    const all = [made.text, first.text, second.text];
    expect(await Promise.all(all.map(verdict))).toEqual(['token_unknown', 'accepted', 'accepted']);
    clock.advance(DAY * 1000);
    await renew();
    expect(await verdict(second.text)).toBe('accepted');
  });

  it('ends when it would have, or as long from now as is said; its old secret never later than it would have', async () => {
    const { clock, made, renew, read } = await createWorld();
    clock.advance(89.5 * DAY * 1000);
    await renew({ overlapSeconds: 7 * DAY, lifetimeSeconds: 90 * DAY });
    const record = await read();
    expect(record.expires_at).toBe(made.record.created_at + 89.5 * DAY + 90 * DAY);
    expect(record.previous?.until).toBe(made.record.expires_at);
  });

  it('is over with both secrets when it is revoked', async () => {
    const { store, made, renew, verdict, read } = await createWorld();
    const { text } = await renew();
    const record = await read();
    await store.set(tokenKey(record.id), JSON.stringify({ ...record, revoked_at: 1 }));
    expect([await verdict(made.text), await verdict(text)]).toEqual(['token_revoked', 'token_revoked']);
    await expect(renew({ again: true })).rejects.toMatchObject({ code: 'gone' });
  });

  it('does not come back once it is over', async () => {
    const { clock, renew } = await createWorld();
    clock.advance(90 * DAY * 1000);
    await expect(renew()).rejects.toMatchObject({ code: 'gone' });
  });

  it('is somebody’s own, and nothing to anybody else', async () => {
    const { renew, read, made } = await createWorld();
    for (const request of [
      { person: 'p_01BX5ZZKBKACTAV9WEVGEMMVRZ' },
      { id: 'x' },
      { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' },
    ]) {
      await expect(renew(request)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await read()).toEqual(made.record);
    await renew({ person: PERSON });
  });

  it('gets one new secret when two ask at the same moment', async () => {
    const { renew, verdict } = await createWorld();
    const results = await Promise.allSettled([renew(), renew(), renew()]);
    const done = results.filter((result) => result.status === 'fulfilled');
    expect(done).toHaveLength(1);
    expect(await verdict(done[0]?.value.text ?? '')).toBe('accepted');
  });
});
