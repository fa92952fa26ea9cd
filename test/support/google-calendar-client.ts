import type { StandInGoogle } from '../../src/local/google/stand-in-google.ts';
import { installPeer, requirePeer } from './peers.ts';

// Google's own Calendar client (`@googleapis/calendar`, a peer) pointed at the stand-in. Declared here as far as the tests go, because
// its types are not there before the peers are installed.

type Json = Readonly<Record<string, unknown>>;

export interface GoogleAnswer {
  readonly status: number;
  readonly data: Json;
  readonly headers: Headers;
}

type Method = (parameters?: Json, options?: Json) => Promise<GoogleAnswer>;

export interface GoogleCalendarClient {
  readonly calendarList: { readonly list: Method; readonly get: Method };
  readonly calendars: { readonly get: Method };
  readonly events: {
    readonly insert: Method;
    readonly get: Method;
    readonly list: Method;
    readonly patch: Method;
    readonly update: Method;
    readonly delete: Method;
    readonly instances: Method;
  };
  readonly freebusy: { readonly query: Method };
}

interface Authorization {
  setCredentials(credentials: Json): void;
}

interface CalendarModule {
  calendar(options: Json): GoogleCalendarClient;
  readonly auth: { readonly OAuth2: new () => Authorization };
}

/** For `beforeAll`: the client is there afterwards. Give it ten minutes, as it may have to be installed. */
export const installGoogleClient = (): Promise<void> => installPeer('@googleapis/calendar');

export function createGoogleClient(google: StandInGoogle, accessToken: string): GoogleCalendarClient {
  const module = requirePeer('@googleapis/calendar') as CalendarModule;
  const auth = new module.auth.OAuth2();
  auth.setCredentials({ access_token: accessToken });
  return module.calendar({ version: 'v3', rootUrl: `${google.url}/`, auth, retry: false });
}

export interface GoogleRefusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** What Google's client makes of an error answer. Rejects when there was none. */
export async function refusalOf(call: Promise<GoogleAnswer>): Promise<GoogleRefusal> {
  let answer: GoogleAnswer;
  try {
    answer = await call;
  } catch (error) {
    return readRefusal(error);
  }
  throw new Error(`expected a refusal, got ${answer.status}: ${JSON.stringify(answer.data)}`);
}

interface ErrorBody {
  readonly error: { readonly errors: readonly { readonly reason: string; readonly message: string }[] };
}

function readRefusal(error: unknown): GoogleRefusal {
  const { response } = error as { readonly response?: { readonly status: number; readonly data: ErrorBody } };
  if (response === undefined) throw error;
  const [item] = response.data.error.errors;
  return { status: response.status, reason: item?.reason ?? '', message: item?.message ?? '' };
}
