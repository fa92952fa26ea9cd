import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { linkIdentity } from '../trust/identities.ts';
import { IDENTITY_PATTERN, PERSON_PATTERN } from '../trust/person.ts';
import { readRecord } from '../trust/record.ts';
import { createSecretText, hashSecret, SECRET_PATTERN } from './secrets.ts';

// How an identity that was proved somewhere else (a message that Slack signed, an access token) comes to a signed-in browser. The link
// may be forwarded, so opening it proves nothing of the identity, and it is never the end: the browser gets something that only it was
// shown, and the identity's holder brings that back from where they are. A terminal does so on its loopback; in Slack the person types
// a code. Without that second half a link sent to somebody else would let its sender act as whoever confirmed it.

const TTL_SECONDS = 600;
/** Crockford's alphabet: nothing in it is mistaken for something else. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 40 bits, good for ten minutes and one identity. */
const CODE_LENGTH = 8;

export const linkTicket = z.object({
  v: z.literal(1),
  id: z.string().length(43),
  identity: z.string().regex(IDENTITY_PATTERN),
  /** Where a terminal waits; without one a code goes back. */
  loopback: z.string().optional(),
  used: z.boolean(),
  expires_at: z.number().int(),
});
export type LinkTicket = z.infer<typeof linkTicket>;

const codeRecord = z.object({
  v: z.literal(1),
  person: z.string().regex(PERSON_PATTERN),
  expires_at: z.number().int(),
});

export type Redeemed = 'linked' | 'known' | 'taken' | 'unknown_code';

export interface LinkTickets {
  /** For an identity that was proved just now. Answers the link to show to its holder, and to nobody else. */
  createLinkTicket(identity: string, loopback?: string): Promise<{ readonly url: string; readonly ticket: LinkTicket }>;
  /** Rejects with `gone` when it is absent, over or used. Reading one changes nothing. */
  open(id: string): Promise<LinkTicket>;
  /** Closes it for good; false when somebody was quicker. */
  use(ticket: LinkTicket): Promise<boolean>;
  /** For the browser of the person who confirmed: what the identity's holder types where the link came from. */
  createCode(identity: string, person: string): Promise<string>;
  /** The second half: the code, brought by the identity itself. Links the two. `text` as it was typed. */
  redeemCode(identity: string, text: string): Promise<Redeemed>;
}

const key = (id: string): string => `ticket:link-${id}`;
/** The identity is part of what finds it: a code brought by any other identity finds nothing. */
const codeKey = (identity: string, code: string): string => `ticket:code-${hashSecret(`${identity}|${code}`)}`;

/** As a person may type it: any case, with or without dashes, I and L for 1, O for 0. */
function readCode(text: string): string {
  return text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll(/[IL]/g, '1').replaceAll('O', '0');
}

export const spellCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

export function createLinkTickets(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly publicUrl: string;
}): LinkTickets {
  const { store, clock, random, publicUrl } = deps;
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  async function read(id: string): Promise<{ readonly raw: string; readonly ticket: LinkTicket } | undefined> {
    const raw = SECRET_PATTERN.test(id) ? await store.get(key(id)) : undefined;
    if (raw === undefined) return undefined;
    const ticket = readRecord(linkTicket, raw, 'link ticket');
    return ticket.expires_at > nowSeconds() && !ticket.used ? { raw, ticket } : undefined;
  }

  return {
    async createLinkTicket(identity, loopback) {
      if (!IDENTITY_PATTERN.test(identity)) throw new AppError('invalid_request', 'That is no identity.');
      const ticket: LinkTicket = {
        v: 1,
        id: createSecretText(random),
        identity,
        ...(loopback === undefined ? {} : { loopback }),
        used: false,
        expires_at: nowSeconds() + TTL_SECONDS,
      };
      await store.set(key(ticket.id), JSON.stringify(ticket), { ttlSeconds: TTL_SECONDS });
      return { url: `${publicUrl}/identities/link?ticket=${ticket.id}`, ticket };
    },
    async open(id) {
      const found = await read(id);
      if (found === undefined) {
        throw new AppError(
          'gone',
          'This link has been used, or its 10 minutes are over. Ask for a new one where you got it.',
        );
      }
      return found.ticket;
    },
    async use(ticket) {
      const found = await read(ticket.id);
      if (found === undefined) return false;
      const ttlSeconds = Math.max(1, ticket.expires_at - nowSeconds());
      return store.compareAndSet(key(ticket.id), found.raw, JSON.stringify({ ...found.ticket, used: true }), {
        ttlSeconds,
      });
    },
    async createCode(identity, person) {
      // 256 is a multiple of 32, so each letter is as likely as any other.
      const code = [...random.bytes(CODE_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
      const record = { v: 1, person, expires_at: nowSeconds() + TTL_SECONDS };
      await store.set(codeKey(identity, code), JSON.stringify(record), { ttlSeconds: TTL_SECONDS });
      return spellCode(code);
    },
    async redeemCode(identity, text) {
      const place = codeKey(identity, readCode(text));
      const raw = await store.get(place);
      if (raw === undefined) return 'unknown_code';
      const { person, expires_at: expiresAt } = readRecord(codeRecord, raw, 'link code');
      // Once: of two that bring it at the same moment one deletes it.
      if (expiresAt <= nowSeconds() || !(await store.compareAndDelete(place, raw))) return 'unknown_code';
      return linkIdentity(store, identity, person);
    },
  };
}
