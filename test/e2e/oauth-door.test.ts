import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { auth, Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { auth as oldAuth } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createSdkSignIn, type SdkSignIn } from '../support/sdk-sign-in.ts';

// Clients that nobody here wrote find out by themselves where a token comes from, sign their person in, ask for more where a tool needs it, and get the
// answers that every other door gives.

let world: TestMachine;
let url: URL;
const open: SdkSignIn[] = [];
const window = { timeMin: '2027-03-01T00:00:00Z', timeMax: '2027-03-02T00:00:00Z' };
const event = {
  summary: 'Dentist',
  start: '2027-03-02T09:00:00',
  end: '2027-03-02T10:00:00',
  timeZone: 'Europe/Berlin',
};

beforeAll(async () => {
  world = await startTestMachine();
  await world.connect();
  url = new URL(world.machine.access.oauth_door.url);
}, 60_000);
afterEach(async () => {
  for (const signIn of open.splice(0)) await signIn.close();
});
afterAll(() => world.close());

/** One client of the SDK, of either generation, as far as a test uses it. */
interface Session {
  readonly names: readonly string[];
  call(name: string, args: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

interface Line {
  /** Signs in for certain scopes only. */
  signIn(person: SdkSignIn, scope: string): Promise<void>;
  /** Connects; rejects while there is no token, once the person has been sent to the issuer. */
  connect(person: SdkSignIn): Promise<Session>;
  /** Trades what the browser brought back for a token. */
  finish(person: SdkSignIn): Promise<void>;
}

const old: Line = {
  signIn: async (provided, scope) => {
    const { provider } = provided;
    await oldAuth(provider, { serverUrl: url, scope });
    await oldAuth(provider, { serverUrl: url, authorizationCode: provided.back().get('code') ?? '' });
  },
  connect: async ({ provider }) => {
    const client = new OldClient({ name: 'old', version: '1' });
    await client.connect(new OldTransport(url, { authProvider: provider }) as Parameters<OldClient['connect']>[0]);
    return {
      names: (await client.listTools()).tools.map(({ name }) => name),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    };
  },
  finish: ({ provider, back }) =>
    new OldTransport(url, { authProvider: provider }).finishAuth(back().get('code') ?? ''),
};

const today = (mode: 'auto' | { readonly pin: string }): Line => ({
  signIn: async (provided, scope) => {
    const { provider } = provided;
    await auth(provider, { serverUrl: url, scope });
    const back = provided.back();
    await auth(provider, {
      serverUrl: url,
      authorizationCode: back.get('code') ?? '',
      iss: back.get('iss') ?? undefined,
    } as Parameters<typeof auth>[1]);
  },
  connect: async ({ provider }) => {
    const client = new Client({ name: 'new', version: '1' }, { versionNegotiation: { mode } });
    await client.connect(new StreamableHTTPClientTransport(url, { authProvider: provider }));
    return {
      names: (await client.listTools()).tools.map(({ name }) => name),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    };
  },
  finish: ({ provider, back }) => new StreamableHTTPClientTransport(url, { authProvider: provider }).finishAuth(back()),
});

async function person(): Promise<SdkSignIn> {
  const made = await createSdkSignIn();
  open.push(made);
  return made;
}

/** What the key door answers to the same call. */
async function atKeyDoor(name: string, args: object): Promise<unknown> {
  const { url: address, token } = world.machine.access.key_door;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } });
  const answer = (await (await fetch(address, { method: 'POST', headers, body })).json()) as { result: object };
  return answer.result;
}

async function approveAll(): Promise<void> {
  const { url: oauth, token } = world.machine.access.oauth;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const { approvals } = (await (await fetch(`${oauth}/approvals`, { headers })).json()) as {
    approvals: { id: string; agent: string }[];
  };
  for (const { id, agent } of approvals) {
    expect(agent).toMatch(/^client\/local\/[\w-]+$/);
    await fetch(`${oauth}/approvals/${id}`, { method: 'POST', headers, body: '{"decision":"yes"}' });
  }
}

