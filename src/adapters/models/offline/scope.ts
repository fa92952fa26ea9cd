import { spelledOut } from './intent.ts';
import type { Located } from './mentions.ts';
import { findFirst, says } from './rules.ts';
import type { Word } from './words.ts';

// How much is meant: one event, a whole series, or one and all that follow. One, unless more is said.

export type Scope = 'all' | 'following';

export const FOLLOWING = says(
  'from now on | from then on | from here on | going forward | and following | and all following | and the following ones | and all future ones | all future | onwards | this and following',
);

/** Words that say how much of a series is meant, and not when: the rest of the grammar does not see them. */
export function withoutScope(words: readonly Word[]): readonly Word[] {
  const found = findFirst(FOLLOWING, words);
  return found === undefined ? words : [...words.slice(0, found.at), ...words.slice(found.end)];
}

const KIND_OF_SERIES = /^(?:daily|weekly|biweekly|fortnightly|monthly|quarterly|yearly|annual|bi|-)$/;

/** `the weekly sync` says which event is meant, and neither when nor how much of its series. */
export const isKindOfSeries = ({ mention, at, end }: Located, words: readonly Word[]): boolean =>
  mention.kind === 'repeat' && words.slice(at, end).every(({ lower }) => KIND_OF_SERIES.test(lower));

/** An all-hands and an all-day event are single events. */
const ALL = String.raw`\ball (?!(?:- )?(?:hands|day|staff)\b)`;
const SAYS_ALL = new RegExp(String.raw`${ALL}|\ball$`);
/** `all pricing syncs`: a plural before any preposition. */
const ALL_OF_A_NAME = new RegExp(
  `${ALL}(?:of )?(?:(?!(?:on|in|at|for|with|to|from|by|this|next|until)\\b)[\\w&']+ ){0,4}?(?!(?:this|is|was|as|us|his|christmas)\\b)\\w+s\\b`,
);

export const saysAll = (text: string): boolean => SAYS_ALL.test(text);
export const saysAllOfAName = (text: string): boolean => ALL_OF_A_NAME.test(text);

/** `several`: single events of a stretch are meant, not a series. */
export function scopeIn(words: readonly Word[], repeats = false, several = false): Scope | undefined {
  if (findFirst(FOLLOWING, words) !== undefined) return 'following';
  const text = spelledOut(words);
  if (/\bseries\b/.test(text)) return 'all';
  const all =
    /\b(?:all occurrences|every occurrence|every instance|all instances|all of the|all the|every (?!thing))/.test(
      text,
    ) || saysAllOfAName(text);
  return (all || repeats) && !several ? 'all' : undefined;
}
