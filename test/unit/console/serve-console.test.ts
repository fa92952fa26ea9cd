import { describe, expect, it } from '@jest/globals';
import { loadConsoleAssets } from '../../../src/console/assets.ts';
import { CONSOLE_PATHS, serveConsole } from '../../../src/console/serve-console.ts';
import type { HttpApp, HttpRequest } from '../../../src/ports/http.ts';

// The console's addresses: what they answer, under which rules, and that all others are the API's.

const request = (method: string, path: string, headers: HttpRequest['headers'] = {}): HttpRequest => ({
  method,
  path,
  query: '',
  headers,
  cookies: [],
  body: new Uint8Array(0),
  domainName: 'agent.example.test',
  apiId: 'api',
  stage: '$default',
  sourceIp: '192.0.2.1',
  requestId: 'request-1',
  remainingMs: 1000,
});

const api: HttpApp = async ({ path }) => ({ status: 418, headers: {}, body: path });
const assets = { html: '<html data-oauth-url="{{oauth-url}}">', script: 'script()', style: 'p{}' };
const served = (oauthUrl?: string): HttpApp => serveConsole(api, { oauthUrl, load: async () => assets });

describe('the console in front of the Agent API', () => {
  it.each([
    ['/console', 'text/html; charset=utf-8'],
    ['/console/app.js', 'text/javascript; charset=utf-8'],
    ['/console/icon.svg', 'image/svg+xml; charset=utf-8'],
    ['/console/style.css', 'text/css; charset=utf-8'],
  ])('serves %s under a policy that allows its own origin and nothing else', async (path, type) => {
    const { status, headers, body } = await served()(request('GET', path));
    expect([status, headers['content-type']]).toEqual([200, type]);
    expect(body).not.toBe('');
    const policy = Object.fromEntries(
      (headers['content-security-policy'] ?? '').split('; ').map((rule) => {
        const [name = '', ...sources] = rule.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self'",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  });

  it('leaves every other address to the API', async () => {
    for (const path of ['/', '/chat', '/console/', '/console/other.js', '/consoles', '/CONSOLE']) {
      expect(await served()(request('GET', path))).toMatchObject({ status: 418, body: path });
    }
  });

  it('answers a HEAD without a body, and refuses every other method', async () => {
    expect(await served()(request('HEAD', '/console'))).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await served()(request(method, '/console'));
      expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
      expect(JSON.parse(String(body))).toMatchObject({
        error: { code: 'method_not_allowed', request_id: 'request-1' },
      });
    }
  });

  it('says that nothing has changed to who has it already', async () => {
    const app = served();
    for (const path of CONSOLE_PATHS) {
      const tag = (await app(request('GET', path))).headers['etag'] ?? '';
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
        expect(await app(request('GET', path, { 'if-none-match': known }))).toMatchObject({ status: 304, body: '' });
      }
      expect(await app(request('GET', path, { 'if-none-match': '"other"' }))).toMatchObject({ status: 200 });
    }
  });

  it('names the OAuth API to the page, as text whatever it holds', async () => {
    const { body } = await served('https://oauth.example.test/"><script>$&')(request('GET', '/console'));
    expect(body).toBe('<html data-oauth-url="https://oauth.example.test/&#34;&#62;&#60;script&#62;$&#38;">');
    expect((await served()(request('GET', '/console'))).body).toBe('<html data-oauth-url="">');
  });

  it('builds once, and again after a build that failed', async () => {
    let builds = 0;
    const app = serveConsole(api, {
      load: async () => {
        builds += 1;
        if (builds === 1) throw new Error('no');
        return assets;
      },
    });
    await expect(app(request('GET', '/console'))).rejects.toThrow('no');
    await Promise.all(CONSOLE_PATHS.map((path) => app(request('GET', path))));
    expect(builds).toBe(2);
  });
});

describe('what the console is built of', () => {
  it('is small, holds no inline code, and names no other host', async () => {
    const { html, script, style } = await loadConsoleAssets();
    expect(Buffer.byteLength(script)).toBeLessThan(40_000);
    expect(Buffer.byteLength(style)).toBeLessThan(12_000);
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=/);
    expect(html).toContain('data-oauth-url="{{oauth-url}}"');
    const hosts = [...`${html}${script}${style}`.matchAll(/https?:\/\/[^"'`\s)]*/g)].map(([url]) => url);
    expect(hosts).toEqual([]);
    expect(style).not.toMatch(/@import|url\(/);
  });

  it('can make no markup out of text', async () => {
    const { script } = await loadConsoleAssets();
    for (const way of [
      'innerHTML',
      'outerHTML',
      'insertAdjacentHTML',
      'document.write',
      'DOMParser',
      'eval(',
      'Function(',
    ]) {
      expect(script).not.toContain(way);
    }
    expect(script).not.toMatch(/localStorage|indexedDB|document\.cookie/);
  });
});
