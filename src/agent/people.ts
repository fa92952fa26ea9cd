import type { ModelContact } from '../ports/model.ts';
import { addressesIn } from './addresses.ts';

// Whom the person means by a name: their contacts first, then the attendees of recent events. It only finds; choosing between several
// is the person's business, and where nobody is found nobody is invited.

/** Days that are written with a capital but are nobody. */
const NOBODY = new Set(
  (
    'monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october ' +
    'november december i me my the a an us it noon midnight today tomorrow google meet zoom teams'
  ).split(' '),
);

const NAME = String.raw`\p{Lu}[\p{L}'’-]+(?:\s+\p{Lu}[\p{L}'’-]+)?`;
const NAMED = new RegExp(
  String.raw`\b(?:[Ww]ith|[Ii]nvite|[Ii]nviting|[Aa]sk|[Mm]eet|[Mm]eeting)\s+(${NAME}(?:(?:\s*,\s*|\s*,?\s+and\s+|\s*&\s*)${NAME})*)`,
  'gu',
);

/** The words after "with", "invite" and the like that look like people's names. */
export function namesIn(message: string): readonly string[] {
  const names = new Set<string>();
  // One blank for many: the pattern would try every way to share them out.
  for (const match of message.replace(/\s+/gu, ' ').matchAll(NAMED)) {
    for (const part of (match[1] ?? '').split(/\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*/u)) {
      const words = part.split(/\s+/).filter((word) => !NOBODY.has(word.toLowerCase()));
      if (words.length > 0) names.add(words.join(' '));
    }
  }
  return [...names];
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}'’-]+/u)
    .filter((word) => word !== '');

/** Every word of the name is a word of the contact's name. */
export function answersTo(contact: ModelContact, name: string): boolean {
  const known = new Set(wordsOf(contact.name));
  const wanted = wordsOf(name);
  return wanted.length > 0 && wanted.every((word) => known.has(word));
}

export function unresolvedNames(message: string, contacts: readonly ModelContact[]): readonly string[] {
  return namesIn(message).filter((name) => !contacts.some((contact) => answersTo(contact, name)));
}

/** Contacts any of whose names the text mentions; a model is told of no others. */
export function mentionedContacts(text: string, contacts: readonly ModelContact[]): readonly ModelContact[] {
  const mentioned = new Set(wordsOf(text));
  return contacts.filter((contact) => wordsOf(contact.name).some((word) => word.length > 1 && mentioned.has(word)));
}

/** `ann.berg@example.org` → `ann berg`, for attendees that calendars know by their address only. */
function nameFromAddress(address: string): string {
  return address.slice(0, address.indexOf('@')).replaceAll(/[._-]+/g, ' ');
}

/** People anywhere in a tool's answer: objects with an address and, where there is one, a name. */
export function peopleIn(data: unknown): readonly ModelContact[] {
  const found = new Map<string, ModelContact>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      const [address] = addressesIn(value);
      if (address === value.toLowerCase() && !found.has(address))
        found.set(address, { name: nameFromAddress(address), address });
      return;
    }
    if (value === null || typeof value !== 'object') return;
    const members = value as Record<string, unknown>;
    const address = [members['email'], members['address']].find((member) => typeof member === 'string');
    const name = [members['displayName'], members['name']].find((member) => typeof member === 'string');
    if (typeof address === 'string' && addressesIn(address)[0] === address.toLowerCase() && typeof name === 'string') {
      found.set(address.toLowerCase(), { name: name.slice(0, 100), address: address.toLowerCase() });
    }
    Object.values(members).forEach(visit);
  };
  visit(data);
  return [...found.values()];
}
