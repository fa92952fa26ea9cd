import { takenBy } from './details.ts';
import type { Located } from './mentions.ts';
import { textOf, type Word } from './words.ts';

// The words that name an event, among all that is said about it: what to search for, and how well a found event fits.

/** Words that say that there is an event, not which. */
const GENERIC = new Set(
  "a an the my our your his her their this that it its is are was be on in at for of to from with and or by me i we us you what what's whats when when's whens where wheres which who how do does did have has got will would am can could should about any anything some all every each everything next upcoming coming up first last earliest latest meeting meetings meet appointment appointments event events calendar diary schedule agenda scheduled planned plan plans booked day week today tomorrow show list see view check display read give get tell find look pull open please time times many much long there 's day's everything else happening going entire whole series occurrence occurrences recurring repeating one ones slot entry booking bookings left remaining today's if that then thing things out down cancel delete remove move reschedule called titled named free busy start starts end ends begin begins happen doing due deck rundown overview share send plate docket lined store summary summarize summarise brief run walk through look like looks full details detail calendars more than planner needs need has have must should been moved rescheduled postponed changed pushed shifted also just only again still other another later between doing got invited attending search searching store".split(
    ' ',
  ),
);

/** Words that tell what kind of event it is: searched for only where nothing tells more. */
const KIND = new Set(
  'call class session lesson lunch dinner breakfast coffee drinks review sync standup chat talk interview visit party team weekly daily monthly'.split(
    ' ',
  ),
);

/** The words that tell the event from others. */
export function subjectOf(words: readonly Word[], located: readonly Located[]): readonly Word[] {
  const taken = takenBy(words, located);
  const subject: Word[] = [];
  let named = false;
  for (let at = 0; at < words.length; ) {
    const end = runEnd(words, taken, at);
    const word = joined(words.slice(at, end));
    // "Show me", "talk us through": what stands in front is an order.
    const orders = /^(?:me|us)$/.test(words[end]?.lower ?? '');
    const possessor = words[end]?.lower === "'s" && GENERIC.has(word.lower);
    const kept: boolean =
      word.kind === 'quote' ||
      word.kind === 'address' ||
      (taken[at] === false &&
        !possessor &&
        !orders &&
        (word.kind === 'number'
          ? isNumberOfName(words, at, named)
          : word.kind === 'word' &&
            word.lower !== "'s" &&
            !GENERIC.has(word.lower.replace(SHORT, '')) &&
            !ORDINAL.test(word.lower)));
    if (kept) subject.push(word);
    // `Job #5`, `Covid-19`: the mark stands between the name and its number.
    named = kept || (named && /^[#-]$/.test(word.text));
    at = end;
  }
  return subject;
}

/** `I've`, `we'll`. */
const SHORT = /'(?:ve|m|ll|d|re)$/;
const ORDINAL = /^\d+(?:st|nd|rd|th)$/;

/** `Q4`, `CS101` and `B2B` are one word each to whoever gave the name, though the grammar of times reads `3pm` as two. */
function runEnd(words: readonly Word[], taken: readonly boolean[], at: number): number {
  const joins = (place: number): boolean =>
    taken[place] === false && /^(?:word|number)$/.test(words[place]?.kind ?? '') && words[place]?.lower !== "'s";
  let end = at + 1;
  while (joins(at) && joins(end) && words[end]?.glued === true) end += 1;
  return end;
}

function joined(run: readonly Word[]): Word {
  const [first, ...rest] = run as readonly [Word, ...Word[]];
  if (rest.length === 0) return first;
  const end = rest.at(-1)?.end ?? first.end;
  return { ...first, kind: 'word', text: textOf(run), lower: run.map(({ lower }) => lower).join(''), end };
}

/** `Job 5`, `the 737 training`; a small number in front is a count, and `1:1` is no number. */
function isNumberOfName(words: readonly Word[], at: number, named: boolean): boolean {
  if (words[at + 1]?.lower === ':' || words[at - 1]?.lower === ':') return false;
  const loose = /^(?:in|at|on|of|for|by|to|from|until|till|since)$/.test(words[at - 1]?.lower ?? '');
  return named || (!loose && (words[at]?.text.length ?? 0) >= 3);
}

/** A number or a word with one: `5` is not part of `15`, and `CS101` may be written `CS 101`. */
const withNumber = (word: string): RegExp => {
  const spaced = word.replace(/\p{L}(?=\p{N})|\p{N}(?=\p{L})/gu, '$& ?');
  const around = /^\p{N}+$/u.test(word) ? '\\p{N}' : '\\p{L}\\p{N}';
  return new RegExp(`(?<![${around}])${spaced}(?![${around}])`, 'u');
};

const letters = (text: string, gap: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, gap);

/** How many of the words a text has; nothing where it lacks a number: `Job 6` is not `Job 5`, however alike. */
export function likeness(subject: readonly Word[], text: string): number | undefined {
  const wanted = subject.map((word) => letters(word.text, '')).filter((word) => word !== '');
  const [plain, spaced] = [letters(text, ''), letters(text, ' ')];
  const numbers = wanted.filter((word, at) => /\p{N}/u.test(word) && subject[at]?.kind !== 'address');
  if (!numbers.every((word) => withNumber(word).test(spaced))) return undefined;
  return wanted.filter((word) => numbers.includes(word) || plain.includes(word)).length;
}

/** One word for the calendar's search, which looks in titles, places and guests: a name if there is one, else the longest. */
export function searchTerm(subject: readonly Word[]): string | undefined {
  const quote = subject.find(({ kind }) => kind === 'quote' || kind === 'address');
  if (quote !== undefined) return quote.text;
  // Digits alone are found in too many titles.
  const words = subject.some(({ kind }) => kind !== 'number')
    ? subject.filter(({ kind }) => kind !== 'number')
    : subject;
  const names = words.filter(({ text }) => /^\p{Lu}/u.test(text) && !KIND.has(text.toLowerCase()));
  const telling = words.filter(({ lower }) => !KIND.has(lower));
  const pool = names.length > 0 ? names : telling.length > 0 ? telling : words;
  // Of words of kind the last is the noun: the team sync is a sync.
  const best =
    telling.length === 0 ? pool.at(-1) : [...pool].sort((left, right) => right.text.length - left.text.length)[0];
  const kind = best?.lower.replace(/s$/, '');
  return kind !== undefined && KIND.has(kind) && kind !== best?.lower && !KIND.has(best?.lower ?? '')
    ? kind
    : best?.text;
}
