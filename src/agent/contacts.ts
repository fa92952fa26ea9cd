import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { ModelContact } from '../ports/model.ts';
import { readRecord } from '../trust/record.ts';
import { contact } from './turn-record.ts';

// A person's own list of names and addresses. Key: `contacts:<person>`. Names differ without regard to case.

const contactsRecord = z.object({ v: z.literal(1), contacts: z.array(contact) });

const MAX_CONTACTS = 500;
const ATTEMPTS = 5;

export interface Contacts {
  list(person: string): Promise<readonly ModelContact[]>;
  /** Adds one, or gives a known name another address. */
  put(person: string, contact: ModelContact): Promise<readonly ModelContact[]>;
  /** Throws AppError `not_found` when there is no such name. */
  remove(person: string, name: string): Promise<readonly ModelContact[]>;
}

const contactsKey = (person: string): string => `contacts:${person}`;
const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

export function createContacts(store: KeyValueStore): Contacts {
  async function read(person: string): Promise<{ contacts: readonly ModelContact[]; raw: string | undefined }> {
    const raw = await store.get(contactsKey(person));
    return { contacts: raw === undefined ? [] : readRecord(contactsRecord, raw, 'contacts').contacts, raw };
  }

  async function change(
    person: string,
    edit: (contacts: readonly ModelContact[]) => readonly ModelContact[],
  ): Promise<readonly ModelContact[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const { contacts, raw } = await read(person);
      const edited = [...edit(contacts)].sort((left, right) => (left.name < right.name ? -1 : 1));
      const text = JSON.stringify({ v: 1, contacts: edited });
      const key = contactsKey(person);
      const written =
        raw === undefined ? await store.setIfAbsent(key, text) : await store.compareAndSet(key, raw, text);
      if (written) return edited;
    }
    throw new AppError('conflict', 'The contacts keep changing. Try again.');
  }

  return {
    async list(person) {
      return (await read(person)).contacts;
    },
    put(person, added) {
      return change(person, (contacts) => {
        const others = contacts.filter((contact) => !sameName(contact.name, added.name));
        if (others.length >= MAX_CONTACTS) {
          throw new AppError('conflict', `There are ${MAX_CONTACTS} contacts already. Remove one first.`);
        }
        return [...others, { name: added.name.trim(), address: added.address }];
      });
    },
    remove(person, name) {
      return change(person, (contacts) => {
        const others = contacts.filter((contact) => !sameName(contact.name, name));
        if (others.length === contacts.length) throw new AppError('not_found', 'There is no contact of that name.');
        return others;
      });
    },
  };
}
