import { answers, body, shows } from './openapi-parts.ts';
import { conversationId } from './openapi-schema.ts';
import { CURSOR_PATTERN, DEFAULT_PAGE, MAX_PAGE } from './page-query.ts';

// What the Agent API says of conversations and of the list of tools.

const idParameter = { name: 'id', in: 'path', required: true, schema: conversationId };
const tags = ['conversations'];

/** What its owner may do with the conversation that an answer names. */
export const conversationLinks = Object.fromEntries(
  ['getConversation', 'nameConversation', 'exportConversation', 'deleteConversation'].map((operationId) => [
    operationId,
    { operationId, parameters: { id: '$response.body#/conversation_id' } },
  ]),
);

export const conversationPaths = {
  '/api/conversations': {
    get: {
      tags,
      operationId: 'listConversations',
      summary: 'List conversations',
      description: 'The one written last comes first. One that is written between two pages moves to the first.',
      parameters: [
        {
          name: 'limit',
          in: 'query',
          schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: DEFAULT_PAGE },
        },
        {
          name: 'cursor',
          in: 'query',
          description: 'As the page before said.',
          schema: { type: 'string', pattern: CURSOR_PATTERN.source },
        },
      ],
      responses: answers({ 200: shows('A page.', 'Conversations') }, [400, 401, 403, 500, 503]),
    },
  },
  '/api/conversations/{id}': {
    parameters: [idParameter],
    get: {
      tags,
      operationId: 'getConversation',
      summary: 'Read a conversation',
      description: 'All turns that are kept, each as it stands now.',
      responses: answers({ 200: shows('The conversation.', 'Conversation') }, [401, 403, 404, 500, 503]),
    },
    patch: {
      tags,
      operationId: 'nameConversation',
      summary: 'Give a conversation a title',
      requestBody: body('ConversationTitle'),
      responses: answers(
        { 200: shows('The conversation under its title.', 'ConversationSummary') },
        [400, 401, 403, 404, 409, 413, 415, 500, 503],
      ),
    },
    delete: {
      tags,
      operationId: 'deleteConversation',
      summary: 'Delete a conversation',
      description: 'With its turns: those that run are stopped. What they have done stays done.',
      responses: answers(
        { 200: shows('It is gone.', 'ConversationDeleted') },
        [400, 401, 403, 404, 409, 413, 500, 503],
      ),
    },
  },
  '/api/conversations/{id}/export': {
    parameters: [idParameter],
    post: {
      tags,
      operationId: 'exportConversation',
      summary: 'Take a conversation along',
      description: 'As JSON, or as Markdown in which all that was said is plain text: rendered, it loads nothing.',
      requestBody: { ...body('ExportRequest'), required: false },
      responses: answers(
        {
          200: {
            description: 'A file.',
            headers: {
              'Content-Disposition': { description: 'Its name.', schema: { type: 'string' } },
            },
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/ConversationExport' } },
              'text/markdown': { schema: { type: 'string' } },
            },
          },
        },
        [400, 401, 403, 404, 413, 415, 500, 503],
      ),
    },
  },
  '/api/tools/fetch': {
    get: {
      tags: ['tools'],
      operationId: 'fetchTools',
      summary: 'List the tools that you may use',
      description: 'Those that your token’s scopes reach, out of those that this agent knows.',
      responses: answers({ 200: shows('The tools, by name.', 'Tools') }, [401, 403, 429, 500, 502, 503, 504]),
    },
  },
} as const;
