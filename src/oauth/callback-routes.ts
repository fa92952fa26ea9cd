import type { Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import { holdsScope } from '../trust/scope.ts';
import { checkIssuer, readCallback, refusedFlow } from './callback-query.ts';
import { GOOGLE_CALLBACK_PATH } from './connect-routes.ts';
import type { FlowOf } from './flows.ts';
import { connectedPage } from './pages/connect-page.ts';
import { agentName, frameOf, GOOGLE, type OAuthParts, sendPage } from './parts.ts';
import type { GoogleConnection } from './ports.ts';
import type { Outcome } from './records.ts';
import { type Consent, dateInWords, googleBacked, inWords, readConsent } from './scope-words.ts';
import { type OAuthContext, type OAuthEnv, wantsPage } from './web.ts';

// Back from Google. Everything is checked before anything is kept: the state (once, and by the browser that began), the issuer, the session,
// the ticket; then the code is exchanged, the account compared and the ticked boxes read; then vault, then grant.
// A token that is not kept is only forgotten: revoking it would end that Google account's other connections to us as well.

type GoogleFlow = FlowOf<'google'>;

const connectUrl = (parts: OAuthParts, flow: GoogleFlow): string =>
  `${parts.config.publicUrl}/connect/google?ticket=${flow.ticket}`;

/** What Google's own refusals mean to the person. */
function refusedByGoogle(error: string): AppError {
  if (error === 'access_denied') {
    return new AppError('forbidden', 'You said no at Google, so nothing was connected. Try again if you meant yes.');
  }
  if (error === 'temporarily_unavailable' || error === 'server_error') {
    return new AppError(
      'upstream_failed',
      'Google could not answer just now. Nothing was connected. Try again in a minute.',
    );
  }
  return new AppError(
    'upstream_failed',
    `Google refused (${error}). Nothing was connected. If it happens again, tell your operator this word.`,
  );
}

async function takeFlow(parts: OAuthParts, context: OAuthContext, state: string): Promise<GoogleFlow> {
  const taken = await parts.flows.take(state, { kind: 'google', browser: parts.browsers.known(context) });
  if (taken.ok) return taken.value;
  context.var.log.warn('callback.refused', { reason: taken.reason });
  throw refusedFlow(taken.reason);
}

/** Who began must still be who is here, and the ticket must still be good. */
async function checkStanding(parts: OAuthParts, context: OAuthContext, flow: GoogleFlow): Promise<void> {
  const session = await parts.authentication.session(context);
  if (session?.person !== flow.person) {
    throw new AppError('unauthenticated', 'Your sign-in has ended in between. Nothing was connected. Start again.');
  }
  await parts.tickets.open(flow.ticket);
}

function checkConsent(parts: OAuthParts, flow: GoogleFlow, connection: GoogleConnection): Consent {
  const consent = readConsent(parts.config.scopes, flow.wish.scopes, connection.scopes);
  const backed = googleBacked(parts.config.scopes);
  if (!consent.granted.some((scope) => backed.includes(scope))) {
    throw new AppError(
      'forbidden',
      'You left every box at Google unticked, so the agent could do nothing and nothing was connected. Try again and tick what it may do.',
    );
  }
  return consent;
}

/** Keeps the tokens, unless another account is connected or another request wrote in between. */
async function keep(parts: OAuthParts, person: string, connection: GoogleConnection): Promise<void> {
  const held = await parts.vault.read(GOOGLE, person);
  if (held.state === 'connected' && held.entry.sub !== connection.sub) {
    const account = held.entry.email === undefined ? 'another account' : held.entry.email;
    throw new AppError(
      'conflict',
      `You are connected with the Google account ${account} and chose a different one now. Nothing was changed. Choose that account, or disconnect it first.`,
    );
  }
  const { expiresAtMs, ...given } = connection;
  const entry = {
    ...given,
    expiresAt: Math.floor(expiresAtMs / 1000),
    connectedAt: Math.floor(parts.clock.nowMs() / 1000),
  };
  const saved = await parts.vault.save(GOOGLE, person, entry, held.version);
  if (saved.ok) return;
  throw saved.reason === 'refresh_token_missing'
    ? new AppError(
        'upstream_failed',
        'Google gave no lasting access, so nothing was connected. Remove Sallyport at https://myaccount.google.com/connections and try again.',
      )
    : new AppError('conflict', 'Your connection was changed by another request at this moment. Try again.');
}

/** Google's scopes become exactly what was consented now; what the agent may do elsewhere stays. */
async function writeGrant(parts: OAuthParts, flow: GoogleFlow, consent: Consent): Promise<number> {
  const backed = googleBacked(parts.config.scopes);
  try {
    const grant = await parts.grants.put({
      person: flow.person,
      agent: flow.wish.agent,
      days: flow.wish.days,
      scopes: (held) => [
        ...held.filter((scope) => !backed.includes(scope)),
        // Write includes read, so the narrower scope need not be named beside it.
        ...consent.granted.filter(
          (scope) =>
            !holdsScope(
              consent.granted.filter((other) => other !== scope),
              scope,
            ),
        ),
      ],
    });
    return grant.expires_at;
  } catch (cause) {
    throw new AppError(
      'unavailable',
      'Google is connected, but your permission for the agent could not be saved, so the agent can do nothing yet. Try again: the same link finishes it.',
      { cause },
    );
  }
}

async function connect(
  parts: OAuthParts,
  context: OAuthContext,
  flow: GoogleFlow,
  code: string,
): Promise<Consent & { until: number }> {
  const connection = await parts.google.exchangeCode({
    code,
    codeVerifier: flow.verifier,
    redirectUri: `${parts.config.publicUrl}${GOOGLE_CALLBACK_PATH}`,
    nonce: flow.nonce,
  });
  const consent = checkConsent(parts, flow, connection);
  // Again, since Google took its time: a person who was removed meanwhile leaves nothing behind.
  await checkStanding(parts, context, flow);
  await keep(parts, flow.person, connection);
  return { ...consent, until: await writeGrant(parts, flow, consent) };
}

/** Notes the outcome for the terminal. The connection stands without the note, so a store that fails here fails nothing. */
async function note(
  parts: OAuthParts,
  context: OAuthContext,
  end: { readonly ticket: string; readonly outcome: Outcome; readonly used: boolean },
): Promise<void> {
  await parts.tickets.close(end.ticket, end.outcome, end.used).catch(() => {
    context.var.log.warn('ticket.not_closed', { status: end.outcome.status });
  });
}

async function finish(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const query = readCallback(context);
  const flow = await takeFlow(parts, context, query.state);
  const { ticket } = flow;
  try {
    checkIssuer(query, parts.google.issuer);
    await checkStanding(parts, context, flow);
    if (query.error !== undefined || query.code === undefined) throw refusedByGoogle(query.error ?? 'no_code');
    const { granted, notWorking, until } = await connect(parts, context, flow, query.code);
    await note(parts, context, {
      ticket,
      outcome: { status: 'connected', granted: [...granted], not_working: [...notWorking] },
      used: true,
    });
    context.var.log.info('connect.done', { person: flow.person, agent: flow.wish.agent, scopes: granted });
    if (!wantsPage(context)) {
      return context.json({ status: 'connected', granted, not_working: notWorking, expires_at: isoTime(until) });
    }
    const session = await parts.authentication.session(context);
    const page = connectedPage(frameOf(parts, context, session?.name), {
      agentName: agentName(parts.config, flow.wish.agent),
      may: inWords(parts.config.scopes, granted),
      until: dateInWords(until),
      notWorking,
    });
    return await sendPage(context, page);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.var.log.warn('connect.failed', { person: flow.person, code: error.code });
    await note(parts, context, {
      ticket,
      outcome: { status: 'failed', code: error.code, message: error.message },
      used: false,
    });
    throw withTryAgain(error, connectUrl(parts, flow));
  }
}

function withTryAgain(error: AppError, url: string): AppError {
  if (error.code === 'gone') return error;
  return new AppError(error.code, error.message, {
    cause: error,
    details: { url, label: 'Try again' },
    ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
  });
}

export function addCallbackRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.get(GOOGLE_CALLBACK_PATH, (context) => finish(parts, context));
}
