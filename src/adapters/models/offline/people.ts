import type { ModelContact } from '../../../ports/model.ts';
import { type Found, maybe, type Rule, says } from './rules.ts';
import { textOf, type Word } from './words.ts';

// Who is meant. Addresses count as written; names only through the known contacts. An address is never made up: whoever has none is
// not invited, and the answer says so.

export interface Guest {
  /** As written. */
  readonly name: string;
  readonly address?: string;
}

const STOP = new Set(
  'at on in for from to about re regarding this next every each tomorrow today tonight until till by after before between around if so when where which while via over and or please as is are free busy available called titled named during last starting beginning because then that it also called entitled both all can could should would will meet have get be to make do but discuss next with without too there off of was not just only any some time times how what'.split(
    ' ',
  ),
);
const SELF = new Set(['i', 'me', 'myself', 'us', 'we', 'you', 'my', 'mine']);
const NOBODY = new Set(
  'the a an it there this that anything something everything everyone everybody anyone anybody someone somebody nothing what when time slot hour meeting meetings calendar day morning afternoon evening lunch dinner call appointment video link meet zoom teams google no guests others people them him her they he she'.split(
    ' ',
  ),
);

const joiner = maybe(says(', and | , | and | & | plus | as well as | + | and also'));

/** One person: an address, or up to three words that are no stop words. `taken` holds words that say something else. */
function person(words: readonly Word[], at: number, taken: readonly boolean[]): Found<Guest | undefined> | undefined {
  const first = words[at];
  if (first === undefined || taken[at] === true) return undefined;
  if (first.kind === 'address') return { value: { name: first.text, address: first.lower }, end: at + 1 };
  if (first.kind === 'word' && SELF.has(first.lower)) return { value: undefined, end: at + 1 };
  let end = at;
  while (end < words.length && end - at < 4) {
    const word = words[end];
    const part = word?.kind === 'word' && !STOP.has(word.lower) && !SELF.has(word.lower) && taken[end] !== true;
    const hyphen = word?.text === '-' && word.glued && words[end + 1]?.glued === true;
    const title = word?.text === '.' && /^(?:dr|mr|mrs|ms|prof)$/.test(words[end - 1]?.lower ?? '');
    if (!part && !hyphen && !title) break;
    if (word?.lower === "'s") break;
    end += 1;
  }
  if (words[end]?.text === '<' || words[end]?.text === '(') {
    const address = words[end + 1];
    if (address?.kind === 'address') {
      return {
        value: { name: textOf(words.slice(at, end)), address: address.lower },
        end: Math.min(end + 3, words.length),
      };
    }
  }
  return end === at ? undefined : { value: { name: textOf(words.slice(at, end)) }, end };
}

/** `Ana, Tom and bob@example.com`. */
export function guestList(
  words: readonly Word[],
  at: number,
  taken: readonly boolean[],
): Found<readonly Guest[]> | undefined {
  const guests: Guest[] = [];
  let end = at;
  for (let next = at; ; ) {
    const found = person(words, next, taken);
    if (found === undefined) break;
    if (found.value !== undefined) guests.push(found.value);
    end = found.end;
    next = joiner(words, end)?.end ?? end;
    if (next === end) break;
    // "with Ana and a call at four": what follows the joiner is no person.
    if (/^(?:a|an|the|my|another|then)$/.test(words[next]?.lower ?? '')) break;
  }
  return end === at ? undefined : { value: guests, end };
}

const isName = (guest: Guest): boolean =>
  guest.address !== undefined ||
  !guest.name
    .toLowerCase()
    .split(/\s+/)
    .some((word) => NOBODY.has(word));

const before: Rule<string> = says(
  'is | are | can | could | do | does | will | would | for | between | if | whether | should | when | with | see | check | am',
);

/** People in a question: `are Ana and I free`, `with Tom`, `Ana's availability`. */
export function peopleAskedAbout(words: readonly Word[], taken: readonly boolean[]): readonly Guest[] {
  const found = new Map<string, Guest>();
  const add = (guest: Guest): void => {
    if (isName(guest)) found.set(guest.name.toLowerCase(), guest);
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word?.kind === 'address') add({ name: word.text, address: word.lower });
    const opener = before(words, at)?.value;
    if (opener === undefined) continue;
    const list = guestList(words, at + 1, taken);
    if (list === undefined) continue;
    const next = words[list.end]?.lower ?? '';
    const fits =
      opener === 'with' ||
      /^(?:free|busy|available|both|all|meet|get|talk|have|around|be|'s|open|catch|speak|sit|do|make|chat|able|booked|also)$/.test(
        next,
      ) ||
      (list.value.length > 0 && words.slice(at + 1, list.end).some(({ lower }) => SELF.has(lower)));
    const seen = opener === 'see' && /^\p{Lu}/u.test(list.value[0]?.name ?? '');
    if (fits || seen) for (const guest of list.value) if (opener === 'with' || startsLikeName(guest)) add(guest);
  }
  return [...found.values()];
}

/** `book lunch with him`, behind `is Tom free?`: the people who were named take the pronoun's place. */
export function namingThem(words: readonly Word[], people: readonly Guest[]): readonly Word[] {
  const at = words.findIndex(
    ({ lower }, place) =>
      /^(?:him|her|them)$/.test(lower) && /^(?:with|invite|inviting)$/.test(words[place - 1]?.lower ?? ''),
  );
  const pronoun = words[at];
  // "With her sister" is about somebody else.
  if (pronoun === undefined || people.length === 0 || guestList(words, at + 1, []) !== undefined) return words;
  const named = people.flatMap(({ name, address }, index): readonly Word[] => [
    ...(index === 0 ? [] : [{ ...pronoun, text: 'and', lower: 'and', glued: false }]),
    {
      ...pronoun,
      kind: address === undefined ? 'word' : 'address',
      text: name,
      lower: name.toLowerCase(),
      glued: false,
    },
  ]);
  return [...words.slice(0, at), ...named, ...words.slice(at + 1)];
}

const startsLikeName = (guest: Guest): boolean =>
  guest.address !== undefined || /^\p{Lu}/u.test(guest.name) || /^\p{Ll}+$/u.test(guest.name);

export type Resolved =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly unknown: readonly string[] }
  | { readonly ok: false; readonly name: string; readonly choices: readonly ModelContact[] };

const wordsIn = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}'-]+/u)
    .filter((part) => part !== '');

function matching(name: string, contacts: readonly ModelContact[]): readonly ModelContact[] {
  const wanted = wordsIn(name);
  const fits = contacts.filter((contact) => {
    const known = new Set(wordsIn(contact.name));
    return wanted.length > 0 && wanted.every((word) => known.has(word));
  });
  const exact = fits.filter((contact) => wordsIn(contact.name).join(' ') === wanted.join(' '));
  return exact.length > 0 ? exact : fits;
}

/** Addresses for names. Several people of one name: the person has to choose. */
export function resolveGuests(guests: readonly Guest[], contacts: readonly ModelContact[]): Resolved {
  const addresses = new Set<string>();
  const unknown: string[] = [];
  for (const guest of guests) {
    if (guest.address !== undefined) {
      addresses.add(guest.address);
      continue;
    }
    const found = matching(guest.name, contacts);
    const distinct = new Set(found.map((contact) => contact.address.toLowerCase()));
    if (distinct.size > 1) return { ok: false, name: guest.name, choices: found };
    const [address] = distinct;
    if (address === undefined) unknown.push(guest.name);
    else addresses.add(address);
  }
  return { ok: true, addresses: [...addresses], unknown };
}
