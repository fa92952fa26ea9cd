// A browser without scripts over real HTTP: cookies by origin, redirects, links and forms.

export interface WebPage {
  readonly status: number;
  readonly url: string;
  readonly html: string;
  /** The page's words, without markup. */
  readonly text: string;
  readonly links: readonly string[];
  /** Where its forms lead. */
  readonly forms: readonly string[];
}

export interface WebBrowser {
  /** Follows redirects. */
  open(url: string): Promise<WebPage>;
  /** Sends the page's form whose action ends so (any, when empty); hidden fields go as they are. */
  press(page: WebPage, action: string, fields?: Readonly<Record<string, string>>): Promise<WebPage>;
}

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&quot;', '"'],
  ['&#39;', "'"],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', '&'],
];
const plain = (text: string): string => ENTITIES.reduce((now, [entity, sign]) => now.replaceAll(entity, sign), text);

function attribute(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(tag)?.[1];
  return found === undefined ? undefined : plain(found);
}

function readPage(status: number, url: string, html: string): WebPage {
  const absolute = (target: string): string => new URL(target, url).href;
  const all = (tag: string, name: string): readonly string[] =>
    [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>`, 'gi'))]
      .map(([found]) => attribute(found, name))
      .filter((target) => target !== undefined)
      .map(absolute);
  const text = plain(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
  return { status, url, html, text, links: all('a', 'href'), forms: all('form', 'action') };
}

const MAX_REDIRECTS = 20;

export function createWebBrowser(): WebBrowser {
  const jars = new Map<string, Map<string, string>>();

  async function go(start: string, form?: URLSearchParams): Promise<WebPage> {
    let url = start;
    let body = form;
    for (let hop = 0; hop < MAX_REDIRECTS; hop += 1) {
      const jar = jars.get(new URL(url).origin) ?? new Map<string, string>();
      jars.set(new URL(url).origin, jar);
      const response = await fetch(url, {
        redirect: 'manual',
        headers: {
          accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
          ...(jar.size > 0 && { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }),
          ...(body !== undefined && { origin: 'null', 'sec-fetch-site': 'same-origin' }),
        },
        ...(body !== undefined && { method: 'POST', body }),
      });
      for (const header of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
        if (value === '') jar.delete(name);
        else jar.set(name, value);
      }
      const html = await response.text();
      const location = response.headers.get('location');
      if (location === null) return readPage(response.status, url, html);
      url = new URL(location, url).href;
      body = undefined;
    }
    throw new Error(`${start} redirects for ever`);
  }

  return {
    open: (url) => go(url),
    async press(page, action, fields = {}) {
      const forms = [...page.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)];
      const form = forms.find(([, tag = '']) => (attribute(tag, 'action') ?? '').endsWith(action));
      if (form === undefined) throw new Error(`no form to ${action} on ${page.url}: ${page.text}`);
      const values = new URLSearchParams();
      for (const [input] of (form[2] ?? '').matchAll(/<input\b[^>]*>/gi)) {
        const name = attribute(input, 'name');
        if (name !== undefined) values.set(name, fields[name] ?? attribute(input, 'value') ?? '');
      }
      return go(new URL(attribute(form[1] ?? '', 'action') ?? '', page.url).href, values);
    },
  };
}
