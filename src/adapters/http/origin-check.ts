import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { HttpApp } from '../../ports/http.ts';
import type { Log } from '../../ports/log.ts';

// Where CloudFront and its firewall stand before an API, a request that came around them is refused before anything else looks at it,
// `/health` included: the edge adds a header that only it and we know. It says nothing about who asks. docs/decisions has the why.

/** What the edge's function sets (terraform/modules/edge/origin-secret.js), whatever the viewer sent under this name. */
export const ORIGIN_HEADER = 'x-sallyport-origin';

/** 32 characters of base64url are 192 bits. Anything shorter, the placeholder of a parameter never set too, is no secret. */
const SECRET = /^[\w-]{32,128}$/;
/** The next one and the one before it: while a secret is replaced, the edge's locations change over one by one. */
const SECRETS_AT_MOST = 2;

export interface OriginCheckDeps {
  /** One secret, or two with a comma between them. Read for each request, so that it can be replaced. */
  readonly secret: () => Promise<Secret>;
  readonly log: Log;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function readSecrets(secret: Secret): readonly string[] {
  const values = secret
    .reveal()
    .trim()
    .split(/\s*,\s*/);
  if (values.length <= SECRETS_AT_MOST && values.every((value) => SECRET.test(value))) return values;
  throw new AppError(
    'misconfigured',
    'SALLYPORT_ORIGIN_SECRET must be one secret of 32 to 128 characters of base64url, or two with a comma between them.',
  );
}

/** Digests are of one length, and all are compared: the time taken tells neither a length nor which one fitted. */
function holds(values: readonly string[], presented: string): boolean {
  const given = digest(presented);
  return values.map((value) => timingSafeEqual(digest(value), given)).includes(true);
}

/** Throws AppError `forbidden`, which says nothing; the log says which. The header goes no further. */
export function createOriginCheck(app: HttpApp, { secret, log }: OriginCheckDeps): HttpApp {
  return async (request) => {
    const values = readSecrets(await secret());
    const { [ORIGIN_HEADER]: presented, ...headers } = request.headers;
    if (presented !== undefined && holds(values, presented)) return app({ ...request, headers });
    const reason = presented === undefined ? 'origin_missing' : 'origin_wrong';
    log.warn('origin.refused', { request_id: request.requestId, reason });
    log.metric('Refused', { reason });
    throw new AppError('forbidden', 'Forbidden.');
  };
}
