import { describe, expect, it } from '@jest/globals';
import { isLoopback, proxyFor } from '../../../../src/cli/client/proxy.ts';

const proxyOf = (environment: Readonly<Record<string, string>>, url: string) =>
  proxyFor(environment, new URL(url))?.href;
const HTTPS_PROXY = 'http://proxy.example:3128';

describe('which proxy a request goes through', () => {
  it.each([
    [{}, 'https://agent.example.com', undefined],
    [{ HTTPS_PROXY }, 'https://agent.example.com', 'http://proxy.example:3128/'],
    [{ https_proxy: HTTPS_PROXY }, 'https://agent.example.com', 'http://proxy.example:3128/'],
    [{ https_proxy: 'http://small.example', HTTPS_PROXY }, 'https://agent.example.com', 'http://small.example/'],
    [{ HTTPS_PROXY: 'proxy.example:3128' }, 'https://agent.example.com', 'http://proxy.example:3128/'],
    [{ HTTPS_PROXY: '' }, 'https://agent.example.com', undefined],
    [{ ALL_PROXY: HTTPS_PROXY }, 'https://agent.example.com', 'http://proxy.example:3128/'],
    [{ HTTP_PROXY: HTTPS_PROXY }, 'https://agent.example.com', undefined],
    [{ HTTP_PROXY: HTTPS_PROXY }, 'http://agent.example.com', 'http://proxy.example:3128/'],
  ])('%j, %s: %s', (environment, url, proxy) => {
    expect(proxyOf(environment as Readonly<Record<string, string>>, url)).toBe(proxy);
  });

  it.each([
    ['*', true],
    ['example.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['agent.example.com', true],
    ['AGENT.example.com', true],
    ['other.com, agent.example.com', true],
    ['agent.example.com:443', true],
    ['agent.example.com:8443', false],
    ['ample.com', false],
    ['gent.example.com', false],
    ['example.com.evil', false],
    ['', false],
    [',', false],
    ['.', false],
  ])('NO_PROXY %j leaves it out: %p', (NO_PROXY, direct) => {
    expect(proxyOf({ HTTPS_PROXY, NO_PROXY }, 'https://agent.example.com') === undefined).toBe(direct);
  });

  it.each(['http://127.0.0.1:8401', 'http://localhost:8401', 'http://[::1]:8401', 'http://x.localhost:4567'])(
    'never asks one for this machine’s own %s',
    (url) => {
      expect(proxyOf({ HTTP_PROXY: HTTPS_PROXY, ALL_PROXY: HTTPS_PROXY }, url)).toBeUndefined();
    },
  );

  it.each(['socks5://proxy.example:1080', 'ftp://x', 'http://', '://'])(
    'refuses %j, and goes nowhere without it',
    (text) => {
      expect(() => proxyOf({ HTTPS_PROXY: text }, 'https://agent.example.com')).toThrow(/HTTPS_PROXY/);
    },
  );
});

describe('this machine', () => {
  it.each(['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]'])('is %s', (name) => {
    expect(isLoopback(name)).toBe(true);
  });
  it.each([
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    'evil-localhost',
    '128.0.0.1',
    '1270.0.0.1',
    '::2',
    '0.0.0.0',
    '',
  ])('is not %j', (name) => {
    expect(isLoopback(name)).toBe(false);
  });
});
