import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { IamCaller } from '../ports/http.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { parseToken, tokenKey, tokenRecord, verifyToken } from '../trust/access-token.ts';
import type { VerifyJwt } from '../trust/jwt.ts';
import { IDENTITY_PATTERN, identityKey, identityRecord } from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';

// Who is asking: a bearer token of ours with the audience `agent`, a JWT of an issuer that the operator configured (RFC 6750 §2.1; both in
// the header only), or an AWS identity that the front door checked by SigV4. The person comes from the token's record, or from the record
// that maps the proved identity to a person, and from nowhere else. The caller does not learn which check failed; the log does.

export interface Principal {
  /** `p_<ulid>` */
  readonly person: string;
  /** The most that may be delegated for this person. */
  readonly scopes: readonly string[];
}

export interface Caller extends Principal {
  /** What proved it: `token:<id>`, `oidc:<issuer alias>:<sub>` or `iam:<account>:<unique id>`. */
  readonly identity: string;
}

export interface Credentials {
  /** The header with the person's own token, if any. */
  readonly authorization: string | null;
  readonly iam?: IamCaller | undefined;
}

export type Authenticate = (credentials: Credentials, log: Log) => Promise<Caller>;

export interface AuthenticateDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** Absent where no issuer is configured. */
  readonly verifyJwt?: VerifyJwt | undefined;
  /** The most that may be delegated for a person who comes by an AWS identity: SigV4 carries no scopes. None: nobody comes that way. */
  readonly iamScopes: readonly string[];
}

const BEARER = /^bearer +([^\s,]{1,8192})$/i;
const DOTS = /^[^.]+\.[^.]+\.[^.]+$/;
const IAM = { account: /^\d{12}$/, uniqueId: /^A[A-Z0-9]{3,127}$/ };

type Refuse = (reason: string, detail?: string) => never;

function createRefuse(log: Log): Refuse {
  return (reason, detail) => {
    log.metric('Refused', { reason });
    log.warn('agent.refused', { reason, ...(detail === undefined ? {} : { detail }) });
    throw new AppError('unauthenticated', 'This API needs a valid bearer token for the agent.');
  };
}

/** The yes to a write never comes from the token that chats, whatever its record says. */
const withoutConfirm = (scopes: readonly string[]): readonly string[] => scopes.filter((scope) => scope !== 'confirm');

export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const { store, clock, verifyJwt, iamScopes } = deps;

  async function byToken(text: string, refuse: Refuse): Promise<Caller> {
    const token = parseToken(text);
    if (token === undefined) return refuse('token_malformed');
    const raw = await store.get(tokenKey(token.id));
    if (raw === undefined) return refuse('token_unknown');
    const record = readRecord(tokenRecord, raw, 'token');
    const verified = verifyToken(token.secret, record, { audience: 'agent', nowMs: clock.nowMs() });
    if (!verified.ok) return refuse(verified.reason);
    return { person: record.person, scopes: withoutConfirm(record.scopes), identity: `token:${token.id}` };
  }

  /** Whoever proved an identity may be told that nobody knows it, and how it is spelled: that is what an operator needs. */
  async function personOf(identity: string, log: Log): Promise<string> {
    const raw = IDENTITY_PATTERN.test(identity) ? await store.get(identityKey(identity)) : undefined;
    if (raw !== undefined) return readRecord(identityRecord, raw, 'identity').person;
    log.metric('Refused', { reason: 'identity_unknown' });
    log.warn('agent.refused', { reason: 'identity_unknown' });
    throw new AppError(
      'forbidden',
      'You are signed in, but nobody here is known by this identity. Link it with `sallyport link`, or give it to your operator.',
      { details: { identity } },
    );
  }

  async function byJwt(text: string, log: Log, refuse: Refuse): Promise<Caller> {
    if (verifyJwt === undefined) return refuse('token_malformed', 'no issuer is configured');
    const verified = await verifyJwt(text);
    if (!verified.ok) return refuse(verified.reason, verified.detail);
    const { identity, scopes } = verified.value;
    return { person: await personOf(identity, log), scopes: withoutConfirm(scopes), identity };
  }

  async function byIam({ accountId, uniqueId }: IamCaller, log: Log, refuse: Refuse): Promise<Caller> {
    if (!IAM.account.test(accountId) || !IAM.uniqueId.test(uniqueId)) return refuse('iam_malformed');
    if (iamScopes.length === 0) return refuse('iam_not_allowed');
    const identity = `iam:${accountId}:${uniqueId}`;
    return { person: await personOf(identity, log), scopes: withoutConfirm(iamScopes), identity };
  }

  return async ({ authorization, iam }, log) => {
    const refuse = createRefuse(log);
    // A person's own token decides, also behind SigV4: one that does not pass is not made up for by the identity of the machine.
    if (authorization !== null) {
      const text = BEARER.exec(authorization)?.[1];
      if (text === undefined) return refuse('token_missing');
      return DOTS.test(text) ? byJwt(text, log, refuse) : byToken(text, refuse);
    }
    return iam === undefined ? refuse('token_missing') : byIam(iam, log, refuse);
  };
}
