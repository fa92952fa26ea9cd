import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOutsideClient } from '../../src/adapters/http/outside-client.ts';
import { createNoSlack } from '../../src/adapters/slack/no-slack.ts';
import { createSlackClient } from '../../src/adapters/slack/slack-client.ts';
import { slackApiUrl } from '../../src/compose/slack.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { Slack } from '../../src/ports/slack.ts';
import { createTestLog, type TestLog } from '../support/log.ts';
import {
  openDirect,
  SLACK_BOT_TOKEN,
  SLACK_CHANNEL,
  SLACK_USER,
  type SlackPeer,
  startSlack,
} from '../support/slack.ts';

// Our way to Slack, against an emulator of its Web API; a proxy refuses as Slack does when it has had enough.

const content = { text: 'hello', blocks: [{ type: 'section', text: { type: 'plain_text', text: 'hello' } }] };
const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

let peer: SlackPeer;
let log: TestLog;
let slack: Slack;
let direct: string;

function connect(apiUrl: string, hosts: readonly string[]): Slack {
  const http = createOutsideClient({ clock, random, log, allow: { hosts } });
  return createSlackClient({ token: createSecret(SLACK_BOT_TOKEN), apiUrl, http, clock, log });
}

beforeAll(async () => {
  peer = await startSlack();
  log = createTestLog();
  slack = connect(peer.apiUrl, [new URL(peer.apiUrl).host]);
  direct = await openDirect(peer, SLACK_USER);
}, 600_000);
afterAll(() => peer?.close());

describe('the way to Slack', () => {
  it('posts, edits and shows to one user alone', async () => {
    expect(await slack.openDirect(SLACK_USER)).toBe(direct);
    const ref = await slack.post({ channel: direct }, content);
    expect(ref.channel).toBe(direct);
    expect(await slack.update(ref, { ...content, text: 'changed' })).toBe(true);
    const reply = await slack.post({ channel: direct, thread: ref.ts }, content);
    expect(peer.calls.at(-1)?.fields['thread_ts']).toBe(ref.ts);
    expect(reply.ts).not.toBe(ref.ts);
    expect(await slack.whisper({ channel: SLACK_CHANNEL, user: SLACK_USER }, content)).toBe(true);
    await slack.publishHome(SLACK_USER, content.blocks);
    expect(await slack.timeZoneOf(SLACK_USER)).toBeUndefined();
  });

  it('says what is out of reach, without a fault', async () => {
    expect(await slack.update({ channel: direct, ts: '1.000001' }, content)).toBe(false);
    expect(await slack.whisper({ channel: 'C0NOWHERE', user: SLACK_USER }, content)).toBe(false);
    await expect(slack.post({ channel: 'D0NOWHERE' }, content)).rejects.toMatchObject({ code: 'not_found' });
    await expect(slack.openDirect('U0NOBODY')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('waits as long as Slack asks, and sends it once', async () => {
    peer.refuseNext({ method: 'chat.postMessage', status: 429, headers: { 'retry-after': '1' } });
    const before = peer.callsOf('chat.postMessage').length;
    const began = Date.now();
    await slack.post({ channel: direct }, content);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
    const [refused, sent, ...more] = peer.callsOf('chat.postMessage').slice(before);
    expect([refused?.answer.ok, sent?.answer.ok, more.length]).toEqual([false, true, 0]);
  });

  it('holds other calls of that method back meanwhile, and no others', async () => {
    peer.refuseNext({ method: 'chat.update', status: 429, headers: { 'retry-after': '1' } });
    const ref = await slack.post({ channel: direct }, content);
    const began = Date.now();
    const first = slack.update(ref, content);
    await peer.waitFor(
      ({ method, answer }) => method === 'chat.update' && answer.ok === false && answer.error === undefined,
    );
    await slack.post({ channel: direct }, content);
    expect(Date.now() - began).toBeLessThan(900);
    const second = slack.update(ref, content);
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
  });

  it('does not wait for long: the job comes again', async () => {
    peer.refuseNext({ method: 'chat.postMessage', status: 429, headers: { 'retry-after': '600' } });
    await expect(slack.post({ channel: direct }, content)).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 600,
    });
  });

  it('tells a Slack that is down from one that refuses', async () => {
    peer.refuseNext({ method: 'users.info', status: 503, body: {} });
    await expect(slack.timeZoneOf(SLACK_USER)).rejects.toMatchObject({ code: 'unavailable' });
    peer.refuseNext({ method: 'users.info', status: 200, body: { ok: false, error: 'internal_error' } });
    await expect(slack.timeZoneOf(SLACK_USER)).rejects.toMatchObject({ code: 'unavailable' });
    peer.refuseNext({ method: 'users.info', status: 200, body: { ok: false, error: 'missing_scope' } });
    await expect(slack.timeZoneOf(SLACK_USER)).rejects.toMatchObject({ code: 'upstream_failed' });
    peer.refuseNext({ method: 'chat.postMessage', status: 200, body: { ok: true } });
    await expect(slack.post({ channel: direct }, content)).rejects.toMatchObject({ code: 'upstream_failed' });
  });

  it('goes nowhere that the one client outside does not go', async () => {
    const astray = connect('http://127.0.0.1:9/api/', []);
    await expect(astray.post({ channel: direct }, content)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('leaves neither its token nor a word of a message in the log', () => {
    const text = JSON.stringify(log);
    expect(text).toContain('slack.call_failed');
    expect(text).not.toContain(SLACK_BOT_TOKEN);
    expect(text).not.toContain('hello');
  });
});

describe('without a bot token', () => {
  it('nothing leaves, and the log says so without a word of it', async () => {
    const quiet = createTestLog();
    const none = createNoSlack(quiet);
    const calls = peer.calls.length;
    const ref = await none.post({ channel: direct }, content);
    expect(await none.update(ref, content)).toBe(true);
    expect(await none.whisper({ channel: direct, user: SLACK_USER }, content)).toBe(true);
    await none.publishHome(SLACK_USER, content.blocks);
    await none.openDirect(SLACK_USER);
    expect(await none.timeZoneOf(SLACK_USER)).toBeUndefined();
    expect(peer.calls).toHaveLength(calls);
    expect(JSON.stringify(quiet)).toContain('slack.not_sent');
    expect(JSON.stringify(quiet)).not.toContain('hello');
  });
});

describe('SLACK_API_URL', () => {
  it.each([
    ['https://slack.com/api/', 'https://slack.com/api/'],
    ['https://slack.com/api', 'https://slack.com/api/'],
    ['http://127.0.0.1:4003', 'http://127.0.0.1:4003/api/'],
    ['http://127.0.0.1:4003/', 'http://127.0.0.1:4003/api/'],
    ['http://127.0.0.1:4003/slack/api', 'http://127.0.0.1:4003/slack/api/'],
  ])('%s means %s', (given, meant) => {
    expect(slackApiUrl(given)).toBe(meant);
  });
});
