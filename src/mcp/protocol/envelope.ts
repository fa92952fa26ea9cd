import { isJsonObject, type JsonObject } from '../../kernel/json-object.ts';
import { createBoundedCache } from '../bounded-cache.ts';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  MODERN_VERSION,
  PROTOCOL_VERSION_META_KEY,
} from './revisions.ts';

// What a client says of itself in the `_meta` of each request of 2026-07-28. The SDK parses it against several schemas, and a client sends the same
// one every time. So there are two that need no second look: a simple one, of which nobody could think otherwise, and any
// that the SDK has found good before, word for word. A property test holds both to what the SDK answers.

export interface Envelope {
  readonly text: string;
  /** The three members of the revision and nothing else, each in its plainest form: what SDK clients send unless they are told to send more. */
  readonly isSimple: boolean;
}

/** Clients differ in a few ways only; what varies with each call (trace ids, progress tokens) must not push them out. */
const MAX_REMEMBERED = 64;
const MAX_CHARACTERS = 1024;

/** An object of these members alone, each of them, where it is there, as its check wants it. */
function isOf(value: unknown, members: Readonly<Record<string, (member: unknown) => boolean>>): value is JsonObject {
  if (!isJsonObject(value)) return false;
  return Object.entries(value).every(
    ([name, member]) => Object.hasOwn(members, name) && members[name]?.(member) === true,
  );
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isEmpty = (value: unknown): boolean => isOf(value, {});
const areEmpty = (value: unknown): boolean => isJsonObject(value) && Object.values(value).every(isEmpty);

const isInfo = (value: unknown): boolean =>
  isOf(value, { name: isText, version: isText }) && Object.keys(value).length === 2;
const isElicitation = (value: unknown): boolean => isOf(value, { form: isEmpty, url: isEmpty });
const areCapabilities = (value: unknown): boolean =>
  isOf(value, { elicitation: isElicitation, extensions: areEmpty, roots: isEmpty, sampling: isEmpty });

const SIMPLE = {
  [PROTOCOL_VERSION_META_KEY]: (value: unknown) => value === MODERN_VERSION,
  [CLIENT_INFO_META_KEY]: isInfo,
  [CLIENT_CAPABILITIES_META_KEY]: areCapabilities,
};

export type ReadEnvelope = (meta: unknown) => Envelope | undefined;

/** Answers of a request whose `_meta` is an object that names this revision; the rest of it may be anything. Each text is looked at once. */
export function createEnvelopeReader(): ReadEnvelope {
  const seen = createBoundedCache<Envelope>(MAX_REMEMBERED);
  return (meta) => {
    if (!isJsonObject(meta) || meta[PROTOCOL_VERSION_META_KEY] !== MODERN_VERSION) return undefined;
    const text = JSON.stringify(meta);
    const before = seen.get(text);
    if (before !== undefined) return before;
    const isSimple = isOf(meta, SIMPLE) && meta[CLIENT_CAPABILITIES_META_KEY] !== undefined;
    const envelope = { text, isSimple };
    if (text.length <= MAX_CHARACTERS) seen.set(text, envelope);
    return envelope;
  };
}

export interface KnownEnvelopes {
  has(envelope: Envelope): boolean;
  add(envelope: Envelope): void;
}

export function createKnownEnvelopes(): KnownEnvelopes {
  const known = createBoundedCache<true>(MAX_REMEMBERED);
  return {
    has: ({ isSimple, text }) => isSimple || known.get(text) === true,
    add: ({ isSimple, text }) => {
      if (!isSimple && text.length <= MAX_CHARACTERS) known.set(text, true);
    },
  };
}
