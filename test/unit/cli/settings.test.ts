import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { LocalFile } from '../../../src/cli/client/local-file.ts';
import { configPath, readConfigFile } from '../../../src/cli/config-file.ts';
import { resolveSettings, type SettingSources } from '../../../src/cli/settings.ts';

const local = {
  agent: { url: 'http://127.0.0.1:8401', token: 'local-token' },
  oauth: { url: 'http://127.0.0.1:8403', token: 'local-confirm' },
} as LocalFile;
const config = {
  agent_url: 'https://agent.example.com/',
  oauth_url: 'https://oauth.example.com',
  token: 'config-token',
  confirm_token: 'config-confirm',
};

const resolve = (over: Partial<SettingSources>) =>
  resolveSettings({ flags: {}, environment: {}, local: undefined, config: undefined, ...over });

describe('what the commands go by', () => {
  it('takes a flag before the environment, that before this machine’s system, that before the person’s file', () => {
    const all = {
      flags: { agentUrl: 'https://flag.example' },
      environment: { SALLYPORT_AGENT_URL: 'https://environment.example' },
      local,
      config,
    };
    expect(resolve(all).agentUrl).toEqual({ value: 'https://flag.example', from: 'flag' });
    expect(resolve({ ...all, flags: {} }).agentUrl).toEqual({
      value: 'https://environment.example',
      from: 'environment',
    });
    expect(resolve({ local, config }).agentUrl).toEqual({ value: 'http://127.0.0.1:8401', from: 'local' });
    expect(resolve({ config }).agentUrl).toEqual({ value: 'https://agent.example.com', from: 'config' });
    expect(resolve({}).agentUrl).toBeUndefined();
  });

  it('takes an empty variable for none', () => {
    expect(resolve({ environment: { SALLYPORT_AGENT_URL: '' }, config }).agentUrl?.from).toBe('config');
  });

  it('sends a file’s token to that file’s address and to no other', () => {
    expect(resolve({ local, config }).token?.value).toBe('local-token');
    expect(resolve({ config }).token?.value).toBe('config-token');
    const elsewhere = { SALLYPORT_AGENT_URL: 'https://evil.example', SALLYPORT_OAUTH_URL: 'https://evil.example' };
    const led = resolve({ environment: elsewhere, local, config });
    expect({ token: led.token, confirm: led.confirmToken }).toEqual({ token: undefined, confirm: undefined });
    expect(resolve({ flags: { agentUrl: 'https://evil.example' }, local, config }).token).toBeUndefined();
  });

  it('finds a file’s token for its address, whoever named the address', () => {
    const named = resolve({ flags: { agentUrl: 'https://agent.example.com' }, local, config });
    expect(named.token).toEqual({ value: 'config-token', from: 'config' });
  });

  it('sends the environment’s token wherever the person says', () => {
    const environment = { SALLYPORT_AGENT_URL: 'https://a.example', SALLYPORT_TOKEN: 'given' };
    expect(resolve({ environment, local, config }).token).toEqual({ value: 'given', from: 'environment' });
  });

  it('signs with AWS credentials when told to, or when a profile or a region is named on the command line', () => {
    expect(resolve({}).sigv4.value).toBe(false);
    expect(resolve({ environment: { AWS_PROFILE: 'dev', AWS_REGION: 'eu-central-1' } }).sigv4.value).toBe(false);
    expect(resolve({ flags: { profile: 'dev' } }).sigv4).toEqual({ value: true, from: 'flag' });
    expect(resolve({ flags: { region: 'eu-central-1' } }).sigv4.value).toBe(true);
    expect(resolve({ environment: { SALLYPORT_SIGV4: 'on' } }).sigv4.value).toBe(true);
    expect(resolve({ environment: { SALLYPORT_SIGV4: 'off' }, config: { sigv4: true } }).sigv4.value).toBe(false);
    expect(resolve({ config: { sigv4: true, profile: 'x' } })).toMatchObject({
      sigv4: { value: true },
      profile: { value: 'x' },
    });
  });

  it.each<[string, Partial<SettingSources>]>([
    ['an address', { flags: { agentUrl: 'agent.example.com' } }],
    ['an address', { flags: { agentUrl: 'ftp://agent.example.com' } }],
    ['an address', { flags: { oauthUrl: 'https://x.example/?a=b' } }],
    ['--timeout takes', { flags: { timeout: 'soon' } }],
    ['--timeout takes', { flags: { timeout: '0' } }],
    ['SALLYPORT_RETRIES takes', { environment: { SALLYPORT_RETRIES: '11' } }],
    ['whole numbers', { flags: { retries: '1.5' } }],
    ['on or off', { environment: { SALLYPORT_SIGV4: 'yes' } }],
    ['time zone', { config: { time_zone: 'Mars/Base' } }],
  ])('says what is wrong: %s', (words, sources) => {
    expect(() => resolve(sources)).toThrow(words);
  });
});

describe('the person’s file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (text: string, mode = 0o600): string => {
    const file = join(folder, `${Math.random()}.json`);
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    return file;
  };

  it('lies where the environment says', () => {
    expect(configPath({ HOME: '/home/a' })).toBe('/home/a/.config/sallyport/config.json');
    expect(configPath({ HOME: '/home/a', XDG_CONFIG_HOME: '/etc/xdg' })).toBe('/etc/xdg/sallyport/config.json');
    expect(configPath({ HOME: '/home/a', SALLYPORT_CONFIG: '/tmp/c.json' })).toBe('/tmp/c.json');
  });

  it('is read when it is there, and missed only when it was named', () => {
    expect(readConfigFile(write('{"retries": 2}'), false)).toEqual({ retries: 2 });
    expect(readConfigFile(join(folder, 'none.json'), false)).toBeUndefined();
    expect(() => readConfigFile(join(folder, 'none.json'), true)).toThrow(/There is no file/);
  });

  it('is refused when it holds a token and others can read it', () => {
    expect(() => readConfigFile(write('{"token": "x"}', 0o644), false)).toThrow(/chmod 600/);
    expect(() => readConfigFile(write('{"confirm_token": "x"}', 0o640), false)).toThrow(/chmod 600/);
    expect(readConfigFile(write('{"retries": 1}', 0o644), false)).toEqual({ retries: 1 });
  });

  it.each(['{', '[]', '{"agent_url": "x"}', '{"tokn": "x"}', '{"retries": 99}', '{"timeout": -1}'])(
    'is refused with the reason when it holds %s',
    (text) => {
      expect(() => readConfigFile(write(text), false)).toThrow(/not right|no JSON/);
    },
  );
});
