import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, type ErrorCode, isExpected } from '../kernel/app-error.ts';
import { failurePage } from './pages/message-page.ts';
import { frameOf, type OAuthParts, sendPage } from './parts.ts';
import { returnTarget } from './sign-in-routes.ts';
import { type OAuthContext, wantsPage } from './web.ts';

// The edge: every fault becomes an answer here, `{error: {code, message, request_id}}` or a page with the same facts.
// What we did not expect says nothing of itself to the caller.

const INTERNAL = 'Something went wrong on our side. Try again; if it goes on, tell your operator the request below.';

const TITLES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'Sign in first',
  forbidden: 'Not allowed',
  not_found: 'Not here',
  method_not_allowed: 'Not that way',
  conflict: 'This does not fit',
  gone: 'This is over',
  upstream_failed: 'The other side did not answer',
  unavailable: 'Not possible just now',
  timed_out: 'It took too long',
  internal: 'Something went wrong',
};

function known(error: unknown): AppError {
  return isExpected(error) ? error : new AppError('internal', INTERNAL, { cause: error });
}

function describe(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  // `JSON.parse` quotes the text that it could not read, which may hold a token.
  const own = error.name === 'SyntaxError' ? error.name : `${error.name}: ${error.message}`;
  return error.cause === undefined || depth >= 4 ? own : `${own} < ${describe(error.cause, depth + 1)}`;
}

/** Whoever opens one of our pages signed out is shown the way in, and comes back after it. */
function toSignIn(parts: OAuthParts, context: OAuthContext): Response | undefined {
  const bearer = context.req.header('authorization') !== undefined;
  const { method, path } = context.req;
  // Callbacks have something of their own to say.
  if (method !== 'GET' || bearer || path.startsWith('/oauth/') || path.startsWith('/sign-in/')) return undefined;
  const back = encodeURIComponent(returnTarget(path));
  return context.redirect(`${parts.config.publicUrl}/sign-in?return_to=${back}`, 303);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export async function answerFailure(parts: OAuthParts, context: OAuthContext, fault: unknown): Promise<Response> {
  const error = known(fault);
  const { requestId, log } = context.var;
  const fields = { code: error.code, method: context.req.method, cause: describe(error) };
  if (error.code === 'internal') log.error('request.failed', fields);
  else log.warn('request.refused', fields);

  const page = wantsPage(context);
  const signIn = page && error.code === 'unauthenticated' ? toSignIn(parts, context) : undefined;
  if (signIn !== undefined) return signIn;
  context.status(error.status as ContentfulStatusCode);
  if (error.retryAfterSeconds !== undefined) context.header('retry-after', String(Math.ceil(error.retryAfterSeconds)));
  if (error.code === 'unauthenticated') context.header('www-authenticate', 'Bearer');
  if (!page) {
    const details = error.details === undefined ? {} : { details: error.details };
    return context.json({ error: { code: error.code, message: error.message, request_id: requestId, ...details } });
  }
  const url = textOf(error.details?.['url']);
  const failure = failurePage(frameOf(parts, context), {
    title: TITLES[error.code] ?? 'This did not work',
    text: error.message,
    code: error.code,
    requestId,
    next: url === undefined ? undefined : { url, label: textOf(error.details?.['label']) ?? 'Open it again' },
  });
  return sendPage(context, failure);
}