describe.each<[string, Line]>([
  ['the SDK’s client of the maintenance line (1.32)', old],
  ['the SDK’s client of today (2.4), either revision', today('auto')],
  ['the SDK’s client of today (2.4), 2026-07-28 alone', today({ pin: '2026-07-28' })],
])('%s', (_what, line) => {
  it('finds the issuer, registers there, signs its person in, and gets the key door’s answer', async () => {
    const mine = await person();
    await expect(line.connect(mine)).rejects.toThrow();
    const [asked] = mine.visited;
    expect(Object.fromEntries(asked?.searchParams ?? [])).toMatchObject({
      resource: url.href,
      response_type: 'code',
      code_challenge_method: 'S256',
      scope: expect.stringContaining('calendar.read calendar.write weather.read'),
    });
    await line.finish(mine);
    const session = await line.connect(mine);
    expect(session.names).toEqual(expect.arrayContaining(['freebusy', 'createevent', 'get_weather']));
    const { structuredContent } = (await session.call('freebusy', window)) as { structuredContent: unknown };
    expect({ structuredContent }).toMatchObject({
      structuredContent: ((await atKeyDoor('freebusy', window)) as { structuredContent: object }).structuredContent,
    });
    await session.close();
    expect(world.lines('tool_call').at(-2)).toMatchObject({ door: 'oauth', outcome: 'completed', tainted: true });
    const token = mine.held()?.access_token ?? '-';
    expect(world.logText.join('\n')).not.toContain(token.slice(-40));
  });

  it('shows and calls what its token allows, and asks for more when a tool needs it', async () => {
    const mine = await person();
    await line.signIn(mine, 'calendar.read');
    // With a refresh token the older client asks for the same scopes once more, and gives up.
    mine.hold({ access_token: mine.held()?.access_token ?? '' });
    const session = await line.connect(mine);
    expect(session.names).toContain('freebusy');
    expect(session.names).not.toContain('createevent');
    const asked = mine.visited.length;
    await expect(session.call('createevent', event)).rejects.toThrow();
    expect(mine.visited.length).toBe(asked + 1);
    expect(mine.visited.at(-1)?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['calendar.read', 'calendar.write']),
    );
    await line.finish(mine);
    await session.close();
    const wider = await line.connect(mine);
    expect(wider.names).toContain('createevent');
    // Nothing is written without the person's yes, which names the client.
    await wider.call('createevent', event).catch(() => undefined);
    await approveAll();
    const done = (await wider.call('createevent', event)) as { isError?: boolean };
    expect(done.isError ?? false).toBe(false);
    await wider.close();
  });

  it('gets a new token by itself when the old one is refused', async () => {
    const mine = await person();
    await line.signIn(mine, 'calendar.read offline_access');
    const held = mine.held();
    mine.hold({ ...held, access_token: `${held?.access_token ?? ''}x` });
    const asked = mine.visited.length;
    const session = await line.connect(mine);
    expect(session.names).toContain('freebusy');
    await session.close();
    expect(mine.visited.length).toBe(asked);
    expect(mine.held()?.access_token).not.toBe(held?.access_token);
  });
});

describe('the issuer that stands in', () => {
  it('makes no token for another API', async () => {
    const mine = await person();
    await old.signIn(mine, 'calendar.read');
    const elsewhere = new URL(mine.visited[0]?.href ?? '');
    elsewhere.searchParams.set('resource', 'https://agent.example.com');
    const answer = await fetch(elsewhere, { redirect: 'manual' });
    expect(answer.headers.get('location') ?? '').toContain('error=invalid_target');
  });

  it('tells where it is under both names of its metadata', async () => {
    const metadata = (await (await fetch(new URL('/.well-known/oauth-protected-resource', url))).json()) as {
      authorization_servers: [string];
    };
    const [issuer] = metadata.authorization_servers;
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const described = (await (await fetch(`${issuer}/.well-known/${name}`)).json()) as object;
      expect(described).toMatchObject({ issuer, code_challenge_methods_supported: ['S256'] });
    }
  });
});
