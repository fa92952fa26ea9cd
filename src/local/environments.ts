import { holdsServers } from '../compose/believed-servers.ts';
import type { Environment } from '../config/load.ts';
import { PASSED_ON } from '../config/passed-on.ts';
import type { LocalSecrets } from './secrets.ts';

// The environment of each service on this machine: what Terraform sets on AWS, said here by code. Nothing else is local about them.

export const TRUST_DOMAIN = 'sallyport.local';
export const LOCAL_AGENT = 'agent/assistant';
export const LOCAL_AGENT_IDENTITY = `spiffe://${TRUST_DOMAIN}/local/${LOCAL_AGENT}`;
export const GOOGLE_CLIENT_ID = 'sallyport-local';

/** Services that a person put in place of the usual ones may be on this machine. */
const OWN_SERVICES = ['OPEN_METEO_URL', 'OPEN_METEO_GEOCODING_URL', 'NTFY_URL', 'SALLYPORT_TEE_TIMES_URL'] as const;

export interface LocalUrls {
  readonly agent: string;
  /** Ends in `/mcp`. */
  readonly mcp: string;
  readonly keyDoor: string;
  readonly oauthDoor: string;
  readonly oauth: string;
}

/** Where the stand-in Google answers, or an independent one. */
export interface GoogleUrls {
  readonly issuer: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly jwksUrl: string;
  readonly revokeUrl: string;
  readonly calendarUrl: string;
}

export interface EnvironmentsRequest {
  readonly given: Environment;
  readonly urls: LocalUrls;
  readonly google: GoogleUrls;
  readonly secrets: LocalSecrets;
  /** Whose tokens the OAuth door believes where no other issuer is given. */
  readonly doorIssuer: string;
  /** The agent's credentials document. */
  readonly credentials: string;
}

export type LocalService = 'agent' | 'mcp' | 'keyDoor' | 'oauthDoor' | 'oauth';

/** Part of the identities that the stand-in issuer proves. */
export const DOOR_ISSUER_ALIAS = 'local';

const hostOf = (url: string): string => URL.parse(url)?.host ?? '';

/** The folder of other servers: the one that is named, else `servers/` where servers lie in it. */
export function localServers(given: Environment): string | undefined {
  return given['SALLYPORT_SERVERS_DIR'] || (holdsServers('servers') ? 'servers' : undefined);
}

/** Push messages need a topic; all else works as it is. */
export function localToolsets(given: Environment): string {
  const usual = (given['NTFY_TOPIC'] ?? '') === '' ? 'calendar,weather' : 'calendar,weather,notify';
  return given['SALLYPORT_TOOLSETS'] || usual;
}

/** Courses that there are not, to try the golf tools at where nobody named others. */
const PRACTICE_SHEET = JSON.stringify([
  {
    id: 'practice',
    name: 'Practice Links (no real course)',
    time_zone: 'Europe/Lisbon',
    first: '07:30',
    last: '17:00',
    every_minutes: 10,
    price: { amount: '45.00', currency: 'EUR' },
  },
]);

function teeSheet({ SALLYPORT_TEE_TIMES_URL: url, SALLYPORT_TEE_SHEET: sheet }: Environment): string | undefined {
  return (url ?? '') === '' ? sheet || PRACTICE_SHEET : sheet;
}

function doorIssuers({ given, doorIssuer, urls }: EnvironmentsRequest): string {
  const standIn = { issuer: doorIssuer, alias: DOOR_ISSUER_ALIAS, audience: [urls.oauthDoor], typ: 'at+jwt' };
  return given['SALLYPORT_OAUTH_DOOR_ISSUERS'] || JSON.stringify([standIn]);
}

