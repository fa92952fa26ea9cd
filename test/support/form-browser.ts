import { approveConsent, type ConsentVisit, type CookieJar } from '../../src/local/google/visit-consent.ts';
import { LOOPBACK, type OAuthWorld, PUBLIC_URL } from './oauth-app.ts';

// A browser without scripts: cookies, links, forms and redirects. It sends what browsers send with each (`Accept`, `Origin: null` under
// `no-referrer`, `Sec-Fetch-Site`), keeps cookies by origin, and goes to the loopback listener only if somebody listens on its computer.

export interface Page {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly html: string;
  /** The page's words, without markup. */
  readonly text: string;
}

export interface FormBrowser {
  readonly cookies: CookieJar;
  /** Opens a link and follows redirects, through loopback but not into Google. */
  open(url: string): Promise<Page>;
  /** Presses a button of the page's form whose action ends so; `fields` overrides or adds. */
  press(page: Page, action: string, fields?: Readonly<Record<string, string>>): Promise<Page>;
  /** At Google's page: consents and comes back. */
  consent(page: Page, visit: Omit<ConsentVisit, 'authorizationUrl' | 'cookies'>): Promise<Page>;
  /** As `consent`, but answers the callback's URL without opening it. */
  consentUrl(page: Page, visit: Omit<ConsentVisit, 'authorizationUrl' | 'cookies'>): Promise<string>;
  request(
    url: string,
    init?: { method?: string; form?: URLSearchParams; headers?: Record<string, string> },
  ): Promise<Response>;
}

/** What listens on this browser's computer: answers where the browser is sent on. */
export type Terminal = (url: URL) => Promise<string>;

/** The terminal of a token's holder, vouching for whatever browser comes by. */
export function createTerminal(world: OAuthWorld, token: string): Terminal {
  return async (url) => {
    const ticket = url.searchParams.get('ticket');
    const challenge = url.searchParams.get('challenge');
    const { status, json } = await world.call(token, 'POST', `/tickets/${ticket}/prove`, { challenge });
    if (status !== 200) throw new Error(`prove answered ${status}: ${JSON.stringify(json)}`);
    return json.continue_url;
  };
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

const attribute = (tag: string, name: string): string => {
  const found = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return unescapeHtml(found ?? '');
};

export function createFormBrowser(
  world: OAuthWorld,
  options: { readonly terminal?: Terminal; readonly publicUrl?: string } = {},
): FormBrowser {
  const origin = options.publicUrl ?? PUBLIC_URL;
  const cookies: CookieJar = new Map();
  const atGoogle: CookieJar = new Map();

  async function request(
    url: string,
    init: { method?: string; form?: URLSearchParams; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const headers = new Headers({ accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' });
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    if (init.form !== undefined) {
      headers.set('content-type', 'application/x-www-form-urlencoded');
      headers.set('origin', 'null');
      headers.set('sec-fetch-site', 'same-origin');
    }
    for (const [name, value] of Object.entries(init.headers ?? {})) headers.set(name, value);
    const method = init.method ?? (init.form === undefined ? 'GET' : 'POST');
    const body = init.form === undefined ? {} : { body: init.form.toString() };
    const response = await world.app.fetch(new Request(url, { method, headers, ...body }));
    for (const header of response.headers.getSetCookie()) {
      const pair = header.split(';', 1)[0] ?? '';
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  async function show(url: string, response: Response): Promise<Page> {
    const html = await response.text();
    const text = unescapeHtml(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
    return { status: response.status, url, headers: response.headers, html, text };
  }

  async function follow(url: string, response: Response): Promise<Page> {
    const location = response.headers.get('location');
    if (location === null) return show(url, response);
    const next = new URL(location, url);
    if (next.origin === origin) return open(next.href);
    if (next.origin === new URL(LOOPBACK).origin) {
      if (options.terminal === undefined) throw new Error('nobody listens on this computer');
      return open(await options.terminal(next));
    }
    return { ...(await show(url, response)), url: next.href };
  }

  async function open(url: string): Promise<Page> {
    return follow(url, await request(url));
  }

  const consentUrl: FormBrowser['consentUrl'] = (page, visit) =>
    approveConsent({ ...visit, authorizationUrl: page.url, cookies: atGoogle });

  return {
    cookies,
    request,
    open,
    async press(page, action, fields = {}) {
      const forms = [...page.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)];
      const form = forms.find(([, tag = '']) => attribute(tag, 'action').endsWith(action));
      if (form === undefined) throw new Error(`no form to ${action} on ${page.url}: ${page.text}`);
      const values = new URLSearchParams();
      for (const [input] of (form[2] ?? '').matchAll(/<input\b[^>]*type="hidden"[^>]*>/gi)) {
        values.set(attribute(input, 'name'), attribute(input, 'value'));
      }
      for (const [name, value] of Object.entries(fields)) values.set(name, value);
      const url = attribute(form[1] ?? '', 'action');
      return follow(url, await request(url, { form: values }));
    },
    consentUrl,
    consent: async (page, visit) => open(await consentUrl(page, visit)),
  };
}
