import { type Guest, guestList } from './people.ts';
import { either, type Found, findFirst, maybe, type Rule, says, seq } from './rules.ts';
import type { Word } from './words.ts';

// From a message to the single things it asks for: sentences, and parts joined by "and book …" or "if so". Courtesies go.

/** Who must be free for it. */
export type IfFree = 'me' | 'everybody' | undefined;

export interface Clause {
  readonly words: readonly Word[];
  /** Asked for only if the time turns out free: `if so, book …`, `… if I'm free`. */
  readonly ifFree: IfFree;
  /** Who is named in such a condition: `if Tom is free`. */
  readonly who: readonly Guest[];
  /** A question mark ends it. */
  readonly asked: boolean;
}

const courtesy: Rule<unknown> = either<unknown>(
  says(
    'hey | hi | hello | ok | okay | so | well | great | thanks | thank you | right | please | kindly | just | actually | also | and | then | but | , | : | - | sallyport | assistant | now then | alright | sure | yes | perfect | good | morning ,',
  ),
  says('can/could/would/will you [please] [just] [also]'),
  says(
    "i'd like [you] to | i would like [you] to | i'd love to | i want [you] to | i need [you] to | i wanna | i have to | i must | we need to | we should | i should | we want to | i would love to",
  ),
  says(
    "help me [to] | let 's | let us | go ahead and | would it be possible to | is it possible to | would you mind | do you mind | be so kind as to | i was wondering if you could | do me a favour and | make sure to | don't forget to | try to | i'm trying to | i am trying to | i'm going to",
  ),
  says(
    'can/could/may/shall i/we [please] [just] book/schedule/add/put/move/cancel/reschedule/set/see/get/block/arrange',
  ),
);

/** Removes what is only polite at the beginning. */
export function withoutCourtesy(words: readonly Word[]): readonly Word[] {
  let at = 0;
  for (;;) {
    const found = courtesy(words, at);
    if (found === undefined || found.end >= words.length) break;
    const last = words[found.end - 1]?.lower ?? '';
    // "can I book" loses "can I", not the verb.
    at = found.end - (VERB_AT_END.has(last) ? 1 : 0);
    if (VERB_AT_END.has(last)) break;
  }
  return at === 0 ? words : words.slice(at);
}

const VERB_AT_END = new Set('book schedule add put move cancel reschedule set see get block arrange'.split(' '));

const ACTIONS = says(
  'book | schedule | add | put | create | cancel | delete | remove | move | reschedule | block | reserve | arrange | set up | set | push | shift | plan | make | organise | organize | invite | pencil | remind | find | show | tell | check | see | list | rename | call it | title it | extend | shorten',
);
const condition = either<string>(
  says(
    "if so | if yes | if i am | if i'm | if not busy | if it is | if it's | if that is | if that's | if free | if available | if possible | in that case | if that works | if nothing is | if there's nothing | if there is nothing | if the slot is | if the time is | if we are | if we're | if they are | if they're | if she is | if she's | if he is | if he's | if everyone is | if everybody is | if both are | if nobody is | if clear | if open",
  ),
  someoneIs,
);
const OTHERS = /\b(?:we|they|she|he|everyone|everybody|both|someone)\b/;

const SOMEONE = 'if someone';

/** `if Tom is free`, `if Ana and Tom are both available`. */
function someoneIs(words: readonly Word[], at: number): Found<string> | undefined {
  if (words[at]?.lower !== 'if') return undefined;
  const end = words.findIndex(({ lower }, place) => place > at + 1 && /^(?:is|are)$/.test(lower));
  const free = /^(?:free|available|around|both|all|also)$/.test(words[end + 1]?.lower ?? '');
  return free && end - at <= 5 ? { value: SOMEONE, end: end + 1 } : undefined;
}

const ASKING = /^(?:check|see|know|tell|me|verify|out|confirm|wonder|wondering|sure|ask|double)$/;
const conditionTail = says(
  'both free | all free | free | available | open | both available | clear | okay | ok | fine | possible | the case | there | on | scheduled | booked | then | not busy | busy | good | so',
);

const action = says(
  'cancel | delete | remove | drop | scrap | move | reschedule | postpone | push | shift | delay | bump',
);

/** Takes `if I'm free [then]` out of the words and says whether it was there. */
function takeCondition(words: readonly Word[]): Pick<Clause, 'words' | 'ifFree' | 'who'> {
  for (let at = 0; at < words.length; at += 1) {
    const found = condition(words, at);
    // "check if I'm free" is the question itself.
    if (found === undefined || ASKING.test(words[at - 1]?.lower ?? '')) continue;
    let end = found.end;
    for (let tail = conditionTail(words, end); tail !== undefined; tail = conditionTail(words, end)) end = tail.end;
    // "If I'm not free, cancel …" waits for the opposite.
    if (words[end]?.lower === 'not') continue;
    const rest = withoutCourtesy([...words.slice(0, at), ...words.slice(end)]);
    // Cancelling does not depend on a free time: there it is only polite.
    if (found.value === 'if possible' && action(rest, 0) !== undefined)
      return { words: rest, ifFree: undefined, who: [] };
    const who = found.value === SOMEONE ? (guestList(words, at + 1, [])?.value ?? []) : [];
    return { words: rest, ifFree: OTHERS.test(found.value) ? 'everybody' : 'me', who };
  }
  return { words, ifFree: undefined, who: [] };
}

