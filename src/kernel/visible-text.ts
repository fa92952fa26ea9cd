// Text of others, as it may stand among words of ours.

// Control, format and line-separating characters: they change how the text around them reads without being seen.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
/** Line feeds and tabs, and the two joiners that scripts and emoji need. */
const HARMLESS = new Set(['\n', '\t', '\u200c', '\u200d']);

/** With such characters spelled out: a title must not be able to rewrite the words around it. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) =>
    HARMLESS.has(character) ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}
