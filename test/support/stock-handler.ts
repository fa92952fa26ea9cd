import { createMcpHandler, fromJsonSchema, type JsonSchemaType, McpServer } from '@modelcontextprotocol/server';
import type { Tool } from '../../src/mcp/tools/tool.ts';

// The official SDK's own HTTP handler with the same tools and no check of ours: the oracle of the differential fuzz and
// the yardstick of the benchmarks.

export interface StockAnswer {
  readonly status: number;
  /** The JSON-RPC message in the body, whether it came as JSON or as an event stream; absent when the body is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
  readonly message: any;
}

export interface StockHandler {
  post(body: string | Uint8Array, headers: Readonly<Record<string, string | undefined>>): Promise<StockAnswer>;
  request(method: string, headers: Readonly<Record<string, string>>): Promise<StockAnswer>;
  /** The SDK's handler as it is. */
  fetch(request: Request): Promise<Response>;
}

function readMessage(text: string): unknown {
  if (text === '') return undefined;
  if (!text.startsWith('event:') && !text.startsWith(':')) return JSON.parse(text);
  const data = text.split('\n').filter((line) => line.startsWith('data: '));
  return data.length === 0 ? undefined : JSON.parse((data.at(-1) ?? '').slice('data: '.length));
}

export function createStockHandler(tools: readonly Tool[], person: string): StockHandler {
  const schemas = tools.map(({ declaration }) => ({
    input: fromJsonSchema<Record<string, unknown>>(declaration.inputSchema as JsonSchemaType),
    output: fromJsonSchema<Record<string, unknown>>(declaration.outputSchema as JsonSchemaType),
  }));
  const context = { person, agent: 'token/x', requestId: 'r', signal: new AbortController().signal };
  const quiet = { info() {}, warn() {}, error() {}, metric() {}, child: () => quiet };

  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'stock', version: '1' }, { capabilities: { tools: { listChanged: false } } });
    tools.forEach(({ declaration, run }, index) => {
      const { name, title, description, annotations } = declaration;
      const schema = schemas[index];
      if (schema === undefined) throw new Error('a tool without schemas');
      const config = { title, description, annotations, inputSchema: schema.input, outputSchema: schema.output };
      server.registerTool(name, config, async (args) => {
        const result = await run(args, { ...context, log: quiet });
        const content = [{ type: 'text' as const, text: result.text }];
        return { content, structuredContent: { ...result.structuredContent } };
      });
    });
    return server;
  });

  async function send(request: Request): Promise<StockAnswer> {
    const response = await handler.fetch(request);
    return { status: response.status, message: readMessage(await response.text()) };
  }

  return {
    post(body, headers) {
      const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const bytes = typeof body === 'string' ? body : Buffer.from(body);
      return send(new Request('http://127.0.0.1/mcp', { method: 'POST', headers: given, body: bytes }));
    },
    fetch: (request) => handler.fetch(request),
    request: (method, headers) => send(new Request('http://127.0.0.1/mcp', { method, headers })),
  };
}
