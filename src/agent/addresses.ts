import type { ModelContact } from '../ports/model.ts';
import type { StoredMessage } from './turn-record.ts';

// An invitation goes to an address that somebody gave: the person in their own words, their contacts, or a tool's data. One that
// a model made up is never sent, however likely it looks.

/** Begins where such a word begins and has the lengths of RFC 5321 §4.5.3.1, so that a long word without an address costs one look, not one for each letter. */
const ADDRESS_IN_TEXT =
  /(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{1,63}/g;

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

/** Addresses in every text of some data. */
export function addressesInData(value: unknown): readonly string[] {
  if (typeof value === 'string') return addressesIn(value);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(addressesInData) : [];
}

/** What the person wrote and what tools answered. A tool that only repeats an address of its own call's arguments gave none. */
export function givenAddresses(messages: readonly StoredMessage[]): readonly string[] {
  const given: string[] = [];
  /** What the last step asked for, by the id of the call. */
  let asked = new Map<string, ReadonlySet<string>>();
  for (const message of messages) {
    if (message.role === 'user') given.push(...addressesIn(message.text));
    else if (message.role === 'assistant') {
      asked = new Map(message.calls.map((call) => [call.id, new Set(addressesInData(call.arguments))]));
    } else if (!message.is_error) {
      const answered = addressesInData([message.text, message.data]);
      given.push(...answered.filter((address) => asked.get(message.call_id)?.has(address) !== true));
    }
  }
  return given;
}

export interface KnownAddresses {
  readonly addresses: readonly string[];
  readonly contacts: readonly ModelContact[];
}

/** Those among `addresses` that nobody gave. */
export function inventedAddresses(addresses: readonly string[], known: KnownAddresses): readonly string[] {
  if (addresses.length === 0) return [];
  const given = new Set([...known.contacts.map((contact) => contact.address.toLowerCase()), ...known.addresses]);
  return addresses.filter((address) => !given.has(address));
}
