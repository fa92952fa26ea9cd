import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../../src/mcp/tools/aws/redact.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

// Secrets planted in every form that AWS answers carry them in never come out, whatever stands around them; ordinary texts come out whole.

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~'];
const secrets = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 4, maxLength: 900 })
  .map((letters) => `canary${letters.join('')}`);
const keyParts = fc
  .array(fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), { minLength: 16, maxLength: 16 })
  .map((letters) => letters.join(''));
const words = fc.constantFrom(
  '',
  ' ',
  'INFO start ',
  'user="ana" ',
  'it’s ',
  "don't ",
  '{',
  '(',
  '2026-11-21T12:00:00Z ',
  '\\',
  '\n',
);
const names = fc.constantFrom(
  ...[
    'password',
    'db_password',
    'DB_PASSWORD',
    'dbPassword',
    'passwd',
    'secret',
    'client_secret',
    'clientSecret',
    'secret_key',
  ],
  ...[
    'access_token',
    'accessToken',
    'token',
    'refresh_token',
    'api_key',
    'apikey',
    'x-api-key',
    'aws_secret_access_key',
    'pwd',
  ],
);

const json = (value: unknown): string => JSON.stringify(value);

/** Each makes a text of a name and a secret. */
const texts: Readonly<Record<string, (name: string, secret: string) => string>> = {
  address: (_name, secret) => `postgres://app:${secret}@db.internal:5432/app`,
  'address without a user': (_name, secret) => `redis://:${secret}@cache:6379`,
  pair: (name, secret) => `${name}=${secret}`,
  'pair of a command line': (name, secret) => `--${name}=${secret} --verbose`,
  'pair with a colon': (name, secret) => `${name}: ${secret}`,
  'quoted pair': (name, secret) => `${name}="${secret} and more ${secret}"`,
  'pair in JSON': (name, secret) => json({ a: 1, [name]: secret, b: 'x' }),
  'number in JSON': (name, secret) => json([{ [name]: Number(`4${secret.length}77712`), s: { [name]: secret } }]),
  'pair in JSON in JSON': (name, secret) => json({ message: json({ [name]: `"${secret}" \\ ${secret}` }) }),
  header: (_name, secret) => `Authorization: Bearer ${secret}`,
  'header without a scheme': (_name, secret) => `authorization=${secret}`,
  'header in JSON': (_name, secret) => json({ headers: { Authorization: `Basic ${secret}`, host: 'x' } }),
  'headers in JSON': (_name, secret) => json({ multiValueHeaders: { authorization: [`Bearer ${secret}`] } }),
  'properties of a stack’s resource': (_name, secret) =>
    json({ Handler: 'x', Environment: { Variables: { ANYTHING: secret, OTHER: secret } } }),
  'input of an event’s target': (_name, secret) =>
    json({ containerOverrides: [{ name: 'app', environment: [{ name: 'ANYTHING', value: secret }] }] }),
};

describe('a planted secret', () => {
  it.each(Object.entries(texts))('never comes out: %s', (_form, make) => {
    fc.assert(
      fc.property(names, secrets, words, words, (name, secret, before, after) => {
        const text = make(name, secret);
        const answer = { Message: text, events: [{ message: `${before}${text}${after === '' ? '' : ` ${after}`}` }] };
        // Which map or list a value stands in is not known in the middle of a text.
        if (/ANYTHING/.test(text)) answer.events = [{ message: json({ log: text }) }];
        const shown = json(redact(answer));
        expect(shown).not.toContain(secret);
        expect(shown).not.toMatch(/canary/);
      }),
    );
  });

  it('never comes out: an access key', () => {
    fc.assert(
      fc.property(keyParts, fc.constantFrom('AKIA', 'ASIA'), words, (key, prefix, before) => {
        expect(json(redact({ Message: `${before}key ${prefix}${key}, used` }))).not.toContain(key);
        // Where AWS lists keys, their ids are what was asked for.
        expect(redact({ AccessKeyId: `${prefix}${key}` })).toEqual({ AccessKeyId: `${prefix}${key}` });
      }),
    );
  });
});

const ordinary = [
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf',
  'arn:aws:iam::123456789012:role/password-rotation',
  'secret=arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf',
  'AWS/SecretsManager ResourceCount, UserErrors of PasswordResets: 12',
  'MaxTokens: 4096, InputTokenCount=12, nextToken=eyJ2IjoxfQ==',
  'ExpiredToken: The security token included in the request is expired',
  'https://example.com:8443/path?x=1#y',
  '{ "Version": "2012-10-17",  "Statement": [{"Action": ["iam:UpdateAccountPasswordPolicy", "iam:ChangePassword"]}] }',
  '{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:app/*"}',
  '{"passwordLastUsed":"2026-11-21T12:00:00Z","passwordResetRequired":false}',
  '{"big": 12345678901234567890, "spaced":  true}',
  'password last used: 2026-11-21',
];

describe('an ordinary text', () => {
  it.each(ordinary)('stays whole: %s', (text) => {
    const answer = {
      Text: text,
      PasswordLastUsed: '2026-11-21T12:00:00Z',
      NextToken: 'abcd',
      TokenCount: 3,
      Held: [text],
    };
    expect(redact(answer)).toEqual(answer);
  });
});

describe('a hostile text', () => {
  it.each([
    ['openings of lists', '['.repeat(1_000_000)],
    ['lists in lists', `${'['.repeat(400_000)}${']'.repeat(400_000)}`],
    ['schemes', 'a1+.'.repeat(250_000)],
    ['addresses', 'ab://:x'.repeat(150_000)],
    ['names', 'password'.repeat(125_000)],
    ['pairs', 'password:"'.repeat(100_000)],
    ['backslashes', `password="${'\\'.repeat(1_000_000)}`],
    ['backslashes and quotes', `token=${'\\\\"'.repeat(300_000)}`],
    ['backslashes behind names', `${`token${'\\'.repeat(50)}`.repeat(18_000)}`],
    ['headers', 'authorization: bearer '.repeat(45_000)],
    ['dashes', `bearer ${'a-'.repeat(500_000)}`],
  ])('takes no longer than others: %s', (_what, text) => {
    // An expression that takes quadratic time takes minutes for a million characters.
    expect(cpuMsOf(() => redact({ message: text }))).toBeLessThan(15_000);
  });
});
