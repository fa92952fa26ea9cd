import type { Anthropic } from '@anthropic-ai/sdk';

// An answer of Messages that arrives in events, put together to the shape of one that arrives whole. The package's own helper also completes
// arguments that were cut off, which would be guessing what a call was to do, and gives up on those that are no JSON.

type Message = Partial<Anthropic.Messages.Message>;
type Block = Anthropic.Messages.ContentBlock;

interface Growing {
  readonly block: Block;
  text: string;
  /** Of a call: what came of its arguments' JSON. */
  input: string;
}

function settled({ block, text, input }: Growing): Block {
  if (block.type === 'text') return { ...block, text };
  // Nothing comes for a call without arguments, or for one that a compatible server sends at once.
  return block.type === 'tool_use' && input !== '' ? { ...block, input } : block;
}

/** Counts are of the whole answer so far, and left out where they do not apply. */
const counted = (usage: object | null | undefined): object =>
  Object.fromEntries(Object.entries(usage ?? {}).filter(([, count]) => count !== null));

/** Rejects as the stream does. Events that hold nothing we know are skipped. Without a `stop_reason` the answer broke off in its middle. */
export async function joinEvents(
  events: AsyncIterable<Anthropic.Messages.RawMessageStreamEvent>,
  onText: (piece: string) => void,
): Promise<Message> {
  // By the provider's index, which may be any number.
  const blocks = new Map<number, Growing>();
  let message: Message = {};
  for await (const event of events) {
    if (event.type === 'message_start') message = { ...event.message };
    if (event.type === 'content_block_start') {
      const { content_block: block } = event;
      blocks.set(event.index, { block, text: block.type === 'text' ? block.text : '', input: '' });
    }
    if (event.type === 'content_block_delta') {
      const { delta } = event;
      const growing = blocks.get(event.index);
      if (growing !== undefined && delta.type === 'input_json_delta') growing.input += delta.partial_json;
      if (growing !== undefined && delta.type === 'text_delta' && delta.text !== '') {
        growing.text += delta.text;
        onText(delta.text);
      }
    }
    if (event.type === 'message_delta') {
      const usage = { ...message.usage, ...counted(event.usage) } as Anthropic.Messages.Usage;
      message = { ...message, stop_reason: event.delta.stop_reason, usage };
    }
  }
  const inOrder = [...blocks].sort(([left], [right]) => left - right);
  return { ...message, content: inOrder.map(([, growing]) => settled(growing)) };
}
