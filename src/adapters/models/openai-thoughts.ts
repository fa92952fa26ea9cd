import type { ModelMessage, ModelToolCall } from '../../ports/model.ts';

// Thinking models behind OpenAI's protocol that refuse the step behind a call unless they see again what they thought when they made it. It goes back
// to its maker as it came; nobody else is shown it, and nothing here reads it.
//
// Gemini, since 3: a signature beside a call (https://ai.google.dev/gemini-api/docs/thought-signatures).
// DeepSeek: `reasoning_content` beside every call of the conversation (https://api-docs.deepseek.com/guides/thinking_mode).

export type Thoughts = 'none' | 'reasoning' | 'signatures';

/** In characters: a turn has eight steps, and its record a limit. What is longer is treated as what was never there. */
const MAX_KEPT = 4_000;

export function keptThought(thought: unknown): string | undefined {
  return typeof thought === 'string' && thought !== '' && thought.length <= MAX_KEPT ? thought : undefined;
}

/** DeepSeek demands the member and takes a blank for thoughts that nobody has any more; it refuses an empty one. */
const NO_REASONING = ' ';

type Assistant = Extract<ModelMessage, { role: 'assistant' }>;

export const reasoningOf = ({ reasoning }: Assistant): object => ({ reasoning_content: reasoning ?? NO_REASONING });

/** Google's own word for a call that another model made, or whose signature is gone. */
const UNSIGNED = 'skip_thought_signature_validator';
/** Older models demand none. */
const DEMANDS_SIGNATURES = /gemini-(?:[3-9]|\d{2})|-latest$/;

/** Of the calls of one step the first one alone is signed. */
export function signatureOf(calls: readonly ModelToolCall[], index: number, model: string): object {
  const unsigned = index === 0 && DEMANDS_SIGNATURES.test(model) && calls.every((call) => call.signature === undefined);
  const signature = calls[index]?.signature ?? (unsigned ? UNSIGNED : undefined);
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}
