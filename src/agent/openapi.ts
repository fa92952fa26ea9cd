import { conversationLinks, conversationPaths } from './openapi-conversation-paths.ts';
import { answers, body, responses, schemas, shows } from './openapi-parts.ts';
import { turnId } from './openapi-schema.ts';

// What the Agent API says of itself: served at `/openapi.json`, and written to docs/openapi/agent.yaml by `make docs`. A test holds it to the routes.

const conversation = { turn: 't_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD', conversation_id: 'c_01KAJ5Q2W7A1B2C3D4E5F6G7H8' };
const usage = { model: 'openai:gpt-5-mini', steps: 2, input_tokens: 1834, output_tokens: 97 };
const lunch = { summary: 'Lunch with Anna', start: '2026-11-23T12:00:00+01:00', end: '2026-11-23T13:00:00+01:00' };

const completed = {
  completed: {
    value: {
      status: 'completed',
      ...conversation,
      answer: 'You are free from 2 to 5 pm.',
      tool_calls: [
        {
          tool: 'freebusy',
          arguments: { timeMin: '2026-11-23T14:00:00+01:00', timeMax: '2026-11-23T17:00:00+01:00' },
          outcome: 'completed',
        },
      ],
      approvals: [],
      usage,
    },
  },
  approval_required: {
    value: {
      status: 'approval_required',
      ...conversation,
      answer: 'This waits for your yes: Book “Lunch with Anna”',
      tool_calls: [{ tool: 'createevent', arguments: lunch, outcome: 'approval_required' }],
      approvals: [
        {
          id: 'a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX',
          url: 'https://oauth.example.com/approvals/a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX',
          tool: 'createevent',
          summary: 'Book “Lunch with Anna”',
          expires_at: '2026-11-21T12:10:00.000Z',
        },
      ],
      usage,
    },
  },
};
const running = {
  running: {
    value: {
      status: 'running',
      ...conversation,
      tool_calls: [],
      approvals: [],
      usage: { ...usage, steps: 0, input_tokens: 0, output_tokens: 0 },
    },
  },
};

/** What a client may do with the turn it was given, and with its conversation. */
const links = {
  ...Object.fromEntries(
    ['getTurn', 'continueTurn', 'cancelTurn'].map((operationId) => [
      operationId,
      { operationId, parameters: { id: '$response.body#/turn' } },
    ]),
  ),
  ...conversationLinks,
};
const turnShown = shows('How the turn stands.', 'Turn', { examples: completed });
const turnRuns = shows('The turn goes on; poll it.', 'Turn', {
  examples: running,
  headers: {
    Location: { description: 'Where to poll.', schema: { type: 'string' } },
    'Retry-After': { description: 'Seconds to wait before that.', schema: { type: 'integer' } },
  },
});
const eventStream = {
  description: 'What happens, as it happens.',
  content: {
    'text/event-stream': {
      // Of each event.
      schema: {
        type: 'object',
        properties: {
          event: {
            type: 'string',
            enum: [
              'turn.start',
              'text.delta',
              'tool.call',
              'tool.progress',
              'tool.result',
              'approval.required',
              'usage',
              'turn.end',
              'error',
            ],
          },
          data: { type: 'string', contentMediaType: 'application/json', description: 'One line.' },
        },
        required: ['event', 'data'],
      },
    },
  },
};
const turnShownOrTold = { ...turnShown, content: { ...turnShown.content, ...eventStream.content } };
const turnParameter = { name: 'id', in: 'path', required: true, schema: turnId };
const shown = { 200: shows('All contacts, by name.', 'Contacts') };

