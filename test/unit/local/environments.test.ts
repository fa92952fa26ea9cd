import { expect, it } from '@jest/globals';
import { ADAPTED, PASSED_ON } from '../../../src/config/passed-on.ts';
import { secretSettings } from '../../../src/config/secret-settings.ts';
import { settings } from '../../../src/config/settings.ts';
import { localEnvironments } from '../../../src/local/environments.ts';

// What a person may choose on their own machine reaches the services, and the reference of settings, written from the same lists, names it all.

const url = 'http://127.0.0.1:1';
const google = { issuer: url, authUrl: url, tokenUrl: url, jwksUrl: url, revokeUrl: url, calendarUrl: url };
const request = {
  urls: { agent: url, mcp: url, keyDoor: url, oauthDoor: url, oauth: url },
  google,
  secrets: { google_client_secret: 'x', vault_key: 'x', hmac_master: 'x', slack_signing_secret: 'x' } as never,
  doorIssuer: url,
  credentials: 'x',
};

function environmentsFor(given: Readonly<Record<string, string>>) {
  const asked = new Set<string>();
  const watched = new Proxy(given, {
    get(target, name) {
      asked.add(String(name));
      return target[String(name)];
    },
  });
  return { environments: localEnvironments({ ...request, given: watched }), asked };
}

it('reads what the reference says that it reads, and nothing else', () => {
  const { asked } = environmentsFor({});
  expect([...asked].sort()).toEqual([...PASSED_ON, ...ADAPTED, 'SALLYPORT_OAUTH_DOOR_ISSUERS'].sort());
});

it('passes on all that the AWS tools can be told', () => {
  const shape = (settings.mcp as unknown as { readonly shape: object }).shape;
  const names = Object.keys(shape).filter((name) => /AWS_|SECRETS_READ/.test(name));
  expect(names.length).toBeGreaterThanOrEqual(6);
  const given = Object.fromEntries(names.map((name) => [name, `given ${name}`]));
  const { environments } = environmentsFor(given);
  for (const service of ['mcp', 'keyDoor', 'oauthDoor', 'calls'] as const)
    expect(environments[service]).toMatchObject(given);
});

it('names settings only', () => {
  const known = new Set([
    ...Object.values(settings).flatMap((schema) =>
      Object.keys((schema as unknown as { readonly shape: object }).shape),
    ),
    ...Object.keys(secretSettings),
  ]);
  expect([...PASSED_ON, ...ADAPTED].filter((name) => !known.has(name))).toEqual([]);
});
