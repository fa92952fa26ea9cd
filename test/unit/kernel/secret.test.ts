import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createSecret } from '../../../src/kernel/secret.ts';

describe('a secret', () => {
  const secret = createSecret('planted-canary');

  it('gives its value to whoever asks for it by name', () => {
    expect(secret.reveal()).toBe('planted-canary');
  });

  it.each([
    ['a template', `${secret}`],
    ['JSON', JSON.stringify({ secret })],
    ['an inspection', inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
    ['its own members', inspect(Object.entries(secret))],
    ['an error', new Error(`failed with ${secret}`).message],
  ])('does not show itself in %s', (_where, text) => {
    expect(text).not.toContain('planted-canary');
  });
});
