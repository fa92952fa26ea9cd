import type { ModelContact } from '../ports/model.ts';

// An invitation goes to an address that somebody gave: the person in their own words, their contacts, or a tool's data. One that
// a model made up is never sent, however likely it looks.

const ADDRESS_IN_TEXT = /[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g;

/** Each address in a text, in lower case. A sentence's full stop or quotes around it do not count. */
export function addressesIn(text: string): readonly string[] {
  return (text.match(ADDRESS_IN_TEXT) ?? []).map((found) => found.toLowerCase().replace(/^['`]+|['`.-]+$/g, ''));
}

/** The addresses a call would invite: every text below an argument called `attendees`. */
export function invitedAddresses(args: Readonly<Record<string, unknown>>): readonly string[] {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value);
    else if (Array.isArray(value)) value.forEach(collect);
    else if (value !== null && typeof value === 'object') {
      const entries = value as Record<string, unknown>;
      collect(entries['email'] ?? entries['address'] ?? Object.values(entries));
    }
  };
  const search = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(search);
    else if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) {
        if (name.toLowerCase() === 'attendees') collect(member);
        else search(member);
      }
    }
  };
  search(args);
  return texts.map((text) => text.trim().toLowerCase());
}

export interface KnownAddresses {
  /** What the person wrote and what tools answered. */
  readonly texts: readonly string[];
  readonly contacts: readonly ModelContact[];
}

/** Those among `addresses` that nobody gave. */
export function inventedAddresses(addresses: readonly string[], known: KnownAddresses): readonly string[] {
  if (addresses.length === 0) return [];
  const given = new Set(known.contacts.map((contact) => contact.address.toLowerCase()));
  for (const text of known.texts) for (const address of addressesIn(text)) given.add(address);
  return addresses.filter((address) => !given.has(address));
}