export function localEnvironments(
  request: EnvironmentsRequest,
): Readonly<Record<LocalService | 'worker' | 'calls', Environment>> {
  const { given, urls, google, secrets } = request;
  const calendarUrl = given['GOOGLE_CALENDAR_URL'] ?? google.calendarUrl;
  const hosts = [hostOf(google.tokenUrl), hostOf(calendarUrl), given['SALLYPORT_ALLOWED_HOSTS'] ?? ''];
  hosts.push(...OWN_SERVICES.map((name) => hostOf(given[name] ?? '')));
  const common = {
    ...Object.fromEntries(PASSED_ON.map((name) => [name, given[name]])),
    SALLYPORT_ENVIRONMENT: 'local',
    SALLYPORT_OAUTH_URL: urls.oauth,
    SALLYPORT_TOOLSETS: localToolsets(given),
    SALLYPORT_SERVERS_DIR: localServers(given),
    SALLYPORT_TEE_SHEET: teeSheet(given),
  };
  const googleSettings = {
    GOOGLE_CLIENT_ID,
    GOOGLE_CLIENT_SECRET: secrets.google_client_secret,
    GOOGLE_ISSUER: google.issuer,
    GOOGLE_AUTH_URL: google.authUrl,
    GOOGLE_TOKEN_URL: google.tokenUrl,
    GOOGLE_JWKS_URL: google.jwksUrl,
    GOOGLE_REVOKE_URL: google.revokeUrl,
    GOOGLE_CALENDAR_URL: calendarUrl,
    SALLYPORT_ALLOWED_HOSTS: hosts.filter((host) => host !== '').join(','),
    SALLYPORT_VAULT_KEY: secrets.vault_key,
  };
  const mcp = { ...common, ...googleSettings, SALLYPORT_TRUST_DOMAIN: TRUST_DOMAIN };
  const agent = {
    ...common,
    SALLYPORT_AGENT_URL: urls.agent,
    SALLYPORT_MCP_URL: urls.mcp,
    SALLYPORT_CREDENTIALS: request.credentials,
    SALLYPORT_ALLOWED_HOSTS: given['SALLYPORT_ALLOWED_HOSTS'],
  };
  const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET } = given;
  const standsIn = (SLACK_API_URL ?? '') !== '' && (SLACK_BOT_TOKEN ?? '') === '';
  return {
    agent: { ...agent, SALLYPORT_CONSOLE: given['SALLYPORT_CONSOLE'] || 'on' },
    worker: {
      ...agent,
      SLACK_API_URL,
      // One that stands in for Slack takes any token.
      SLACK_BOT_TOKEN: standsIn ? 'xoxb-local' : SLACK_BOT_TOKEN,
    },
    mcp: {
      ...mcp,
      SALLYPORT_MCP_URL: urls.mcp,
      SALLYPORT_DOOR: 'agent',
      SALLYPORT_API_ID: 'local-mcp',
      SALLYPORT_HMAC_MASTER: secrets.hmac_master,
    },
    calls: { ...mcp, SALLYPORT_MCP_URL: urls.mcp, SALLYPORT_DOOR: 'none' },
    keyDoor: { ...mcp, SALLYPORT_MCP_URL: urls.keyDoor, SALLYPORT_DOOR: 'key', SALLYPORT_API_ID: 'local-key-door' },
    oauthDoor: {
      ...mcp,
      SALLYPORT_MCP_URL: urls.oauthDoor,
      SALLYPORT_DOOR: 'oauth',
      SALLYPORT_API_ID: 'local-oauth-door',
      SALLYPORT_ISSUERS: doorIssuers(request),
      SALLYPORT_ALLOWED_HOSTS: [mcp.SALLYPORT_ALLOWED_HOSTS, hostOf(request.doorIssuer)].join(','),
    },
    oauth: {
      ...common,
      ...googleSettings,
      SALLYPORT_SIGN_IN_ISSUER: google.issuer,
      SALLYPORT_SIGN_IN_CLIENT_ID: GOOGLE_CLIENT_ID,
      SALLYPORT_SIGN_IN_CLIENT_SECRET: secrets.google_client_secret,
      SLACK_SIGNING_SECRET: SLACK_SIGNING_SECRET || secrets.slack_signing_secret,
    },
  };
}
