import type { StoredMessage, TurnCall } from './turn-record.ts';

// An answer is plain text, whoever shows it. What a reader might take for more is defused here, before it is kept or told: images, which some
// load by themselves; links whose words hide where they lead; HTML. A link that a model put together may carry a secret to whoever
// opens it, or looks ahead: one that neither the person wrote nor a tool gave, letter for letter, is left out.

const LEFT_OUT = '(a link that neither you nor a tool gave was left out)';

/** `scheme://…`, and the schemes without slashes that act or load. Ends where prose and Markdown end a link. */
const LINK =
  /(?<![\p{L}\p{N}])(?:[a-z][a-z0-9+.-]{0,20}:\/\/|(?:data|javascript|vbscript|blob|mailto|tel|sms):(?=\S)|www\.)[^\s<>"'`“”‘’«»‹›()[\]{}|\\^]+/giu;
const ENDING = /[.,;:!?*_~]+$/u;

export function linksIn(text: string): readonly string[] {
  return [...text.matchAll(LINK)].map(([link]) => link.replace(ENDING, ''));
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
const unmarked = (text: string): string => text.replaceAll(/!+(?=\[)/g, '').replaceAll(/<(?=[a-z/!?])/gi, '‹');

const MARKDOWN_LINK = /\[([^[\]\n]{0,500})\]\(\s*<?([^()\s<>]{1,2000})>?[^()\n]{0,200}\)/gu;

/** Markdown's links as their words and the address in plain sight. */
function plainLinks(text: string): string {
  return text.replaceAll(MARKDOWN_LINK, (_all, words: string, to: string) => {
    const shown = words.trim();
    return shown === '' || shown === to ? to : `${shown} (${to})`;
  });
}

export function plainAnswer(text: string, given: ReadonlySet<string>): string {
  const plain = plainLinks(unmarked(text)).replaceAll(LINK, (found) => {
    const link = found.replace(ENDING, '');
    return given.has(link) ? found : `${LEFT_OUT}${found.slice(link.length)}`;
  });
  // What stood apart before may stand together now.
  return unmarked(plain);
}
