import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { visible } from '../../../src/oauth/pages/layout.ts';
import { returnTarget } from '../../../src/oauth/sign-in-routes.ts';
import { loopbackAddress } from '../../../src/oauth/tickets.ts';
import { type OAuthEnv, readForm } from '../../../src/oauth/web.ts';

const ORIGIN = 'https://oauth.test';
const alphabet = fc.constantFrom(
  ...'/\\:?#@.%&=;\t\n []-_~aZ01'.split(''),
  'http',
  '//',
  '127.0.0.1',
  '%2f',
  '::1',
  'evil.example',
);
const hostile = fc.oneof(
  fc.string(),
  fc.array(alphabet, { maxLength: 12 }).map((parts) => parts.join('')),
);

describe('where a sign-in leads back to', () => {
  it('is always a page of ours', () => {
    fc.assert(
      fc.property(
        hostile,
        fc.constantFrom('', '/', '/approvals', '/grants/', '/connect/google?ticket='),
        (text, start) => {
          const target = returnTarget(start + text);
          expect(new URL(`${ORIGIN}${target}`).origin).toBe(ORIGIN);
          expect(new URL(target, ORIGIN).origin).toBe(ORIGIN);
          expect(/[\r\n\\]/.test(target)).toBe(false);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('a loopback address', () => {
  it('that is accepted leads to this computer and nowhere else, without query or user', () => {
    fc.assert(
      fc.property(
        hostile,
        fc.constantFrom('', 'http://127.0.0.1:', 'http://127.0.0.1:8080', 'http://[::1]:9/'),
        (text, start) => {
          const address = start + text;
          if (!loopbackAddress.safeParse(address).success) return;
          const url = new URL(address);
          expect(['127.0.0.1', '[::1]']).toContain(url.hostname);
          expect([url.protocol, url.search, url.hash, url.username]).toEqual(['http:', '', '', '']);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('text of others on a page', () => {
  it('never becomes markup, and never turns the text around it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const page = String(await html`<p title="${visible(text)}">${visible(text)}</p>`);
        const inner = page.slice('<p title="'.length, -'</p>'.length);
        expect(inner.split('<').length).toBe(1);
        expect(inner.split('"').length).toBe(2);
        expect(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(page.replace(/[\n\t\u200c\u200d]/g, ''))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a form', () => {
  const app = new Hono<OAuthEnv>().post('/', async (context) => context.json(await readForm(context)));
  const post = (body: string) =>
    app.request('/', { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });

  it('is read as it was sent, names that mean something to JavaScript included', async () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'csrf', 'toString'));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.string({ unit: 'grapheme' })), async (fields) => {
        const entries = Object.entries(fields);
        const answer: unknown = await (await post(new URLSearchParams(entries).toString())).json();
        expect(Object.entries(answer as object).sort()).toEqual(entries.sort());
      }),
      { numRuns: 300 },
    );
  });

  it('of any bytes is answered, not crashed on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (body) => {
        expect((await post(body)).status).toBe(200);
      }),
      { numRuns: 300 },
    );
  });
});
