import type { Word } from './words.ts';

// A grammar in small pieces: a rule looks at the words from one place on and finds a value or nothing. Where several
// alternatives fit, the longest wins, and the earlier one among equals. Rules never look back and keep no state.

export interface Found<Value> {
  readonly value: Value;
  /** The place behind the last word that the rule took. */
  readonly end: number;
}

export type Rule<Value> = (words: readonly Word[], at: number) => Found<Value> | undefined;

type Values<Rules extends readonly Rule<unknown>[]> = {
  [Index in keyof Rules]: Rules[Index] extends Rule<infer Value> ? Value : never;
};

/** One rule after the other. */
export function seq<const Rules extends readonly Rule<unknown>[]>(...rules: Rules): Rule<Values<Rules>> {
  return (words, at) => {
    const values: unknown[] = [];
    let end = at;
    for (const rule of rules) {
      const found = rule(words, end);
      if (found === undefined) return undefined;
      values.push(found.value);
      end = found.end;
    }
    return { value: values as Values<Rules>, end };
  };
}

/** The longest of several readings. */
export function either<Value>(...rules: readonly Rule<Value>[]): Rule<Value> {
  return (words, at) => {
    let best: Found<Value> | undefined;
    for (const rule of rules) {
      const found = rule(words, at);
      if (found !== undefined && (best === undefined || found.end > best.end)) best = found;
    }
    return best;
  };
}

export function maybe<Value>(rule: Rule<Value>): Rule<Value | undefined> {
  return (words, at) => rule(words, at) ?? { value: undefined, end: at };
}

/** Turns what was found into something else; `undefined` rejects it. */
export function map<Value, Other>(rule: Rule<Value>, change: (value: Value) => Other | undefined): Rule<Other> {
  return (words, at) => {
    const found = rule(words, at);
    if (found === undefined) return undefined;
    const value = change(found.value);
    return value === undefined ? undefined : { value, end: found.end };
  };
}

/** Takes one word that the test accepts. */
export function one<Value>(test: (word: Word) => Value | undefined): Rule<Value> {
  return (words, at) => {
    const word = words[at];
    const value = word === undefined ? undefined : test(word);
    return value === undefined ? undefined : { value, end: at + 1 };
  };
}

/** The rule, only where the first word stands directly behind the one before (`3pm`, `10:30`). */
export function glued<Value>(rule: Rule<Value>): Rule<Value> {
  return (words, at) => (words[at]?.glued === true ? rule(words, at) : undefined);
}

/** The rule, only where what follows it does not fit another. */
export function unless<Value>(rule: Rule<Value>, next: Rule<unknown>): Rule<Value> {
  return (words, at) => {
    const found = rule(words, at);
    return found !== undefined && next(words, found.end) === undefined ? found : undefined;
  };
}

/** One or more, with an optional separator between. */
export function several<Value>(rule: Rule<Value>, separator: Rule<unknown>): Rule<readonly Value[]> {
  return (words, at) => {
    const first = rule(words, at);
    if (first === undefined) return undefined;
    const values = [first.value];
    let end = first.end;
    for (;;) {
      const gap = separator(words, end);
      const next = gap === undefined ? undefined : rule(words, gap.end);
      if (next === undefined) return { value: values, end };
      values.push(next.value);
      end = next.end;
    }
  };
}

/** A word out of a table, with what it stands for. */
export function lookup<Value>(table: Readonly<Record<string, Value>>): Rule<Value> {
  return one((word) => (word.kind !== 'quote' && Object.hasOwn(table, word.lower) ? table[word.lower] : undefined));
}

/**
 * Fixed wording. `says('[the] day after tomorrow | overmorrow')`: `|` separates alternatives, `[…]` may be missing,
 * `a/b` is a choice of single words. Yields the words it took, joined by spaces.
 */
export function says(pattern: string): Rule<string> {
  const known = sayings.get(pattern);
  if (known !== undefined) return known;
  const rule = parseSaying(pattern);
  sayings.set(pattern, rule);
  return rule;
}

/** Patterns stand in the code, so there is an end to them; rules that depend on today are built anew for each request. */
const sayings = new Map<string, Rule<string>>();

function parseSaying(pattern: string): Rule<string> {
  const alternatives = pattern.split('|').map((alternative) => seq(...alternative.trim().split(/\s+/).map(piece)));
  return map(either(...alternatives), (parts) => parts.filter((part) => part !== '').join(' '));
}

function piece(text: string): Rule<string> {
  const optional = text.length > 1 && text.startsWith('[');
  const inner = optional ? text.slice(1, -1) : text;
  const choice = new Set(inner === '/' ? [inner] : inner.split('/'));
  const rule = one((word) => (word.kind !== 'quote' && choice.has(word.lower) ? word.lower : undefined));
  return optional ? map(maybe(rule), (found) => found ?? '') : rule;
}

/** Where the rule fits for the first time, if anywhere. */
export function findFirst<Value>(
  rule: Rule<Value>,
  words: readonly Word[],
  from = 0,
): (Found<Value> & { readonly at: number }) | undefined {
  for (let at = from; at < words.length; at += 1) {
    const found = rule(words, at);
    if (found !== undefined) return { ...found, at };
  }
  return undefined;
}
