import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Random } from '../ports/random.ts';
import { readRecord } from '../trust/record.ts';
import { type Outcome, type TicketRecord, ticketRecord, type Wish } from './records.ts';
import { createSecretText, SECRET_PATTERN } from './secrets.ts';

// A ticket is how a terminal hands a person over to a browser. Its id stands in a link and may be forwarded, previewed or logged:
// it names what is to be done and for whom, and is no proof of anything. Reading one changes nothing.

export const TICKET_TTL_SECONDS = 600;

const LOOPBACK_PATTERN = /^http:\/\/(?:127\.0\.0\.1|\[::1\]):[1-9]\d{0,4}(?:\/[A-Za-z0-9._~-]{0,64}){0,4}$/;

/** RFC 8252 §7.3: a literal loopback address, any port. No query, so that nothing but our own parameters is passed on. */
export const loopbackAddress = z
  .string()
  .refine(
    (text) => LOOPBACK_PATTERN.test(text) && URL.canParse(text),
    'must be http://127.0.0.1:<port>/… or http://[::1]:<port>/…, without a query',
  );

export interface NewTicket {
  readonly person: string;
  readonly wish?: Wish;
  readonly loopback?: string;
}

export interface Tickets {
  create(ticket: NewTicket): Promise<TicketRecord>;
  /** Nothing when there is no such ticket or its time is over. */
  find(id: string): Promise<TicketRecord | undefined>;
  /** As `find`, but rejects with `gone` when it is absent or used: what a page says about a dead link. */
  open(id: string): Promise<TicketRecord>;
  /** Notes how it ended, for whoever waits at the terminal; `used` closes it for good. */
  close(id: string, outcome: Outcome, used: boolean): Promise<void>;
}

const key = (id: string): string => `ticket:${id}`;

export function createTickets(deps: {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}): Tickets {
  const { store, clock, random } = deps;
  const nowSeconds = (): number => Math.floor(clock.nowMs() / 1000);

  async function read(id: string): Promise<{ readonly raw: string; readonly ticket: TicketRecord } | undefined> {
    const raw = SECRET_PATTERN.test(id) ? await store.get(key(id)) : undefined;
    if (raw === undefined) return undefined;
    const ticket = readRecord(ticketRecord, raw, 'ticket');
    return ticket.expires_at > nowSeconds() ? { raw, ticket } : undefined;
  }

  return {
    async create({ person, wish, loopback }) {
      const ticket: TicketRecord = {
        v: 1,
        id: createSecretText(random),
        person,
        ...(wish === undefined ? {} : { wish }),
        ...(loopback === undefined ? {} : { loopback }),
        used: false,
        expires_at: nowSeconds() + TICKET_TTL_SECONDS,
      };
      await store.set(key(ticket.id), JSON.stringify(ticket), { ttlSeconds: TICKET_TTL_SECONDS });
      return ticket;
    },
    find: async (id) => (await read(id))?.ticket,
    async open(id) {
      const found = await read(id);
      if (found === undefined || found.ticket.used) {
        throw new AppError(
          'gone',
          'This link has been used, or its 10 minutes are over. Ask for a new one where you got it.',
        );
      }
      return found.ticket;
    },
    async close(id, outcome, used) {
      const found = await read(id);
      if (found === undefined || found.ticket.used) return;
      const next: TicketRecord = { ...found.ticket, outcome, used };
      const ttlSeconds = Math.max(1, found.ticket.expires_at - nowSeconds());
      await store.compareAndSet(key(id), found.raw, JSON.stringify(next), { ttlSeconds });
    },
  };
}
