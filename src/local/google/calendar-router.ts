import { isJsonObject } from '../../kernel/json-object.ts';
import type { CalendarAnswer, CalendarCall, CalendarMethod, JsonObject } from './calendar-method.ts';
import {
  errorBody,
  GoogleError,
  insufficientPermissions,
  invalidCredentials,
  invalidParameter,
  loginRequired,
  notFound,
  parseError,
} from './errors.ts';
import type { OAuthStore } from './oauth-store.ts';
import type { StandInAccount } from './stand-in-options.ts';

// Takes a request to its Calendar method: route, token, scope, parameters, body, in this order; makes Google's error of what is thrown.

export interface CalendarRequest {
  readonly method: string;
  /** Below the base, still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface CalendarReply extends CalendarAnswer {
  readonly headers: Readonly<Record<string, string>>;
}

export interface CalendarRouterParts {
  readonly methods: readonly CalendarMethod[];
  readonly tokens: OAuthStore;
  readonly accounts: readonly StandInAccount[];
}

/** Parameters that every method of every Google API takes. */
const standardQuery = ['alt', 'fields', 'key', 'prettyPrint', 'quotaUser', 'userIp', '$.xgafv'];

export function createCalendarRouter(parts: CalendarRouterParts): (request: CalendarRequest) => CalendarReply {
  return (request) => {
    try {
      const answer = serve(parts, request);
      return { ...answer, headers: answer.etag === undefined ? {} : { etag: answer.etag } };
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
      return { status: error.status, body: errorBody(error), headers: error.headers };
    }
  };
}

function serve({ methods, tokens, accounts }: CalendarRouterParts, request: CalendarRequest): CalendarAnswer {
  const route = findRoute(methods, request);
  if (route === undefined) throw notFound();
  const bearer = /^Bearer (\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (bearer === undefined) throw loginRequired();
  const token = tokens.findAccessToken(bearer);
  const account = accounts.find(({ sub }) => sub === token?.sub);
  if (token === undefined || account === undefined) throw invalidCredentials();
  const { method, path } = route;
  const scopes = method.scopes.map((name) => `https://www.googleapis.com/auth/${name}`);
  if (!scopes.some((scope) => token.scopes.has(scope))) throw insufficientPermissions(scopes);
  for (const [name, value] of request.query) {
    if (!method.query.includes(name) && !standardQuery.includes(name)) throw invalidParameter(name, value);
  }
  return method.handle({
    account,
    token,
    path,
    query: request.query,
    headers: conditions(request.headers),
    body: readJson(method, request.body),
  });
}

function conditions(headers: CalendarRequest['headers']): CalendarCall['headers'] {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) };
}

interface Route {
  readonly method: CalendarMethod;
  readonly path: Readonly<Record<string, string>>;
}

function findRoute(methods: readonly CalendarMethod[], request: CalendarRequest): Route | undefined {
  const segments = request.path.split('/');
  for (const method of methods) {
    if (method.httpMethod !== request.method) continue;
    const path = matchPath(method.path.split('/'), segments);
    if (path !== undefined) return { method, path };
  }
  return undefined;
}

function matchPath(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const variables: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name === undefined) continue;
    const value = decode(segment);
    if (value === undefined || value === '') return undefined;
    variables[name] = value;
  }
  return variables;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function readJson(method: CalendarMethod, body: Buffer): JsonObject {
  if (method.httpMethod === 'GET' || method.httpMethod === 'DELETE' || body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (isJsonObject(parsed)) return parsed;
  } catch {
    // Falls through to Google's answer for both.
  }
  throw parseError();
}
