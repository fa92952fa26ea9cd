import type OpenAI from 'openai';

// Chat completions that arrive in pieces, put together again to the shape of one that arrives whole. The package's own helper also parses
// what the pieces say, and gives up on an answer that was cut off.

interface Call {
  id: string;
  function: { name: string; arguments: string };
  extra_content?: unknown;
}

/** What compatible APIs add to the protocol. */
interface Added {
  readonly extra_content?: unknown;
  readonly reasoning_content?: unknown;
}

type Piece = OpenAI.Chat.Completions.ChatCompletionChunk.Choice.Delta.ToolCall;

/**
 * Whether a piece begins another call although one of its index is there: some compatible APIs give every call the index 0, or none. An id
 * alone is no sign of it, as others make up a new one for each piece.
 */
function beginsAnother(call: Call, { id, function: named }: Piece): boolean {
  return Boolean(id && named?.name) && call.id !== '' && call.id !== id;
}

/** A name comes whole or in parts, and from some with every piece again. */
function joinName(known: string, name: string): string {
  return name === known ? known : known + name;
}

/**
 * Rejects as the stream does. Pieces that hold nothing we know are skipped. Where nothing says that the answer is over, the connection broke
 * in its middle: what came is no answer.
 */
export async function joinChunks(
  chunks: AsyncIterable<OpenAI.Chat.Completions.ChatCompletionChunk>,
  onText: (piece: string) => void,
): Promise<unknown> {
  const calls: { readonly index: number; readonly call: Call }[] = [];
  // By the provider's index, which may be any number: as an array's it could make one of four thousand million.
  const growing = new Map<number, Call>();
  let content = '';
  let reasoning = '';
  let refusal: string | undefined;
  let finish: unknown = null;
  let usage: unknown;
  for await (const chunk of chunks) {
    usage = chunk.usage ?? usage;
    const choice = chunk.choices?.[0];
    if (choice === undefined) continue;
    finish = choice.finish_reason ?? finish;
    const { delta } = choice;
    if (typeof delta?.content === 'string' && delta.content !== '') {
      content += delta.content;
      onText(delta.content);
    }
    const thought = (delta as Added | undefined)?.reasoning_content;
    if (typeof thought === 'string') reasoning += thought;
    if (typeof delta?.refusal === 'string') refusal = `${refusal ?? ''}${delta.refusal}`;
    for (const piece of delta?.tool_calls ?? []) {
      const { index = 0 }: { index?: number } = piece;
      let call = growing.get(index);
      if (call === undefined || beginsAnother(call, piece)) {
        call = { id: '', function: { name: '', arguments: '' } };
        growing.set(index, call);
        calls.push({ index, call });
      }
      call.id ||= piece.id ?? '';
      call.extra_content ??= (piece as Added).extra_content;
      call.function.name = joinName(call.function.name, piece.function?.name ?? '');
      call.function.arguments += piece.function?.arguments ?? '';
    }
  }
  const inOrder = calls.sort((left, right) => left.index - right.index).map(({ call }) => call);
  const message = { content, refusal, reasoning_content: reasoning, tool_calls: inOrder };
  return { choices: finish === null ? [] : [{ finish_reason: finish, message }], usage };
}
