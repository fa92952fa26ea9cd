import type { CallToolResult } from '@modelcontextprotocol/server';
import type { JsonObject, ToolResult } from '../tools/tool.ts';

// What a tool came to, as MCP says it in both eras. Types alone of the SDK: a call that needs nothing else of it does not load it.

const ERROR_META = 'sallyport/error';

export function toolResult(result: ToolResult, requestId: string, details: JsonObject | undefined): CallToolResult {
  // What a tool adds is checked by the SDK against the revision's schema, as the whole result is.
  const added = (result.content ?? []) as CallToolResult['content'];
  // No words before a picture: an empty block would say that there are some.
  const isSilent = result.text === '' && added.length > 0;
  const content: CallToolResult['content'] = isSilent ? added : [{ type: 'text', text: result.text }, ...added];
  if (result.isError !== true) {
    const { structuredContent } = result;
    return structuredContent === undefined ? { content } : { content, structuredContent: { ...structuredContent } };
  }
  const error = { code: result.code ?? 'tool_error', request_id: requestId, ...(details !== undefined && { details }) };
  return { content, isError: true, _meta: { [ERROR_META]: error } };
}
