import { getCookie, setCookie } from 'hono/cookie';
import { AppError } from '../kernel/app-error.ts';
import type { Random } from '../ports/random.ts';
import { createSecretText, hashSecret, SECRET_PATTERN } from './secrets.ts';
import type { FormFields, OAuthContext } from './web.ts';

// What a browser carries: one cookie that tells it from every other browser (flows are bound to it), one for its session. And the check
// that a form was sent by a page of ours. Neither cookie is readable by scripts, and our pages have none.
//
// Behind https the names begin with `__Host-`, so that no neighbouring host can set them. That prefix needs `Secure`, which not
// every browser accepts over plain http, even on loopback: there, and only there, the names go without.

export interface Browsers {
  /** Hash of this browser's cookie; a browser without one is given one in this answer. */
  identify(context: OAuthContext): string;
  /** Hash of the cookie it came with, if any. */
  known(context: OAuthContext): string | undefined;
  session(context: OAuthContext): string | undefined;
  startSession(context: OAuthContext, session: { readonly secret: string; readonly lifetimeSeconds: number }): void;
  endSession(context: OAuthContext): void;
  /** For the hidden `csrf` field of every form. */
  formToken(context: OAuthContext): string;
  /** Rejects a form that a page of ours in this very browser did not make. */
  checkForm(context: OAuthContext, fields: FormFields): void;
}

export function createBrowsers(options: { readonly publicUrl: string; readonly random: Random }): Browsers {
  const origin = new URL(options.publicUrl).origin;
  const secure = origin.startsWith('https://');
  const name = (what: string): string => `${secure ? '__Host-' : ''}sallyport-${what}`;
  const attributes = { path: '/', httpOnly: true, secure, sameSite: 'Lax' } as const;
  /** Cookies given in this very answer, which the request does not carry yet. */
  const given = new WeakMap<Request, Map<string, string>>();

  function read(context: OAuthContext, what: string): string | undefined {
    const value = given.get(context.req.raw)?.get(what) ?? getCookie(context, name(what));
    return value !== undefined && SECRET_PATTERN.test(value) ? value : undefined;
  }
  function write(context: OAuthContext, what: string, value: string, maxAge: number | undefined): void {
    setCookie(context, name(what), value, { ...attributes, ...(maxAge === undefined ? {} : { maxAge }) });
    const values = given.get(context.req.raw) ?? new Map<string, string>();
    given.set(context.req.raw, values.set(what, value));
  }
  function browserSecret(context: OAuthContext): string {
    const present = read(context, 'browser');
    if (present !== undefined) return present;
    const made = createSecretText(options.random);
    write(context, 'browser', made, undefined);
    return made;
  }
  // The cookies are secret and the hash has one way: only a page of ours, shown in this browser and session, can hold the token.
  const tokenOf = (browser: string, session: string | undefined): string =>
    hashSecret(`sallyport form v1|${browser}|${session ?? ''}`);

  return {
    identify: (context) => hashSecret(browserSecret(context)),
    known: (context) => {
      const secret = read(context, 'browser');
      return secret === undefined ? undefined : hashSecret(secret);
    },
    session: (context) => read(context, 'session'),
    startSession: (context, { secret, lifetimeSeconds }) => write(context, 'session', secret, lifetimeSeconds),
    endSession: (context) => write(context, 'session', '', 0),
    formToken: (context) => tokenOf(browserSecret(context), read(context, 'session')),
    checkForm(context, fields) {
      const site = context.req.header('sec-fetch-site');
      const sentFrom = context.req.header('origin');
      // Under `Referrer-Policy: no-referrer` browsers send `Origin: null` even to the same origin (Fetch, "append a request Origin
      // header"), so `null` proves nothing either way; then Sec-Fetch-Site and the token decide.
      const foreign =
        (site !== undefined && site !== 'same-origin') ||
        (sentFrom !== undefined && sentFrom !== 'null' && sentFrom !== origin);
      const browser = read(context, 'browser');
      const expected = browser === undefined ? undefined : tokenOf(browser, read(context, 'session'));
      if (foreign || expected === undefined || fields['csrf'] !== expected) {
        throw new AppError(
          'forbidden',
          'This form did not come from a page that this browser has open. Nothing was done. Open the page again and retry.',
        );
      }
    },
  };
}
