import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { toolCall } from '../support/outside-agent.ts';

// A tee time found, approved and booked on the whole system, over the tee sheet that is kept in the store.

let test: TestMachine;
beforeAll(async () => {
  test = await startTestMachine({ given: { SALLYPORT_TOOLSETS: 'calendar,golf' } });
}, 60_000);
afterAll(() => test?.close());

// biome-ignore lint/suspicious/noExplicitAny: answers of several shapes are looked into here.
type Json = any;

async function call(name: string, args: unknown, token = test.machine.access.key_door.token): Promise<Json> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2025-11-25',
  };
  return (
    await fetch(test.machine.access.key_door.url, { method: 'POST', headers, body: toolCall(name, args) })
  ).json();
}

/** Answers the open question of that call as the person. */
async function say(decision: 'yes' | 'no', asked: Json): Promise<void> {
  const { id } = asked.error.data['sallyport/approval'];
  const { url, token } = test.machine.access.oauth;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answered = await fetch(`${url}/approvals/${id}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ decision }),
  });
  expect(answered.status).toBe(200);
}

async function approved(name: string, args: unknown): Promise<Json> {
  await say('yes', await call(name, args));
  return (await call(name, args)).result;
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe('a tee time', () => {
  it('is found, booked with the person’s yes alone, and booked once', async () => {
    const found = await approved('golf_search_tee_times', { date: inDays(3), players: 2, from: '09:00' });
    const [{ teeTimeId, price }] = found.structuredContent.teeTimes;
    const args = { teeTimeId, players: 2, price };
    const asked = await call('golf_book_tee_time', args);
    expect(asked.error.data['sallyport/approval'].summary).toMatch(
      /^Book golf for 2 players at “Practice Links \(no real course\)”, .*, for 90\.00 EUR \(45\.00 EUR each\)$/,
    );
    expect((await call('golf_get_reservations', {})).result.structuredContent).toEqual({ reservations: [] });
    await say('yes', asked);
    const { result } = await call('golf_book_tee_time', args);
    expect(result.structuredContent).toMatchObject({ replayed: false, reservation: { teeTimeId, players: 2, price } });
    // Nobody is asked again for what stands.
    expect((await call('golf_book_tee_time', args)).result.structuredContent).toMatchObject({ replayed: true });
    const { reservation } = result.structuredContent;
    expect((await call('golf_get_reservations', {})).result.structuredContent).toEqual({ reservations: [reservation] });
  });

  it('is not booked by a token that may only read, and is in no log', async () => {
    const { operator, machine } = test;
    const request = { person: machine.access.person, audience: 'mcp', scope: 'golf.read', days: 1 } as const;
    const { text } = await operator.createToken(request);
    const refused = await call('golf_book_tee_time', { teeTimeId: `practice@${inDays(3)}T09:00`, players: 1 }, text);
    expect(JSON.stringify(refused)).toContain('insufficient_scope');
    const log = test.logText.join('\n');
    expect(log).toContain('golf_book_tee_time');
    for (const word of ['Practice Links', 'practice@']) expect(log).not.toContain(word);
  });
});
