import { isJsonObject } from '../../../kernel/json-object.ts';
import { startOf } from '../../../kernel/start-of.ts';
import type { KeptSide } from './pages.ts';

// From what the SDK answers to what a model can read: plain JSON, only the fields that were asked for, and never more than fits.

type Json = Readonly<Record<string, unknown>>;

/** Dates as ISO 8601, sets as lists, binary data by its length; the SDK's own notes about the request are left out. */
export function toPlain(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`;
  if (value instanceof Set) return [...value].map(toPlain);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([key, held]) => key !== '$metadata' && held !== undefined && typeof held !== 'function')
    .map(([key, held]) => [key, toPlain(held)]);
  return Object.fromEntries(entries);
}

function merge(left: unknown, right: unknown): unknown {
  if (Array.isArray(left) && Array.isArray(right)) return left.map((item, index) => merge(item, right[index]));
  if (!isJsonObject(left) || !isJsonObject(right)) return right ?? left;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Object.fromEntries([...names].map((name) => [name, merge(left[name], right[name])]));
}

/** One member along a path. Items of a list that lack it keep their place, so that the parts of one item come together again. */
function pick(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => pick(item, path) ?? {});
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
  const held = pick(value[name], rest);
  return held === undefined ? undefined : { [name]: held };
}

/** Keeps the members of these paths (`Reservations.Instances.InstanceId`), through lists. All of it when none is named. */
export function pickFields(value: Json, fields: readonly string[]): Json {
  if (fields.length === 0) return value;
  const parts = fields.map((field) => pick(value, field.split('.')));
  const all = parts.reduce<unknown>(merge, {});
  return isJsonObject(all) ? all : {};
}

/** Whether there is anything in it: a list without items says that there are none. */
const says = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length === 0 || value.some(says)
    : isJsonObject(value)
      ? Object.values(value).some(says)
      : value !== undefined;

/** Which of these paths lead to nothing. */
export function emptyFields(value: Json, fields: readonly string[]): readonly string[] {
  return fields.filter((field) => !says(pick(value, field.split('.'))));
}

interface Longest {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
  readonly length: number;
}

/** As it is sent: a letter of another script is two or three bytes. */
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** The list with the longest JSON that has two items or more, else the longest text. */
function findLongest(value: unknown, wanted: 'list' | 'text'): Longest | undefined {
  let longest: Longest | undefined;
  const visit = (holder: Longest['holder'], key: string | number, held: unknown): void => {
    const fits = wanted === 'list' ? Array.isArray(held) && held.length > 1 : typeof held === 'string';
    const length = fits ? sizeOf(held) : 0;
    if (length > (longest?.length ?? 0)) longest = { holder, key, length };
    if (Array.isArray(held)) for (const [index, item] of held.entries()) visit(held, index, item);
    else if (isJsonObject(held)) for (const [name, item] of Object.entries(held)) visit(held, name, item);
  };
  visit([value], 0, value);
  return longest;
}

export interface Shortened {
  readonly value: Json;
  /** Items that were left out, and whether texts were cut. */
  readonly leftOut: number;
  readonly cut: boolean;
}

const MIN_TEXT_BYTES = 200;

/** Shortens its longest lists, then its longest texts, until its JSON has at most `bytes`. Of lists, one side stays. */
export function shorten(value: Json, bytes: number, keep: KeptSide = 'start'): Shortened {
  // A copy, because it is cut in place.
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  let leftOut = 0;
  let cut = false;
  while (sizeOf(copy) > bytes) {
    const list = findLongest(copy, 'list');
    const text = findLongest(copy, 'text');
    if (list !== undefined && list.length >= (text?.length ?? 0)) {
      const items = (list.holder as Record<string | number, unknown>)[list.key] as unknown[];
      const kept = Math.floor(items.length / 2);
      leftOut += items.length - kept;
      items.splice(keep === 'start' ? kept : 0, items.length - kept);
    } else if (text !== undefined && text.length > MIN_TEXT_BYTES) {
      const words = (text.holder as Record<string | number, string>)[text.key] ?? '';
      (text.holder as Record<string | number, string>)[text.key] = `${startOf(words, Math.floor(words.length / 2))}…`;
      cut = true;
    } else return { value: {}, leftOut, cut: true };
  }
  return { value: copy, leftOut, cut };
}
