import type { JsonObject, Tool } from '../../src/mcp/tools/tool.ts';
import { createToolOf, declare } from './mcp-tools.ts';

// The tools that MCP's conformance suites ask for by name, as real `Tool` objects: what they prove is the protocol around them.

const ANY_OBJECT = { type: 'object' } as const;

function text(name: string, words: string): Tool {
  return createToolOf(name, async () => ({ text: words, structuredContent: {} }));
}

/** One red pixel (PNG), and an empty WAV. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const SILENCE = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';
const IMAGE = { type: 'image', data: PIXEL, mimeType: 'image/png' };
const AUDIO = { type: 'audio', data: SILENCE, mimeType: 'audio/wav' };
const EMBEDDED = {
  type: 'resource',
  resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
};

function blocks(name: string, content: readonly JsonObject[]): Tool {
  return createToolOf(name, async () => ({ text: 'Blocks follow.', content, structuredContent: {} }));
}

/** Its approval is the one elicitation that this server knows. */
function write(name: string): Tool {
  const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false };
  const run = async () => ({ text: 'Done.', structuredContent: {} });
  return { declaration: declare({ name, annotations }), summarize: () => 'Run a test', run };
}

/** The schema that the suites want to get back word for word (SEP-1613, SEP-2106). */
const JSON_SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

export function createConformanceTools(): readonly Tool[] {
  return [
    text('test_simple_text', 'This is a simple text response for testing.'),
    blocks('test_image_content', [IMAGE]),
    blocks('test_audio_content', [AUDIO]),
    blocks('test_embedded_resource', [EMBEDDED]),
    blocks('test_multiple_content_types', [IMAGE, EMBEDDED]),
    text('test_logging_tool', 'Nothing is logged to clients.'),
    createToolOf('test_error_handling', async () => ({
      isError: true,
      code: 'test_error',
      text: 'This tool intentionally returns an error for testing',
    })),
    write('test_streaming_elicitation'),
    createToolOf('json_schema_2020_12_tool', async () => ({ text: 'Done.', structuredContent: {} }), {
      inputSchema: JSON_SCHEMA_2020_12,
      outputSchema: ANY_OBJECT,
    }),
  ];
}
