import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findBridgeServers } from '../../../../src/cli/bridge/bridge-servers.ts';
import { prefixed } from '../../../../src/cli/bridge/tool-names.ts';

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

describe('names of tools of several servers', () => {
  it('are the server’s and the tool’s, 64 characters at most, and never one for two', () => {
    expect(prefixed('work', 'freebusy')).toBe('work__freebusy');
    const long = 'a'.repeat(70);
    expect(prefixed('work', `${long}1`)).toHaveLength(64);
    expect(prefixed('work', `${long}1`)).not.toBe(prefixed('work', `${long}2`));
  });
});
