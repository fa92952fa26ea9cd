import { createHash } from 'node:crypto';
import type { HttpApp, HttpRequest, HttpResponse } from '../ports/http.ts';
import { type ConsoleAssets, loadConsoleAssets } from './assets.ts';

// The web console in front of the Agent API: its own few addresses, and everything else to the API. What is served here is the same for everyone and
// holds no secret; who asks is proved by the token that the page sends to the API, as by any other client.

export interface ConsoleOptions {
  /** The OAuth API: where the person connects, grants and approves. Without it the page links to none. */
  readonly oauthUrl?: string | undefined;
  readonly load?: () => Promise<ConsoleAssets>;
}

/**
 * Nothing but what lies at our own origin: no inline code, no other host, no frame around it, no form that leaves. Trusted types without any
 * policy: text of a model or of a tool cannot become markup, whatever the script does with it.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** The two doors, as a picture beside the title. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1f5f4a"/><path d="M8 26V12a8 8 0 0 1 16 0v14M13 26V14a3 3 0 0 1 6 0v12" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>`;

interface Served {
  readonly type: string;
  readonly text: string;
  readonly tag: string;
}

const served = (type: string, text: string): Served => ({
  type: `${type}; charset=utf-8`,
  text,
  tag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
});

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);

function refuseMethod({ requestId }: HttpRequest): HttpResponse {
  const error = { code: 'method_not_allowed', message: 'This address takes GET, HEAD.', request_id: requestId };
  const headers = { ...HEADERS, 'cache-control': 'no-store', 'content-type': 'application/json', allow: 'GET, HEAD' };
  return { status: 405, headers, body: JSON.stringify({ error }) };
}

function answer({ method, headers }: HttpRequest, { type, text, tag }: Served): HttpResponse {
  const common = { ...HEADERS, etag: tag };
  // RFC 9110 §13.1.2: one of several tags, or a weak form of it that a proxy made.
  const known = (headers['if-none-match'] ?? '').split(',').some((given) => given.trim().replace(/^W\//, '') === tag);
  if (known) return { status: 304, headers: common, body: '' };
  return { status: 200, headers: { ...common, 'content-type': type }, body: method === 'HEAD' ? '' : text };
}

export const CONSOLE_PATHS = ['/console', '/console/app.js', '/console/icon.svg', '/console/style.css'] as const;
type ConsolePath = (typeof CONSOLE_PATHS)[number];

const isConsolePath = (path: string): path is ConsolePath => (CONSOLE_PATHS as readonly string[]).includes(path);

/** The assets are made at the first request for one of them, and kept. */
export function serveConsole(app: HttpApp, options: ConsoleOptions = {}): HttpApp {
  const { oauthUrl = '', load = loadConsoleAssets } = options;
  let files: Promise<Readonly<Record<ConsolePath, Served>>> | undefined;

  async function prepare(): Promise<Readonly<Record<ConsolePath, Served>>> {
    const { html, script, style } = await load();
    return {
      '/console': served(
        'text/html',
        html.replace('{{oauth-url}}', () => escapeHtml(oauthUrl)),
      ),
      '/console/app.js': served('text/javascript', script),
      '/console/icon.svg': served('image/svg+xml', ICON),
      '/console/style.css': served('text/css', style),
    };
  }

  return async (request) => {
    const { method, path } = request;
    if (!isConsolePath(path)) return app(request);
    if (method !== 'GET' && method !== 'HEAD') return refuseMethod(request);
    files ??= prepare().catch((error: unknown) => {
      files = undefined;
      throw error;
    });
    return answer(request, (await files)[path]);
  };
}
