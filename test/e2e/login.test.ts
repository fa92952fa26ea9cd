import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signInBrowser } from '../../src/cli/client/connect.ts';
import { CLI_CLIENT, startIssuer, type TestIssuer, visitIssuer } from '../support/issuer.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { createWebBrowser } from '../support/web-browser.ts';

// `sallyport login` and all that follows, as processes of their own, before a real issuer and the whole system.

const RESOURCE = 'https://agent.example.com';
const LIFE_SECONDS = 600;
let issuer: TestIssuer;
let system: TestMachine;
let folder: string;
let config: string;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Running {
  /** Resolves with what matches on stderr first. */
  seen(pattern: RegExp): Promise<string>;
  readonly ended: Promise<Ended>;
}

function sallyport(...args: string[]): Running {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    XDG_CONFIG_HOME: config,
    SALLYPORT_HOME: join(folder, 'no-system-here'),
    SALLYPORT_AGENT_URL: system.machine.access.agent.url,
    SALLYPORT_OAUTH_URL: system.machine.access.oauth.url,
    SALLYPORT_CONFIRM_TOKEN: system.machine.access.oauth.token,
  };
  const child = spawn(process.execPath, ['bin/sallyport.mjs', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    for (const look of waiting) look();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: (code as number | null) ?? -1, out, err }));
  const seen = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(err)?.[1];
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without it: ${err}`)));
    });
  return { ended, seen };
}
const LINK = /^(https?:\S+)\n/m;

async function login(who: string, ...args: string[]): Promise<Ended> {
  const running = sallyport('login', '--no-browser', ...args);
  await visitIssuer(await running.seen(LINK), { login: who });
  return running.ended;
}

const loginFile = (): string => join(config, 'sallyport', 'login.json');
function changeLogin(change: (login: Record<string, unknown>) => void): void {
  const file = JSON.parse(readFileSync(loginFile(), 'utf8'));
  for (const entry of Object.values<Record<string, unknown>>(file.logins)) change(entry);
  writeFileSync(loginFile(), JSON.stringify(file));
}

beforeAll(async () => {
  issuer = await startIssuer({ resource: RESOURCE, accessTokenSeconds: LIFE_SECONDS });
  const profile = {
    issuer: issuer.issuer,
    alias: 'work',
    audience: [RESOURCE],
    login: {
      client_id: CLI_CLIENT,
      scopes: ['openid', 'offline_access', 'calendar.read', 'calendar.write'],
      resource: RESOURCE,
    },
  };
  folder = mkdtempSync(join(tmpdir(), 'sallyport-login-'));
  system = await startTestMachine({
    given: { SALLYPORT_ISSUERS: JSON.stringify([profile]), SALLYPORT_ALLOWED_HOSTS: issuer.host },
  });
  await system.connect();
  await system.operator.mapIdentity('oidc:work:ann', system.machine.access.person);
}, 60_000);
afterAll(async () => {
  await system?.close();
  await issuer?.close();
  rmSync(folder, { recursive: true, force: true });
});

let folders = 0;
beforeEach(() => {
  folders += 1;
  config = join(folder, `config-${folders}`);
});

describe('sallyport login', () => {
  it('takes the person through the browser, and every command is theirs from then on', async () => {
    expect(await login('ann')).toMatchObject({
      code: 0,
      out: `You are signed in at ${system.machine.access.agent.url}.\n`,
    });
    const { code, out } = await sallyport('whoami').ended;
    expect({ code, out }).toEqual({
      code: 0,
      out: `${system.machine.access.person}  oidc:work:ann  calendar.read calendar.write\n`,
    });
    const asked = await sallyport('ask', 'am I free tomorrow at three?').ended;
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.out).toMatch(/free/i);
  }, 30_000);

  it('keeps the tokens where only their owner can read them', async () => {
    await login('ann');
    expect(statSync(loginFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(config, 'sallyport')).mode & 0o777).toBe(0o700);
    const [entry] = Object.values<Record<string, unknown>>(JSON.parse(readFileSync(loginFile(), 'utf8')).logins);
    expect(entry).toMatchObject({ issuer: issuer.issuer, client_id: CLI_CLIENT });
    expect(entry).not.toHaveProperty('id_token');
  });

  it('signs in by a code on any device', async () => {
    const running = sallyport('login', '--device');
    const url = await running.seen(/^Open (\S+) on any device/m);
    const userCode = await running.seen(/type: (\S+)$/m);
    await visitIssuer(url, { login: 'ann', userCode });
    expect(await running.ended).toMatchObject({ code: 0 });
    expect((await sallyport('whoami').ended).out).toContain('oidc:work:ann');
  }, 30_000);

  it('ends without a sign-in when the person says no', async () => {
    const running = sallyport('login', '--no-browser');
    await visitIssuer(await running.seen(LINK), { login: 'ann', refuse: true });
    const { code, err } = await running.ended;
    expect(code).not.toBe(0);
    expect(err).toContain('You said no');
    expect((await sallyport('whoami').ended).err).toContain('sallyport login');
  });

  it('names the ways there are when none fits', async () => {
    const { code, err } = await sallyport('login', '--issuer', 'okta').ended;
    expect(code).not.toBe(0);
    expect(err).toContain(`work (${issuer.issuer})`);
  });
});

describe('the token of a sign-in', () => {
  const tokens = (): Record<string, string> => {
    const [entry] = Object.values<Record<string, string>>(JSON.parse(readFileSync(loginFile(), 'utf8')).logins);
    return entry ?? {};
  };
  const endSoon = (): void =>
    changeLogin((entry) => {
      entry['expires_at_ms'] = Date.now() + 30_000;
    });

  it('is refreshed before it expires, once, though five commands come at the same moment', async () => {
    await login('ann');
    const before = tokens();
    endSoon();
    const asked = issuer.asked.get('/token') ?? 0;
    const ended = await Promise.all(Array.from({ length: 5 }, () => sallyport('whoami').ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(issuer.asked.get('/token')).toBe(asked + 1);
    expect(tokens()['access_token']).not.toBe(before['access_token']);
    expect(tokens()['refresh_token']).not.toBe(before['refresh_token']);
    expect(statSync(loginFile()).mode & 0o777).toBe(0o600);
  }, 60_000);

  it('that can no longer be refreshed is forgotten, and the person asked to sign in', async () => {
    await login('ann');
    changeLogin((entry) => {
      entry['refresh_token'] = 'revoked';
      entry['expires_at_ms'] = Date.now() - 1000;
    });
    const { code, err } = await sallyport('whoami').ended;
    expect(code).not.toBe(0);
    expect(err).toContain('Run `sallyport login`.');
    expect(JSON.parse(readFileSync(loginFile(), 'utf8')).logins).toEqual({});
  });

  it('in a file that others can read is not used', async () => {
    await login('ann');
    chmodSync(loginFile(), 0o644);
    const { code, err } = await sallyport('whoami').ended;
    expect(code).not.toBe(0);
    expect(err).toContain('chmod 600');
  });

  it('goes to no other address than the one that was signed in to', async () => {
    await login('ann');
    const file = JSON.parse(readFileSync(loginFile(), 'utf8'));
    expect(Object.keys(file.logins)).toEqual([system.machine.access.agent.url]);
  });

  it('is forgotten by logout, and ends at the issuer as well', async () => {
    await login('ann');
    const { refresh_token: token = '', client_id = '' } = tokens();
    expect(await sallyport('logout').ended).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(loginFile(), 'utf8')).logins).toEqual({});
    const again = await fetch(`${issuer.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id }),
    });
    expect(await again.json()).toMatchObject({ error: 'invalid_grant' });
    expect((await sallyport('logout').ended).out).toContain('Nobody was signed in');
  });
});

