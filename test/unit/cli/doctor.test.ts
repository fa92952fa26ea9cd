import { afterEach, describe, expect, it } from '@jest/globals';
import { examineAgent, examineConsent, examineReach } from '../../../src/cli/doctor.ts';
import type { HttpRequest, HttpResponse } from '../../../src/ports/http.ts';
import { type AppServer, startAppServer } from '../../support/http-app-server.ts';

const servers: AppServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const json = (status: number, body: unknown, headers = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const refused = (status: number, code: string, message: string) =>
  json(status, { error: { code, message, request_id: 'r' } });

async function serve(answers: Readonly<Record<string, HttpResponse>>): Promise<string> {
  const server = await startAppServer(
    async ({ path }: HttpRequest) => answers[path] ?? refused(404, 'not_found', 'None.'),
  );
  servers.push(server);
  return server.url;
}

const reach = async (answer: HttpResponse) =>
  examineReach({ name: 'Agent API', url: await serve({ '/health': answer }) }, {});
const dateAt = (aheadSeconds: number) => ({ date: new Date(Date.now() - aheadSeconds * 1000).toUTCString() });

describe('whether an API is there', () => {
  it('says how fast it answers', async () => {
    expect(await reach(json(200, { status: 'ok' }))).toEqual([
      { state: 'ok', what: expect.stringMatching(/^The Agent API at http:\S+ answers \(\d+ ms\)$/) },
    ]);
  });

  it('takes a refusal by AWS for a sign of life, and nothing worse', async () => {
    expect((await reach(json(403, {})))[0]?.state).toBe('ok');
    expect((await reach(json(500, {})))[0]).toMatchObject({
      state: 'bad',
      mend: expect.stringContaining('make doctor'),
    });
  });

  it.each([
    [10, undefined, ''],
    [-10, undefined, ''],
    [120, 'mind', 'ahead'],
    [-120, 'mind', 'behind'],
    [600, 'bad', 'ahead'],
    [-600, 'bad', 'behind'],
  ])('compares the clocks: %i s', async (ahead, state, words) => {
    const clock = (await reach(json(200, {}, dateAt(ahead))))[1];
    expect(clock?.state).toBe(state);
    if (state !== undefined) expect(clock?.what).toContain(words);
  });

  it('says why nobody answers, and what to do about it here or elsewhere', async () => {
    const here = await examineReach({ name: 'Agent API', url: 'http://127.0.0.1:1' }, {});
    expect(here).toEqual([{ state: 'bad', what: expect.stringContaining('ECONNREFUSED'), mend: 'make dev' }]);
    const there = await examineReach({ name: 'Agent API', url: 'https://nobody.invalid' }, {});
    expect(there[0]?.mend).toContain('HTTPS_PROXY');
    const proxied = await examineReach({ name: 'Agent API', url: 'https://a.invalid' }, { HTTPS_PROXY: 'socks5://x' });
    expect(proxied[0]?.what).toContain('HTTPS_PROXY');
  });
});

describe('whether the Agent API believes you', () => {
  const look = async (answers: Readonly<Record<string, HttpResponse>>) =>
    examineAgent({ url: await serve(answers), token: 'x' }, 'sallyport login');
  const contacts = json(200, { contacts: [] });

  it('says so, with the number of tools', async () => {
    const found = await look({ '/contacts': contacts, '/api/tools/fetch': json(200, { tools: [{ name: 'a' }] }) });
    expect(found.map(({ state, what }) => `${state} ${what}`)).toEqual([
      'ok The Agent API knows who you are',
      'ok The agent has 1 tool for you',
    ]);
  });

  it.each([
    [{ '/contacts': refused(401, 'unauthenticated', 'No.') }, ['Your proof to the Agent API is not believed']],
    [{ '/contacts': refused(403, 'forbidden', 'Not you.') }, [/may not do this: Not you\./]],
    [
      { '/contacts': contacts, '/api/tools/fetch': refused(503, 'unavailable', 'Down.') },
      [/knows who you are/, /Down\./],
    ],
    [{ '/contacts': contacts, '/api/tools/fetch': json(200, { tools: [] }) }, [/knows/, /reaches no tool/]],
  ])('or what is wrong: %#', async (answers, expected) => {
    const found = await look(answers as unknown as Readonly<Record<string, HttpResponse>>);
    expect(found.map(({ what }) => what)).toEqual(
      expected.map((words) => (typeof words === 'string' ? words : expect.stringMatching(words))),
    );
    expect(found.at(-1)?.mend).toMatch(/./);
  });
});

describe('what the OAuth API holds for you', () => {
  const in30Days = new Date(Date.now() + 30 * 86_400_000).toISOString();
  const fine = {
    '/connections': json(200, { connections: [{ provider: 'google', status: 'connected' }] }),
    '/grants': json(200, { grants: [{ agent: 'agent/assistant', expires_at: in30Days }] }),
    '/approvals': json(200, { approvals: [] }),
  };
  const look = async (over: Readonly<Record<string, HttpResponse>>) =>
    examineConsent({ url: await serve({ ...fine, ...over }), token: 'x' }, 'ask your operator');

  it('is in order', async () => {
    expect((await look({})).map(({ state }) => state)).toEqual(['ok', 'ok', 'ok']);
  });

  it.each([
    [{ '/connections': refused(401, 'unauthenticated', 'No.') }, 'bad', 'ask your operator'],
    [{ '/connections': json(200, { connections: [] }) }, 'mind', 'sallyport connect google'],
    [
      { '/connections': json(200, { connections: [{ provider: 'google', status: 'revoked' }] }) },
      'mind',
      'sallyport connect google',
    ],
    [
      { '/connections': json(200, { connections: [{ provider: 'google', status: 'unreadable' }] }) },
      'bad',
      'sallyport connect google',
    ],
    [{ '/grants': json(200, { grants: [] }) }, 'mind', 'sallyport connect google'],
    [
      {
        '/grants': json(200, { grants: [{ agent: 'a', expires_at: new Date(Date.now() + 86_400_000).toISOString() }] }),
      },
      'mind',
      'sallyport connect google',
    ],
    [
      { '/grants': json(200, { grants: [{ agent: 'a', expires_at: '2020-01-01T00:00:00Z' }] }) },
      'bad',
      'sallyport connect google',
    ],
    [{ '/approvals': json(200, { approvals: [{}, {}] }) }, 'mind', 'sallyport approvals'],
  ])('or not, with the command that mends it: %#', async (over, state, mend) => {
    const found = await look(over as unknown as Readonly<Record<string, HttpResponse>>);
    expect(found.filter((finding) => finding.state !== 'ok')).toEqual([
      { state, what: expect.any(String), mend: expect.stringContaining(mend) },
    ]);
  });
});
