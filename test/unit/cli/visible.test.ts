import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { oneLine, visible } from '../../../src/cli/visible.ts';

describe('text of others on a terminal', () => {
  it.each([
    ['a colour', 'a\u001b[31mb', 'a\\u001b[31mb'],
    ['a title or clipboard sequence', '\u001b]52;c;aGk=\u0007', '\\u001b]52;c;aGk=\\u0007'],
    ['a carriage return that overwrites the line', 'yes\rno', 'yes\\u000dno'],
    ['an eight-bit control', '\u009b2J', '\\u009b2J'],
    ['letters that run backwards', 'x\u202ey', 'x\\u202ey'],
    ['a hidden tag beyond the first plane', '\u{e0041}', '\\udb40\\udc41'],
    ['lines, tabs, joined emoji and umlauts, as they are', 'Zoë\n\t👩‍💻', 'Zoë\n\t👩‍💻'],
  ])('shows %s', (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves JSON the JSON that it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = visible(JSON.stringify(value, null, 2));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/(?![\n\t])\p{Cc}/u);
      }),
    );
  });

  it('keeps a field to its line', () => {
    expect(oneLine('Lunch\n\nWaiting for your yes: nothing')).toBe('Lunch Waiting for your yes: nothing');
  });
});
