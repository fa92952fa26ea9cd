// What the OAuth API is configured with, and what Sallyport's scopes mean to a person and to Google.

export interface GoogleScope {
  /** The scope asked for, as Google spells it. */
  readonly scope: string;
  /** Broader scopes that bring the same right; none is asked for when one of them is asked for anyway. */
  readonly coveredBy?: readonly string[];
  /** Continues "will not work: ". */
  readonly allows: string;
}

export interface ScopeMeaning {
  /** Continues "may ", on the pages where a person decides. */
  readonly words: string;
  /** What it uses at Google, granted with any one of them; absent for scopes that need no Google account. */
  readonly google?: readonly GoogleScope[];
}

export interface AgentMeaning {
  /** `agent/<name>`. */
  readonly id: string;
  /** What pages call it. */
  readonly name: string;
}

export interface OAuthSettings {
  /** Public base URL without a trailing slash. Cookies are `__Host-` and `Secure` exactly when it is https. */
  readonly publicUrl: string;
  /** Agents that a person may let act; the first is meant when none is named. */
  readonly agents: readonly AgentMeaning[];
  readonly scopes: Readonly<Record<string, ScopeMeaning>>;
  /** How long a grant lasts when the person does not say. */
  readonly grantDays: number;
  /** Origin of the page where Google asks for consent: the only foreign place a form of ours may lead to. */
  readonly googleOrigin: string;
}

const CALENDAR = 'https://www.googleapis.com/auth/calendar';

/** Free/busy, events and the list of calendars; never the whole calendar scope. https://developers.google.com/workspace/calendar/api/auth */
export const calendarScopes: Readonly<Record<string, ScopeMeaning>> = {
  'calendar.read': {
    words: 'see when you are free and what is in your calendars',
    google: [
      { scope: `${CALENDAR}.events.freebusy`, allows: 'seeing when you are free or busy' },
      { scope: `${CALENDAR}.calendarlist.readonly`, allows: 'seeing which calendars you have' },
      {
        scope: `${CALENDAR}.events.readonly`,
        coveredBy: [`${CALENDAR}.events`],
        allows: 'reading your events',
      },
    ],
  },
  'calendar.write': {
    words: 'create, change and delete events in your calendars',
    google: [{ scope: `${CALENDAR}.events`, allows: 'creating, changing and deleting events' }],
  },
};

/** What each toolset beside the calendar lets an agent do. None of it needs a Google account. */
const personalScopes: Readonly<Record<string, Readonly<Record<string, ScopeMeaning>>>> = {
  weather: { 'weather.read': { words: 'look up the weather at places' } },
  aws: { 'aws.read': { words: 'look at what there is in the AWS accounts, without changing it' } },
  'aws-writes': { 'aws.write': { words: 'change services and tags in the AWS accounts, each time with your yes' } },
  notify: { 'notify.write': { words: 'send push messages to your own devices' } },
  golf: {
    'golf.read': { words: 'look for tee times and see your golf reservations' },
    'golf.write': { words: 'reserve tee times for you' },
  },
};

/** The scopes of the toolsets that are switched on. */
export function scopesOf(toolsets: readonly string[]): Readonly<Record<string, ScopeMeaning>> {
  const known = { calendar: calendarScopes, ...personalScopes };
  return Object.fromEntries(
    Object.entries(known)
      .filter(([toolset]) => toolsets.includes(toolset))
      .flatMap(([, scopes]) => Object.entries(scopes)),
  );
}

/** The longest grant a person can give. */
export const MAX_GRANT_DAYS = 3650;
