import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { currentAuthorization } from '../../../src/cli/client/credentials.ts';
import { createLoginFile, type Login } from '../../../src/cli/client/login-file.ts';
import type { Transport } from '../../../src/cli/client/transport.ts';
import { TransportError } from '../../../src/cli/client/transport.ts';

// Where tokens of a sign-in lie, and when they are refreshed.

const AGENT = 'https://agent.example.com';
const NOW = 1_790_000_000_000;
let folder: string;
let path: string;

const login = (over: Partial<Login> = {}): Login => ({
  issuer: 'https://login.example.com',
  client_id: 'cli',
  token_endpoint: 'https://login.example.com/token',
  access_token: 'access-1',
  refresh_token: 'refresh-1',
  expires_at_ms: NOW + 600_000,
  ...over,
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-login-file-'));
  path = join(folder, 'sallyport', 'login.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keep = (entry: Login | undefined, agentUrl = AGENT) => createLoginFile(path).update(agentUrl, async () => entry);

describe('the file of sign-ins', () => {
  it('keeps one for each Agent API, for its owner alone, and leaves nothing beside it', async () => {
    await keep(login());
    await keep(login({ access_token: 'other' }), 'https://other.example.com');
    expect((await createLoginFile(path).read(AGENT))?.access_token).toBe('access-1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'sallyport'))).toEqual(['login.json']);
    await keep(undefined);
    expect(await createLoginFile(path).read(AGENT)).toBeUndefined();
    expect((await createLoginFile(path).read('https://other.example.com'))?.access_token).toBe('other');
  });

  it.each(['constructor', '__proto__', 'toString'])('has no sign-in at %s', async (name) => {
    await keep(login());
    expect(await createLoginFile(path).read(name)).toBeUndefined();
  });

  it('loses nothing to twenty writers at once', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => keep(login(), `https://a${index}.example.com`)));
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')).logins)).toHaveLength(20);
  });

  it('that others can read, or that is damaged, is refused with what to do', async () => {
    await keep(login());
    chmodSync(path, 0o640);
    await expect(createLoginFile(path).read(AGENT)).rejects.toThrow(`chmod 600 ${path}`);
    chmodSync(path, 0o600);
    for (const text of ['{', '{"v":2,"logins":{}}', '{"v":1,"logins":{"x":{"access_token":1}}}']) {
      writeFileSync(path, text);
      await expect(createLoginFile(path).read(AGENT)).rejects.toThrow('sallyport login');
    }
  });

  it('is unlocked again when a change fails, and a lock of a command that died is taken over', async () => {
    const failing = createLoginFile(path).update(AGENT, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(`${path}.lock`)).toBe(false);
    writeFileSync(`${path}.lock`, '');
    const longAgo = Date.now() / 1000 - 60;
    utimesSync(`${path}.lock`, longAgo, longAgo);
    await keep(login());
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});

describe('the token of a sign-in', () => {
  let refreshes: URLSearchParams[];
  let answer: () => { readonly status: number; readonly body: unknown };
  beforeEach(() => {
    refreshes = [];
    answer = () => ({
      status: 200,
      body: { access_token: `access-${refreshes.length + 1}`, token_type: 'bearer', expires_in: 600 },
    });
  });
  const transport: Transport = async ({ body }) => {
    refreshes.push(new URLSearchParams(body));
    const { status, body: json } = answer();
    const pieces = async function* () {
      yield Buffer.from(JSON.stringify(json));
    };
    return { status, headers: {}, body: pieces() };
  };
  const current = (nowMs = NOW) =>
    currentAuthorization({ environment: { XDG_CONFIG_HOME: folder }, agentUrl: AGENT, transport, nowMs: () => nowMs });

  it('is there while it lasts, without asking anybody', async () => {
    expect(await current()).toBeUndefined();
    await keep(login());
    expect(await current()).toBe('access-1');
    expect(await current(NOW + 540_000)).toBe('access-1');
    expect(refreshes).toEqual([]);
  });

  it('is refreshed in its last minute, once for all who ask at the same moment', async () => {
    await keep(login({ resource: AGENT }));
    const tokens = await Promise.all(Array.from({ length: 8 }, () => current(NOW + 540_001)));
    expect(new Set(tokens)).toEqual(new Set(['access-2']));
    expect(refreshes.map((form) => Object.fromEntries(form))).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'cli', resource: AGENT },
    ]);
    // No new refresh token came: the old one stays good.
    expect((await createLoginFile(path).read(AGENT))?.refresh_token).toBe('refresh-1');
  });

  it('goes on while the issuer is silent and it has not expired', async () => {
    await keep(login());
    answer = () => {
      throw new TransportError('connect', false);
    };
    expect(await current(NOW + 599_999)).toBe('access-1');
    await expect(current(NOW + 600_000)).rejects.toMatchObject({ code: 'unavailable' });
    answer = () => ({ status: 500, body: {} });
    await expect(current(NOW + 600_000)).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(await createLoginFile(path).read(AGENT)).toBeDefined();
  });

  it('that cannot be refreshed any more is over, and forgotten', async () => {
    await keep(login());
    answer = () => ({ status: 400, body: { error: 'invalid_grant' } });
    await expect(current(NOW + 599_999)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await createLoginFile(path).read(AGENT)).toBeUndefined();
  });

  it('without anything to refresh with lasts as long as it does', async () => {
    const { refresh_token: _, ...entry } = login();
    await keep(entry);
    expect(await current(NOW + 599_999)).toBe('access-1');
    await expect(current(NOW + 600_000)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(refreshes).toEqual([]);
  });
});
