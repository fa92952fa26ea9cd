import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auth } from '@modelcontextprotocol/client';
import { ask } from '../../src/cli/client/chat.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createSdkSignIn } from '../support/sdk-sign-in.ts';

// Planted words that no log line may hold: what people say, whom they meet, and every secret of the system.

const TITLE = 'Zanzibarquartz';
const ADDRESS = 'canary.guest@example.net';
let test: TestMachine;

beforeAll(async () => {
  test = await startTestMachine({ given: { SALLYPORT_LOG_LEVEL: 'debug' } });
  await test.connect();
});
afterAll(() => test.close());

const { stringify } = JSON;

describe('the logs', () => {
  it('hold no message text, address, event or token after a whole conversation with refusals and faults', async () => {
    const { agent, oauth, mcp, key_door } = test.machine.access;
    const options = { agent, approvals: oauth, decide: async () => 'yes' as const };
    const answer = await ask(
      { message: `Book "${TITLE}" tomorrow at 15:00 with ${ADDRESS}`, timeZone: 'Europe/Berlin' },
      options,
    );
    expect(answer.status).toBe('completed');
    expect(stringify(answer.tool_calls)).toContain(ADDRESS);
    const listed = await ask({ message: 'What is on my calendar tomorrow?', timeZone: 'Europe/Berlin' }, options);
    expect(listed.answer).toContain(TITLE);
    // Faults on the way print causes: Google fails, then refuses the token.
    test.machine.google.faults.next({ match: { pathIncludes: '/events' }, status: 500, times: 9 });
    await ask({ message: `What is on my calendar tomorrow about ${TITLE}?`, timeZone: 'Europe/Berlin' }, options);
    await fetch(`${agent.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}x`, 'content-type': 'application/json' },
      body: stringify({ message: TITLE }),
    });
    await fetch(`${agent.url}/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: `{"message": "${TITLE}`,
    });
    // What JSON.parse finds at once it quotes in its error.
    for (const body of [`{"message": ${TITLE}}`, TITLE, agent.token]) {
      const headers = { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' };
      expect((await fetch(`${agent.url}/chat`, { method: 'POST', headers, body })).status).toBe(400);
    }
    for (const body of [ADDRESS, oauth.token]) {
      const headers = { authorization: `Bearer ${oauth.token}`, 'content-type': 'application/json' };
      expect((await fetch(`${oauth.url}/approvals/x`, { method: 'POST', headers, body })).status).toBe(400);
    }
    await fetch(key_door.url, { method: 'POST', headers: { authorization: `Bearer ${oauth.token}` }, body: TITLE });

    const log = test.logText.join('\n');
    const secrets = JSON.parse(test.home.read('secrets.json') ?? '{}');
    const canaries: Record<string, string> = {
      'the event’s title': TITLE,
      'a guest’s address': ADDRESS,
      'the person’s address': test.machine.person.email,
      'the agent token': agent.token.slice(-20),
      'the beginning of a token': agent.token.slice(0, 8),
      'the key door’s token': key_door.token.slice(-20),
      'the confirm token': oauth.token.slice(-20),
      'the HMAC secret': mcp.secret,
      'the HMAC master': secrets.hmac_master,
      'the vault key': secrets.vault_key,
      'Google’s client secret': secrets.google_client_secret,
      'a JWT': 'eyJ',
      'a private key': 'PRIVATE KEY',
    };
    for (const [what, canary] of Object.entries(canaries)) {
      expect(canary.length).toBeGreaterThan(2);
      const line = test.logText.find((text) => text.includes(canary));
      expect({ what, line }).toEqual({ what, line: undefined });
    }
    expect(log).toContain('tool_call');
    expect(test.lines('door.refused').length).toBeGreaterThan(0);
  });

  it('hold no token of an issuer and nothing that leads to one, whatever the OAuth door does with it; nor does the store', async () => {
    const { url } = test.machine.access.oauth_door;
    const person = await createSdkSignIn();
    await auth(person.provider, { serverUrl: url, scope: 'calendar.read offline_access' });
    const back = person.back();
    const code = back.get('code') ?? '';
    await auth(person.provider, { serverUrl: url, authorizationCode: code, iss: back.get('iss') ?? '' });
    await person.close();
    const { access_token: token = '', refresh_token: refresh = '' } = person.held() ?? {};
    const post = async (name: string, args: object, bearer = token): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` };
      const params = { name, arguments: args };
      const body = stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };
    const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };
    expect(await post('freebusy', window)).toBe(200);
    // Arguments that are none, a scope that it lacks, a token that was changed, one in a wrong place.
    expect(await post('freebusy', { timeMin: TITLE })).toBe(200);
    expect(await post('createevent', { summary: TITLE })).toBe(403);
    // At the signature's beginning: not all of the last character's bits count.
    const changed = token.replace(/\.([^.])([^.]*)$/, (_all, first, rest) => `.${first === 'A' ? 'B' : 'A'}${rest}`);
    expect(await post('freebusy', window, changed)).toBe(401);
    expect((await fetch(`${url}?access_token=${token}`, { method: 'POST', body: token })).status).toBe(401);

    const { keys } = await test.machine.store.list('', { limit: 10_000 });
    const records = await Promise.all(keys.map(async (key) => `${key} ${await test.machine.store.get(key)}`));
    const [, claims = '', signature = ''] = token.split('.');
    for (const [what, canary] of Object.entries({ claims, code, refresh, signature, TITLE })) {
      expect(canary.length).toBeGreaterThan(8);
      const line = test.logText.find((text) => text.includes(canary));
      const record = what === 'TITLE' ? undefined : records.find((text) => text.includes(canary));
      expect({ what, line, record }).toEqual({ what, line: undefined, record: undefined });
    }
    expect(test.lines('tool_call')).toContainEqual(expect.objectContaining({ door: 'oauth', outcome: 'completed' }));
  });

  it('join one question’s lines across the APIs by request id and trace', async () => {
    const { agent } = test.machine.access;
    await ask(
      { message: 'am I free tomorrow at nine?', timeZone: 'Europe/Berlin' },
      { agent, decide: async () => undefined },
    );
    const turn = test.lines('turn.finished').at(-1);
    const call = test.lines('tool_call').at(-1);
    expect(typeof turn?.['traceparent']).toBe('string');
    expect(String(call?.['traceparent']).split('-')[1]).toBe(String(turn?.['traceparent']).split('-')[1]);
  });

  it('no record in the store holds a Google token or one of ours in the clear', async () => {
    const { keys } = await test.machine.store.list('', { limit: 10_000 });
    const text = (await Promise.all(keys.map((key) => test.machine.store.get(key)))).join('\n');
    expect(text).toContain('"v":1');
    for (const token of [test.machine.access.agent.token, test.machine.access.oauth.token]) {
      expect(text).not.toContain(token.slice(-43));
    }
    expect(text).not.toMatch(/access_token|refresh_token":"(?!ey)/);
  });
});
