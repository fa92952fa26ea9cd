import type { ConverseStreamOutput, TokenUsage } from '@aws-sdk/client-bedrock-runtime';

// An answer of Converse that arrives in events, put together to the shape of one that arrives whole.

export interface BedrockBlock {
  readonly text?: string | undefined;
  readonly toolUse?:
    | { readonly toolUseId: string | undefined; readonly name: string | undefined; readonly input: unknown }
    | undefined;
}

export interface BedrockAnswer {
  readonly content: readonly BedrockBlock[] | undefined;
  readonly stopReason: string | undefined;
  readonly usage: TokenUsage | undefined;
}

interface Growing {
  text: string;
  use: { id: string | undefined; name: string | undefined; input: string } | undefined;
}

const settled = ({ text, use }: Growing): BedrockBlock =>
  use === undefined ? { text } : { toolUse: { toolUseId: use.id, name: use.name, input: use.input } };

/** Rejects with the service's error when an event holds one. */
export async function joinEvents(
  events: AsyncIterable<ConverseStreamOutput>,
  onText: (piece: string) => void,
): Promise<BedrockAnswer> {
  const blocks = new Map<number, Growing>();
  const block = (index = 0): Growing => {
    const known = blocks.get(index) ?? { text: '', use: undefined };
    blocks.set(index, known);
    return known;
  };
  let stopReason: string | undefined;
  let usage: TokenUsage | undefined;
  for await (const event of events) {
    const fault =
      event.internalServerException ??
      event.modelStreamErrorException ??
      event.validationException ??
      event.throttlingException ??
      event.serviceUnavailableException;
    if (fault !== undefined) throw fault;
    const started = event.contentBlockStart;
    const use = started?.start?.toolUse;
    if (use !== undefined) block(started?.contentBlockIndex).use = { id: use.toolUseId, name: use.name, input: '' };
    const delta = event.contentBlockDelta;
    const piece = delta?.delta?.text;
    if (piece !== undefined && piece !== '') {
      block(delta?.contentBlockIndex).text += piece;
      onText(piece);
    }
    const growing = block(delta?.contentBlockIndex).use;
    if (growing !== undefined) growing.input += delta?.delta?.toolUse?.input ?? '';
    stopReason = event.messageStop?.stopReason ?? stopReason;
    usage = event.metadata?.usage ?? usage;
  }
  const content = [...blocks].sort(([left], [right]) => left - right).map(([, growing]) => settled(growing));
  return { content: stopReason === undefined ? undefined : content, stopReason, usage };
}
