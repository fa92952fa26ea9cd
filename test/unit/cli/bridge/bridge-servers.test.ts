import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findBridgeServers } from '../../../../src/cli/bridge/bridge-servers.ts';
import { prefixed } from '../../../../src/cli/bridge/tool-names.ts';
import type { LocalFile } from '../../../../src/cli/client/local-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bridge-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function fileWith(mcpServers: object, mode = 0o600): string {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, JSON.stringify({ mcpServers }));
  chmodSync(path, mode);
  return path;
}
const url = 'https://mcp.example.com/mcp';
const find = (bridgeConfig: string, environment: Record<string, string> = {}, flags = {}) =>
  findBridgeServers({
    environment: { XDG_CONFIG_HOME: folder, ...environment },
    flags: { bridgeConfig, ...flags },
    local: undefined,
  });

describe('bridge.json', () => {
  it('leads to all its servers, or to the ones named', () => {
    const path = fileWith({ one: { url }, two: { url, auth: { kind: 'none' } }, off: { url, disabled: true } });
    expect(find(path).map(({ name, auth }) => [name, auth.kind])).toEqual([
      ['one', 'oauth'],
      ['two', 'none'],
    ]);
    expect(find(path, { SALLYPORT_BRIDGE_SERVER: 'two' }).map(({ name }) => name)).toEqual(['two']);
    expect(find(path, {}, { server: ['off'] }).map(({ name }) => name)).toEqual(['off']);
    expect(() => find(path, {}, { server: ['three'] })).toThrow(/no MCP server "three".*one, two, off/);
  });

  it('with a secret in it is refused where others can read it', () => {
    const servers = { one: { url, auth: { kind: 'token', token: 'sp_a_b' } } };
    expect(() => find(fileWith(servers, 0o644))).toThrow(/chmod 600/);
    expect(find(fileWith(servers))).toHaveLength(1);
    expect(find(fileWith({ one: { url, auth: { kind: 'token', token: { env: 'KEY' } } } }, 0o644))).toHaveLength(1);
  });

  it.each([
    [{ one: { url: 'ftp://x' } }, /mcpServers\.one\.url/],
    [{ one: { url, auth: { kind: 'certificate', credentials: 'x' } } }, /mcpServers\.one\.auth\.scopes/],
    [{ one: { url, headers: { Authorization: 'x' } } }, /mcpServers\.one\.headers/],
    [{ One: { url } }, /small letters/],
    [{ one: { url, retries: 3 } }, /retries/],
  ])('that is not right is refused by the name of the member: %j', (servers, said) => {
    expect(() => find(fileWith(servers))).toThrow(said);
  });

  it('gives way to the environment, and that to the command line', async () => {
    const path = fileWith({ one: { url, auth: { kind: 'token', token: { env: 'KEY' } } } });
    const [door] = find(path, {
      KEY: 'of-file',
      SALLYPORT_BRIDGE_TOKEN: 'of-environment',
      SALLYPORT_BRIDGE_TIMEOUT: '5',
    });
    expect(door).toMatchObject({ name: 'one', url, timeoutMs: 5000 });
    expect(door?.auth.kind === 'token' && (await door.auth.token())).toBe('of-environment');
    const [other] = find(
      path,
      { SALLYPORT_BRIDGE_URL: 'https://a.example/mcp' },
      { url: 'https://b.example/mcp', auth: 'none' },
    );
    expect(other).toMatchObject({ name: 'sallyport', url: 'https://b.example/mcp', auth: { kind: 'none' } });
  });

  it('is missed with words that say where to write', () => {
    const environment = { XDG_CONFIG_HOME: join(folder, 'empty') };
    expect(() => findBridgeServers({ environment, flags: {}, local: undefined })).toThrow(/bridge\.json.*make dev/);
  });
});

describe('the system on this machine', () => {
  const pem = (name: string): string => {
    writeFileSync(join(folder, name), `the ${name}`);
    return join(folder, name);
  };
  const local: LocalFile = {
    agent: { url: 'http://127.0.0.1:8401', token: 'sp_agent' },
    mcp: {
      url: 'https://localhost:8402/mcp',
      ca: pem('ca'),
      cert: pem('cert'),
      key: pem('key'),
      key_id: 'k',
      secret: 's',
      trust_domain: 'local.test',
      scopes: ['calendar.read', 'odd.read'],
    },
    key_door: { url: 'http://127.0.0.1:8405/mcp', token: 'sp_key' },
    oauth_door: { url: 'http://127.0.0.1:8406/mcp' },
    oauth: { url: 'http://127.0.0.1:8403', token: 'sp_confirm' },
    google: { url: 'http://127.0.0.1:8404' },
    person: 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV',
  };
  const door = (server: readonly string[] | undefined, environment: Record<string, string> = {}) => {
    const flags = server === undefined ? {} : { server };
    const [found] = findBridgeServers({ environment: { XDG_CONFIG_HOME: folder, ...environment }, flags, local });
    if (found === undefined) throw new Error('no server was found');
    return found;
  };

  it('is reached at its key door where nothing else is said', async () => {
    const { name, url: to, auth } = door(undefined);
    expect([name, to, auth.kind === 'token' && (await auth.token())]).toEqual(['local', local.key_door.url, 'sp_key']);
  });

  it('is asked at its agent door for all that its person has granted, other servers’ tools too', async () => {
    const { auth } = door(['local-agent']);
    expect(auth).toMatchObject({ kind: 'certificate', person: local.person, scopes: ['calendar.read', 'odd.read'] });
    const document = auth.kind === 'certificate' ? JSON.parse(await auth.document()) : {};
    expect(document).toMatchObject({
      certificate: 'the cert',
      private_key: 'the key',
      server_ca: 'the ca',
      key_id: 'k',
    });
  });

  it('gives way to the environment at each door', async () => {
    const over = { SALLYPORT_BRIDGE_SCOPES: 'odd.read', SALLYPORT_BRIDGE_TIMEOUT: '5' };
    const agent = door(['local-agent'], over);
    expect(agent).toMatchObject({ timeoutMs: 5000, auth: { scopes: ['odd.read'], person: local.person } });
    expect(agent.auth.kind === 'certificate' && (await agent.auth.document())).toContain('the cert');
    expect(door(['local-oauth'], over)).toMatchObject({
      timeoutMs: 5000,
      auth: { kind: 'oauth', scopes: ['odd.read'] },
    });
    expect(door(['local-oauth'], { SALLYPORT_BRIDGE_BROWSER: 'off' }).auth).toMatchObject({ browser: false });
    const { auth } = door(['local'], { SALLYPORT_BRIDGE_TOKEN: 'sp_other' });
    expect(auth.kind === 'token' && (await auth.token())).toBe('sp_other');
  });
});

describe('names of tools of several servers', () => {
  it('are the server’s and the tool’s, 64 characters at most, and never one for two', () => {
    expect(prefixed('work', 'freebusy')).toBe('work__freebusy');
    const long = 'a'.repeat(70);
    expect(prefixed('work', `${long}1`)).toHaveLength(64);
    expect(prefixed('work', `${long}1`)).not.toBe(prefixed('work', `${long}2`));
  });
});
