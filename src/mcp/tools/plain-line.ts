import { startOf } from '../../kernel/start-of.ts';

// Text that somebody else wrote, in a line that a person reads before they say yes.

/** Control and format characters, but not the two joiners that scripts and emoji need: with them a line can read otherwise than it says. */
const MISLEADING = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}])+/gu;

/** What cannot be seen is marked, not dropped: without it an address would look like somebody else's. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(/\s+/gu, ' ').replace(MISLEADING, '\ufffd').trim();
}

/** A line in which no reader finds an image, a link with other words, or a tag: what a model wrote is quoted in it, and whoever shows it may read Markdown. */
export function unmarked(line: string): string {
  return line
    .replaceAll('![', '! [')
    .replaceAll('](', '] (')
    .replaceAll(/<(?=[a-z/!?])/giu, '‹');
}

/**
 * A title as it may stand in a line for a person: quoted, no longer than needed, and unable to close its own quotes. For half a character Slack would
 * show another, and take no answer to a message that says something else than the question.
 */
export function quoted(text: string): string {
  const line = oneLine(text).replace(/[“”]/gu, '"');
  return `“${line.length > 120 ? `${startOf(line, 119)}…` : line}”`;
}