const ending = (words: readonly Word[], at: number): boolean => {
  const word = words[at];
  if (word?.kind !== 'mark' || !/^[.!?;]$/.test(word.text)) return false;
  const next = words[at + 1];
  if (next?.glued === true && next.kind !== 'mark') return false;
  // "1.12. with Sue" is a date.
  if (word.text === '.' && words[at - 1]?.kind === 'number' && /^\p{Ll}/u.test(next?.text ?? '')) return false;
  // The full stop of "p.m." ends no sentence unless a capital follows.
  const abbreviated =
    word.text === '.' &&
    /^(?:m|mon|tue|wed|thu|fri|dr|mr|mrs|ms|st|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)$/.test(
      words[at - 1]?.lower ?? '',
    );
  return !(abbreviated && next !== undefined && (words[at - 1]?.lower !== 'm' || !/^\p{Lu}/u.test(next.text)));
};

const joint = either<unknown>(
  seq(
    says(
      ', and then | and then | , so | , then | , and | and | then | ; | , but | but | , please | & | and also | and please',
    ),
    ACTIONS,
  ),
  seq(says('if so | , if so | and if so | , and if so | if yes | , if yes | and if yes | if not ,')),
  seq(says('and | , and | , | - | and then'), condition),
  seq(says(', | , so'), action, says('it/that/this/them')),
);

/** Single requests, in their order. */
export function splitClauses(words: readonly Word[]): readonly Clause[] {
  return resolvePointing(parts(words));
}

const refusing = says(
  "can't | can not | cannot | won't | will not | couldn't | could not | will no longer | no longer | don't | do not | am not able to | 'm not able to | am unable to | is not able to | isn't able to",
);
const attending = says(
  'be able to make | be able to attend | be going to | be attending | be joining | be at | be in | have to go to | want to go to | make it to | make it for | make it on | make it | make | attend | go to | come to | come on | come | join | need | want | do',
);
const off = says(
  'is off | is cancelled | is canceled | was cancelled | was canceled | got cancelled | got canceled | has been cancelled | has been canceled | fell through | is no longer needed | is no longer happening | is not happening',
);

/** What a sentence says will not take place: `I can't make it to the interview`, `the plumber can't do Tuesday`, `yoga is off`. */
function calledOff(words: readonly Word[]): readonly Word[] | undefined {
  const found = findFirst(either<unknown>(seq(refusing, attending), off), words);
  if (found === undefined || found.at === 0 || found.at > 8) return undefined;
  const subject = words.slice(0, found.at);
  const own = found.at === 1 && /^(?:i|we)$/.test(subject[0]?.lower ?? '');
  const object = [...(own ? [] : subject), ...words.slice(found.end)];
  const named = object.filter(({ kind, lower }) => kind !== 'mark' && lower !== 'anymore');
  return named.length === 0 ? undefined : named;
}

const pointing = seq(action, maybe(says('it | that | this | that one')));

/** `I can't make the interview on Friday, please cancel it`: "it" is the interview, and nothing else is asked for. */
function resolvePointing(clauses: readonly Clause[]): readonly Clause[] {
  const resolved: Clause[] = [];
  for (const clause of clauses) {
    const object = calledOff(resolved.at(-1)?.words ?? []);
    const found = pointing(clause.words, 0);
    const [verb, pronoun] = found?.value ?? [];
    const end = found?.end ?? 0;
    if (object === undefined || verb === undefined || (pronoun === undefined && end < clause.words.length)) {
      resolved.push(clause);
    } else {
      const words = [...clause.words.slice(0, 1), ...object, ...clause.words.slice(end)];
      resolved.splice(-1, 1, { ...clause, words });
    }
  }
  return resolved;
}

function parts(words: readonly Word[]): readonly Clause[] {
  const found: { readonly part: readonly Word[]; readonly asked: boolean }[] = [];
  let start = 0;
  for (let at = 0; at < words.length; at += 1) {
    if (ending(words, at)) {
      found.push({ part: words.slice(start, at), asked: words[at]?.text === '?' });
      start = at + 1;
    } else if (at > start && joint(words, at) !== undefined) {
      found.push({ part: words.slice(start, at), asked: false });
      start = at;
    }
  }
  found.push({ part: words.slice(start), asked: false });
  return found
    .map(({ part, asked }) => ({ ...takeCondition(withoutCourtesy(part)), asked }))
    .filter((clause) => clause.words.some(({ kind }) => kind !== 'mark'));
}
