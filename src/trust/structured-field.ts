import { accept, type Result, refuse } from '../kernel/result.ts';

// Structured fields (RFC 8941), as far as HTTP signatures need them: dictionaries of items and inner lists, read strictly,
// and inner lists written in the one canonical spelling. Where RFC 8941 lets the last of two equal keys win, this parser
// refuses: two readers must not see two messages. Dates and display strings (RFC 9651) are not known here.

export type BareItem =
  | { readonly type: 'string' | 'token'; readonly value: string }
  | { readonly type: 'integer' | 'decimal'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'bytes'; readonly value: Buffer };

export type Parameters = ReadonlyMap<string, BareItem>;

export interface Item {
  readonly kind: 'item';
  readonly value: BareItem;
  readonly parameters: Parameters;
}

export interface InnerList {
  readonly kind: 'list';
  readonly items: readonly Item[];
  readonly parameters: Parameters;
}

export type Dictionary = ReadonlyMap<string, Item | InnerList>;

export type StructuredFieldReason = 'field_malformed' | 'field_repeated_key';

interface Cursor {
  readonly text: string;
  at: number;
  repeatedKey: boolean;
}

const KEY = /[a-z*][a-z0-9_.*-]*/y;
const STRING = /"(?:[ !#-[\]-~]|\\["\\])*"/y;
const NUMBER = /-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])/y;
const TOKEN = /[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*/y;
const BYTES = /:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?:/y;
const TRUE: BareItem = { type: 'boolean', value: true };
const NO_PARAMETERS: Parameters = new Map();

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  if (!pattern.test(cursor.text)) return undefined;
  const taken = cursor.text.slice(cursor.at, pattern.lastIndex);
  cursor.at = pattern.lastIndex;
  return taken;
}

function skipSpaces(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ') cursor.at += 1;
}

/** OWS (RFC 9110 §5.6.3). */
function skipWhitespace(cursor: Cursor): void {
  while (cursor.text[cursor.at] === ' ' || cursor.text[cursor.at] === '\t') cursor.at += 1;
}

function takeCharacter(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

/** RFC 8941 §4.2.3.1. */
function takeBareItem(cursor: Cursor): BareItem | undefined {
  switch (cursor.text[cursor.at]) {
    case '"': {
      const quoted = take(cursor, STRING);
      if (quoted === undefined) return undefined;
      const inside = quoted.slice(1, -1);
      return { type: 'string', value: inside.includes('\\') ? inside.replace(/\\(.)/g, '$1') : inside };
    }
    case ':': {
      const encoded = take(cursor, BYTES);
      return encoded === undefined ? undefined : { type: 'bytes', value: Buffer.from(encoded.slice(1, -1), 'base64') };
    }
    case '?': {
      const digit = cursor.text[cursor.at + 1];
      if (digit !== '0' && digit !== '1') return undefined;
      cursor.at += 2;
      return { type: 'boolean', value: digit === '1' };
    }
    default: {
      const number = take(cursor, NUMBER);
      if (number !== undefined) return { type: number.includes('.') ? 'decimal' : 'integer', value: Number(number) };
      const token = take(cursor, TOKEN);
      return token === undefined ? undefined : { type: 'token', value: token };
    }
  }
}

/** RFC 8941 §4.2.3.2. */
function takeParameters(cursor: Cursor): Parameters | undefined {
  if (cursor.text[cursor.at] !== ';') return NO_PARAMETERS;
  const parameters = new Map<string, BareItem>();
  while (takeCharacter(cursor, ';')) {
    skipSpaces(cursor);
    const key = take(cursor, KEY);
    if (key === undefined) return undefined;
    const value = takeCharacter(cursor, '=') ? takeBareItem(cursor) : TRUE;
    if (value === undefined) return undefined;
    if (parameters.has(key)) cursor.repeatedKey = true;
    parameters.set(key, value);
  }
  return parameters;
}

/** RFC 8941 §4.2.3. */
function takeItem(cursor: Cursor): Item | undefined {
  const value = takeBareItem(cursor);
  if (value === undefined) return undefined;
  const parameters = takeParameters(cursor);
  return parameters === undefined ? undefined : { kind: 'item', value, parameters };
}

/** RFC 8941 §4.2.1.2; the cursor stands behind the opening parenthesis. */
function takeInnerList(cursor: Cursor): InnerList | undefined {
  const items: Item[] = [];
  for (;;) {
    skipSpaces(cursor);
    if (takeCharacter(cursor, ')')) break;
    const item = takeItem(cursor);
    if (item === undefined) return undefined;
    items.push(item);
    const next = cursor.text[cursor.at];
    if (next !== ' ' && next !== ')') return undefined;
  }
  const parameters = takeParameters(cursor);
  return parameters === undefined ? undefined : { kind: 'list', items, parameters };
}

function takeMember(cursor: Cursor): Item | InnerList | undefined {
  if (takeCharacter(cursor, '=')) return takeCharacter(cursor, '(') ? takeInnerList(cursor) : takeItem(cursor);
  const parameters = takeParameters(cursor);
  return parameters === undefined ? undefined : { kind: 'item', value: TRUE, parameters };
}

/** Reads a dictionary (RFC 8941 §4.2.2). A field that arrived in several lines is one text joined by commas. */
export function parseDictionary(text: string): Result<Dictionary, StructuredFieldReason> {
  const cursor: Cursor = { text, at: 0, repeatedKey: false };
  const dictionary = new Map<string, Item | InnerList>();
  skipSpaces(cursor);
  while (cursor.at < text.length) {
    const key = take(cursor, KEY);
    const member = key === undefined ? undefined : takeMember(cursor);
    if (key === undefined || member === undefined) return refuse('field_malformed', `at ${cursor.at}`);
    if (dictionary.has(key)) cursor.repeatedKey = true;
    dictionary.set(key, member);
    skipWhitespace(cursor);
    if (cursor.at === text.length) break;
    if (!takeCharacter(cursor, ',')) return refuse('field_malformed', `at ${cursor.at}`);
    skipWhitespace(cursor);
    if (cursor.at === text.length) return refuse('field_malformed', 'trailing comma');
  }
  return cursor.repeatedKey ? refuse('field_repeated_key') : accept(dictionary);
}

/** RFC 8941 §4.1.6. The caller has made sure that the text is printable ASCII. */
export function serializeString(value: string): string {
  return value.includes('"') || value.includes('\\') ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}

/** RFC 8941 §4.1.3.1. */
function serializeBareItem(item: BareItem): string {
  switch (item.type) {
    case 'string':
      return serializeString(item.value);
    case 'token':
      return item.value;
    case 'integer':
      return String(item.value);
    case 'decimal':
      return Number.isInteger(item.value) ? item.value.toFixed(1) : String(item.value);
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'bytes':
      return `:${item.value.toString('base64')}:`;
  }
}

function serializeParameters(parameters: Parameters): string {
  let text = '';
  for (const [key, value] of parameters) {
    text += value.type === 'boolean' && value.value ? `;${key}` : `;${key}=${serializeBareItem(value)}`;
  }
  return text;
}

export function serializeItem(item: Item): string {
  return item.parameters.size === 0
    ? serializeBareItem(item.value)
    : serializeBareItem(item.value) + serializeParameters(item.parameters);
}

/** RFC 8941 §4.1.1.1. */
export function serializeInnerList(list: InnerList): string {
  return `(${list.items.map(serializeItem).join(' ')})${serializeParameters(list.parameters)}`;
}
