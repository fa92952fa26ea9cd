// The scopes that the stand-in knows, with the words its consent page shows. The calendar ones are Google's own list
// (Calendar's discovery document, `auth.oauth2.scopes`); a test compares them.

const CALENDAR = 'https://www.googleapis.com/auth/calendar';

/** Scope → what the person reads beside its box. */
export const calendarScopes: Readonly<Record<string, string>> = {
  [CALENDAR]: 'See, edit, share and permanently delete all the calendars you can reach',
  [`${CALENDAR}.acls`]: 'See and change who your calendars are shared with',
  [`${CALENDAR}.acls.readonly`]: 'See who your calendars are shared with',
  [`${CALENDAR}.app.created`]: 'Make further calendars, and see and change the events on them',
  [`${CALENDAR}.calendarlist`]: 'See, add and remove the calendars in your list',
  [`${CALENDAR}.calendarlist.readonly`]: 'See the list of your calendars',
  [`${CALENDAR}.calendars`]: 'See and change the properties of your calendars, and make further ones',
  [`${CALENDAR}.calendars.readonly`]: 'See the title, time zone and other properties of your calendars',
  [`${CALENDAR}.events`]: 'See and change events on all your calendars',
  [`${CALENDAR}.events.freebusy`]: 'See when the calendars you can reach are free or busy',
  [`${CALENDAR}.events.owned`]: 'See and change events on the calendars you own',
  [`${CALENDAR}.events.owned.readonly`]: 'See the events on the calendars you own',
  [`${CALENDAR}.events.public.readonly`]: 'See the events on public calendars',
  [`${CALENDAR}.events.readonly`]: 'See events on all your calendars',
  [`${CALENDAR}.freebusy`]: 'See when your calendars are free or busy',
  [`${CALENDAR}.readonly`]: 'See and download every calendar you can reach',
  [`${CALENDAR}.settings`]: 'See and change your calendar settings',
  [`${CALENDAR}.settings.readonly`]: 'See your calendar settings',
};

const USERINFO_EMAIL = 'https://www.googleapis.com/auth/userinfo.email';
const USERINFO_PROFILE = 'https://www.googleapis.com/auth/userinfo.profile';

/** Sign-in scopes: a person cannot untick these on Google's page, only leave. */
export const signInScopes: readonly string[] = ['openid', 'email', 'profile', USERINFO_EMAIL, USERINFO_PROFILE];

/** Google answers the short names of OpenID Connect with its own long ones in the token response's `scope`. */
export function asGoogleNamesThem(scope: string): string {
  const names = scope.split(' ').map((name) => {
    if (name === 'email') return USERINFO_EMAIL;
    return name === 'profile' ? USERINFO_PROFILE : name;
  });
  return [...new Set(names)].join(' ');
}
