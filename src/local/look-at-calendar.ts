import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { approveConsent } from './google/visit-consent.ts';
import type { Machine } from './machine.ts';

// Looks into the person's calendar beside the system: as another app, with its own consent, straight at Google's API. What it
// finds was not told by the agent.

const events = z.object({
  items: z.array(
    z.looseObject({
      summary: z.string().optional(),
      start: z.looseObject({ dateTime: z.string().optional(), date: z.string().optional() }),
      end: z.looseObject({ dateTime: z.string().optional(), date: z.string().optional() }),
      attendees: z.array(z.looseObject({ email: z.string() })).optional(),
    }),
  ),
});
export type SeenEvent = z.infer<typeof events>['items'][number];

const CLIENT = {
  clientId: 'calendar-observer',
  clientSecret: randomBytes(16).toString('hex'),
  redirectUris: ['http://127.0.0.1:9/seen'],
};

async function accessToken({ google, person }: Machine): Promise<string> {
  google.registerClient(CLIENT);
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(google.authUrl);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: CLIENT.clientId,
    redirect_uri: CLIENT.redirectUris[0] ?? '',
    scope: 'openid https://www.googleapis.com/auth/calendar.events.readonly',
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const back = new URL(await approveConsent({ authorizationUrl: url.href, account: person.email }));
  const response = await fetch(google.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CLIENT.redirectUris[0] ?? '',
      code_verifier: verifier,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    }),
  });
  return z.object({ access_token: z.string() }).parse(await response.json()).access_token;
}

/** Events of the primary calendar. */
export async function lookAtCalendar(machine: Machine): Promise<readonly SeenEvent[]> {
  const response = await fetch(`${machine.google.calendarUrl}/calendars/primary/events`, {
    headers: { authorization: `Bearer ${await accessToken(machine)}` },
  });
  return events.parse(await response.json()).items;
}
