// Text of others (titles of events, a model's words, an API's messages) before it reaches a terminal. Control sequences could rewrite what
// the person has read, set the clipboard, or make a question look like another one.

/** Control, format and line-separating characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Line feeds and tabs, and the two joiners that scripts and emoji need. */
const HARMLESS = new Set(['\n', '\t', '\u200c', '\u200d']);

const spelledOut = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** Such characters spelled out as JSON does, so that JSON stays the JSON it was. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => (HARMLESS.has(character) ? character : spelledOut(character)));
}

/** For one field of a line: no line of its own can be forged with it. */
export function oneLine(text: string): string {
  return visible(text.replace(/\s+/gu, ' ').trim());
}
