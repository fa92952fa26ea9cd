import { describe, expect, it } from '@jest/globals';
import { fillPlaceholders, lookUpVariable } from '../../../../src/mcp/upstreams/placeholders.ts';

const ENVIRONMENT = { TOKEN: 'abc', EMPTY: '', HIDDEN: 'not for servers' };
/** As it is written in an entry. */
const on = (name: string): string => `\${${name}}`;
const fill = (text: string) =>
  fillPlaceholders(text, async (name) => lookUpVariable(name, ['TOKEN', 'EMPTY', 'ABSENT'], ENVIRONMENT));

describe('a variable in an entry', () => {
  it.each([
    ['TOKEN', 'abc'],
    ['env:TOKEN', 'abc'],
    ['TOKEN:-other', 'abc'],
    ['EMPTY', ''],
    ['EMPTY:-other', 'other'],
    ['ABSENT:-https://example.com:8443', 'https://example.com:8443'],
    ['env:ABSENT:-', ''],
  ])('%s is %s', async (text, filled) => {
    expect(await fill(`[${on(text)}]`)).toBe(`[${filled}]`);
  });

  it.each(['ABSENT', 'HIDDEN', 'env:HIDDEN', 'HIDDEN:-other', 'input:TOKEN', ''])(
    '%s stands for nothing, and is never passed on as it is',
    async (text) => {
      await expect(fill(on(text))).rejects.toMatchObject({ code: 'misconfigured' });
    },
  );
});
