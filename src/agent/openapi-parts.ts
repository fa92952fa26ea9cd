import { ADDRESS_PATTERN, MAX_BODY_BYTES, MAX_MESSAGE_CHARACTERS, MAX_NAME_CHARACTERS } from './json-request.ts';
import { conversationSchemas } from './openapi-conversations.ts';
import { closed, conversationId, count, ref, text, turnId } from './openapi-schema.ts';
import { callOutcomes, turnLimits, turnStatuses } from './turn-record.ts';

// Schemas and responses of the Agent API's description, taken from the code that enforces them where that is possible.

const name = { type: 'string', minLength: 1, maxLength: MAX_NAME_CHARACTERS, pattern: '\\S', examples: ['Anna Berg'] };
const address = {
  type: 'string',
  maxLength: 254,
  pattern: ADDRESS_PATTERN.source,
  examples: ['anna@example.org'],
};

export const schemas = {
  ChatRequest: closed(
    {
      message: {
        type: 'string',
        minLength: 1,
        maxLength: MAX_MESSAGE_CHARACTERS,
        pattern: '\\S',
        description: 'What the person says, in plain language.',
      },
      conversation_id: { ...text, maxLength: 64, description: 'Goes on with an earlier conversation of this person.' },
      time_zone: {
        ...text,
        minLength: 1,
        maxLength: 64,
        format: 'iana-time-zone',
        description: 'IANA name of the zone the person’s words are meant in. Default UTC.',
        examples: ['Europe/Berlin'],
      },
    },
    ['message'],
    { examples: [{ message: 'Book lunch with Anna tomorrow at noon for an hour', time_zone: 'Europe/Berlin' }] },
  ),
  ToolCall: closed(
    {
      tool: text,
      arguments: { type: 'object', description: 'As they were or would be sent.' },
      outcome: {
        type: 'string',
        enum: callOutcomes,
        description:
          'waiting: not sent yet. sent: under way. approval_required: waits for the person. completed: the tool did it. failed: it could not. refused: it did not run. unclear: it may have run.',
      },
      code: { ...text, description: 'A stable word for what went wrong, such as reconnect_required.' },
      message: { ...text, description: 'What went wrong, in words.' },
      doors: {
        type: 'array',
        items: closed(
          {
            name: {
              ...text,
              examples: ['certificate', 'signature', 'nonce', 'delegation', 'grant', 'approval', 'tool'],
            },
            ms: { type: 'number', minimum: 0 },
            note: { ...text, description: 'Of an approval: not_needed, asked, given or refused.' },
          },
          ['name', 'ms'],
        ),
        description: 'The checks that the MCP API says this call passed, with the time that each took.',
      },
    },
    ['tool', 'arguments', 'outcome'],
  ),
  WhoAmI: closed(
    {
      person: text,
      identity: { ...text, examples: ['token:01KAJ5Q2W7N6M3V8R4T9Y0ZCBD', 'oidc:okta:00u1a2b3c4'] },
      scopes: {
        type: 'array',
        items: text,
        description: 'The most that may be delegated; the person’s grant decides.',
      },
    },
    ['person', 'identity', 'scopes'],
  ),
  SignIn: {
    type: 'object',
    properties: {
      resource: text,
      authorization_servers: { type: 'array', items: text, description: 'Left out where there are none.' },
      bearer_methods_supported: { type: 'array', items: text },
      sallyport_logins: {
        type: 'array',
        items: closed(
          {
            issuer: text,
            alias: text,
            client_id: text,
            scopes: { type: 'array', items: text },
            resource: text,
            audience: text,
            port: { type: 'integer', minimum: 1024, maximum: 65_535 },
          },
          ['issuer', 'alias', 'client_id', 'scopes'],
        ),
      },
    },
    required: ['resource', 'bearer_methods_supported', 'sallyport_logins'],
  },
  Approval: closed(
    {
      id: text,
      url: {
        type: 'string',
        format: 'uri',
        description: 'Where the person answers, with another proof than this token.',
      },
      tool: text,
      summary: { ...text, description: 'What will happen, in one line.' },
      effect: { ...text, description: 'What kind of thing a yes lets happen, in words.' },
      undo: { ...text, description: 'How the person takes it back, in words. Absent where nothing does.' },
      expires_at: { type: 'string', format: 'date-time' },
    },
    ['id', 'url', 'tool', 'summary', 'expires_at'],
  ),
  Turn: closed(
    {
      status: {
        type: 'string',
        enum: turnStatuses,
        description:
          'running: poll it. approval_required: the person answers each approval, then POST continue. The others are final.',
      },
      turn: turnId,
      conversation_id: conversationId,
      answer: { ...text, description: 'For the person. Absent while the turn runs.' },
      limit: {
        type: 'string',
        enum: turnLimits,
        description: 'Which limit cut the turn short; the answer says so, too.',
      },
      error: closed({ code: text, message: text }, ['code', 'message'], { description: 'Why the turn failed.' }),
      tool_calls: { type: 'array', items: ref('schemas', 'ToolCall') },
      approvals: { type: 'array', items: ref('schemas', 'Approval') },
      usage: closed(
        {
          model: text,
          steps: count,
          input_tokens: count,
          output_tokens: count,
          answered_by: {
            type: 'array',
            items: text,
            description: 'Models that answered in place of `model`, which was busy or did not answer.',
          },
          cost: {
            type: 'number',
            minimum: 0,
            description:
              'By the operator’s prices, in their currency. Absent where the models that answered have none.',
          },
        },
        ['model', 'steps', 'input_tokens', 'output_tokens'],
      ),
    },
    ['status', 'turn', 'conversation_id', 'tool_calls', 'approvals', 'usage'],
  ),
  Contact: closed({ name, address }, ['name', 'address'], {
    examples: [{ name: 'Anna Berg', address: 'anna@example.org' }],
  }),
  Contacts: closed({ contacts: { type: 'array', items: ref('schemas', 'Contact') } }, ['contacts']),
  ...conversationSchemas,
  Health: closed({ status: { const: 'ok' } }, ['status']),
  Error: closed(
    {
      error: closed(
        {
          code: { ...text, examples: ['unauthenticated'] },
          message: { ...text, description: 'What to do, in words.' },
          request_id: { ...text, description: 'What your operator needs to find this in the log.' },
          details: {
            type: 'object',
            description: 'Facts to act on, such as `turn` and `conversation_id` of a turn that failed.',
          },
        },
        ['code', 'message', 'request_id'],
      ),
    },
    ['error'],
  ),
} as const;

