import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { AppError } from '../../../src/kernel/app-error.ts';
import { createSecret } from '../../../src/kernel/secret.ts';

const KEY = 'A'.repeat(43);
const mcp = {
  SALLYPORT_DOOR: 'agent',
  SALLYPORT_MCP_URL: 'https://mcp.example.com/mcp',
  SALLYPORT_OAUTH_URL: 'https://oauth.example.com',
  GOOGLE_CLIENT_ID: 'client',
  GOOGLE_CLIENT_SECRET: 'planted-client-secret',
  SALLYPORT_HMAC_MASTER: KEY,
  SALLYPORT_VAULT_KEY: KEY,
};
const noParameters = () => Promise.reject(new Error('Parameter Store must not be asked'));

function problems(environment: Record<string, string | undefined>): string {
  try {
    loadConfig('mcp', environment, noParameters);
  } catch (error) {
    if (error instanceof AppError && error.code === 'misconfigured') return error.message;
    throw error;
  }
  return '';
}

describe('loading a configuration', () => {
  it('fills in what has a default', () => {
    const { settings } = loadConfig('mcp', mcp, noParameters);
    expect(settings.SALLYPORT_CONFIRM).toBe('writes');
    expect(settings.GOOGLE_CALENDAR_URL).toBe('https://www.googleapis.com/calendar/v3');
    expect(settings.SALLYPORT_RATE_PER_MINUTE).toBe(120);
  });

  it('reports every problem at once, by name', () => {
    const text = problems({
      ...mcp,
      SALLYPORT_DOOR: 'back',
      SALLYPORT_MCP_URL: 'https://x.example/other',
      GOOGLE_CLIENT_SECRET: '',
    });
    expect(text).toContain('SALLYPORT_DOOR');
    expect(text).toContain('SALLYPORT_MCP_URL: must end in /mcp');
    expect(text).toContain('GOOGLE_CLIENT_SECRET');
  });

  it('never repeats a value, secret or not, in a problem', () => {
    const text = problems({ ...mcp, GOOGLE_CALENDAR_URL: 'https://planted-value.example', SALLYPORT_HMAC_MASTER: '' });
    expect(text).toContain('GOOGLE_CALENDAR_URL');
    expect(text).not.toMatch(/planted/);
  });

  it('wants to know the tables of DynamoDB, and one authority of Redis at most', () => {
    expect(problems({ ...mcp, SALLYPORT_STORE: 'dynamodb' })).toContain('SALLYPORT_TABLE_PREFIX');
    expect(problems({ ...mcp, SALLYPORT_STORE: 'dynamodb', SALLYPORT_TABLE_PREFIX: 'not a name/' })).toContain(
      'SALLYPORT_TABLE_PREFIX',
    );
    expect(problems({ ...mcp, SALLYPORT_STORE: 'dynamodb', SALLYPORT_TABLE_PREFIX: 'sallyport-dev-' })).toBe('');
    const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    expect(problems({ ...mcp, REDIS_CA: 'a file?' })).toContain('REDIS_CA: must be a certificate in PEM');
    expect(problems({ ...mcp, REDIS_CA: pem })).toBe('');
    expect(problems({ ...mcp, REDIS_CA: pem, REDIS_CA_FILE: 'ca.pem' })).toContain('not both');
  });

  it('takes the calendar’s base URL with or without a slash at its end', () => {
    expect(problems({ ...mcp, GOOGLE_CALENDAR_URL: 'http://127.0.0.1:1/calendar/v2/' })).toContain(
      'GOOGLE_CALENDAR_URL',
    );
    expect(problems({ ...mcp, GOOGLE_CALENDAR_URL: 'http://127.0.0.1:1/calendar/v3/' })).not.toContain(
      'GOOGLE_CALENDAR_URL',
    );
  });

  it('refuses to run without approvals in prod', () => {
    expect(problems({ ...mcp, SALLYPORT_ENVIRONMENT: 'prod', SALLYPORT_CONFIRM: 'never' })).toContain(
      'SALLYPORT_CONFIRM',
    );
    expect(problems({ ...mcp, SALLYPORT_ENVIRONMENT: 'local', SALLYPORT_CONFIRM: 'never' })).toBe('');
  });

  it('demands what a choice needs', () => {
    expect(problems({ ...mcp, SALLYPORT_STORE: 'redis' })).toContain('REDIS_URL: needed');
    expect(problems({ ...mcp, SALLYPORT_HMAC_MASTER: '' })).toContain(
      'SALLYPORT_HMAC_MASTER: needed at the agent door',
    );
    expect(problems({ ...mcp, SALLYPORT_VAULT_KEY: '' })).toContain('SALLYPORT_VAULT_KEY: needed');
    expect(problems({ ...mcp, SALLYPORT_VAULT_KEY: '', SALLYPORT_VAULT_KMS_KEY_ID: 'alias/vault' })).toBe('');
  });

  it('reads all parameters of a service together, and none of another service or of what is given as itself', async () => {
    const asked: (readonly string[])[] = [];
    const environment = {
      ...mcp,
      GOOGLE_CLIENT_SECRET: '',
      GOOGLE_CLIENT_SECRET_PARAMETER: '/s/google',
      SALLYPORT_HMAC_MASTER: '',
      SALLYPORT_HMAC_MASTER_PARAMETER: '/s/master',
      SALLYPORT_VAULT_KEY_PARAMETER: '/s/given-as-itself',
      SALLYPORT_CREDENTIALS_PARAMETER: '/s/of-the-agent',
    };
    const { secrets } = loadConfig('mcp', environment, async () => ({
      read: async (names) => {
        asked.push(names);
        return Object.fromEntries(names.map((name) => [name, createSecret(`value of ${name}`)])) as never;
      },
    }));
    expect((await secrets.read('SALLYPORT_HMAC_MASTER')).reveal()).toBe('value of /s/master');
    expect(asked.map((names) => [...names].sort())).toEqual([['/s/google', '/s/master']]);
  });

  it('reads a secret from the environment, or by its parameter’s name', async () => {
    const direct = loadConfig('mcp', mcp, noParameters);
    expect((await direct.secrets.read('GOOGLE_CLIENT_SECRET')).reveal()).toBe('planted-client-secret');
    const asked: string[] = [];
    const named = loadConfig(
      'mcp',
      { ...mcp, GOOGLE_CLIENT_SECRET: '', GOOGLE_CLIENT_SECRET_PARAMETER: '/s/google' },
      async () => ({
        read: async (names) => {
          asked.push(...names);
          return Object.fromEntries(names.map((name) => [name, createSecret('from-store')])) as never;
        },
      }),
    );
    expect((await named.secrets.read('GOOGLE_CLIENT_SECRET')).reveal()).toBe('from-store');
    expect(asked).toEqual(['/s/google']);
    await expect(direct.secrets.read('REDIS_URL')).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
