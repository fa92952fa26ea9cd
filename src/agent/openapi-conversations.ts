import { MAX_TITLE_CHARACTERS, TITLE_PATTERN } from './conversation-title.ts';
import { shownTurnStatuses } from './conversation-view.ts';
import { exportFormats } from './json-request.ts';
import { closed, conversationId, count, ref, text, time, turnId } from './openapi-schema.ts';

// Schemas of conversations and of the list of tools in the Agent API's description.

const summary = {
  conversation_id: conversationId,
  title: {
    ...text,
    description: 'The beginning of its first question, until its owner names it. Empty while nothing was asked.',
  },
  created_at: time,
  updated_at: { ...time, description: 'When something was last said in it, or its title changed.' },
  expires_at: { ...time, description: 'When it is deleted, unless something is said in it before.' },
  turn_count: count,
  dropped_turns: { ...count, description: 'Turns at its beginning that are not kept any more.' },
};
const summaryMembers = Object.keys(summary);

const roleOf = (role: string) => ({ const: role });
const messages = {
  type: 'array',
  items: {
    oneOf: [
      closed({ role: roleOf('user'), text }, ['role', 'text']),
      closed(
        {
          role: roleOf('assistant'),
          text,
          tool_calls: {
            type: 'array',
            items: closed({ id: text, tool: text, arguments: { type: 'object' } }, ['id', 'tool', 'arguments']),
          },
        },
        ['role', 'text', 'tool_calls'],
      ),
      closed(
        {
          role: roleOf('tool'),
          call_id: { ...text, description: 'The `id` of the call that it answers.' },
          tool: text,
          text: {
            ...text,
            description: 'Somebody else’s words, maybe shortened: data, never to be rendered as markup.',
          },
          is_error: { type: 'boolean' },
        },
        ['role', 'call_id', 'tool', 'text', 'is_error'],
      ),
    ],
  },
};

const turn = closed(
  {
    turn: turnId,
    status: {
      type: 'string',
      enum: shownTurnStatuses,
      description:
        'As of a Turn. interrupted: the process that worked on it is gone; looking at the turn, or continuing it, goes on where it stopped while the turn is kept (a day).',
    },
    asked_at: time,
    messages,
  },
  ['turn', 'status', 'asked_at', 'messages'],
);

export const conversationSchemas = {
  ConversationSummary: closed(summary, summaryMembers),
  Conversations: closed(
    {
      conversations: { type: 'array', items: ref('schemas', 'ConversationSummary') },
      cursor: { ...text, description: 'Goes on with the next page. Absent on the last one.' },
    },
    ['conversations'],
  ),
  Conversation: closed({ ...summary, turns: { type: 'array', items: turn } }, [...summaryMembers, 'turns']),
  ConversationTitle: closed(
    {
      title: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_TITLE_CHARACTERS,
        pattern: TITLE_PATTERN.source,
        description: 'One line.',
        examples: ['Lunch with Anna'],
      },
    },
    ['title'],
  ),
  ConversationDeleted: closed({ conversation_id: conversationId, deleted: { const: true } }, [
    'conversation_id',
    'deleted',
  ]),
  ExportRequest: closed({ format: { type: 'string', enum: exportFormats, default: 'json' } }, []),
  ConversationExport: closed({ v: { const: 1 }, exported_at: time, conversation: ref('schemas', 'Conversation') }, [
    'v',
    'exported_at',
    'conversation',
  ]),
  Tools: closed(
    {
      tools: {
        type: 'array',
        items: closed(
          {
            name: text,
            title: text,
            description: text,
            input_schema: { type: 'object', description: 'JSON Schema of its arguments.' },
            scopes: {
              type: 'array',
              items: text,
              description:
                'What a call of it needs. Whether you have granted the agent as much is decided when it is called.',
            },
            writes: { type: 'boolean', description: 'It changes something, so it waits for your yes.' },
            destructive: { type: 'boolean', description: 'It may overwrite or delete.' },
            open_world: { type: 'boolean', description: 'It talks to others than you, such as the web.' },
          },
          ['name', 'title', 'description', 'input_schema', 'scopes', 'writes', 'destructive', 'open_world'],
        ),
      },
    },
    ['tools'],
  ),
} as const;
