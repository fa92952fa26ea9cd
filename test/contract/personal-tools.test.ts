import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createNtfy } from '../../src/adapters/notify/ntfy.ts';
import { parsePushTopics } from '../../src/adapters/notify/push-topics.ts';
import { createOpenMeteo } from '../../src/adapters/weather/open-meteo.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { createSendPushNotification } from '../../src/mcp/tools/notify/send-push-notification.ts';
import type { Tool, ToolContext } from '../../src/mcp/tools/tool.ts';
import { createGetWeather } from '../../src/mcp/tools/weather/get-weather.ts';
import type { OutsideClient } from '../../src/ports/outside-client.ts';
import { createTestClock, type TestClock } from '../support/clock.ts';
import { createTestLog } from '../support/log.ts';
import { PERSON } from '../support/mcp-app.ts';
import { type PersonalServices, startPersonalServices } from '../support/personal-services.ts';

let services: PersonalServices;
let http: OutsideClient & { close(): void };
let clock: TestClock;
const log = createTestLog();
const realClock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const OTHER_PERSON = 'p_01JD00000000000000000000ZZ';

const context = (person = PERSON): ToolContext => ({
  person,
  agent: 'agent/assistant',
  requestId: 'r',
  signal: AbortSignal.timeout(9000),
  log,
});

beforeAll(async () => {
  services = await startPersonalServices();
});
afterAll(() => services.close());
beforeEach(() => {
  clock = createTestClock();
  const hosts = [new URL(services.ntfyUrl).host];
  http = createOutsideClient({ clock: realClock, random, log, allow: { hosts } });
});
afterEach(() => http.close());

describe('get_weather', () => {
  let tool: Tool;
  beforeEach(() => {
    const { weatherUrl } = services;
    const weather = createOpenMeteo({ http, forecastUrl: weatherUrl, geocodingUrl: weatherUrl });
    tool = createGetWeather({ weather, clock });
  });
  const asked = (): number => services.seen.length;

  it('tells the weather now and for three days, and which other places have the name', async () => {
    const { structuredContent, text } = await tool.run({ location: 'Lisbon' }, context());
    expect(structuredContent).toMatchObject({
      place: { name: 'Lisbon', region: 'Lisbon District', country: 'Portugal' },
      otherPlaces: ['Lisbon, Maine, United States'],
      timeZone: 'Europe/Lisbon',
      units: { temperature: '°C', wind: 'km/h', precipitation: 'mm' },
      now: { time: '2026-11-21T09:15', conditions: 'partly cloudy', temperature: 14.2, humidity: 71 },
    });
    const days = (structuredContent as { days: { date: string; precipitationProbability?: number }[] }).days;
    expect(days.map(({ date }) => date)).toEqual(['2026-11-21', '2026-11-22', '2026-11-23']);
    expect(days.map((day) => day.precipitationProbability)).toEqual([55, 55, undefined]);
    expect(text).toContain('Lisbon, Lisbon District, Portugal, 2026-11-21T09:15 there: partly cloudy, 14.2 °C.');
  });

  it('takes a region or country to tell places apart, units, days and coordinates', async () => {
    const { structuredContent } = await tool.run({ location: 'Lisbon, Maine', units: 'imperial', days: 1 }, context());
    expect(structuredContent).toMatchObject({
      place: { region: 'Maine' },
      otherPlaces: [],
      units: { temperature: '°F', wind: 'mph', precipitation: 'in' },
      now: { temperature: 57.6 },
    });
    const there = await tool.run({ location: '38.7, -9.1' }, context());
    expect(there.structuredContent).toMatchObject({ place: { latitude: 38.7, longitude: -9.1 } });
    const query = services.seen.at(-1)?.url.searchParams;
    expect([query?.get('latitude'), query?.get('longitude')]).toEqual(['38.7', '-9.1']);
  });

  it('asks nobody again within ten minutes, and afterwards does', async () => {
    await tool.run({ location: 'Berlin' }, context());
    const before = asked();
    await tool.run({ location: 'berlin' }, context());
    expect(asked()).toBe(before);
    clock.advance(601_000);
    await tool.run({ location: 'Berlin' }, context());
    expect(asked()).toBe(before + 1);
  });

  it('says that a place is unknown', async () => {
    const result = await tool.run({ location: 'Nowhereville' }, context());
    expect(result).toMatchObject({ isError: true, code: 'not_found' });
    expect(result.text).toContain('No place called "Nowhereville" is known.');
  });

  it.each([
    ['a refusal', { status: 403 }, 'forbidden'],
    ['no more requests', { status: 429, times: 4 }, 'rate_limited'],
    ['a fault', { status: 500, times: 4 }, 'upstream_failed'],
    ['no JSON', { status: 200, body: '<html>' }, 'upstream_failed'],
    ['another shape', { status: 200, body: '{"results":[{"name":7}]}' }, 'upstream_failed'],
  ])(
    'answers %s of the service as an error, and remembers none',
    async (_what, failure, code) => {
      services.fail(failure);
      expect(await tool.run({ location: 'Berlin' }, context())).toMatchObject({ isError: true, code });
      expect((await tool.run({ location: 'Berlin' }, context())).isError).toBeUndefined();
    },
    20_000,
  );
});

