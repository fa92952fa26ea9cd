import type { Anthropic } from '@anthropic-ai/sdk';
import { lazily } from '../../kernel/lazily.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ModelTool } from '../../ports/model.ts';
import { alternate } from './alternate.ts';
import { joinEvents } from './anthropic-stream.ts';
import { type ClaudeSchema, toClaudeSchema, toPlainSchema } from './json-schema.ts';
import { unreadable } from './provider-fault.ts';
import { readCall } from './read-call.ts';
import { sdkFault } from './sdk-fault.ts';

// Claude by Anthropic's Messages API. It translates and maps faults; it logs nothing, neither the key nor a word of what is said.

export interface AnthropicModelOptions {
  readonly apiKey: Secret;
  /** Without `/v1`. Anthropic itself when left out. */
  readonly baseUrl?: string;
  readonly model: string;
  /** Whether tools are strict. Default: where the model is known to have them, at Anthropic itself. */
  readonly strict?: boolean;
  /** For one answer, further attempts included. Default 45,000. */
  readonly timeoutMs?: number;
  /** Further attempts after 408, 409, 429, 5xx or a broken connection. Default 2. */
  readonly maxRetries?: number;
}

type Block = Anthropic.Messages.ContentBlockParam;

const DEFAULT_TIMEOUT_MS = 45_000;
/** What comes before it is the same in every step of a turn, so the provider keeps it (prompt caching). */
const CACHED = { cache_control: { type: 'ephemeral' } } as const;

function toBlocks(message: ModelMessage): readonly Block[] {
  // The API refuses a text in which nothing is to be seen, though its models write such before a call.
  const text: readonly Block[] = message.text.trim() === '' ? [] : [{ type: 'text', text: message.text }];
  switch (message.role) {
    case 'user':
      return text;
    case 'assistant':
      return [
        ...text,
        ...message.toolCalls.map(
          ({ id, name, arguments: input = {} }): Block => ({ type: 'tool_use', id, name, input }),
        ),
      ];
    case 'tool':
      return [{ type: 'tool_result', tool_use_id: message.callId, content: message.text, is_error: message.isError }];
  }
}

/** Since Claude 4.5, at Anthropic itself (https://platform.claude.com/docs/en/agents-and-tools/tool-use/strict-tool-use). */
const KNOWS_STRICT = /^claude-(?:haiku|opus|sonnet)-(?:4-[5-9]|[5-9]|[1-9]\d)(?:-|$)/;
/** Of one request. */
const STRICT_LIMITS = { tools: 20, optional: 24, unions: 16 } as const;

/** As many tools strict as a request may have, those with the most to get wrong first. Our own validator checks every call anyway. */
function strictSchemas(tools: readonly ModelTool[]): ReadonlyMap<ModelTool, ClaudeSchema> {
  const chosen = new Map<ModelTool, ClaudeSchema>();
  const found = tools.flatMap((tool) => {
    const claude = toClaudeSchema(tool.inputSchema);
    return claude === undefined ? [] : [{ tool, claude }];
  });
  let { optional, unions } = STRICT_LIMITS as { optional: number; unions: number };
  for (const { tool, claude } of found.toSorted((left, right) => right.claude.optional - left.claude.optional)) {
    if (chosen.size >= STRICT_LIMITS.tools || claude.optional > optional || claude.unions > unions) continue;
    chosen.set(tool, claude);
    optional -= claude.optional;
    unions -= claude.unions;
  }
  return chosen;
}

function toTools(tools: readonly ModelTool[], strict: boolean): Anthropic.Messages.Tool[] {
  const schemas: ReadonlyMap<ModelTool, ClaudeSchema> = strict ? strictSchemas(tools) : new Map();
  return tools.map((tool) => {
    const { name, description, inputSchema } = tool;
    const claude = schemas.get(tool);
    const schema = claude?.schema ?? toPlainSchema(inputSchema);
    const plain = { name, description, input_schema: { ...schema, type: 'object' as const } };
    return claude === undefined ? plain : { ...plain, strict: true };
  });
}

function readStop(stop: unknown, calls: number): ModelReply['stop'] {
  if (stop === 'max_tokens' || stop === 'model_context_window_exceeded') return 'length';
  if (stop === 'refusal') return 'refused';
  return calls > 0 ? 'tools' : 'end';
}

const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);

/** A server that only calls itself compatible may answer 200 with anything. */
function readReply(message: Partial<Anthropic.Messages.Message>, tools: readonly ModelTool[]): ModelReply {
  const { content, usage, stop_reason } = message;
  if (!Array.isArray(content)) throw unreadable();
  const toolCalls = content
    .filter((block) => block?.type === 'tool_use')
    .map((block, index) => {
      const id = typeof block.id === 'string' && block.id !== '' ? block.id : `call_${index + 1}`;
      return readCall({ id, name: String(block.name ?? ''), input: block.input }, tools);
    });
  const text = content.map((block) => (block?.type === 'text' ? String(block.text ?? '') : '')).join('');
  const cachedInputTokens = count(usage?.cache_read_input_tokens);
  return {
    text,
    toolCalls,
    usage: {
      // What was read from the cache and what was put there is counted apart.
      inputTokens: count(usage?.input_tokens) + count(usage?.cache_creation_input_tokens) + cachedInputTokens,
      outputTokens: count(usage?.output_tokens),
      ...(cachedInputTokens > 0 && { cachedInputTokens }),
    },
    stop: readStop(stop_reason, toolCalls.length),
  };
}

export function createAnthropicModel(options: AnthropicModelOptions): Model {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const strict = options.strict ?? (options.baseUrl === undefined && KNOWS_STRICT.test(options.model));
  const load = lazily(async () => {
    const { Anthropic: api } = await import('@anthropic-ai/sdk');
    const client = new api({
      apiKey: options.apiKey.reveal(),
      authToken: null,
      // Said even when it is the default: the package would else read it from the environment.
      baseURL: options.baseUrl ?? 'https://api.anthropic.com',
      timeout: timeoutMs,
      maxRetries: options.maxRetries ?? 2,
      logLevel: 'off',
    });
    return { api, client };
  });

  return {
    name: `anthropic:${options.model}`,
    async complete(request: ModelRequest) {
      const { api, client } = await load();
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
      const tools = toTools(request.tools, strict);
      const question = {
        model: options.model,
        max_tokens: request.maxOutputTokens,
        system: [{ type: 'text' as const, text: request.instructions, ...CACHED }],
        messages: alternate(request.messages, toBlocks).map(({ role, content }) => ({ role, content: [...content] })),
        ...(tools.length === 0 ? {} : { tools }),
      };
      try {
        if (request.onText === undefined) {
          return readReply(await client.messages.create(question, { signal }), request.tools);
        }
        const events = await client.messages.create({ ...question, stream: true }, { signal });
        const message = await joinEvents(events, request.onText);
        // The package ends a stream that is given up as if that were all of it.
        signal.throwIfAborted();
        // The connection broke in the answer's middle: what came is no answer.
        if (typeof message.stop_reason !== 'string') throw unreadable();
        return readReply(message, request.tools);
      } catch (error) {
        throw sdkFault(error, api, { turn: request.signal, either: signal });
      }
    },
  };
}
