// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation), as far as our own API sends them:
// `event`, `data`, comments. Ids and retry times are not kept, for a turn that is lost sight of is read at its own address.

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** An event that never ends would fill the memory of whoever waits for its end. */
const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024;

function readBlock(block: string): ServerSentEvent | undefined {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    const field = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}

/** Each event as it arrives; what is cut off at the end is dropped. Throws on an event of more than 4 million characters. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    // A carriage return at the very end may be half of a line's end.
    const whole = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
    const blocks = whole.replace(/\r\n?/g, '\n').split('\n\n');
    if (blocks.length === 1) {
      if (rest.length > MAX_EVENT_CHARACTERS) throw new Error('an event is too long');
      continue;
    }
    rest = `${blocks.pop() ?? ''}${rest.slice(whole.length)}`;
    for (const block of blocks) {
      const event = readBlock(block);
      if (event !== undefined) yield event;
    }
  }
}
