import type { ModelMessage } from '../../ports/model.ts';

// Claude's messages alternate between two sides, and all results of one step are one message of the person's side. Both Anthropic's own
// API and Bedrock want it so.

export type Side = 'user' | 'assistant';

export interface Exchange<Block> {
  readonly role: Side;
  readonly content: readonly Block[];
}

/** `toBlocks` answers nothing for a message without anything to say, which is then left out. */
export function alternate<Block>(
  messages: readonly ModelMessage[],
  toBlocks: (message: ModelMessage) => readonly Block[],
): readonly Exchange<Block>[] {
  const exchanges: { role: Side; content: Block[] }[] = [];
  for (const message of messages) {
    const role: Side = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = toBlocks(message);
    const last = exchanges.at(-1);
    if (blocks.length === 0) continue;
    if (last?.role === role) last.content.push(...blocks);
    else exchanges.push({ role, content: [...blocks] });
  }
  return exchanges;
}
