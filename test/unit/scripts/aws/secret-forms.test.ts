import { describe, expect, it } from '@jest/globals';
import { generateSecret, SECRET_FORMS } from '../../../../scripts/aws/parts/secret-forms.ts';

function problem(name: string, value: string): string | undefined {
  const form = SECRET_FORMS.find((one) => one.name === name);
  if (form === undefined) throw new Error(`no secret is called ${name}`);
  return form.problem(value);
}

describe('the form of a secret', () => {
  it.each([
    ['redis-url/agent', 'rediss://agent:pass@redis.example.com:6380/0'],
    ['redis-url/agent', 'redis://agent:pass@127.0.0.1:6379'],
    ['google-client-secret', 'GOCSPX-abcdefghijklmnop'],
    ['openai-api-key', 'sk-proj-abcdefghijklmnop'],
    ['sign-in-client-secret', 'abc.DEF~123'],
    ['tee-times-key', 'sk_live_abcdefgh.0123=='],
    ['hmac-master', generateSecret()],
    ['origin-secret', generateSecret()],
    ['origin-secret', `${generateSecret()},${generateSecret()}`],
  ])('%s may look like that', (name, value) => {
    expect(problem(name, value)).toBeUndefined();
  });

  it.each([
    ['redis-url/agent', 'redis://agent:pass@redis.example.com:6379', 'over TLS'],
    ['redis-url/agent', 'rediss://redis.example.com:6380', 'user and password'],
    ['redis-url/agent', 'https://agent:pass@redis.example.com', 'looks like'],
    ['redis-url/agent', 'rediss://agent:pass@redis.example.com/records', 'number'],
    ['google-client-secret', '"GOCSPX-abcdefghijklmnop"', 'quotation marks'],
    ['google-client-secret', 'unset', '16 characters'],
    ['openai-api-key', 'sk-abcdefghijklmnop\r', 'without spaces'],
    ['tee-times-key', 'unset', '8 characters'],
    ['tee-times-key', 'a key of two words', 'without spaces'],
    ['hmac-master', 'too-short', '43 characters'],
    ['origin-secret', 'unset', '32 characters'],
    ['origin-secret', [1, 2, 3].map(generateSecret).join(), 'two with a comma'],
  ])('%s is refused when it is wrong, without a word of the value', (name, value, why) => {
    const found = problem(name, value);
    expect(found).toContain(why);
    expect(found).not.toContain(value);
  });

  it('never makes the same secret twice', () => {
    expect(new Set(Array.from({ length: 100 }, generateSecret)).size).toBe(100);
  });
});
