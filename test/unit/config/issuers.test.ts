import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';

// SALLYPORT_ISSUERS: what of it is understood, and every profile that would let in tokens meant for somebody else.

const ENVIRONMENT = {
  SALLYPORT_AGENT_URL: 'https://agent.example.com',
  SALLYPORT_MCP_URL: 'https://mcp.example.com/mcp',
  SALLYPORT_CREDENTIALS: '{}',
};
const load = (issuers: unknown) => {
  const text = typeof issuers === 'string' ? issuers : JSON.stringify(issuers);
  const given = { ...ENVIRONMENT, SALLYPORT_ISSUERS: text };
  return loadConfig('agent', given, () => Promise.reject(new Error('no secret is read'))).settings.SALLYPORT_ISSUERS;
};
const good = { issuer: 'https://login.example.com', alias: 'work', audience: ['https://agent.example.com'] };

describe('SALLYPORT_ISSUERS', () => {
  it('is none when nothing is said', () => {
    expect(load('')).toEqual([]);
  });

  it('becomes profiles, scopes taken apart', () => {
    const login = { client_id: 'cli', resource: 'https://agent.example.com', port: 8123 };
    expect(load([{ ...good, scopes: { plan: 'calendar.write weather.read' }, login }])).toEqual([
      {
        issuer: good.issuer,
        alias: 'work',
        audience: good.audience,
        clientIds: [],
        tokenUse: undefined,
        scopes: { plan: ['calendar.write', 'weather.read'] },
        login: {
          clientId: 'cli',
          scopes: ['openid', 'offline_access'],
          resource: 'https://agent.example.com',
          audience: undefined,
          port: 8123,
        },
      },
    ]);
  });

  it('takes every example of docs/identities.md', () => {
    const text = readFileSync('docs/identities.md', 'utf8');
    const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
    expect(examples).toHaveLength(3);
    for (const example of examples) expect(load(example)).toHaveLength(1);
  });

  it.each([
    ['no JSON', '[', 'must be a list in JSON'],
    ['no list', '{}', 'SALLYPORT_ISSUERS'],
    ['no issuer', [{ ...good, issuer: undefined }], 'issuer'],
    ['an issuer that is no address', [{ ...good, issuer: 'okta' }], 'issuer'],
    ['an issuer with a query', [{ ...good, issuer: 'https://a.example.com/?b' }], 'query'],
    ['an issuer of another scheme', [{ ...good, issuer: 'file:///etc/passwd' }], 'issuer'],
    ['an alias that would break identities', [{ ...good, alias: 'a:b' }], 'alias'],
    ['an issuer twice', [good, { ...good, alias: 'other' }], 'names an issuer twice'],
    ['an alias twice', [good, { ...good, issuer: 'https://other.example.com' }], 'names an alias twice'],
    ['no audience', [{ ...good, audience: [] }], 'needs an audience'],
    ['clients in place of an audience', [{ ...good, audience: [], client_ids: ['cli'] }], 'needs an audience'],
    ['token_use alone', [{ ...good, audience: [], token_use: 'access' }], 'needs an audience'],
    ['ID tokens', [{ ...good, token_use: 'id' }], 'token_use'],
    ['a scope that confirms', [{ ...good, scopes: { yes: 'confirm' } }], 'scopes'],
    ['a scope of nobody', [{ ...good, scopes: { all: '*' } }], 'scopes'],
    ['what no profile has', [{ ...good, audiences: ['x'] }], 'audiences'],
    ['a secret in the sign-in', [{ ...good, login: { client_id: 'cli', client_secret: 's3cret' } }], 'client_secret'],
    ['a port of the system’s own', [{ ...good, login: { client_id: 'cli', port: 80 } }], 'port'],
  ])('refuses %s when the service starts', (_, issuers, problem) => {
    expect(() => load(issuers)).toThrow(problem);
    expect(() => load(issuers)).toThrow(/SALLYPORT_ISSUERS/);
  });

  it('says what is wrong without saying the value', () => {
    let said = '';
    try {
      load([{ ...good, alias: 'CANARY value' }]);
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain('alias');
    expect(said).not.toContain('CANARY');
  });
});

describe('an issuer’s alias', () => {
  const loadOAuth = (alias: string, issuer: string) =>
    loadConfig(
      'oauth',
      {
        SALLYPORT_OAUTH_URL: 'https://oauth.example.com',
        GOOGLE_CLIENT_ID: 'id',
        GOOGLE_CLIENT_SECRET: 'secret',
        SALLYPORT_VAULT_KEY: 'A'.repeat(43),
        SALLYPORT_SIGN_IN_ISSUER: issuer,
        SALLYPORT_SIGN_IN_CLIENT_ID: 'id',
        SALLYPORT_SIGN_IN_ALIAS: alias,
        SALLYPORT_ISSUERS: JSON.stringify([good]),
      },
      () => Promise.reject(new Error('no secret is read')),
    );

  it('stands for one issuer, in the browser and in tokens: identities hang on it', () => {
    expect(() => loadOAuth('work', good.issuer)).not.toThrow();
    expect(() => loadOAuth('google', 'https://accounts.google.com')).not.toThrow();
    expect(() => loadOAuth('work', 'https://accounts.google.com')).toThrow('SALLYPORT_SIGN_IN_ALIAS');
    expect(() => loadOAuth('other', good.issuer)).toThrow('SALLYPORT_SIGN_IN_ALIAS');
  });
});
