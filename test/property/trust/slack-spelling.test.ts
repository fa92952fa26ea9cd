import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sameInSlack } from '../../../src/trust/slack-spelling.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

// Emoji as they are sent, and as Slack's API gives them back.
const EMOJI = {
  '🎉': ':tada:',
  '❤️': ':heart:',
  '☎': ':phone:\ufe0f',
  '©': ':copyright:',
  '👋🏽': ':wave::skin-tone-4:',
  '🧑🏻‍🤝‍🧑🏿': ':people_holding_hands::skin-tone-2-6:',
  '🇩🇪': ':flag-de:',
  '1️⃣': ':one:',
  '👩🏽‍🚀': ':female-astronaut::skin-tone-4:',
  '👨‍👩‍👦': ':man-woman-boy:',
  '🐦‍🔥': ':bird:\u200d:fire:',
} as const;

const emoji = fc.constantFrom(...Object.entries(EMOJI));
/** Text without emoji, rich in what looks like their names. */
const words = fc
  .array(fc.constantFrom(':', ':00:', ':tada:', '15', ' ', 'Lunch', '“', '”', '&', '<', '>', 'é', '-', '\n'), {
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''));
const pieces = fc.array(fc.oneof(words, emoji), { minLength: 1, maxLength: 8 });

const said = (piece: string | readonly [string, string]): string => (typeof piece === 'string' ? piece : piece[0]);
const shown = (piece: string | readonly [string, string]): string => (typeof piece === 'string' ? piece : piece[1]);
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

describe('a text in Slack', () => {
  it('is the same as it was sent, and as Slack spells it', () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (all, named) => {
        const expected = all.map(said).join('');
        const given = all.map((piece, index) => (named[index] === true ? shown(piece) : said(piece))).join('');
        expect(sameInSlack(expected, expected)).toBe(true);
        expect(sameInSlack(escaped(given), expected)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is another one with any other word in it, wherever there are emoji', () => {
    const other = fc.constantFrom(
      'not ',
      ':this_is_only_a_test:',
      '🎉',
      ':30:',
      '\u200d',
      '\ufe0f',
      ':skin-tone-2:',
      '&',
      '1',
    );
    fc.assert(
      fc.property(words, emoji, words, other, fc.nat(), (before, [sent, name], behind, added, place) => {
        const expected = `${before}x${sent}y${behind}`;
        for (const middle of [sent, name]) {
          const [first, last] = [`${before}x`, `y${behind}`];
          const at = place % (first.length + 1);
          const end = place % last.length;
          const lies = [
            `${first.slice(0, at)}${added}${first.slice(at)}${middle}${last}`,
            `${first}${middle}${last.slice(0, end + 1)}${added}${last.slice(end + 1)}`,
            `${first}${middle}${last.slice(0, end)}${last.slice(end + 1)}`,
            `${first}${last}`,
            `${first}:a:${middle}${last}`,
            `${first}${middle}:a:${last}`,
          ];
          for (const lie of lies) expect([lie, sameInSlack(lie, expected)]).toEqual([lie, false]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('with emoji of its own is the same for no name that was not an emoji', () => {
    expect(sameInSlack('at 15:30:00 :tada:', 'at 15:00:00 🎉')).toBe(false);
    expect(sameInSlack('arn:aws:lambda:us-east-1:1:layer:x :tada:', 'arn:aws:lambda:eu-west-1:1:function:x 🎉')).toBe(
      false,
    );
    expect(sameInSlack(':tada: 🎉', '🎉 🎉')).toBe(true);
    expect(sameInSlack(':tada:🎉', '🎉')).toBe(false);
    expect(sameInSlack('🎉🎉', '🎉')).toBe(false);
    expect(sameInSlack('🎂', '🎉')).toBe(false);
    expect(sameInSlack(':skin-tone-5:', '🏾')).toBe(true);
    expect(sameInSlack(':a::skin-tone-5:', '🏾')).toBe(false);
    expect(sameInSlack(':a::b:', '👋🏽')).toBe(false);
    expect(sameInSlack(':wave::skin-tone-2:', '👋')).toBe(false);
    expect(sameInSlack(':a:\u200d:b:\u200d:c:', '🐦‍🔥')).toBe(false);
  });

  it('is compared in one pass, whatever stands in it', () => {
    const cruel = ['©\u200d'.repeat(100_000), '©'.repeat(200_000), `${'🎉:a:'.repeat(50_000)}`];
    const compare = (text: string): void => {
      sameInSlack(':a:'.repeat(200_000), text);
      sameInSlack(':a:\u200d'.repeat(100_000), text);
      sameInSlack(`:${'a'.repeat(400_000)}`, text);
    };
    for (const text of cruel) expect(cpuMsOf(() => compare(text))).toBeLessThan(4000);
  });
});
