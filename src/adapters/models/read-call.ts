import { isJsonObject } from '../../kernel/json-object.ts';
import type { ModelTool, ModelToolCall } from '../../ports/model.ts';
import { dropNulls } from './json-schema.ts';

// A provider's tool call as ours. Arguments that are no JSON object are handed on as malformed: nothing is guessed.

/** What a provider cannot have meant to be parsed by us. */
const MAX_MALFORMED_CHARACTERS = 2000;

export interface SentCall {
  readonly id: string;
  readonly name: string;
  /** A text of JSON (OpenAI, and whatever came in pieces), or the value itself (Claude, Bedrock). */
  readonly input: unknown;
}

function parse(text: string): unknown {
  try {
    // Some providers send nothing at all for a call without arguments.
    return JSON.parse(text.trim() === '' ? '{}' : text);
  } catch {
    return undefined;
  }
}

/** Models break emoji in two at times, and what is half a character to one API is no text to the next. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), wellFormed(member)]));
}

export function readCall({ id, name, input }: SentCall, tools: readonly ModelTool[]): ModelToolCall {
  const value = wellFormed(typeof input === 'string' ? parse(input) : (input ?? {}));
  if (!isJsonObject(value)) {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    return { id, name, arguments: undefined, malformed: text.slice(0, MAX_MALFORMED_CHARACTERS) };
  }
  const tool = tools.find((known) => known.name === name);
  const args = tool === undefined ? value : (dropNulls(tool.inputSchema, value) as Record<string, unknown>);
  return { id, name, arguments: args };
}
