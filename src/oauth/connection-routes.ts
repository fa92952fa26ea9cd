import type { Hono } from 'hono';
import { AppError } from '../kernel/app-error.ts';
import { isoTime } from '../kernel/iso-time.ts';
import type { VaultSnapshot } from '../vault/vault.ts';
import { type ConnectionView, connectionsPage } from './pages/home-page.ts';
import { messagePage } from './pages/message-page.ts';
import { frameOf, GOOGLE, type OAuthParts, sendPage } from './parts.ts';
import { googleInWords } from './scope-words.ts';
import { type OAuthContext, type OAuthEnv, wantsPage } from './web.ts';

// Which accounts are connected, and taking one back: at once here, and at Google as well as far as Google can be reached.

const PERMISSIONS_URL = 'https://myaccount.google.com/connections';

export async function viewConnection(parts: OAuthParts, person: string): Promise<ConnectionView> {
  const held = await parts.vault.read(GOOGLE, person);
  if (held.state !== 'connected') return { status: held.state, may: [] };
  const { email, scopes } = held.entry;
  return { status: held.state, account: email, may: googleInWords(parts.config.scopes, scopes) };
}

/** As clients read it; `unreadable` means that only connecting again helps. */
function connectionJson(held: VaultSnapshot) {
  const account = held.state === 'connected' ? held.entry : held.state === 'revoked' ? held.account : undefined;
  return {
    provider: GOOGLE,
    status: held.state,
    ...(account?.email === undefined ? {} : { account: account.email }),
    ...(held.state === 'connected' ? { scopes: held.entry.scopes, connected_at: isoTime(held.entry.connectedAt) } : {}),
    ...(held.state === 'revoked' ? { revoked_at: isoTime(held.revokedAt) } : {}),
  };
}

async function listConnections(parts: OAuthParts, context: OAuthContext): Promise<Response> {
  const confirmed = await parts.authentication.require(context);
  if (wantsPage(context)) {
    const view = await viewConnection(parts, confirmed.person);
    return sendPage(context, connectionsPage(frameOf(parts, context, confirmed.name), view));
  }
  const held = await parts.vault.read(GOOGLE, confirmed.person);
  return context.json({ connections: held.state === 'absent' ? [] : [connectionJson(held)] });
}

interface Disconnected {
  /** Whether Google has confirmed that the token no longer works. */
  readonly atGoogle: boolean;
  readonly message: string;
}

const removeThere = (why: string): string =>
  `Google Calendar is disconnected here, and no agent can use it any more. ${why}, so remove Sallyport there as well: ${PERMISSIONS_URL}`;

/** Ours first: from then on no tool can use the account, whatever Google does. */
async function disconnect(parts: OAuthParts, context: OAuthContext, person: string): Promise<Disconnected> {
  const revoked = await parts.vault.revoke(GOOGLE, person);
  if (!revoked.ok) {
    throw new AppError('conflict', 'Your connection was changed by another request at this moment. Try again.');
  }
  const before = revoked.value;
  if (before.state === 'absent' || before.state === 'revoked') {
    throw new AppError('not_found', 'No Google account is connected.');
  }
  if (before.state === 'unreadable') {
    return { atGoogle: false, message: removeThere('Its token could not be read to end it at Google') };
  }
  try {
    await parts.google.revoke(before.entry.refreshToken);
    context.var.log.info('disconnect.done', { person, at_google: true });
    return { atGoogle: true, message: 'Google Calendar is disconnected, here and at Google.' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    context.var.log.warn('disconnect.google_failed', { person, code: error.code });
    return { atGoogle: false, message: removeThere('Google did not confirm') };
  }
}

export function addConnectionRoutes(app: Hono<OAuthEnv>, parts: OAuthParts): void {
  app.get('/connections', (context) => listConnections(parts, context));
  app.delete('/connections/google', async (context) => {
    const { person } = await parts.authentication.requireToken(context);
    const { atGoogle, message } = await disconnect(parts, context, person);
    return context.json({ provider: GOOGLE, status: 'revoked', revoked_at_google: atGoogle, message });
  });
  app.post('/connections/google/disconnect', async (context) => {
    const { confirmed } = await parts.authentication.requireInput(context);
    const { atGoogle, message } = await disconnect(parts, context, confirmed.person);
    const page = messagePage(frameOf(parts, context, confirmed.name), {
      title: 'Disconnected',
      text: message,
      next: atGoogle
        ? { url: `${parts.config.publicUrl}/`, label: 'Back' }
        : { url: PERMISSIONS_URL, label: 'Open Google’s page' },
    });
    return sendPage(context, page);
  });
}
