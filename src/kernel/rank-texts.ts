// Which of many short texts a few words are most about: what finds a tool among hundreds by what somebody wants to do. Words are compared by their
// stems, rare ones count more than common ones (idf), and a name counts more than a description. No model, no index to keep.

export interface RankedText {
  /** Counts most: the words of a name. */
  readonly name: string;
  readonly text: string;
}

const NAME_WEIGHT = 3;
/** Too common to tell anything. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(
  'a an and are as at be by can do for from get give how i in is it list me my of on or please show tell that the there this to use want what which with you your'.split(
    ' ',
  ),
);

/** `events`, `event's` and `event` are one word here; `reading` and `read`, too. */
function stem(word: string): string {
  if (word.length <= 3) return word;
  return word
    .replace(/(?:'s|’s)$/u, '')
    .replace(/ies$/u, 'y')
    .replace(/(?<=[^s])s$/u, '')
    .replace(/(?<=\p{L}{4})(?:ing|ed)$/u, '');
}

/** `readFile`, `read_file` and `read-file` are two words. */
export function wordsOf(text: string): readonly string[] {
  const parted = text.normalize('NFKC').replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2');
  return (parted.toLowerCase().match(/[\p{L}\p{N}]+(?:['’]s)?/gu) ?? [])
    .filter((word) => !EMPTY_WORDS.has(word))
    .map(stem);
}

function counted(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** A word said twice tells a little more than one said once, said ten times no more than said four times. */
const saturated = (count: number): number => Math.min(1 + Math.log2(Math.max(1, count)), 3);

/** The best first; texts that share no word with the question are left out. Equal ones keep their order. */
export function rankTexts<Item extends RankedText>(question: string, items: readonly Item[]): readonly Item[] {
  const asked = new Set(wordsOf(question));
  const read = items.map((item) => {
    return { item, name: new Set(wordsOf(item.name)), text: counted(wordsOf(item.text)) };
  });
  const weights = new Map<string, number>();
  for (const word of asked) {
    const having = read.filter(({ name, text }) => name.has(word) || text.has(word)).length;
    weights.set(word, Math.log(1 + items.length / Math.max(1, having)));
  }
  const scored = read.map(({ item, name, text }, index) => {
    let score = 0;
    for (const [word, weight] of weights) {
      if (name.has(word)) score += NAME_WEIGHT * weight;
      const count = text.get(word);
      if (count !== undefined) score += saturated(count) * weight;
    }
    return { item, score, index };
  });
  return scored
    .filter(({ score }) => score > 0)
    .sort((left, right) => right.score - left.score || left.index - right.index)
    .map(({ item }) => item);
}
