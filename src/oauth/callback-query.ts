import { AppError } from '../kernel/app-error.ts';
import { type OAuthContext, queryOnce } from './web.ts';

// What an authorization server sends back with the browser (RFC 6749 §4.1.2, RFC 9207).

export interface CallbackQuery {
  readonly state: string;
  readonly issuer: string | undefined;
  readonly code: string | undefined;
  readonly error: string | undefined;
}

/** Each parameter may stand there once. An `error` that is not spelled as RFC 6749 §4.1.2.1 allows becomes `invalid`. */
export function readCallback(context: OAuthContext): CallbackQuery {
  const error = queryOnce(context, 'error');
  return {
    state: queryOnce(context, 'state') ?? '',
    issuer: queryOnce(context, 'iss'),
    code: queryOnce(context, 'code'),
    error: error === undefined || /^[a-z_]{1,64}$/.test(error) ? error : 'invalid',
  };
}

/** RFC 9207 §2.4: an answer that names another issuer was meant for another server's flow (a mix-up). `always`: the server promises to name itself. */
export function checkIssuer(query: CallbackQuery, expected: string, always = false): void {
  if (query.issuer === expected || (query.issuer === undefined && !always)) return;
  throw new AppError(
    'invalid_request',
    'This answer came from another sign-in service than the one asked. Start again.',
  );
}

export function refusedFlow(reason: string): AppError {
  return reason === 'flow_of_another_browser'
    ? new AppError('forbidden', 'This was begun in another browser. Go on there, or start again here.')
    : new AppError('invalid_request', 'This step was used already, or its 10 minutes are over. Start again.');
}
