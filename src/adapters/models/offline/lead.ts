import { withoutCourtesy } from './clauses.ts';
import { type Intent, intentOf, type Said, spelledOut } from './intent.ts';
import type { Located } from './mentions.ts';
import { says } from './rules.ts';
import { FOLLOWING } from './scope.ts';
import type { Word } from './words.ts';

// A time in front of what is asked for: `Tomorrow, please cancel the standup`. Verbs and question words stand at the beginning of a request,
// so what is said before them is set aside while its intent is read.

export interface Led {
  /** `tomorrow`: says when the event is. */
  readonly front: readonly Word[];
  readonly rest: readonly Word[];
}

/** Stands before a day that the second reader found. */
const ON = says('on/in/at/for/during');

/** Nothing where no time leads, or where nothing else is said. */
export function readLead(words: readonly Word[], located: readonly Located[]): Led | undefined {
  let at = 0;
  let end = 0;
  while (at < words.length) {
    const next =
      located.find((one) => one.at === (ON(words, at)?.end ?? at) || one.at === at)?.end ?? FOLLOWING(words, at)?.end;
    if (next === undefined && words[at]?.kind !== 'mark' && words[at]?.lower !== 'and') break;
    at = next ?? at + 1;
    if (next !== undefined) end = next;
  }
  // "Tomorrow's standup" names an event.
  if (end === 0 || at === words.length || words[at]?.lower === "'s") return undefined;
  return { front: words.slice(0, end), rest: withoutCourtesy(words.slice(at)) };
}

export const isOnlyTime = (words: readonly Word[], located: readonly Located[]): boolean =>
  located.length > 0 &&
  words.every((word, at) => word.kind === 'mark' || located.some((one) => one.at <= at && at < one.end));

const ASKS =
  /^(?:what|which|who|when|where|how|do|does|did|am|are|is|will|show|list|tell|find|suggest|propose)\b(?! to\b)/u;
/** Behind a time these begin a note (`Friday get the car`, `tomorrow update meeting`) as often as a request. */
const AS_OFTEN_NOTED =
  /^(?:have|get|let|start|end|finish|cut|turn|give|call (?!off\b)|take (?!my\b|the\b|our\b))\b|^(?:update|edit|change|swap|shift|switch|push) (?:meeting|call|session|meet|day|party|work)\b(?!.* to\b)/u;

/** What is asked for behind the time; nothing where that is no question and no order to change something. */
export function intentBehind({ rest }: Led, said: Said): Intent | undefined {
  const intent = intentOf(rest, said);
  const text = spelledOut(rest);
  switch (intent) {
    case 'cancel':
    case 'change':
      return AS_OFTEN_NOTED.test(text) ? undefined : intent;
    case 'never':
      return intent;
    case 'events':
    case 'free':
    case 'find':
      return ASKS.test(text) ? intent : undefined;
    default:
      return undefined;
  }
}
