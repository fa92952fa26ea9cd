import type { UpstreamAnswer } from '../../ports/upstream.ts';
import type { JsonObject, ToolResult } from '../tools/tool.ts';

// What another server answered, in the shape of our own answers. Its words pass as data: no member of `_meta` does, and no block of a kind that our
// clients' revisions do not have.

const BLOCKS: ReadonlySet<unknown> = new Set(['text', 'image', 'audio', 'resource', 'resource_link']);

function withoutMeta({ _meta: _theirs, ...block }: JsonObject): JsonObject {
  return block;
}

function isPlainText(block: JsonObject | undefined): boolean {
  return block !== undefined && block['type'] === 'text' && Object.keys(block).length === 2;
}

export function translateAnswer({ content, structuredContent, isError }: UpstreamAnswer): ToolResult {
  const blocks = content.filter((block) => BLOCKS.has(block['type'])).map(withoutMeta);
  const [first, ...rest] = blocks;
  const plain = isPlainText(first) && typeof first?.['text'] === 'string';
  const text = plain ? String(first?.['text']) : '';
  const others = plain ? rest : blocks;
  const said = { text, ...((others.length > 0 || !plain) && { content: others }) };
  if (isError) return { ...said, isError: true, code: 'tool_error' };
  return { ...said, ...(structuredContent !== undefined && { structuredContent }) };
}
