import * as z from 'zod';
import type { ConversationSummary, ConversationTurn } from '../../ports/conversation-store.ts';

// What an adapter of the conversation store must be able to do: small conditional writes of single records. Splitting, retrying and
// merging are built on these few in `split-conversations.ts`, once for all.

/** A piece of a conversation that is too long for one record. */
export interface PartName {
  readonly key: string;
  /** Unix milliseconds. */
  readonly endsAtMs: number;
  /** SHA-256 of its text, base64url: tells that a piece has not changed. */
  readonly hash: string;
}

export interface HeadToWrite {
  readonly summary: ConversationSummary;
  /** All turns as JSON, or the parts whose texts together are that JSON. */
  readonly body: { readonly text: string } | { readonly parts: readonly PartName[] };
}

export interface StoredHead<Proof> {
  readonly summary: ConversationSummary;
  readonly body: { readonly turns: readonly ConversationTurn[] } | { readonly parts: readonly PartName[] };
  /** By which the adapter knows again what was read. */
  readonly proof: Proof;
}

/** Where a page begins: behind this one. */
export interface ListPosition {
  readonly updatedAtMs: number;
  readonly id: string;
}

export interface ConversationRecords<Proof> {
  /** Strongly consistent. Absent when it has expired. */
  read(person: string, id: string): Promise<StoredHead<Proof> | undefined>;
  /** True when written: over exactly what was read, or where nothing was. */
  write(person: string, head: HeadToWrite, base: StoredHead<Proof> | undefined): Promise<boolean>;
  /** True when exactly what was read is gone. */
  remove(person: string, base: StoredHead<Proof>): Promise<boolean>;
  readPart(person: string, id: string, key: string): Promise<string | undefined>;
  writePart(person: string, id: string, part: { readonly name: PartName; readonly text: string }): Promise<void>;
  removePart(person: string, id: string, key: string): Promise<void>;
  /** The newest first; one more than asked for tells that there are more. */
  list(
    person: string,
    page: { readonly after: ListPosition | undefined; readonly limit: number },
  ): Promise<readonly ConversationSummary[]>;
  close(): Promise<void>;
}

/** A conversation is gone when nothing was written to it for as long. */
export const CONVERSATION_TTL_SECONDS = 30 * 86_400;

export const storedTurns = z.array(
  z.object({
    turn: z.string(),
    status: z.enum(['running', 'approval_required', 'completed', 'failed', 'cancelled']).default('completed'),
    asked_at: z.number().int().default(0),
    tainted: z.boolean().default(false),
    messages: z.array(z.record(z.string(), z.unknown())),
  }),
);

export const storedParts = z.array(z.object({ key: z.string(), ends_at: z.number().int(), hash: z.string() }));

export const partToStore = ({ key, endsAtMs, hash }: PartName) => ({ key, ends_at: endsAtMs, hash });

export function partsFromStore(parts: z.infer<typeof storedParts>): readonly PartName[] {
  return parts.map(({ key, ends_at, hash }) => ({ key, endsAtMs: ends_at, hash }));
}
