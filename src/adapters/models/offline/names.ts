import type { Located } from './mentions.ts';
import { one } from './rules.ts';
import type { Word } from './words.ts';

// Words of time that say which event is meant, and not when: `the quarterly all-hands`, `the Christmas party`, `the Q4 review`.

/** Neither a day nor a word that joins: what stands behind a number or a name's first half. */
export const noun = one((word) =>
  word.kind === 'word' &&
  !/^(?:today|tomorrow|tonight|this|next|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|on|in|at|for|with|and|or|to|until|please|instead)$/.test(
    word.lower,
  )
    ? word.lower
    : undefined,
);

/** Words of time that are part of a name are no time. */
export function withoutNames(located: readonly Located[], words: readonly Word[]): readonly Located[] {
  const onDate = located.some(({ mention }) => ['days', 'stretch', 'span'].includes(mention.kind));
  return withoutFeasts(onDate ? located.filter((one) => !isOccasion(one, words)) : located, words);
}

/** `the quarterly all-hands on 2 April` is one of them, and that is its name. */
function isOccasion({ mention, at, end }: Located, words: readonly Word[]): boolean {
  if (mention.kind !== 'repeat' || end !== at + 1) return false;
  const named = words[end]?.kind === 'word' && /^(?:quarterly|annual|yearly)$/.test(words[at]?.lower ?? '');
  return named && !words.some(({ lower }) => /^(?:every|each|repeating|recurring|repeat)$/.test(lower));
}

/** `date night at 8`: the night is its name, and still says in which half of the day eight is. */
export function namesOccasion(
  { mention, at, end }: Located,
  words: readonly Word[],
  located: readonly Located[],
): boolean {
  if (mention.kind !== 'part' || end !== at + 1 || !/^(?:night|evening)$/.test(words[at]?.lower ?? '')) return false;
  const behind = at > 0 && noun(words, at - 1) !== undefined && words[at - 2]?.lower !== 'with';
  return behind && located.some((one) => /^clocks?$/.test(one.mention.kind)) && !located.some((one) => one.end === at);
}

/** `the Q4 review`, `our summer party`: a stretch that tells which event is meant, and not when; a day only where its day is asked for. */
export const isNaming = (one: Located, words: readonly Word[]): boolean =>
  (one.mention.kind === 'stretch' || asksWhen(words)) && isPartOfName(one, words);

/** `the Christmas party`, where an event is looked up. */
export const isNamingFeast = (one: Located, words: readonly Word[]): boolean =>
  isFeast(one) && isPartOfName(one, words);

const isFeast = ({ mention }: Located): boolean =>
  mention.kind === 'days' && mention.days.every(({ feast }) => feast === true);

const asksWhen = (words: readonly Word[]): boolean =>
  /^(?:when|where)$/.test(words[0]?.lower ?? '') || words[1]?.lower === 'time';

function isPartOfName({ at, end }: Located, words: readonly Word[]): boolean {
  const owned = /^(?:the|my|our|a|an|this)$/;
  const behind = owned.test(words[at]?.lower ?? '') || owned.test(words[at - 1]?.lower ?? '');
  return behind && noun(words, end) !== undefined && !COLLECTIVE.test(words[end]?.lower ?? '');
}

/** `the Q4 meetings` are those of the quarter. */
const COLLECTIVE =
  /^(?:meetings|appointments|events|plans|week|weekend|calendar|schedule|agenda|bookings|i|we|you|is|are|do|does)$/;

/** `Christmas shopping on the 12th`: where another day is said, the feast is what the event is about. */
function withoutFeasts(located: readonly Located[], words: readonly Word[]): readonly Located[] {
  const placed = located.some((one) => ['days', 'stretch', 'span'].includes(one.mention.kind) && !isFeast(one));
  if (placed) return located.filter((one) => !isFeast(one));
  // "When is the Christmas party?" asks for its day.
  return asksWhen(words) ? located.filter((one) => !isNamingFeast(one, words)) : located;
}
