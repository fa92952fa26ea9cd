import { toModelMessage } from './model-messages.ts';
import type { StoredMessage } from './turn-record.ts';

// A conversation cut to a model's window. Earlier turns go as a whole, oldest first, and leave a line each that says what was asked, what
// was run and what was answered; in the turn at hand the oldest answers of tools are shortened. A call never stands without its answer, nor an
// answer without its call. What the person asked now is never touched. Taint does not depend on any of this: it belongs to the
// conversation, not to the words of it that are left.

export interface Said {
  /** Earlier turns. */
  readonly history: readonly StoredMessage[];
  /** The turn at hand. */
  readonly current: readonly StoredMessage[];
}

export interface Fitted {
  readonly messages: readonly StoredMessage[];
  /** What the turns that are left out came to: data, for a model to read. Absent when none is left out. */
  readonly earlier?: string;
}

/**
 * UTF-8 bytes of a token, on the careful side: English has four or five, JSON and other languages about three. A guess that is too low
 * costs a refused request; one that is too high, some memory.
 */
const BYTES_A_TOKEN = 3;
const TOKENS_A_MESSAGE = 8;
/** Of the window, for earlier turns as they were: every step of a turn reads them again, and has to be paid for. */
const HISTORY_SHARE = 0.25;
/** Of the window, for the lines about what is left out. */
const SUMMARY_SHARE = 0.1;
const MAX_QUOTE = 200;
/** What is left of a tool's answer that has to make room: enough to know what it was. */
const SHORT_RESULT = 400;
/** An answer that is as short as this stays: the note about its shortening would take its room. */
const SHORT_TOKENS = 300;
const SHORTENED = ' … (shortened to make room; ask the tool again if more of it is needed)';

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_A_TOKEN);
}

/** As a model is sent it; a tool's `data` are not. */
function cost(message: StoredMessage): number {
  const sent = toModelMessage(message);
  const calls = sent.role === 'assistant' && sent.toolCalls.length > 0 ? JSON.stringify(sent.toolCalls) : '';
  return TOKENS_A_MESSAGE + tokensOf(sent.text) + tokensOf(calls);
}

const costOf = (messages: readonly StoredMessage[]): number =>
  messages.reduce((sum, message) => sum + cost(message), 0);

/** A turn begins with the person's words. */
function turnsIn(history: readonly StoredMessage[]): readonly (readonly StoredMessage[])[] {
  const turns: StoredMessage[][] = [];
  for (const message of history) {
    const begins = message.role === 'user' && message.ours !== true;
    if (begins || turns.length === 0) turns.push([message]);
    else turns.at(-1)?.push(message);
  }
  return turns;
}

/** On one line, without what could close a fence. */
function quote(text: string): string {
  const line = text.replaceAll(/[<>\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_QUOTE ? `"${line.slice(0, MAX_QUOTE)} …"` : `"${line}"`;
}

function summarize(turn: readonly StoredMessage[]): string {
  const asked = turn.find((message) => message.role === 'user');
  const ran = turn.flatMap((message) =>
    message.role === 'tool' ? [`${message.name} ${message.is_error ? 'failed' : 'answered'}`] : [],
  );
  const answer = turn.findLast((message) => message.role === 'assistant' && message.text !== '');
  return [
    asked === undefined ? '' : `Asked: ${quote(asked.text)}.`,
    ran.length === 0 ? '' : `Ran: ${[...new Set(ran)].join(', ')}.`,
    answer === undefined ? '' : `Answered: ${quote(answer.text)}.`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** The newest lines that fit. */
function linesWithin(lines: readonly string[], tokens: number): readonly string[] {
  const kept: string[] = [];
  let left = tokens;
  for (const line of lines.toReversed()) {
    left -= tokensOf(line);
    if (left < 0) break;
    kept.unshift(line);
  }
  return kept;
}

function shorten(message: StoredMessage): StoredMessage {
  if (message.role !== 'tool' || cost(message) <= SHORT_TOKENS) return message;
  const { data: _left, ...rest } = message;
  return { ...rest, text: `${message.text.slice(0, SHORT_RESULT)}${SHORTENED}` };
}

/** Shortens answers of tools, oldest first, until the rest fits or there is none left. */
function shortenUntil(current: readonly StoredMessage[], tokens: number): readonly StoredMessage[] {
  const messages = [...current];
  let over = costOf(messages) - tokens;
  for (const [index, message] of messages.entries()) {
    if (over <= 0) break;
    const short = shorten(message);
    over -= cost(message) - cost(short);
    messages[index] = short;
  }
  return messages;
}

/** `tokens` is what the window leaves for messages. */
export function fitToWindow({ history, current }: Said, tokens: number): Fitted {
  const turns = turnsIn(history);
  const own = costOf(current);
  const forHistory = Math.floor(tokens * HISTORY_SHARE);
  const before = costOf(history);
  if (before <= forHistory && own + before <= tokens) return { messages: [...history, ...current] };
  const forSummary = Math.floor(tokens * SUMMARY_SHARE);
  let left = Math.min(forHistory, tokens - forSummary - own);
  let first = turns.length;
  for (const [index, turn] of [...turns.entries()].reverse()) {
    left -= costOf(turn);
    if (left < 0) break;
    first = index;
  }
  const kept = turns.slice(first).flat();
  const messages = [...kept, ...shortenUntil(current, tokens - forSummary)];
  const lines = linesWithin(turns.slice(0, first).map(summarize), forSummary);
  return lines.length === 0 ? { messages } : { messages, earlier: lines.join('\n') };
}