describe('send_push_notification', () => {
  const push = (topics: string, token?: string): Tool =>
    createSendPushNotification({
      notifier: createNtfy({
        http,
        url: services.ntfyUrl,
        topics: parsePushTopics(createSecret(topics)),
        ...(token !== undefined && { token: createSecret(token) }),
      }),
    });

  it('publishes title, message and priority to the topic, which stands in no address', async () => {
    const args = { title: 'Booked', message: 'Lunch with Ana ☀️', priority: 'high' };
    const result = await push('alex-phone', 'tk_abc').run(args, context());
    expect(result).toEqual({ structuredContent: { id: 'sPs71M8A2T' }, text: 'The push message was sent.' });
    const seen = services.seen.at(-1);
    expect([seen?.method, seen?.url.href, seen?.authorization]).toEqual(['POST', 'http://localhost/', 'Bearer tk_abc']);
    expect(JSON.parse(seen?.body ?? '')).toEqual({
      topic: 'alex-phone',
      title: 'Booked',
      message: 'Lunch with Ana ☀️',
      priority: 4,
    });
  });

  it('goes to the person’s own topic, and nowhere for a person who has none', async () => {
    const tool = push(`${PERSON}=topic-a,${OTHER_PERSON}=topic-b`);
    await tool.run({ message: 'hi' }, context(OTHER_PERSON));
    expect(JSON.parse(services.seen.at(-1)?.body ?? '')).toEqual({ topic: 'topic-b', message: 'hi', priority: 3 });
    const before = services.seen.length;
    const result = await tool.run({ message: 'hi' }, context('p_01JD0000000000000000000000'));
    expect(result).toMatchObject({ isError: true, code: 'not_found' });
    expect(services.seen).toHaveLength(before);
  });

  it.each(['', 'two words', `${PERSON}=a,${PERSON}=b`, 'a,b', `${PERSON}=`, `p_x=a`])(
    'does not start with the topics %j, and quotes none of them',
    (topics) => {
      expect(() => push(topics)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
    },
  );

  it('is never sent twice by itself', async () => {
    const before = services.seen.length;
    services.fail({ status: 500 });
    const result = await push('alex-phone').run({ message: 'hi' }, context());
    expect(result).toMatchObject({ isError: true, code: 'upstream_failed' });
    expect(services.seen).toHaveLength(before + 1);
  });

  it('tells the person who is asked for a yes what would be sent', () => {
    const summary = push('alex-phone').summarize?.({ title: 'A “B”', message: 'line one\nline two', priority: 'max' });
    expect(summary).toBe('Send you a push message titled “A "B"” with max priority: “line one line two”');
  });
});
