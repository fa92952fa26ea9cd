import { type Result, refuse } from '../../kernel/result.ts';
import type { Clock } from '../../ports/clock.ts';
import type { HttpRequest } from '../../ports/http.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Log } from '../../ports/log.ts';
import {
  isPrevious,
  parseToken,
  type TokenRecord,
  tokenKey,
  tokenRecord,
  verifyToken,
} from '../../trust/access-token.ts';
import { readRecord } from '../../trust/record.ts';
import { createRefusal, type Door, type DoorReason, type DoorVerdict, describeCause, reportRefusal } from './door.ts';

// The key door: a token of ours with the audience `mcp`, for the stdio bridge and scripts. It proves a person, no agent;
// the token's own scopes are all there is. Tokens are taken from the Authorization header only (RFC 6750 §2.1), never from
// a query or a body, and read from the store each time, so that revoking one works at once. What its holder has read before
// nobody here knows: every call counts as tainted.

export interface KeyDoorOptions {
  readonly store: Pick<KeyValueStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
}

const BEARER_PATTERN = /^bearer +(\S+)$/i;
/** RFC 6750 §3.1: no error code for a request that carried no token at all. */
const CHALLENGE = 'Bearer realm="sallyport"';
const INVALID_TOKEN_CHALLENGE = `${CHALLENGE}, error="invalid_token", error_description="The token is not accepted here."`;

export function createKeyDoor(options: KeyDoorOptions): Door {
  const { store, clock, log } = options;

  async function checkToken(request: HttpRequest): Promise<Result<TokenRecord, DoorReason>> {
    const authorization = request.headers['authorization'];
    if (authorization === undefined) return refuse('token_missing');
    const token = parseToken(BEARER_PATTERN.exec(authorization)?.[1] ?? '');
    if (token === undefined) return refuse('token_unknown', 'form');
    let record: TokenRecord;
    try {
      const raw = await store.get(tokenKey(token.id));
      if (raw === undefined) return refuse('token_unknown', 'id');
      record = readRecord(tokenRecord, raw, 'token');
    } catch (cause) {
      return refuse('token_store_unavailable', describeCause(cause));
    }
    const verified = verifyToken(token.secret, record, { audience: 'mcp', nowMs: clock.nowMs() });
    // Whoever rotated it sees by this who has not changed over.
    if (verified.ok && isPrevious(token.secret, record)) {
      log.warn('door.previous_token', {
        request_id: request.requestId,
        token: token.id,
        until: record.previous?.until,
      });
    }
    return verified;
  }

  return async (request): Promise<DoorVerdict> => {
    const token = await checkToken(request);
    if (token.ok) {
      const { id, person, scopes, rate: perMinute } = token.value;
      const standing = { kind: 'token', id } as const;
      const own = perMinute === undefined ? {} : { perMinute };
      return {
        ok: true,
        caller: { door: 'key', person, agent: `token/${id}`, scopes, tainted: true, standing, ...own },
      };
    }
    const challenge = token.reason === 'token_missing' ? CHALLENGE : INVALID_TOKEN_CHALLENGE;
    const refusal = createRefusal({ ...token, challenge }, {});
    reportRefusal(log, 'key', refusal, request.requestId);
    return refusal;
  };
}
