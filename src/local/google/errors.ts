// Google Calendar's error bodies: `{error: {errors: [{domain, reason, message, …}], code, message}}`, with the words of
// https://developers.google.com/workspace/calendar/api/guides/errors, so that a client's error handling meets what it will meet.

export interface GoogleErrorItem {
  readonly domain: 'global' | 'calendar' | 'usageLimits';
  readonly reason: string;
  readonly message: string;
  readonly locationType?: 'parameter' | 'header';
  readonly location?: string;
}

/** Thrown by the calendar's parts, caught once by its router. */
export class GoogleError extends Error {
  override readonly name = 'GoogleError';
  readonly status: number;
  readonly item: GoogleErrorItem;
  readonly headers: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    item: GoogleErrorItem,
    more: { readonly headers?: Record<string, string>; readonly extra?: Record<string, unknown> } = {},
  ) {
    super(item.message);
    this.status = status;
    this.item = item;
    this.headers = more.headers ?? {};
    this.extra = more.extra ?? {};
  }
}

/** `extra` may carry the `status` and `details` that Google's front end adds to some, and a `message` unlike the item's. */
export function errorBody({ status, item, extra }: GoogleError): unknown {
  return { error: { errors: [item], code: status, message: item.message, ...extra } };
}

export const notFound = (): GoogleError =>
  new GoogleError(404, { domain: 'global', reason: 'notFound', message: 'Not Found' });

export const alreadyDeleted = (): GoogleError =>
  new GoogleError(410, { domain: 'global', reason: 'deleted', message: 'Resource has been deleted' });

export const duplicate = (): GoogleError =>
  new GoogleError(409, { domain: 'global', reason: 'duplicate', message: 'The requested identifier already exists.' });

export const conditionNotMet = (): GoogleError =>
  new GoogleError(412, {
    domain: 'global',
    reason: 'conditionNotMet',
    message: 'Precondition Failed',
    locationType: 'header',
    location: 'If-Match',
  });

export const invalid = (message: string): GoogleError =>
  new GoogleError(400, { domain: 'global', reason: 'invalid', message });

export const required = (message: string): GoogleError =>
  new GoogleError(400, { domain: 'global', reason: 'required', message });

export const badRequest = (message = 'Bad Request'): GoogleError =>
  new GoogleError(400, { domain: 'global', reason: 'badRequest', message });

export const parseError = (): GoogleError =>
  new GoogleError(400, { domain: 'global', reason: 'parseError', message: 'Parse Error' });

export const tooLarge = (): GoogleError =>
  new GoogleError(413, { domain: 'global', reason: 'uploadTooLarge', message: 'Request Entity Too Large' });

/** `location` is the query parameter where the range came from one; a body's range has none. */
export const timeRangeEmpty = (location?: string): GoogleError =>
  new GoogleError(400, {
    domain: 'calendar',
    reason: 'timeRangeEmpty',
    message: 'The specified time range is empty.',
    ...(location === undefined ? {} : { locationType: 'parameter', location }),
  });

export const invalidParameter = (location: string, value: string): GoogleError =>
  new GoogleError(400, {
    domain: 'global',
    reason: 'invalidParameter',
    message: `Invalid value '${value}' for ${location}.`,
    locationType: 'parameter',
    location,
  });

export const needsWriter = (): GoogleError =>
  new GoogleError(403, {
    domain: 'calendar',
    reason: 'requiredAccessLevel',
    message: 'You need to have writer access to this calendar.',
  });

export const forbiddenForNonOrganizer = (): GoogleError =>
  new GoogleError(403, {
    domain: 'calendar',
    reason: 'forbiddenForNonOrganizer',
    message: 'Shared properties can only be changed by the organizer of the event.',
  });

export const loginRequired = (): GoogleError =>
  new GoogleError(
    401,
    {
      domain: 'global',
      reason: 'required',
      message: 'Login Required.',
      locationType: 'header',
      location: 'Authorization',
    },
    {
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
      extra: {
        message:
          'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        status: 'UNAUTHENTICATED',
      },
    },
  );

export const invalidCredentials = (): GoogleError =>
  new GoogleError(
    401,
    {
      domain: 'global',
      reason: 'authError',
      message: 'Invalid Credentials',
      locationType: 'header',
      location: 'Authorization',
    },
    {
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' },
      extra: {
        message:
          'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
        status: 'UNAUTHENTICATED',
      },
    },
  );

export const insufficientPermissions = (scopes: readonly string[]): GoogleError =>
  new GoogleError(
    403,
    { domain: 'global', reason: 'insufficientPermissions', message: 'Insufficient Permission' },
    {
      headers: {
        'www-authenticate': `Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="${scopes.join(' ')}"`,
      },
      extra: {
        message: 'Request had insufficient authentication scopes.',
        status: 'PERMISSION_DENIED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
            domain: 'googleapis.com',
            metadata: { service: 'calendar-json.googleapis.com' },
          },
        ],
      },
    },
  );

const statusItems: Readonly<Record<number, GoogleErrorItem>> = {
  403: { domain: 'usageLimits', reason: 'rateLimitExceeded', message: 'Rate Limit Exceeded' },
  429: { domain: 'usageLimits', reason: 'rateLimitExceeded', message: 'Rate Limit Exceeded' },
  500: { domain: 'global', reason: 'backendError', message: 'Backend Error' },
  503: { domain: 'global', reason: 'backendError', message: 'Backend Error' },
};

/** What Google typically answers with that status when a fault names no body of its own. */
export function typicalErrorBody(status: number): unknown {
  if (status === 401) return errorBody(invalidCredentials());
  if (status === 404) return errorBody(notFound());
  if (status === 410) return errorBody(alreadyDeleted());
  const item = statusItems[status] ?? { domain: 'global', reason: 'backendError', message: `Error ${status}` };
  return errorBody(new GoogleError(status, item));
}
