import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPlainAnswer, givenLinks, linksIn, plainAnswer } from '../../../src/agent/answer-links.ts';
import type { StoredMessage, TurnCall } from '../../../src/agent/turn-record.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const LEFT_OUT = '(a link that neither you nor a tool gave was left out)';
const plain = (text: string, ...given: readonly string[]): string => plainAnswer(text, new Set(given));

describe('a link in an answer', () => {
  it.each([
    'https://evil.example/?d=4711',
    'HTTP://evil.example/4711',
    'http://4711.evil.example',
    'ftp://evil.example/4711',
    'www.evil.example/4711',
    'data:text/html,4711',
    'javascript:4711',
    'mailto:evil@example.org?body=4711',
    'slack://channel?id=4711',
  ])('that a model put together is left out: %s', (link) => {
    expect(plain(`Look: ${link}, now.`)).not.toContain('4711');
    expect(plain(`Look: ${link}`)).toContain(LEFT_OUT);
  });

  it('is seen right behind letters of others, and whatever its scheme is called', () => {
    expect(plain('链接是https://evil.example/4711')).toBe(`链接是${LEFT_OUT}`);
    expect(plain('链接是https://ok.example', 'https://ok.example')).toBe('链接是https://ok.example');
    for (const scheme of ['slack', 'xhttps', '5https', 'git+ssh', 'a'.repeat(40)]) {
      expect(plain(`Look: ${scheme}://evil.example/4711.`)).toBe(`Look: ${scheme} ${LEFT_OUT}.`);
    }
    expect(plain('Open slack://channel?id=1.', 'slack://channel?id=1')).toBe('Open slack://channel?id=1.');
    expect(plain('Hôtel:Ritz, metadata:x')).toBe('Hôtel:Ritz, metadata:x');
  });

  it('that was given stays, whatever stands around it', () => {
    const link = 'https://meet.example/abc-def?authuser=0';
    for (const text of [`Join ${link}.`, `(${link})`, `"${link}"`, `${link}, and more`]) {
      expect(plain(text, link)).toBe(text);
    }
  });

  it('that was given opens no door for a longer one', () => {
    expect(plain('https://meet.example/abc?x=4711', 'https://meet.example/abc')).toBe(LEFT_OUT);
  });

  it('of Markdown shows where it leads, and an image is none', () => {
    const link = 'https://ok.example/a';
    expect(plain(`[Click](${link})`, link)).toBe(`Click (${link})`);
    expect(plain(`![logo](${link})`, link)).toBe(`logo (${link})`);
    expect(plain(`![](${link} "title")`, link)).toBe(link);
    expect(plain(`[${link}](${link})`, link)).toBe(link);
    expect(plain('[Click](https://evil.example/4711)')).toBe(`Click (${LEFT_OUT})`);
    expect(plain('![x][1]\n\n[1]: https://evil.example/4711')).toBe(`[x][1]\n\n[1]: ${LEFT_OUT}`);
    expect(plain('[![x](https://evil.example/1)](https://evil.example/2)')).not.toMatch(/evil|!\[/);
  });

  it('of HTML is no tag any more', () => {
    expect(plain('<img src="https://evil.example/4711">')).toBe(`‹img src="${LEFT_OUT}">`);
    for (const tag of ['<script>', '</a>', '<!--', '<?xml', '<IMG src=x>', '<svg/onload=x>']) {
      expect(plain(tag)).not.toContain('<');
    }
    expect(plain('1 < 2 and 3 <4')).toBe('1 < 2 and 3 <4');
  });

  it('is found once and ends where prose ends', () => {
    expect(linksIn('See https://a.example/x. Or (https://b.example)? *https://c.example*')).toEqual([
      'https://a.example/x',
      'https://b.example',
      'https://c.example',
    ]);
    expect(linksIn('9:30 to 10:00, note: data follows; a@b.example')).toEqual([]);
  });
});

describe('who gives a link', () => {
  const asks = (args: Record<string, unknown>): StoredMessage => ({
    role: 'assistant',
    text: 'https://model.example',
    calls: [{ id: 'c', name: 'getevent', arguments: args }],
  });
  const answers = (text: string, data?: Record<string, unknown>): StoredMessage => ({
    role: 'tool',
    call_id: 'c',
    name: 'getevent',
    text,
    is_error: false,
    ...(data === undefined ? {} : { data }),
  });

  it('is the person or a tool, in words or in data, and never a model', () => {
    const messages: readonly StoredMessage[] = [
      { role: 'user', text: 'What is behind https://mine.example?' },
      asks({}),
      answers('https://text.example', { event: { link: 'https://data.example' } }),
    ];
    expect([...givenLinks(messages)]).toEqual(['https://mine.example', 'https://text.example', 'https://data.example']);
  });

  it('is no tool that says back what it was asked', () => {
    const link = 'https://evil.example/?d=4711';
    const messages = [asks({ query: [`find ${link}`] }), answers(`Nothing found for "${link}". https://help.example`)];
    expect([...givenLinks(messages)]).toEqual(['https://help.example']);
    const call: TurnCall = {
      id: 'c',
      tool: 'getevent',
      arguments: { query: link },
      outcome: 'failed',
      writes: false,
      message: `${link} https://connect.example`,
    };
    expect([...givenLinks([], [call])]).toEqual(['https://connect.example']);
  });
});

describe('whatever a model writes', () => {
  const GIVEN = 'https://ok.example/a';
  const piece = fc.oneof(
    fc.constantFrom('![', '](', '[', ']', '(', ')', '<', '>', '<img src=', '"', ' ', '\n', 'https://', 'www.', '//'),
    fc.constantFrom(
      '!',
      ':',
      '/',
      'h',
      'slack',
      'data:',
      'mailto',
      '[x](',
      GIVEN,
      `[y](${GIVEN})`,
      'é',
      '𝐀',
      '🎉',
      '.',
    ),
    fc.webUrl(),
    fc.string({ maxLength: 8 }),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
  /** Cut behind each of these lengths, over and over. */
  const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });

  /** What is let go at each piece, and at the end. */
  function told(written: string, cuts: readonly number[], ...given: readonly string[]): readonly string[] {
    const plainly = createPlainAnswer((link) => given.includes(link));
    const shown: string[] = [];
    for (let at = 0, turn = 0; at < written.length; turn += 1) {
      const length = cuts[turn % cuts.length] ?? 1;
      shown.push(plainly.push(written.slice(at, at + length)));
      at += length;
    }
    return [...shown, plainly.end()];
  }

  it('an answer holds no link that was not given, no image and no tag', () => {
    fc.assert(
      fc.property(text, (written) => {
        const shown = plain(written);
        expect(shown).not.toContain('![');
        expect(shown).not.toMatch(/<[a-z/!?]/i);
        expect(linksIn(shown)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('is told as it is kept, wherever it is cut', () => {
    fc.assert(
      fc.property(text, lengths, (written, cuts) => {
        expect(told(written, cuts, GIVEN).join('')).toBe(plain(written, GIVEN));
      }),
      { numRuns: 5000 },
    );
  });

  it('is at no time told with a link that was not given, an image or a tag', () => {
    fc.assert(
      fc.property(text, lengths, (written, cuts) => {
        let shown = '';
        for (const more of told(written, cuts)) {
          shown += more;
          expect(shown).not.toMatch(/!\[|<[a-z/!?]/i);
          expect(linksIn(shown)).toEqual([]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('waits for what follows it where it may be a link or a mark, and nowhere else', () => {
    const plainly = createPlainAnswer(() => false);
    for (const words of [
      'You',
      ' are free',
      ' at 3',
      ' (Berlin)',
      '. Tom',
      ' & Ana',
      ' 1 > 0',
      '’re',
      ' 🎉',
      '\n- a',
    ]) {
      expect(plainly.push(words)).toBe(words);
    }
    expect(plainly.push(' ht')).toBe(' ');
    expect(plainly.push('ml')).toBe('html');
    expect(plainly.push(' [x')).toBe(' ');
    expect(plainly.push('] y')).toBe('[x] y');
    expect(plainly.push(' [')).toBe(' ');
    expect(plainly.push('x'.repeat(501))).toBe(`[${'x'.repeat(501)}`);
    expect(plainly.push(' https://evil.example/')).toBe(' ');
    expect(plainly.push('4711')).toBe('');
    expect(plainly.push(' z')).toBe(`${LEFT_OUT} z`);
    expect(plainly.push('!')).toBe('');
    expect(plainly.end()).toBe('!');
  });

  it('takes no time that grows with the square of it', () => {
    for (const cruel of ['!', '<', '[', '[a](', '[a](x ', 'https://', 'a://', ':', 'h', 'www.', '[a](https://x"', 'a.'])
      expect(cpuMsOf(() => plain(cruel.repeat(20_000)))).toBeLessThan(2000);
  });
});
