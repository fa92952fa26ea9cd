import { createMcpHandler, fromJsonSchema, type JsonSchemaType, McpServer } from '@modelcontextprotocol/server';
import type { ToolDeclaration } from '../../src/mcp/tools/tool.ts';
import { stockEventHandler } from './stock-event-handler.ts';

// The smallest MCP server that one would put on Lambda with the official SDK: one of our tools as we declare it, no check of who calls.
// The yardstick of (c), bundled like ours. The bundler puts the declaration in.

declare const TOOL: ToolDeclaration;

const { name, title, description, annotations } = TOOL;
const config = {
  title,
  description,
  annotations,
  inputSchema: fromJsonSchema<Record<string, unknown>>(TOOL.inputSchema as JsonSchemaType),
  outputSchema: fromJsonSchema<Record<string, unknown>>(TOOL.outputSchema as JsonSchemaType),
};

const { fetch } = createMcpHandler(() => {
  const server = new McpServer({ name: 'stock', version: '1' }, { capabilities: { tools: { listChanged: false } } });
  server.registerTool(name, config, async () => {
    return { content: [{ type: 'text', text: 'Google is not connected.' }], isError: true };
  });
  return server;
});

export const handler = stockEventHandler(fetch);
