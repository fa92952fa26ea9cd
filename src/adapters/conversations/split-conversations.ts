import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../kernel/app-error.ts';
import { encodeUlid } from '../../kernel/ulid.ts';
import type { Clock } from '../../ports/clock.ts';
import type {
  Conversation,
  ConversationContent,
  ConversationStore,
  ConversationSummary,
  ConversationTurn,
} from '../../ports/conversation-store.ts';
import type { Random } from '../../ports/random.ts';
import { readRecord } from '../../trust/record.ts';
import {
  CONVERSATION_TTL_SECONDS,
  type ConversationRecords,
  type HeadToWrite,
  type ListPosition,
  type PartName,
  type StoredHead,
  storedTurns,
} from './conversation-records.ts';
import { cutText } from './pieces.ts';

// The conversation store over single records. A conversation is one record, its head, as long as it fits; a longer one has its turns in
// parts that the head names. Parts are written before the head that names them and removed after the head that no longer does, under
// names that are never used twice: whoever reads sees one whole conversation or another, and a writer that dies in between leaves
// nothing but parts without a head, which expire.

export interface SplitConversationsDeps<Proof> {
  readonly records: ConversationRecords<Proof>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Bytes of turns in one record. DynamoDB takes items of 400 KB; what is left is room for names and what is known about the conversation. */
export const MAX_PIECE_BYTES = 330_000;
const TTL_MS = CONVERSATION_TTL_SECONDS * 1000;
/** A part outlives the head that names it by this much, so that one which does not change is written anew once a day at most. */
const PART_SPARE_MS = 86_400_000;
/** Of an update: every time another writer came first, so each one more means that somebody got on. */
const TRIES = 30;
const LONGEST_PAUSE_MS = 200;
/** Of an update whose write was not answered. */
const UNCLEAR_TRIES = 2;
/** Of a reader whose parts were replaced under its hands. */
const READ_TRIES = 10;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

const partsOf = (head: StoredHead<unknown> | undefined): readonly PartName[] =>
  head !== undefined && 'parts' in head.body ? head.body.parts : [];

/** Nothing in it is secret: its reader has seen both. */
const writeCursor = ({ updatedAtMs, id }: ConversationSummary): string => `${updatedAtMs}.${id}`;

function readCursor(cursor: string): ListPosition {
  const [, time, id] = /^(\d{1,15})\.(\w{1,64})$/.exec(cursor) ?? [];
  if (time === undefined || id === undefined) {
    throw new AppError('invalid_request', 'The cursor is not one of ours.');
  }
  return { updatedAtMs: Number(time), id };
}

export function createSplitConversations<Proof>(deps: SplitConversationsDeps<Proof>): ConversationStore {
  const { records, clock, random } = deps;
  /** Writers that met once shall not meet again. */
  const someOf = (ms: number): number => (ms * (random.bytes(1)[0] ?? 0)) / 255;

  /** Undefined when a part is gone: the head was replaced since it was read. */
  async function turnsOf(person: string, head: StoredHead<Proof>): Promise<readonly ConversationTurn[] | undefined> {
    if ('turns' in head.body) return head.body.turns;
    const { id } = head.summary;
    const texts = await Promise.all(head.body.parts.map(({ key }) => records.readPart(person, id, key)));
    if (texts.some((text) => text === undefined)) return undefined;
    return readRecord(storedTurns, texts.join(''), 'conversation');
  }

  async function readWhole(
    person: string,
    id: string,
  ): Promise<{ head: StoredHead<Proof>; conversation: Conversation } | undefined> {
    for (let tried = 0; tried < READ_TRIES; tried += 1) {
      const head = await records.read(person, id);
      if (head === undefined) return undefined;
      const turns = await turnsOf(person, head);
      if (turns !== undefined) return { head, conversation: { ...head.summary, turns } };
    }
    throw new AppError('internal', 'A part of this conversation is missing. Ask your operator to look at the log.');
  }

  /** A piece that lies there already, and long enough, is named again. */
  function nameParts(pieces: readonly string[], known: readonly PartName[], endsAtMs: number) {
    return pieces.map((text, index) => {
      const hash = hashOf(text);
      const there = known[index];
      if (there !== undefined && there.hash === hash && there.endsAtMs >= endsAtMs)
        return { name: there, text: undefined };
      const key = encodeUlid(clock.nowMs(), random.bytes(10));
      return { name: { key, hash, endsAtMs: endsAtMs + PART_SPARE_MS }, text };
    });
  }

  const removeParts = (person: string, id: string, parts: readonly PartName[]) =>
    Promise.all(parts.map(({ key }) => records.removePart(person, id, key)));

  /** Undefined when another writer came first. */
  async function write(
    person: string,
    id: string,
    content: ConversationContent,
    base: StoredHead<Proof> | undefined,
  ): Promise<Conversation | undefined> {
    const nowMs = clock.nowMs();
    const { turns, ...known } = content;
    const summary: ConversationSummary = {
      ...known,
      id,
      turnCount: turns.length,
      version: (base?.summary.version ?? 0) + 1,
      createdAtMs: base?.summary.createdAtMs ?? nowMs,
      // A clock that lags behind another writer's does not move the conversation back.
      updatedAtMs: Math.max(nowMs, base?.summary.updatedAtMs ?? 0),
      expiresAtMs: nowMs + TTL_MS,
    };
    const text = JSON.stringify(turns);
    const pieces = Buffer.byteLength(text) <= MAX_PIECE_BYTES ? [] : cutText(text, MAX_PIECE_BYTES);
    const parts = nameParts(pieces, partsOf(base), summary.expiresAtMs);
    const fresh = parts.flatMap(({ name, text: piece }) => (piece === undefined ? [] : [{ name, text: piece }]));
    await Promise.all(fresh.map((part) => records.writePart(person, id, part)));
    const names = parts.map(({ name }) => name);
    const head: HeadToWrite = { summary, body: pieces.length === 0 ? { text } : { parts: names } };
    if (!(await records.write(person, head, base))) {
      const orphans = fresh.map(({ name }) => name);
      await removeParts(person, id, orphans);
      return undefined;
    }
    const kept = new Set(names.map(({ key }) => key));
    const replaced = partsOf(base).filter(({ key }) => !kept.has(key));
    await removeParts(person, id, replaced);
    return { ...summary, turns };
  }

  return {
    async create(person, id, content) {
      if ((await write(person, id, content, undefined)) === undefined) {
        throw new AppError('conflict', 'A conversation with this id exists. Try again.');
      }
    },

    async read(person, id) {
      return (await readWhole(person, id))?.conversation;
    },

    async update(person, id, change) {
      let unclear = 0;
      for (let tried = 0; tried < TRIES; tried += 1) {
        if (tried > 0) await pause(someOf(Math.min(LONGEST_PAUSE_MS, 2 ** tried)));
        const found = await readWhole(person, id);
        if (found === undefined) return undefined;
        const content = change(found.conversation);
        if (content === undefined) return found.conversation;
        const written = await write(person, id, content, found.head).catch((error: unknown) => {
          // It may have been written or not. What is there now tells, and a change that was made already changes nothing more.
          unclear += 1;
          if (unclear > UNCLEAR_TRIES || !(error instanceof AppError && error.code === 'unavailable')) throw error;
          return undefined;
        });
        if (written !== undefined) return written;
      }
      throw new AppError('conflict', 'This conversation keeps changing. Try again.', { retryAfterSeconds: 1 });
    },

    async remove(person, id) {
      for (let tried = 0; tried < TRIES; tried += 1) {
        const head = await records.read(person, id);
        if (head === undefined) return undefined;
        // One that is damaged can be removed all the same.
        const turns = (await turnsOf(person, head)) ?? [];
        if (await records.remove(person, head)) {
          await removeParts(person, id, partsOf(head));
          return { ...head.summary, turns };
        }
      }
      throw new AppError('conflict', 'This conversation keeps changing. Try again.', { retryAfterSeconds: 1 });
    },

    async list(person, { cursor, limit }) {
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const found = await records.list(person, { after, limit });
      const conversations = found.slice(0, limit);
      const last = conversations.at(-1);
      return { conversations, ...(found.length > limit && last !== undefined && { cursor: writeCursor(last) }) };
    },

    close: () => records.close(),
  };
}