const json = (schema: object, examples?: object) => ({
  'application/json': { schema, ...(examples === undefined ? {} : { examples }) },
});

const error = (description: string, code: string, message: string, headers?: object) => ({
  description,
  ...(headers === undefined ? {} : { headers }),
  content: json(ref('schemas', 'Error'), {
    [code]: { value: { error: { code, message, request_id: 'Jx0aZh5ZIAMEPwA=' } } },
  }),
});

const seconds = { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } };
const retryAfter = { 'Retry-After': seconds };

export const responses = {
  BadRequest: error(
    'The request is not as described here.',
    'invalid_request',
    'The request is not valid: message: must not be empty',
  ),
  Unauthenticated: error(
    'No valid token of ours with the audience `agent`. Which check failed is in the log only.',
    'unauthenticated',
    'This API needs a valid bearer token for the agent.',
    { 'WWW-Authenticate': { schema: { const: 'Bearer' } } },
  ),
  Forbidden: error(
    'The person has not allowed this.',
    'forbidden',
    'You have not allowed this agent to do this for you.',
  ),
  NotFound: error('There is none of this person’s.', 'not_found', 'There is no such turn of yours.'),
  Conflict: error(
    'Somebody else changed it at the same time, or a limit is reached.',
    'conflict',
    'The turn keeps changing. Try to cancel it again.',
  ),
  TooLarge: error('The body is too long.', 'too_large', `A request body may have ${MAX_BODY_BYTES} bytes at most.`),
  UnsupportedMediaType: error('The body is not JSON.', 'unsupported_media_type', 'Send the body as application/json.'),
  RateLimited: error(
    'Too many requests, here or at the model’s provider.',
    'rate_limited',
    'Wait a little, then ask again.',
    retryAfter,
  ),
  Internal: error('A fault of ours.', 'internal', 'Something went wrong on our side.'),
  BadGateway: error(
    'The model or the tool server failed before anything was done.',
    'model_failed',
    'The model could not be reached or failed.',
  ),
  Unavailable: error(
    'The store or the tool server cannot be reached.',
    'unavailable',
    'Not available just now. Try again.',
    retryAfter,
  ),
  TimedOut: error(
    'The model took too long before anything was done.',
    'timed_out',
    'The model took too long to answer.',
  ),
} as const;

export const byStatus: Readonly<Record<string, keyof typeof responses>> = {
  400: 'BadRequest',
  401: 'Unauthenticated',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  413: 'TooLarge',
  415: 'UnsupportedMediaType',
  429: 'RateLimited',
  500: 'Internal',
  502: 'BadGateway',
  503: 'Unavailable',
  504: 'TimedOut',
};

/** The answers of an operation: its own, then the errors it can give. */
export function answers(own: object, statuses: readonly number[]): Readonly<Record<string, unknown>> {
  const errors = statuses.map((status) => [String(status), ref('responses', byStatus[status] ?? 'Internal')]);
  return { ...own, ...Object.fromEntries(errors) };
}

export function body(schema: keyof typeof schemas) {
  return { required: true, content: json(ref('schemas', schema)) };
}

export function shows(
  description: string,
  schema: keyof typeof schemas,
  more: { examples?: object; headers?: object } = {},
) {
  const headers = more.headers === undefined ? {} : { headers: more.headers };
  return { description, ...headers, content: json(ref('schemas', schema), more.examples) };
}
