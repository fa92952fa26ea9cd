import type { Tool, ToolDeclaration, ToolResult } from '../../src/mcp/tools/tool.ts';

// Tools for tests only: real `Tool` objects that need nothing from outside.

const READ = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false } as const;
const WRITE = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false } as const;

export function declare(over: Partial<ToolDeclaration> & { readonly name: string }): ToolDeclaration {
  return {
    title: over.name,
    description: `${over.name}, for tests`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: false },
    outputSchema: { type: 'object' },
    annotations: READ,
    scopes: ['test.read'],
    toolset: 'test',
    ...over,
  };
}

/** Says back what it was told, and on whose behalf. */
export function createEchoTool(): Tool {
  return {
    declaration: declare({
      name: 'echo',
      title: 'Echo',
      description: 'Says back a text.',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string', maxLength: 10_000 } },
        required: ['text'],
        additionalProperties: false,
      },
      outputSchema: {
        type: 'object',
        properties: { text: { type: 'string' }, person: { type: 'string' } },
        required: ['text', 'person'],
        additionalProperties: false,
      },
    }),
    async run(args, context): Promise<ToolResult> {
      const text = String(args['text']);
      return { text, structuredContent: { text, person: context.person } };
    },
  };
}

/** A tool that writes: keeps what it was told in `notes`. */
export function createNoteTool(notes: string[]): Tool {
  return {
    declaration: declare({
      name: 'note',
      title: 'Take a note',
      description: 'Keeps a text.',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string' } },
        required: ['text'],
        additionalProperties: false,
      },
      outputSchema: { type: 'object', properties: { kept: { type: 'integer' } }, required: ['kept'] },
      annotations: WRITE,
      scopes: ['test.write'],
    }),
    summarize: (args) => `Keep the note "${String(args['text'])}"`,
    async run(args) {
      notes.push(String(args['text']));
      return { text: 'Kept.', structuredContent: { kept: notes.length } };
    },
  };
}

/** A tool that does whatever the test says. */
export function createToolOf(name: string, run: Tool['run'], over: Partial<ToolDeclaration> = {}): Tool {
  return { declaration: declare({ name, ...over }), run };
}
