// Goes through the stand-in's pages as a person would: opens the authorization URL, picks an account, unticks what shall not be granted,
// sends the form and follows redirects until they leave the stand-in. It runs no script and knows nothing but the HTML.

export interface ConsentVisit {
  readonly authorizationUrl: string;
  /** The account's address. */
  readonly account: string;
  /** Scopes to leave out, whole or by their last part (`calendar.events`). */
  readonly untick?: readonly string[];
  /** Presses "Cancel" instead. */
  readonly deny?: boolean;
  /** The visitor's browser: pass the same one again to stay signed in. */
  readonly cookies?: CookieJar;
}

/** Cookie name → value, of the stand-in only. */
export type CookieJar = Map<string, string>;

/** Answers the first address outside the stand-in: the app's redirect URI with its `code` or `error`. That address is not visited. */
export async function approveConsent(visit: ConsentVisit): Promise<string> {
  const { origin } = new URL(visit.authorizationUrl);
  const jar: CookieJar = visit.cookies ?? new Map();
  let step: Step = { url: visit.authorizationUrl };
  for (let visited = 0; visited < MAX_STEPS; visited += 1) {
    const answer = await open(step, jar);
    if ('redirect' in answer && new URL(answer.redirect).origin !== origin) return answer.redirect;
    step = 'redirect' in answer ? { url: answer.redirect } : fillIn(answer, visit);
  }
  throw new Error(`the consent did not end after ${MAX_STEPS} pages`);
}

const MAX_STEPS = 20;

interface Step {
  readonly url: string;
  readonly form?: URLSearchParams;
}

interface Page {
  readonly url: string;
  readonly html: string;
}

async function open({ url, form }: Step, jar: CookieJar): Promise<Page | { readonly redirect: string }> {
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  });
  keepCookies(response, jar);
  const html = await response.text();
  const location = response.headers.get('location');
  if (location !== null && response.status >= 300 && response.status < 400) {
    return { redirect: new URL(location, url).href };
  }
  if (!response.ok) throw new Error(`the consent page answered ${response.status}: ${textOf(html)}`);
  return { url, html };
}

function keepCookies(response: Response, jar: CookieJar): void {
  for (const header of response.headers.getSetCookie()) {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice('expires='.length);
    const isGone = value === '' || (expires !== undefined && Date.parse(expires) <= Date.now());
    if (isGone) jar.delete(name);
    else jar.set(name, value);
  }
}

function fillIn({ url, html }: Page, visit: ConsentVisit): Step {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html);
  if (form === null) throw new Error(`there is no form on ${url}: ${textOf(html)}`);
  const inputs = [...(form[2] ?? '').matchAll(/<input\b([^>]*)>/gi)].map(([, attributes = '']) =>
    attributesOf(attributes),
  );
  const values = new URLSearchParams();
  for (const input of inputs) {
    const { name = '', value = '' } = input;
    if (input['type'] === 'hidden') values.append(name, value);
    if (input['type'] === 'radio' && value === visit.account) values.append(name, value);
    if (input['type'] === 'checkbox' && 'checked' in input && !isUnticked(value, visit)) values.append(name, value);
  }
  const offersAccounts = inputs.some((input) => input['type'] === 'radio');
  if (offersAccounts && !values.has('account')) throw new Error(`the page offers no account ${visit.account}`);
  values.append('decision', visit.deny === true ? 'deny' : 'allow');
  const action = attributesOf(form[1] ?? '')['action'] ?? url;
  return { url: new URL(action, url).href, form: values };
}

const isUnticked = (scope: string, { untick = [] }: ConsentVisit): boolean =>
  untick.some((name) => scope === name || scope.endsWith(`/auth/${name}`));

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name.toLowerCase(), unescapeHtml(value)]));
}

function unescapeHtml(text: string): string {
  const characters: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => characters[entity] ?? entity);
}

const textOf = (html: string): string =>
  html
    .replace(/<style[\s\S]*?<\/style>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
