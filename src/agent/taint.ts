import type { ToolOutcome } from '../ports/tool-client.ts';
import { FIND_TOOLS } from './tools-at-hand.ts';
import type { StoredMessage } from './turn-record.ts';

// Taint: private or untrusted data has come into a conversation (an event's text, an attendee's name, a web answer, an error that quotes
// one of them), so whatever a model says from then on may be that data speaking, or carry it away. It is told to the MCP API with
// each call and never wiped off a conversation: what follows from tainted text is tainted, a summary of it, too. The one exception is a call
// whose arguments the person wrote. Nothing here looks at what a text says: no filter of words would hold.

/**
 * What a call brought back came from outside, unless a door or the protocol refused it in our own words. A search of the tools brings back what this
 * build or an operator says of them, which a model is shown untainted where there are few.
 */
export function taints(outcome: ToolOutcome, tool: string): boolean {
  return outcome.kind !== 'refused' && tool !== FIND_TOOLS;
}

/** What the person wrote, and nothing that we put in their place. */
export function personsWords(messages: readonly StoredMessage[]): readonly string[] {
  return messages.flatMap((message) => (message.role === 'user' && message.ours !== true ? [message.text] : []));
}

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}_]/u;

/** One form for the ways in which the same words are typed. */
const tidy = (text: string): string => text.normalize('NFKC').replace(/\s+/gu, ' ').trim();
const lower = (text: string): string => text.toLowerCase();
const capitalized = (text: string): string =>
  lower(text).replace(/(?<![\p{L}\p{N}])\p{L}/gu, (letter) => letter.toUpperCase());

/** Two neighbours that belong to one word. Code units will do: half of a pair is no word's character, and both halves are compared anyway. */
const joined = (left: string | undefined, right: string | undefined): boolean =>
  left !== undefined && right !== undefined && WORD_CHARACTER.test(left) && WORD_CHARACTER.test(right);

/** `value` stands in `text` in one piece and as whole words. */
function standsIn(text: string, value: string): boolean {
  for (let at = text.indexOf(value); at !== -1; at = text.indexOf(value, at + 1)) {
    const end = at + value.length;
    if (!joined(text[at - 1], value[0]) && !joined(value.at(-1), text[end])) return true;
  }
  return false;
}

/**
 * As the person typed it, or tidied up; in their own case or in one that a writer would use. Blanks and capitals can carry a secret between
 * the letters of an innocent word, so no others will do.
 */
function isSaid(value: string, words: readonly string[]): boolean {
  if (words.some((text) => standsIn(text, value))) return true;
  if (value !== tidy(value)) return false;
  const texts = words.map(tidy);
  if (texts.some((text) => standsIn(text, value))) return true;
  const usual = [lower(value), value.toUpperCase(), capitalized(value)].includes(value);
  return usual && texts.some((text) => standsIn(lower(text), lower(value)));
}

/** Names of arguments at any depth of a schema: the tool's words, and no place to put others. */
function declaredNames(schema: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (schema === null || typeof schema !== 'object') return names;
  for (const [key, member] of Object.entries(schema)) {
    if (key === 'properties' && member !== null && typeof member === 'object') {
      for (const name of Object.keys(member)) names.add(name);
    }
    declaredNames(member, names);
  }
  return names;
}

export interface AskedArguments {
  /** As the model chose them, without what we set ourselves. */
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/**
 * True when each value stands, whole, in one of the person's own messages, and none stands twice: a pattern of repeated words says more than
 * the words. What is empty says nothing. A yes or no (`true`) stands nowhere: it is a choice that somebody made, and nobody can say that it was
 * the person.
 */
export function standsInWords(asked: AskedArguments, words: readonly string[]): boolean {
  const names = declaredNames(asked.inputSchema);
  const used = new Set<string>();
  const once = (value: string): boolean => {
    if (used.has(value)) return false;
    used.add(value);
    return true;
  };
  const said = (text: string): boolean => text === '' || isSaid(text, words);
  const visit = (value: unknown): boolean => {
    if (value === null) return once('');
    if (typeof value === 'string') return once(value) && said(value);
    if (typeof value === 'number') {
      return once(String(value)) && (said(String(value)) || said(NUMBER_WORDS[value] ?? String(value)));
    }
    if (Array.isArray(value)) return value.every(visit);
    if (typeof value !== 'object') return false;
    return Object.entries(value).every(([name, member]) => (names.has(name) || said(name)) && visit(member));
  };
  return visit(asked.arguments);
}
