import { createHmac, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SLACK_WINDOW_SECONDS, signSlackRequest, verifySlackSignature } from '../../../src/trust/slack-signature.ts';
import { installPeer, requirePeer } from '../../support/peers.ts';

// Judged by Slack's own verifier, and by the example in Slack's documentation.

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const NOW_S = 1_531_420_618;
const nowMs = NOW_S * 1000;
/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
const EXAMPLE =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const EXAMPLE_SIGNATURE = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';

const bytes = (text: string) => Buffer.from(text);
const verify = (over: Partial<Parameters<typeof verifySlackSignature>[0]> = {}, secret = SECRET, at = nowMs) =>
  verifySlackSignature(
    { timestamp: String(NOW_S), signature: EXAMPLE_SIGNATURE, body: bytes(EXAMPLE), ...over },
    { secret, nowMs: at },
  );

describe('a signature', () => {
  it('is that of Slack’s own example', () => {
    expect(signSlackRequest(SECRET, NOW_S, bytes(EXAMPLE))).toBe(EXAMPLE_SIGNATURE);
    expect(verify()).toEqual({ ok: true, value: undefined });
  });

  it('covers the body byte for byte, whatever is in it', () => {
    const body = Buffer.concat([bytes('{"text":"ü🎂"}'), Buffer.from([0xff, 0xfe, 0x00])]);
    const signature = signSlackRequest(SECRET, NOW_S, body);
    expect(verify({ body, signature }).ok).toBe(true);
    for (let index = 0; index < body.length; index += 1) {
      const other = Buffer.from(body);
      other[index] = (other[index] ?? 0) ^ 1;
      expect(verify({ body: other, signature })).toMatchObject({ ok: false, reason: 'slack_signature_mismatch' });
    }
  });

  it('is good for five minutes, either way, to the second', () => {
    for (const offset of [-SLACK_WINDOW_SECONDS, 0, SLACK_WINDOW_SECONDS]) {
      expect(verify({}, SECRET, nowMs + offset * 1000).ok).toBe(true);
    }
    for (const offset of [-SLACK_WINDOW_SECONDS - 1, SLACK_WINDOW_SECONDS + 1]) {
      expect(verify({}, SECRET, nowMs + offset * 1000)).toMatchObject({ ok: false, reason: 'slack_stale' });
    }
  });

  it.each([
    ['no time', { timestamp: undefined }, 'slack_timestamp_missing'],
    ['an empty time', { timestamp: '' }, 'slack_timestamp_missing'],
    ['a time with a sign', { timestamp: `+${NOW_S}` }, 'slack_timestamp_malformed'],
    ['a time with a space', { timestamp: ` ${NOW_S}` }, 'slack_timestamp_malformed'],
    ['a time in another spelling', { timestamp: `${NOW_S}.0` }, 'slack_timestamp_malformed'],
    ['a time with a zero in front', { timestamp: `0${NOW_S}` }, 'slack_timestamp_malformed'],
    ['two times', { timestamp: `${NOW_S},${NOW_S}` }, 'slack_timestamp_malformed'],
    ['another time', { timestamp: String(NOW_S + 1) }, 'slack_signature_mismatch'],
    ['no signature', { signature: undefined }, 'slack_signature_missing'],
    ['two signatures', { signature: `${EXAMPLE_SIGNATURE},${EXAMPLE_SIGNATURE}` }, 'slack_signature_malformed'],
    ['a shorter signature', { signature: EXAMPLE_SIGNATURE.slice(0, -2) }, 'slack_signature_malformed'],
    ['capital letters', { signature: EXAMPLE_SIGNATURE.toUpperCase() }, 'slack_signature_malformed'],
    ['another version', { signature: EXAMPLE_SIGNATURE.replace('v0', 'v1') }, 'slack_signature_malformed'],
    ['no version', { signature: EXAMPLE_SIGNATURE.slice(3) }, 'slack_signature_malformed'],
    ['an empty body', { body: new Uint8Array(0) }, 'slack_signature_mismatch'],
  ])('with %s is refused', (_what, over, reason) => {
    expect(verify(over)).toMatchObject({ ok: false, reason });
  });

  it('by another secret is refused, and an empty one signs nothing for us', () => {
    expect(verify({}, 'another')).toMatchObject({ ok: false, reason: 'slack_signature_mismatch' });
    const empty = `v0=${createHmac('sha256', '').update(`v0:${NOW_S}:x`).digest('hex')}`;
    expect(verify({ body: bytes('x'), signature: empty })).toMatchObject({ ok: false });
  });
});

describe('Slack’s own verifier (@slack/bolt)', () => {
  interface Options {
    signingSecret: string;
    body: string;
    headers: { 'x-slack-signature': string; 'x-slack-request-timestamp': number };
    nowMilliseconds: number;
  }
  let judge: (options: Options) => boolean;

  beforeAll(async () => {
    await installPeer('@slack/bolt', 'slack');
    const path = './slack/node_modules/@slack/bolt/dist/receivers/verify-request.js';
    judge = (requirePeer(path) as { isValidSlackRequest: typeof judge }).isValidSlackRequest;
  }, 600_000);

  it('takes what we sign, and we refuse what it refuses', () => {
    let taken = 0;
    for (let round = 0; round < 300; round += 1) {
      const secret = randomBytes(16).toString('hex');
      const body = randomBytes(round).toString('base64');
      const at = NOW_S + (round % 7) * 120 - 360;
      const good = signSlackRequest(secret, at, bytes(body));
      const signature = round % 3 === 0 ? good.replace(/.$/, (last) => (last === '0' ? '1' : '0')) : good;
      const headers = { 'x-slack-signature': signature, 'x-slack-request-timestamp': at };
      const theirs = judge({ signingSecret: secret, body, headers, nowMilliseconds: nowMs });
      const ours = verifySlackSignature({ timestamp: String(at), signature, body: bytes(body) }, { secret, nowMs }).ok;
      // Theirs takes times that have not come yet; ours does within the window only.
      if (at <= NOW_S + SLACK_WINDOW_SECONDS) expect([round, ours]).toEqual([round, theirs]);
      else expect(ours).toBe(false);
      if (ours) taken += 1;
    }
    expect(taken).toBeGreaterThan(100);
  });
});
