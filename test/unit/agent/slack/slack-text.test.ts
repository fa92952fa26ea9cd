import { describe, expect, it } from '@jest/globals';
import { escapeMrkdwn, notification, readQuestion, textSections } from '../../../../src/agent/slack/slack-text.ts';

describe('what a person typed', () => {
  it.each([
    ['<@U0BOT00001> am I free?', 'am I free?'],
    [' <@U0BOT00001|sallyport>, am I free?', 'am I free?'],
    ['invite <mailto:ana@example.com|ana@example.com>', 'invite ana@example.com'],
    ['invite <mailto:eve@example.com|ana@example.com>', 'invite ana@example.com (eve@example.com)'],
    ['see <https://example.com/a?b=1&amp;c=2>', 'see https://example.com/a?b=1&c=2'],
    ['see <https://example.com|the page>', 'see the page (https://example.com)'],
    ['in <#C0001|general> with <@U0001> and <!here>', 'in #general with @U0001 and !here'],
    ['1 &lt; 2 &amp;&amp; 3 &gt; 2', '1 < 2 && 3 > 2'],
    ['&amp;lt; stays as typed', '&lt; stays as typed'],
    ['plain', 'plain'],
  ])('%s is read as it was meant', (sent, read) => {
    expect(readQuestion(sent)).toBe(read);
  });
});

describe('text of others', () => {
  it('makes no mention, link or markup', () => {
    expect(escapeMrkdwn('<!channel> & <https://evil.test|click>')).toBe(
      '&lt;!channel&gt; &amp; &lt;https://evil.test|click&gt;',
    );
    expect(notification('<!channel>')).toBe('&lt;!channel&gt;');
  });

  it('of any length is shown whole, in pieces that Slack takes, and cut where words end', () => {
    const text = Array.from({ length: 900 }, (_, index) => `word${index}`).join(' ');
    const sections = textSections(text);
    const texts = sections.map((section) => (section['text'] as { text: string }).text);
    expect(texts.join(' ')).toBe(text);
    expect(Math.max(...texts.map((piece) => piece.length))).toBeLessThanOrEqual(3000);
    expect(sections.every((section) => (section['text'] as { type: string }).type === 'plain_text')).toBe(true);
  });

  it('that is endless ends with a note', () => {
    const sections = textSections('x'.repeat(100_000));
    expect(sections.length).toBeLessThanOrEqual(13);
    expect(JSON.stringify(sections.at(-1))).toContain('shortened');
  });

  it('is never cut within a character', () => {
    const texts = textSections(`${'x'.repeat(2999)}🎂`).map((section) => (section['text'] as { text: string }).text);
    expect(texts).toEqual(['x'.repeat(2999), '🎂']);
  });
});
