import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import { parseToken, tokenKey, tokenRecord, verifyToken } from '../trust/access-token.ts';
import { readRecord } from '../trust/record.ts';

// Who is asking: a bearer token of ours with the audience `agent` (RFC 6750 §2.1; in the header only). The person comes from
// the token's record and from nowhere else. The caller does not learn which check failed; the log does.

export interface Principal {
  /** `p_<ulid>` */
  readonly person: string;
  /** The most that may be delegated for this person. */
  readonly scopes: readonly string[];
}

export type Authenticate = (authorization: string | null, log: Log) => Promise<Principal>;

const BEARER = /^bearer +([^\s,]{1,200})$/i;

export function createAuthenticate(deps: { readonly store: KeyValueStore; readonly clock: Clock }): Authenticate {
  return async (authorization, log) => {
    const refuse = (reason: string): never => {
      log.metric('Refused', { reason });
      log.warn('agent.refused', { reason });
      throw new AppError('unauthenticated', 'This API needs a valid bearer token for the agent.');
    };
    const text = BEARER.exec(authorization ?? '')?.[1];
    if (text === undefined) return refuse('token_missing');
    const token = parseToken(text);
    if (token === undefined) return refuse('token_malformed');
    const raw = await deps.store.get(tokenKey(token.id));
    if (raw === undefined) return refuse('token_unknown');
    const record = readRecord(tokenRecord, raw, 'token');
    const verified = verifyToken(token.secret, record, { audience: 'agent', nowMs: deps.clock.nowMs() });
    if (!verified.ok) return refuse(verified.reason);
    // The yes to a write never comes from the token that chats, whatever its record says.
    return { person: record.person, scopes: record.scopes.filter((scope) => scope !== 'confirm') };
  };
}
