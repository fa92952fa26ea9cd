import type { ModelMessage } from '../../../ports/model.ts';
import { WHICH_EVENT } from './reference.ts';
import { WHEN_TELL, WHICH_PERSON } from './reply.ts';

// Answers to our own questions. "Which one?" – "the second": read together with the request that led to the question. Only what the
// person wrote counts; of our own messages only which question was asked.

export interface Request {
  readonly text: string;
  /** What the person asked for before, where this is a new request. */
  readonly earlier: string | undefined;
  /** Which of several matches: counted from 1, -1 is the last. */
  readonly choice: number | undefined;
}

/** Questions that followed on one another: a request needs no more. */
const MAX_DEPTH = 4;

export function requestAt(messages: readonly ModelMessage[], index: number, depth = 0): Request {
  const message = messages[index];
  const text = message?.role === 'user' ? message.text : '';
  const alone = { text, earlier: undefined, choice: undefined };
  const question = messages[index - 1];
  const before = messages.slice(0, index).findLastIndex(({ role }) => role === 'user');
  if (question?.role !== 'assistant' || before === -1 || depth >= MAX_DEPTH) return alone;
  const asked = requestAt(messages, before, depth + 1);
  if (STARTS_ANEW.test(text)) return { ...alone, earlier: asked.text };
  if (question.text.includes(WHICH_EVENT)) {
    const choice = choiceIn(text);
    return choice === undefined ? { ...asked, text: `${asked.text} ${text}` } : { ...asked, choice };
  }
  if (question.text.includes(WHICH_PERSON)) return { ...asked, text: withPerson(asked.text, question.text, text) };
  if (!question.text.includes(WHEN_TELL)) return { ...alone, earlier: asked.text };
  // A change is to a new time; a booking is at one.
  const to = question.text.includes(`${WHEN_TELL} new`) && !/^\s*to\b/i.test(text) ? 'to ' : '';
  return { ...asked, text: `${asked.text.replace(/[.?!\s]+$/u, '')} ${to}${text.replace(MAKE_IT, '')}` };
}

/** `actually, make it 5pm` answers with a time. */
const MAKE_IT = /^\s*(?:(?:actually|well|then|ok|okay|sorry|please|let's)[,\s]+)*(?:make|have) (?:it|that)\s+/iu;

const STARTS_ANEW =
  /^\s*(?:please\s+)?(?:am|are|is|do|does|what|what's|when|show|list|find|book|schedule|cancel|delete|move|reschedule|put|add|create|set up|block|remind|can|could|never mind|no|forget)\b/i;

const ORDINALS: readonly (readonly [number, RegExp])[] = [
  [1, /^(?:the )?(?:1|first|1st|number one|number 1|#1)\b/],
  [2, /^(?:the )?(?:2|second|2nd|number two|number 2|#2)\b/],
  [3, /^(?:the )?(?:3|third|3rd|number three|number 3|#3)\b/],
  [4, /^(?:the )?(?:4|fourth|4th|number four|number 4|#4)\b/],
  [-1, /^(?:the )?last\b/],
];

function choiceIn(text: string): number | undefined {
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/[.!)]+$/, '');
  if (!/^(?:the )?(?:#|number )?\w+(?: one)?(?:,? please)?$/.test(plain)) return undefined;
  return ORDINALS.find(([, pattern]) => pattern.test(plain))?.[0];
}

/** Puts the whole name, or the address, in the place of the name that several people share. */
function withPerson(request: string, question: string, answer: string): string {
  const name = /^Several people are called (.+?): /u.exec(question)?.[1];
  const chosen = answer
    .trim()
    .replace(/^(?:i mean|i meant|the one|it's|it is)\s+/i, '')
    .replace(/[.!]+$/, '');
  const at = name === undefined ? -1 : request.toLowerCase().indexOf(name.toLowerCase());
  return name === undefined || at === -1
    ? `${request} ${chosen}`
    : `${request.slice(0, at)}${chosen}${request.slice(at + name.length)}`;
}
