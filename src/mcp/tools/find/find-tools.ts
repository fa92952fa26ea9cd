import { rankTexts } from '../../../kernel/rank-texts.ts';
import { holdsScopes } from '../../../trust/scope.ts';
import type { ToolSource } from '../../tool-source.ts';
import { count, text } from '../arguments.ts';
import type { Tool, ToolDeclaration } from '../tool.ts';

// `find_tools`: which of many tools do what somebody wants to do. It tells of tools that its caller may call, and of no other.

export const FIND_TOOLS = 'find_tools';
const MOST = 25;
const USUAL = 10;
/** A description's beginning tells what a tool is for. */
const MAX_DESCRIPTION_CHARACTERS = 400;

export const findToolsDeclaration: ToolDeclaration = {
  name: FIND_TOOLS,
  title: 'Find tools',
  description:
    'Searches the names and descriptions of all tools and gives those that fit best. Use it when no tool at hand does what is needed; a tool that it names can then be called.',
  inputSchema: {
    type: 'object',
    properties: {
      query: { type: 'string', minLength: 1, maxLength: 500, description: 'What the tool should do, in a few words.' },
      limit: { type: 'integer', minimum: 1, maximum: MOST, description: `How many at most; ${USUAL} when left out.` },
    },
    required: ['query'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      tools: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string' },
            title: { type: 'string' },
            description: { type: 'string' },
            read_only: { type: 'boolean' },
          },
          required: ['name', 'title', 'description', 'read_only'],
          additionalProperties: false,
        },
      },
      searched: { type: 'integer', description: 'How many tools there are.' },
    },
    required: ['tools', 'searched'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  // Whoever may call anything may ask what there is.
  scopes: [],
  toolset: 'find',
};

/** `source` is asked at each search: what is not offered any more is not found. */
export function createFindTools(source: Pick<ToolSource, 'tools'>): Tool {
  return {
    declaration: findToolsDeclaration,
    async run(args, { scopes = [] }) {
      const callable = source
        .tools()
        .map(({ declaration }) => declaration)
        .filter((declaration) => declaration.name !== FIND_TOOLS && holdsScopes(scopes, declaration.scopes));
      const ranked = rankTexts(
        text(args, 'query'),
        callable.map((declaration) => ({
          name: `${declaration.name} ${declaration.title}`,
          text: declaration.description,
          declaration,
        })),
      );
      const tools = ranked.slice(0, count(args, 'limit', USUAL)).map(({ declaration }) => ({
        name: declaration.name,
        title: declaration.title,
        description: declaration.description.slice(0, MAX_DESCRIPTION_CHARACTERS),
        read_only: declaration.annotations.readOnlyHint,
      }));
      const said =
        tools.length === 0 ? 'No tool fits these words. Try others.' : tools.map(({ name }) => name).join(', ');
      return { text: said, structuredContent: { tools, searched: callable.length } };
    },
  };
}