export const openapiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Sallyport Agent API',
    version: '1.0.0',
    summary: 'Ask an agent that acts for you behind two doors.',
    description:
      'A question starts a turn: a model plans, its calls go to the tools through mutual TLS and a signature, and what writes waits for the person’s yes at the OAuth API.\nA turn runs apart from its request: a client that leaves cancels nothing.\nEvery error is `{error: {code, message, request_id}}`.',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  servers: [
    {
      url: '{base}',
      variables: { base: { default: 'https://agent.example.com', description: 'SALLYPORT_AGENT_URL' } },
    },
  ],
  security: [{ token: [] }],
  tags: [
    { name: 'turns', description: 'Questions and their answers' },
    { name: 'conversations', description: 'What was said, kept for thirty days' },
    { name: 'tools', description: 'What the agent can do for you' },
    { name: 'contacts', description: 'Names that stand for addresses' },
    { name: 'service' },
  ],
  paths: {
    '/chat': {
      post: {
        tags: ['turns'],
        operationId: 'chat',
        summary: 'Ask',
        description:
          'Answers when the turn has ended or waits for the person; with 202 when that takes longer than the request may.',
        requestBody: body('ChatRequest'),
        responses: answers(
          { 200: { ...turnShown, links }, 202: { ...turnRuns, links } },
          [400, 401, 403, 404, 413, 415, 429, 500, 502, 503, 504],
        ),
      },
    },
    '/stream': {
      post: {
        tags: ['turns'],
        operationId: 'stream',
        summary: 'Ask, and be told what happens',
        description:
          'The same question as `/chat`, answered by server-sent events: `turn.start`, `text.delta`, `tool.call`, `tool.result`, `approval.required`, `usage`, and last `turn.end` (a Turn) or `error`. A front door that cannot stream sends them together at the end, and ends while the turn runs after about 25 s (`turn.end` with the status `running`).',
        requestBody: body('ChatRequest'),
        responses: answers({ 200: eventStream }, [400, 401, 403, 404, 413, 415, 429, 500, 502, 503, 504]),
      },
    },
    '/turns/{id}': {
      parameters: [turnParameter],
      get: {
        tags: ['turns'],
        operationId: 'getTurn',
        summary: 'Look at a turn',
        description: 'May wait a moment for a turn that runs, and takes one over whose process is gone.',
        responses: answers({ 200: turnShown }, [401, 403, 404, 500, 503]),
      },
      delete: {
        tags: ['turns'],
        operationId: 'cancelTurn',
        summary: 'Cancel a turn',
        description: 'What has been done stays done. A turn that has ended is answered as it is.',
        responses: answers({ 200: turnShown }, [400, 401, 403, 404, 409, 413, 500, 503]),
      },
    },
    '/turns/{id}/continue': {
      parameters: [turnParameter],
      post: {
        tags: ['turns'],
        operationId: 'continueTurn',
        summary: 'Go on after an approval was answered',
        description:
          'Sends exactly the same call again. Idempotent: a turn that has ended is answered as it is, and of two requests at once one runs the call. With `Accept: text/event-stream` the answer is told as by `/stream`, also to whoever comes back to a turn that runs; what happened before is in the Turn at its end.',
        responses: answers({ 200: turnShownOrTold, 202: turnRuns }, [400, 401, 403, 404, 413, 500, 503]),
      },
    },
    ...conversationPaths,
    '/contacts': {
      get: {
        tags: ['contacts'],
        operationId: 'listContacts',
        summary: 'List contacts',
        responses: answers(shown, [401, 403, 500, 503]),
      },
      put: {
        tags: ['contacts'],
        operationId: 'putContact',
        summary: 'Add a contact, or give a name another address',
        requestBody: body('Contact'),
        responses: answers(shown, [400, 401, 403, 409, 413, 415, 500, 503]),
      },
      delete: {
        tags: ['contacts'],
        operationId: 'deleteContact',
        summary: 'Remove a contact',
        parameters: [
          { name: 'name', in: 'query', required: true, schema: { type: 'string', minLength: 1, maxLength: 100 } },
        ],
        responses: answers(shown, [400, 401, 403, 404, 409, 413, 500, 503]),
      },
    },
    '/whoami': {
      get: {
        tags: ['service'],
        operationId: 'whoami',
        summary: 'Who the caller is taken for',
        responses: answers({ 200: shows('The person, and what proved it.', 'WhoAmI') }, [401, 403, 500, 503]),
      },
    },
    '/.well-known/oauth-protected-resource': {
      get: {
        tags: ['service'],
        operationId: 'describeSignIn',
        summary: 'Where a client gets a token (RFC 9728)',
        security: [],
        responses: {
          200: shows('The issuers that are believed, and how a command signs a person in there.', 'SignIn'),
        },
      },
    },
    '/health': {
      get: {
        tags: ['service'],
        operationId: 'health',
        summary: 'Sign of life',
        security: [],
        responses: { 200: shows('The function runs. It says nothing of what is behind it.', 'Health') },
      },
    },
    '/openapi.json': {
      get: {
        tags: ['service'],
        operationId: 'describe',
        summary: 'This description',
        security: [],
        responses: {
          200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
        },
      },
    },
  },
  components: {
    securitySchemes: {
      token: {
        type: 'http',
        scheme: 'bearer',
        description:
          'A token of ours with the audience `agent` (`sallyport token create --audience agent`), or an access token of an issuer in SALLYPORT_ISSUERS.',
      },
    },
    schemas,
    responses,
  },
} as const;

/**
 * The description as this server serves it: it also lists the time zones that this server knows. They come with the runtime and change with
 * it, so the written file has none. Aliases that are not listed are taken, too.
 */
export function describeServed() {
  const { components } = openapiDocument;
  const { ChatRequest } = components.schemas;
  const time_zone = { ...ChatRequest.properties.time_zone, enum: ['UTC', ...Intl.supportedValuesOf('timeZone')] };
  const properties = { ...ChatRequest.properties, time_zone };
  const schemas = { ...components.schemas, ChatRequest: { ...ChatRequest, properties } };
  return { ...openapiDocument, components: { ...components, schemas } };
}