describe('sallyport link', () => {
  it('makes the sign-in of this terminal the person’s in whose browser it is confirmed', async () => {
    await login('bob');
    expect((await sallyport('whoami').ended).err).toContain('Link it with `sallyport link`');
    const { oauth } = system.machine.access;
    const browser = createWebBrowser();
    // The browser becomes the person's by their own terminal, as `sallyport open` does it.
    await signInBrowser({
      oauth,
      open: async (url) => void (await browser.press(await browser.open(url), '/sign-in')),
    });
    const running = sallyport('link', '--no-browser');
    const page = await browser.open(await running.seen(LINK));
    expect(page.text).toContain('bob');
    const done = await browser.press(page, '/identities/link');
    expect(done.text).toContain('Linked');
    expect(await running.ended).toMatchObject({ code: 0, out: `oidc:work:bob is ${system.machine.access.person}\n` });
    expect((await sallyport('whoami').ended).out).toContain(system.machine.access.person);
    // Seen and taken back by the person, with the token that confirms.
    expect((await sallyport('identities').ended).out.split('\n')).toContain('oidc:work:bob');
    expect(await sallyport('unlink', 'oidc:work:bob').ended).toMatchObject({ code: 0 });
    expect((await sallyport('identities').ended).out).not.toContain('bob');
    expect((await sallyport('whoami').ended).err).toContain('nobody here is known');
    expect((await sallyport('unlink', 'oidc:work:bob').ended).code).not.toBe(0);
  }, 60_000);
});
