import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { toolCall } from '../support/outside-agent.ts';
import { type PersonalServices, startPersonalServices } from '../support/personal-services.ts';

// The weather and push messages on the whole system, by a script at the key door: with the scopes they need, and not without a yes where one is due.

let services: PersonalServices;
let test: TestMachine;
beforeAll(async () => {
  services = await startPersonalServices();
  test = await startTestMachine({ given: services.environment });
}, 60_000);
afterAll(async () => {
  await test?.close();
  await services?.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes are looked into here.
type Json = any;

async function post(url: string, token: string, body: string): Promise<Json> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  return (
    await fetch(url, { method: 'POST', headers: { ...headers, 'mcp-protocol-version': '2025-11-25' }, body })
  ).json();
}

const call = (name: string, args: unknown, token = test.machine.access.key_door.token): Promise<Json> =>
  post(test.machine.access.key_door.url, token, toolCall(name, args));

/** Answers the open question of that call as the person. */
async function say(decision: 'yes' | 'no', asked: Json): Promise<void> {
  const { id } = (asked.error?.data ?? asked.result._meta)['sallyport/approval'];
  const { url, token } = test.machine.access.oauth;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const answered = await fetch(`${url}/approvals/${id}`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ decision }),
  });
  expect(answered.status).toBe(200);
}

const pushes = () => services.seen.filter(({ method }) => method === 'POST');

describe('the personal toolsets', () => {
  it('are listed beside the calendar', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const { result } = await post(test.machine.access.key_door.url, test.machine.access.key_door.token, body);
    const names = result.tools.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['freebusy', 'get_weather', 'send_push_notification']));
  });

  it('send nothing before the person’s yes, then once, then ask again', async () => {
    const args = { title: 'Booked', message: 'Lunch with Ana', priority: 'low' };
    const asked = await call('send_push_notification', args);
    expect(JSON.stringify(asked)).toContain(
      'Send you a push message titled “Booked” with low priority: “Lunch with Ana”',
    );
    expect(pushes()).toHaveLength(0);
    await say('yes', asked);
    expect((await call('send_push_notification', args)).result.structuredContent).toEqual({ id: 'sPs71M8A2T' });
    expect(pushes().map(({ body }) => JSON.parse(body))).toEqual([
      { topic: 'alex-phone-7Qm2', title: 'Booked', message: 'Lunch with Ana', priority: 2 },
    ]);
    await say('no', await call('send_push_notification', args));
    expect((await call('send_push_notification', args)).result).toMatchObject({ isError: true });
    expect(pushes()).toHaveLength(1);
  });

  it('refuse a token without their scopes', async () => {
    const { operator, machine } = test;
    const { text } = await operator.createToken({
      person: machine.access.person,
      audience: 'mcp',
      scope: 'calendar.write',
      days: 1,
    });
    const before = services.seen.length;
    for (const [name, args] of [
      ['get_weather', { location: 'Berlin' }],
      ['send_push_notification', { message: 'hi' }],
    ] as const) {
      expect(JSON.stringify(await call(name, args, text))).toContain('insufficient_scope');
    }
    expect(services.seen).toHaveLength(before);
  });

  it('keep the topic, the message and the place out of the log', async () => {
    // At this door nobody knows what the caller has read before: a place goes out with the person's yes only.
    const asked = await call('get_weather', { location: 'Berlin' });
    expect(JSON.stringify(asked)).toContain('See the weather: location “Berlin”');
    expect(services.seen.some(({ url }) => url.searchParams.get('name') === 'Berlin')).toBe(false);
    await say('yes', asked);
    expect((await call('get_weather', { location: 'Berlin' })).result.structuredContent.place.name).toBe('Berlin');
    expect(services.seen.some(({ url }) => url.searchParams.get('name') === 'Berlin')).toBe(true);
    const log = test.logText.join('\n');
    expect(log).toContain('get_weather');
    for (const word of ['alex-phone-7Qm2', 'Lunch with Ana', 'Berlin"', '52.52437']) expect(log).not.toContain(word);
  });
});
