import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConversationStore, ConversationSummary } from '../../ports/conversation-store.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Random } from '../../ports/random.ts';
import { readRecord } from '../../trust/record.ts';
import {
  CONVERSATION_TTL_SECONDS,
  type ConversationRecords,
  type HeadToWrite,
  type ListPosition,
  partsFromStore,
  partToStore,
  type StoredHead,
  storedParts,
  storedTurns,
} from '../conversations/conversation-records.ts';
import { createSplitConversations } from '../conversations/split-conversations.ts';
import { createConversationIndex } from './conversation-index.ts';

// Conversations in the store that everything else lies in: on one machine, or in Redis. Keys: `conversation:<person>:<id>` for the head,
// and for parts the same with `:<part>` behind it. What a person has is listed from an index of their own, since a store of keys cannot
// be asked for it without looking at everybody's.

/** As it lies there. Members that came later have a default, so that older records stay readable. */
const headRecord = z.object({
  v: z.literal(1),
  id: z.string(),
  version: z.number().int().default(1),
  title: z.string().default(''),
  tainted: z.boolean().default(false),
  dropped_turns: z.number().int().default(0),
  turn_count: z.number().int().optional(),
  created_at: z.number().int().optional(),
  updated_at: z.number().int(),
  expires_at: z.number().int().optional(),
  turns: storedTurns.optional(),
  parts: storedParts.optional(),
});

const keyOf = (person: string, id: string): string => `conversation:${person}:${id}`;
const partKey = (person: string, id: string, part: string): string => `${keyOf(person, id)}:${part}`;

function writeHead({ summary, body }: HeadToWrite): string {
  const known = {
    v: 1,
    id: summary.id,
    version: summary.version,
    title: summary.title,
    tainted: summary.tainted,
    dropped_turns: summary.droppedTurns,
    turn_count: summary.turnCount,
    created_at: summary.createdAtMs,
    updated_at: summary.updatedAtMs,
    expires_at: summary.expiresAtMs,
  };
  if ('parts' in body) return JSON.stringify({ ...known, parts: body.parts.map(partToStore) });
  // The turns are JSON already.
  return `${JSON.stringify(known).slice(0, -1)},"turns":${body.text}}`;
}

function readHead(raw: string): StoredHead<string> {
  const record = readRecord(headRecord, raw, 'conversation');
  const { turns = [], parts } = record;
  const summary: ConversationSummary = {
    id: record.id,
    version: record.version,
    title: record.title,
    tainted: record.tainted,
    droppedTurns: record.dropped_turns,
    turnCount: record.turn_count ?? turns.length,
    createdAtMs: record.created_at ?? record.updated_at,
    updatedAtMs: record.updated_at,
    expiresAtMs: record.expires_at ?? record.updated_at + CONVERSATION_TTL_SECONDS * 1000,
  };
  return { summary, body: parts === undefined ? { turns } : { parts: partsFromStore(parts) }, proof: raw };
}

export interface KeyValueConversationsDeps {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly random: Random;
}

function createRecords({ store, clock, random }: KeyValueConversationsDeps): ConversationRecords<string> {
  const index = createConversationIndex({ store, clock, random });

  async function readLive(person: string, id: string): Promise<StoredHead<string> | undefined> {
    const raw = await store.get(keyOf(person, id));
    const head = raw === undefined ? undefined : readHead(raw);
    return head === undefined || head.summary.expiresAtMs <= clock.nowMs() ? undefined : head;
  }

  return {
    read: readLive,

    async write(person, head, base) {
      const key = keyOf(person, head.summary.id);
      const text = writeHead(head);
      const expiry = { ttlSeconds: CONVERSATION_TTL_SECONDS };
      const written = await (base === undefined
        ? store.setIfAbsent(key, text, expiry)
        : store.compareAndSet(key, base.proof, text, expiry));
      if (!written) return false;
      const known = await index.put(person, head.summary);
      // Removed between the two writes: what removed it looked at the index before this put it there.
      if (!known && base !== undefined && (await readLive(person, head.summary.id)) === undefined) {
        await index.drop(person, head.summary.id);
      }
      return true;
    },

    async remove(person, base) {
      const { id } = base.summary;
      if (!(await store.compareAndDelete(keyOf(person, id), base.proof))) return false;
      await index.drop(person, id);
      return true;
    },

    readPart: (person, id, key) => store.get(partKey(person, id, key)),

    async writePart(person, id, { name, text }) {
      const ttlSeconds = Math.ceil((name.endsAtMs - clock.nowMs()) / 1000);
      if (!(await store.setIfAbsent(partKey(person, id, name.key), text, { ttlSeconds }))) {
        throw new AppError('conflict', 'A part of a conversation with this name exists. Try again.');
      }
    },

    async removePart(person, id, key) {
      const name = partKey(person, id, key);
      const text = await store.get(name);
      if (text !== undefined) await store.compareAndDelete(name, text);
    },

    list: (person, page: { readonly after: ListPosition | undefined; readonly limit: number }) =>
      index.list(person, page),

    close: () => store.close(),
  };
}

export function createKeyValueConversations(deps: KeyValueConversationsDeps): ConversationStore {
  return createSplitConversations({ ...deps, records: createRecords(deps) });
}
