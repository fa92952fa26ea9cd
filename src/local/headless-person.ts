import { approveConsent, type CookieJar } from './google/visit-consent.ts';

// A person at a browser, as far as the demo needs one: opens a link, follows redirects, presses the one button of each page of
// ours, and consents at the stand-in Google. It sees nothing but HTML and cookies, so the real flow runs, checks and all.

export interface HeadlessPerson {
  /** Resolves with the text of the last page. */
  visit(url: string): Promise<string>;
}

export interface HeadlessPersonOptions {
  /** Which account the person picks at Google. */
  readonly account: string;
  readonly googleOrigin: string;
}

const MAX_STEPS = 30;

interface Step {
  readonly url: string;
  readonly form?: URLSearchParams;
}

const unescapeHtml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

const attribute = (tag: string, name: string): string | undefined => {
  const found = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return found === undefined ? undefined : unescapeHtml(found);
};

/** The form that a page asks to be sent, with its hidden fields: the one in `main`, not the one that signs out. */
function readForm(html: string, url: string): Step | undefined {
  const main = /<main\b[^>]*>([\s\S]*?)<\/main>/i.exec(html)?.[1] ?? '';
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(main);
  if (form === null) return undefined;
  const fields = new URLSearchParams();
  for (const [tag] of (form[2] ?? '').matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(tag, 'name');
    if (name !== undefined && attribute(tag, 'type') === 'hidden') fields.append(name, attribute(tag, 'value') ?? '');
  }
  return { url: new URL(attribute(form[1] ?? '', 'action') ?? url, url).href, form: fields };
}

const textOf = (html: string): string =>
  unescapeHtml((/<main\b[^>]*>([\s\S]*?)<\/main>/i.exec(html)?.[1] ?? html).replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

function keepCookies(response: Response, jar: Map<string, string>): void {
  for (const header of response.headers.getSetCookie()) {
    const pair = header.split(';', 1)[0] ?? '';
    jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
}

export function createHeadlessPerson(options: HeadlessPersonOptions): HeadlessPerson {
  const cookies = new Map<string, Map<string, string>>();
  const atGoogle: CookieJar = new Map();

  async function load({ url, form }: Step): Promise<Response> {
    const { origin } = new URL(url);
    const jar = cookies.get(origin) ?? new Map<string, string>();
    cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      accept: 'text/html',
      ...(cookie === '' ? {} : { cookie }),
      ...(form === undefined ? {} : { origin }),
    };
    const response = await fetch(url, {
      redirect: 'manual',
      headers,
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    keepCookies(response, jar);
    return response;
  }

  return {
    visit: async (start) => {
      let step: Step = { url: start };
      for (let count = 0; count < MAX_STEPS; count += 1) {
        if (new URL(step.url).origin === options.googleOrigin) {
          const authorizationUrl = step.url;
          step = { url: await approveConsent({ authorizationUrl, account: options.account, cookies: atGoogle }) };
          continue;
        }
        const response = await load(step);
        const location = response.headers.get('location');
        if (location !== null && response.status >= 300 && response.status < 400) {
          step = { url: new URL(location, step.url).href };
          continue;
        }
        const html = await response.text();
        if (!response.ok) throw new Error(`${step.url} answered ${response.status}: ${textOf(html)}`);
        const next = readForm(html, step.url);
        if (next === undefined) return textOf(html);
        step = next;
      }
      throw new Error(`the pages did not end after ${MAX_STEPS} steps`);
    },
  };
}
