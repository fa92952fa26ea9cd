// What a conversation is called until its owner says otherwise: the beginning of its first question, in one line.

export const MAX_TITLE_CHARACTERS = 100;
const MAX_FROM_QUESTION = 60;

/** What ends a line or turns it around: control characters, separators of lines and paragraphs, marks of direction (Unicode's Bidi_Control). */
const BREAKING = '\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069';

/** One line in which there is something to see. */
export const TITLE_PATTERN = new RegExp(`^[^${BREAKING}]*[^${BREAKING}\\s][^${BREAKING}]*$`);

const UNSHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function titleFrom(question: string): string {
  const line = question.replace(UNSHOWN, ' ').replace(/\s+/g, ' ').trim();
  const characters = [...line];
  if (characters.length <= MAX_FROM_QUESTION) return line;
  const cut = characters.slice(0, MAX_FROM_QUESTION).join('');
  // At the last space, unless that leaves next to nothing.
  const space = cut.lastIndexOf(' ');
  return `${space > MAX_FROM_QUESTION / 2 ? cut.slice(0, space) : cut}…`;
}
