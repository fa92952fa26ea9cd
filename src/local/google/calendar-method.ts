import type { AccessTokenRecord } from './oauth-store.ts';
import type { StandInAccount } from './stand-in-options.ts';

// One method of the Calendar API as the stand-in serves it. The names are those of Google's discovery document, against which a test
// compares every entry: id, HTTP method, path, query parameters, scopes.

export type JsonObject = Readonly<Record<string, unknown>>;

export interface CalendarCall {
  readonly account: StandInAccount;
  readonly token: AccessTokenRecord;
  /** The variables of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: { readonly ifMatch?: string; readonly ifNoneMatch?: string };
  /** The request's JSON; empty where the method takes none. */
  readonly body: JsonObject;
}

export interface CalendarAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly etag?: string;
}

export interface CalendarMethod {
  /** For example `calendar.events.list`. */
  readonly id: string;
  readonly httpMethod: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the base, with `{variables}`. */
  readonly path: string;
  /** The query parameters it understands; any other is refused, so that a misspelt one does not pass here and fail at Google. */
  readonly query: readonly string[];
  /** Short names (behind `…/auth/`); any one of them suffices. */
  readonly scopes: readonly string[];
  readonly handle: (call: CalendarCall) => CalendarAnswer;
}
