import { createReplacing, inTurn, type Replacement, type Replacing } from './replace-streaming.ts';
import type { StoredMessage, TurnCall } from './turn-record.ts';

// An answer is plain text, whoever shows it. What a reader might take for more is defused here, before it is kept or told, also while it
// comes: images, which some load by themselves; links whose words hide where they lead; HTML. A link that a model put together may carry a secret
// to whoever opens it, or looks ahead: one that neither the person wrote nor a tool gave, letter for letter, is left out.
//
// Plain words never wait for what follows them. That is why a scheme that few words begin like is left out with its link, and any other stays: it was
// told before it was known to be one.

const LEFT_OUT = '(a link that neither you nor a tool gave was left out)';

const WITH_SLASHES = ['http://', 'https://', 'ftp://'];
/** Schemes that act or load without slashes, and what readers take for a link without any. */
const WITHOUT = ['data:', 'javascript:', 'vbscript:', 'blob:', 'mailto:', 'tel:', 'sms:', 'www.'];
/** Ends where prose and Markdown end a link. */
const REST = '[^\\s<>"\'`“”‘’«»‹›()[\\]{}|\\\\^]+';
const NO_WORD = '(?<![\\p{L}\\p{N}])';
/** Others' letters may stand right before `https`, as they do where words have no spaces between them. */
const NO_SCHEME = '(?<![a-z0-9])';

const anyOf = (texts: readonly string[]): string => `(?:${texts.map((text) => text.replace('.', '\\.')).join('|')})`;
const prefixesOf = (text: string): readonly string[] =>
  Array.from({ length: text.length }, (_, index) => text.slice(0, index + 1));

/** The scheme of a link that begins at its `://` is the match's first group. */
const LINK = new RegExp(
  `${NO_SCHEME}${anyOf(WITH_SLASHES)}${REST}|${NO_WORD}${anyOf(WITHOUT)}${REST}|(?<=([a-z][a-z0-9+.-]{0,20}))://${REST}`,
  'giu',
);
const LINK_BEGUN = new RegExp(
  `(?:${NO_SCHEME}${anyOf(WITH_SLASHES.flatMap(prefixesOf))}|${NO_WORD}${anyOf(WITHOUT.flatMap(prefixesOf))}|(?<=[a-z0-9+.-]):/{0,2})$`,
  'giu',
);
const ENDING = /[.,;:!?*_~]+$/u;

const withoutEnding = (link: string): string => link.replace(ENDING, '');

export function linksIn(text: string): readonly string[] {
  return [...text.matchAll(LINK)].map(([link, scheme = '']) => withoutEnding(scheme + link));
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}

const linksOf = (value: unknown): readonly string[] => textsOf(value).flatMap(linksIn);

/** Links in answers of tools, but for those that stood in the very call: repeating is not giving. */
function answered(given: unknown, asked: unknown): readonly string[] {
  const own = new Set(linksOf(asked));
  return linksOf(given).filter((link) => !own.has(link));
}

/** What the person wrote and what tools gave. */
export function givenLinks(messages: readonly StoredMessage[], calls: readonly TurnCall[] = []): ReadonlySet<string> {
  const given = new Set<string>();
  let asked = new Map<string, unknown>();
  for (const message of messages) {
    if (message.role === 'user') for (const link of linksIn(message.text)) given.add(link);
    if (message.role === 'assistant') asked = new Map(message.calls.map((call) => [call.id, call.arguments]));
    if (message.role === 'tool') {
      for (const link of answered([message.text, message.data], asked.get(message.call_id))) given.add(link);
    }
  }
  for (const { result, message, arguments: own } of calls) {
    for (const link of answered([result, message], own)) given.add(link);
  }
  return given;
}

/** No `!` makes an image of what follows; no `<` opens a tag. */
const MARKS: Replacement = {
  pattern: /(?<!!)!+(?=\[)|<(?=[a-z/!?])/gi,
  begun: /(?:(?<!!)!+|<)$/g,
  replace: ([mark]) => (mark === '<' ? '‹' : ''),
};

/** Markdown's links as their words and the address in plain sight. */
const MARKDOWN_LINKS: Replacement = {
  pattern: /\[([^[\]\n]{0,500})\]\(\s*<?([^()\s<>]{1,2000})>?[^()\n]{0,200}\)/gu,
  begun: /\[[^[\]\n]{0,500}(?:\](?:\(\s*(?:<?(?:[^()\s<>]{1,2000}(?:>?[^()\n]{0,200})?)?)?)?)?$/gu,
  replace([, words = '', to = '']) {
    const shown = words.trim();
    return shown === '' || shown === to ? to : `${shown} (${to})`;
  },
};

const links = (isGiven: (link: string) => boolean): Replacement => ({
  pattern: LINK,
  begun: LINK_BEGUN,
  replace([found, scheme = '']) {
    const link = withoutEnding(scheme + found);
    if (isGiven(link)) return found;
    return `${scheme === '' ? '' : ' '}${LEFT_OUT}${(scheme + found).slice(link.length)}`;
  },
});

/** An answer that comes in pieces. What was let go, put together, is the plain answer, however it was cut. */
export function createPlainAnswer(isGiven: (link: string) => boolean): Replacing {
  // What stood apart before the third may stand together behind it.
  return inTurn([MARKS, MARKDOWN_LINKS, links(isGiven), MARKS].map(createReplacing));
}

export function plainAnswer(text: string, given: ReadonlySet<string>): string {
  const plain = createPlainAnswer((link) => given.has(link));
  return plain.push(text) + plain.end();
}
