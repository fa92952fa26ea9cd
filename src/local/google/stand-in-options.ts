import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';

// What the stand-in Google is told when it starts: who has an account, which calendars exist, which clients may ask.

/** How much someone may do with a calendar, in Google's words. */
export type AccessRole = 'freeBusyReader' | 'reader' | 'writer' | 'owner';

/** A calendar beside the account's own. */
export interface StandInCalendar {
  /** As Google's look: `…@group.calendar.google.com`. Unique over all accounts. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** IANA zone; the account's unless given. */
  readonly timeZone?: string;
  /** Other accounts that may use it, by address. */
  readonly sharedWith?: readonly { readonly email: string; readonly role: AccessRole }[];
}

/** A Google account. Its address is the id of its primary calendar, whose free/busy times every other account may read. */
export interface StandInAccount {
  /** Google's opaque, stable id of the person. */
  readonly sub: string;
  readonly email: string;
  readonly name: string;
  /** IANA zone of the primary calendar. */
  readonly timeZone: string;
  readonly calendars?: readonly StandInCalendar[];
  /** What stands in the primary calendar from the start, as bodies of `events.insert`. */
  readonly events?: readonly Readonly<Record<string, unknown>>[];
  /** Who else may use the primary calendar, beyond its free/busy times. */
  readonly sharedWith?: readonly { readonly email: string; readonly role: AccessRole }[];
}

/** An OAuth client, as Google's console registers a web application. */
export interface StandInClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Compared as exact strings. */
  readonly redirectUris: readonly string[];
}

export interface StandInGoogleOptions {
  readonly clock: Clock;
  readonly random?: Random;
  readonly log?: Log;
  readonly clients: readonly StandInClient[];
  readonly accounts: readonly StandInAccount[];
  /** Loopback only: a stand-in believes whoever picks an account. Default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | 'localhost' | '::1';
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Default 3,600, as Google's. */
  readonly accessTokenSeconds?: number;
  /** Google's testing mode ends refresh tokens after 7 days; without this they last. */
  readonly refreshTokenSeconds?: number;
  /** Keeps grants, tokens and events over restarts in this file; without it all is forgotten at the end. */
  readonly stateFile?: string;
  /** Whether a new Meet link is ready in the answer to the insert, or only when the event is read again. Default `on re-read`. */
  readonly meet?: 'at once' | 'on re-read';
}
