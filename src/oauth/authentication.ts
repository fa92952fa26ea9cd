import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { parseToken, type TokenRecord, tokenKey, tokenRecord, verifyToken } from '../trust/access-token.ts';
import { personKey, personRecord } from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';
import { holdsScope } from '../trust/scope.ts';
import type { Browsers } from './browser.ts';
import type { Sessions } from './sessions.ts';
import { type OAuthContext, readForm, readJson } from './web.ts';

// Who is asking: the holder of a token with audience and scope `confirm`, or a browser with a session. The token that chats is refused:
// whoever may ask the agent for something must not thereby be able to say yes to it.

export interface Confirmed {
  readonly person: string;
  readonly name: string;
  /** `token:<id>` or `session:oidc`. */
  readonly by: string;
  readonly via: 'token' | 'session';
  /** The identity that opened the session, where one did. */
  readonly identity?: string | undefined;
}

export interface Authentication {
  /** Rejects with `unauthenticated` or `forbidden`. */
  require(context: OAuthContext): Promise<Confirmed>;
  /** As `require`, for terminals only. */
  requireToken(context: OAuthContext): Promise<Confirmed & { readonly tokenId: string }>;
  /** The browser's person, or nothing. */
  session(context: OAuthContext): Promise<Confirmed | undefined>;
  /** `require`, and what was sent: JSON of a token's holder, or a form of a page of ours (which is checked to be one). */
  requireInput(context: OAuthContext): Promise<{ readonly confirmed: Confirmed; readonly input: unknown }>;
  nameOf(person: string): Promise<string | undefined>;
}

const signInNeeded = (): AppError =>
  new AppError('unauthenticated', 'Sign in first, or send a token with the audience confirm.');

export function createAuthentication(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly browsers: Browsers;
  readonly sessions: Sessions;
}): Authentication {
  const { store, clock, browsers, sessions } = deps;

  const nameOf = async (person: string): Promise<string | undefined> => {
    const raw = await store.get(personKey(person));
    return raw === undefined ? undefined : readRecord(personRecord, raw, 'person').name;
  };

  async function findToken(context: OAuthContext): Promise<TokenRecord> {
    const refuseToken = (reason: string): AppError => {
      context.var.log.warn('token.refused', { reason });
      context.var.log.metric('Refused', { reason });
      return reason === 'token_audience' || reason === 'token_scope'
        ? new AppError('forbidden', 'This needs a token with the audience confirm and the scope confirm.')
        : new AppError('unauthenticated', 'The token is not valid here: unknown, expired or revoked.');
    };
    const header = /^Bearer ([!-~]+)$/i.exec(context.req.header('authorization') ?? '')?.[1];
    const presented = header === undefined ? undefined : parseToken(header);
    if (presented === undefined) throw refuseToken('token_malformed');
    const raw = await store.get(tokenKey(presented.id));
    if (raw === undefined) throw refuseToken('token_unknown');
    const expected = { audience: 'confirm', nowMs: clock.nowMs() } as const;
    const verified = verifyToken(presented.secret, readRecord(tokenRecord, raw, 'token'), expected);
    if (!verified.ok) throw refuseToken(verified.reason);
    if (!holdsScope(verified.value.scopes, 'confirm')) throw refuseToken('token_scope');
    return verified.value;
  }

  async function requireToken(context: OAuthContext): Promise<Confirmed & { readonly tokenId: string }> {
    if (context.req.header('authorization') === undefined) throw signInNeeded();
    const token = await findToken(context);
    const name = await nameOf(token.person);
    if (name === undefined) throw new AppError('unauthenticated', 'This token’s person has been removed.');
    return { person: token.person, name, by: `token:${token.id}`, via: 'token', tokenId: token.id };
  }

  async function session(context: OAuthContext): Promise<Confirmed | undefined> {
    const secret = browsers.session(context);
    const found = secret === undefined ? undefined : await sessions.find(secret);
    const name = found === undefined ? undefined : await nameOf(found.person);
    return found === undefined || name === undefined
      ? undefined
      : { person: found.person, name, by: found.by, via: 'session', identity: found.identity };
  }

  async function requirePerson(context: OAuthContext): Promise<Confirmed> {
    if (context.req.header('authorization') !== undefined) return requireToken(context);
    const confirmed = await session(context);
    if (confirmed === undefined) throw signInNeeded();
    return confirmed;
  }

  return {
    nameOf,
    requireToken,
    session,
    require: requirePerson,
    async requireInput(context) {
      const confirmed = await requirePerson(context);
      if (confirmed.via === 'token') return { confirmed, input: await readJson(context) };
      const fields = await readForm(context);
      browsers.checkForm(context, fields);
      const { csrf: _, ...input } = fields;
      return { confirmed, input };
    },
  };
}
