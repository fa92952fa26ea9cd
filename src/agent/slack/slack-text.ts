import { startOf } from '../../kernel/start-of.ts';
import { visibleText } from '../../kernel/visible-text.ts';
import type { SlackBlock } from '../../ports/slack.ts';

// Words in and out of Slack. Out: text of others stands in `plain_text`, which makes no link, mention or picture of anything; our own words
// may be `mrkdwn`, and what is put into them is escaped. In: what Slack made of a person's words is turned back into their words.

/** Of one text object. */
const MAX_TEXT = 3000;
/** Of one message; what is longer ends with a note. */
const MAX_SECTIONS = 12;
const SHORTENED = '… (shortened: the answer is too long for one message)';

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escapeMrkdwn(text: string): string {
  return visibleText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export const plainText = (text: string) => ({
  type: 'plain_text',
  text: visibleText(text).slice(0, MAX_TEXT),
  emoji: true,
});

/** Cuts at a line's end, else at a space, else anywhere but within a character. */
function cutAt(text: string): number {
  if (text.length <= MAX_TEXT) return text.length;
  const head = text.slice(0, MAX_TEXT);
  const line = head.lastIndexOf('\n');
  if (line > MAX_TEXT / 2) return line;
  const space = head.lastIndexOf(' ');
  if (space > MAX_TEXT / 2) return space;
  return startOf(text, MAX_TEXT).length;
}

/** A text of any length, exactly as it is. */
export function textSections(text: string): readonly SlackBlock[] {
  const sections: SlackBlock[] = [];
  let rest = visibleText(text).trim();
  while (rest !== '') {
    if (sections.length === MAX_SECTIONS) {
      sections.push({ type: 'section', text: plainText(SHORTENED) });
      break;
    }
    const end = cutAt(rest);
    sections.push({ type: 'section', text: { type: 'plain_text', text: rest.slice(0, end), emoji: true } });
    rest = rest.slice(end).trimStart();
  }
  return sections;
}

export const context = (text: string): SlackBlock => ({ type: 'context', elements: [plainText(text)] });

/** Our own words, with `escapeMrkdwn` around what others put in. No link is made of a bare address. */
export const mrkdwnContext = (text: string): SlackBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text: text.slice(0, MAX_TEXT), verbatim: true }],
});

/** For notifications: short, and safe wherever it is shown. */
export const notification = (text: string): string => escapeMrkdwn(text.slice(0, 300));

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** Slack writes `<mailto:ana@example.com|ana@example.com>`, `<https://…|words>`, `<#C1|general>`, `<@U1>`, `<!here>`. */
function spoken(_whole: string, inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar === -1 ? inner : inner.slice(0, bar);
  const label = bar === -1 ? undefined : inner.slice(bar + 1);
  if (/^[#@!]/.test(target))
    return label === undefined || label === '' ? target : `${target.charAt(0)}${label.replace(/^[@#]/, '')}`;
  const address = target.replace(/^(?:mailto|tel):/, '');
  if (label === undefined || label === address || label === target) return address;
  // Words over an address: the person saw the words, and the address is what would be used.
  return `${label} (${address})`;
}

/** What the person typed, without the mention that it began with. */
export function readQuestion(text: string): string {
  const asked = text.replace(/^\s*<@[UW][A-Z0-9]+(?:\|[^>]*)?>[\s,:]*/, '');
  return unescaped(asked.replace(/<([^<>]*)>/g, spoken)).trim();
}
