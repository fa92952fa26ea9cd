import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { givenLinks, linksIn, plainAnswer } from '../../../src/agent/answer-links.ts';
import type { StoredMessage, TurnCall } from '../../../src/agent/turn-record.ts';

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
  it('an answer holds no link that was not given, no image and no tag', () => {
    const piece = fc.oneof(
      fc.constantFrom('![', '](', '[', ']', '(', ')', '<', '>', '<img src=', '"', ' ', '\n', 'https://', 'www.', '//'),
      fc.webUrl(),
      fc.string({ maxLength: 8 }),
    );
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));
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
});
