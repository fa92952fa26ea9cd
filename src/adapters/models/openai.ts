import type OpenAI from 'openai';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ModelTool, ModelToolCall } from '../../ports/model.ts';
import { dropNulls, toPlainSchema, toStrictSchema } from './json-schema.ts';

// OpenAI's chat completions, and every API compatible with them by `baseUrl`. It translates and maps faults; it logs nothing,
// neither the key nor a word of what is said, and guesses nothing: arguments that are no JSON are handed on as malformed.

export interface OpenAiModelOptions {
  readonly apiKey: Secret;
  /** Up to and including `/v1`. OpenAI itself when left out. */
  readonly baseUrl?: string;
  /** The provider's name of the model. */
  readonly model: string;
  /** Shown in answers and logs; default `openai:<model>`. */
  readonly name?: string;
  /** For one answer, further attempts included. Default 45,000. */
  readonly timeoutMs?: number;
  /** Whether schemas are sent in strict mode. Default: to OpenAI itself only, as few others know it. */
  readonly strict?: boolean;
  /** Further attempts after 408, 409, 429, 5xx or a broken connection. Default 2. */
  readonly maxRetries?: number;
}

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Tool = OpenAI.Chat.Completions.ChatCompletionFunctionTool;

const DEFAULT_TIMEOUT_MS = 45_000;
/** What a provider cannot have meant to be parsed by us. */
const MAX_MALFORMED_CHARACTERS = 2000;

function toMessage(message: ModelMessage): Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
    case 'assistant': {
      if (message.toolCalls.length === 0) return { role: 'assistant', content: message.text };
      const calls = message.toolCalls.map((call) => ({
        id: call.id,
        type: 'function' as const,
        function: { name: call.name, arguments: call.malformed ?? JSON.stringify(call.arguments ?? {}) },
      }));
      return { role: 'assistant', content: message.text === '' ? null : message.text, tool_calls: calls };
    }
  }
}

function toTool(tool: ModelTool, strict: boolean): Tool {
  const schema = strict ? toStrictSchema(tool.inputSchema) : undefined;
  const { name, description } = tool;
  return schema === undefined
    ? { type: 'function', function: { name, description, parameters: toPlainSchema(tool.inputSchema) } }
    : { type: 'function', function: { name, description, parameters: { ...schema }, strict: true } };
}

function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Some providers send nothing at all for a call without arguments.
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readCall(id: string, name: string, text: string, tools: readonly ModelTool[]): ModelToolCall {
  const parsed = parseArguments(text);
  if (parsed === undefined)
    return { id, name, arguments: undefined, malformed: text.slice(0, MAX_MALFORMED_CHARACTERS) };
  const tool = tools.find((known) => known.name === name);
  const args = tool === undefined ? parsed : (dropNulls(tool.inputSchema, parsed) as Record<string, unknown>);
  return { id, name, arguments: args };
}

const failed = (message: string, cause?: unknown): AppError => new AppError('model_failed', message, { cause });

const count = z.number().int().nonnegative().catch(0);
const text = z.string().nullish();

/** What is used of an answer. A compatible API may answer 200 with anything; a count it gets wrong is no reason to lose the answer. */
const completionShape = z.object({
  choices: z.array(
    z.object({
      finish_reason: text,
      message: z.object({
        content: text,
        refusal: text,
        tool_calls: z
          .array(
            z.object({
              id: z.string().catch(''),
              function: z.object({ name: z.string().catch(''), arguments: z.unknown() }).optional(),
              custom: z.object({ name: z.string(), input: z.string() }).optional(),
            }),
          )
          .nullish(),
      }),
    }),
  ),
  usage: z.object({ prompt_tokens: count, completion_tokens: count }).catch({ prompt_tokens: 0, completion_tokens: 0 }),
});
type Choice = z.infer<typeof completionShape>['choices'][number];

function readStop(choice: Choice, calls: number): ModelReply['stop'] {
  if (choice.finish_reason === 'length') return 'length';
  if (choice.finish_reason === 'content_filter' || typeof choice.message.refusal === 'string') return 'refused';
  return calls > 0 ? 'tools' : 'end';
}

/** Some providers send arguments as JSON, not as a text of it. */
const argumentsText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? {}));

function readReply(answer: unknown, tools: readonly ModelTool[]): ModelReply {
  const completion = completionShape.safeParse(answer).data;
  const choice = completion?.choices[0];
  if (completion === undefined || choice === undefined) {
    throw failed('The model gave an answer that could not be read. Try again.');
  }
  const toolCalls = (choice.message.tool_calls ?? []).map((call, index) => {
    const name = call.function?.name ?? call.custom?.name ?? '';
    const sent = call.function === undefined ? (call.custom?.input ?? '') : argumentsText(call.function.arguments);
    return readCall(call.id || `call_${index + 1}`, name, sent, tools);
  });
  return {
    text: choice.message.content ?? choice.message.refusal ?? '',
    toolCalls,
    usage: { inputTokens: completion.usage.prompt_tokens, outputTokens: completion.usage.completion_tokens },
    stop: readStop(choice, toolCalls.length),
  };
}

function retryAfterSeconds(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.ceil(seconds), 3600) : undefined;
}

/** A provider's error messages may repeat the key or what was said, so they stay behind: only class and status are kept. */
function withoutContent(error: unknown): Error {
  const status = error instanceof Error && 'status' in error && error.status !== undefined ? ` ${error.status}` : '';
  return new Error(`${error instanceof Error ? error.constructor.name : typeof error}${status}`);
}

function mapFault(error: unknown, api: typeof OpenAI, signal: AbortSignal): unknown {
  const cause = withoutContent(error);
  if (error instanceof AppError) return error;
  if (signal.aborted || error instanceof api.APIConnectionTimeoutError || error instanceof api.APIUserAbortError) {
    return new AppError('timed_out', 'The model took too long to answer. Try again, or ask for less at once.', {
      cause,
    });
  }
  if (error instanceof api.RateLimitError) {
    const wait = retryAfterSeconds(error.headers);
    const message = 'The model’s provider takes no more requests just now. Wait a little, then ask again.';
    return new AppError('rate_limited', message, { cause, ...(wait === undefined ? {} : { retryAfterSeconds: wait }) });
  }
  if (error instanceof api.AuthenticationError || error instanceof api.PermissionDeniedError) {
    return failed('The model’s provider does not accept this system’s key. Tell your operator.', cause);
  }
  if (error instanceof api.NotFoundError)
    return failed('The model’s provider does not know this model. Tell your operator.', cause);
  if (error instanceof api.BadRequestError)
    return failed(
      'The model’s provider did not accept the request. Ask for less at once, or tell your operator.',
      cause,
    );
  return failed('The model could not be reached or failed. Try again in a moment.', cause);
}

export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const isOpenAi = options.baseUrl === undefined;
  const strict = options.strict ?? isOpenAi;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let loaded: Promise<{ readonly api: typeof OpenAI; readonly client: OpenAI }> | undefined;

  async function load(): Promise<{ readonly api: typeof OpenAI; readonly client: OpenAI }> {
    const { OpenAI: api } = await import('openai');
    const client = new api({
      apiKey: options.apiKey.reveal(),
      // Said even when it is the default: the package would else read it from the environment.
      baseURL: options.baseUrl ?? 'https://api.openai.com/v1',
      organization: null,
      project: null,
      timeout: timeoutMs,
      maxRetries: options.maxRetries ?? 2,
      logLevel: 'off',
    });
    return { api, client };
  }

  return {
    name: options.name ?? `openai:${options.model}`,
    async complete(request: ModelRequest) {
      loaded ??= load();
      const { api, client } = await loaded;
      const tools = request.tools.map((tool) => toTool(tool, strict));
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
      try {
        const completion = await client.chat.completions.create(
          {
            model: options.model,
            messages: [{ role: 'system', content: request.instructions }, ...request.messages.map(toMessage)],
            // OpenAI's newer models refuse the older name; most compatible APIs know only that one.
            [isOpenAi ? 'max_completion_tokens' : 'max_tokens']: request.maxOutputTokens,
            ...(tools.length === 0 ? {} : { tools }),
          },
          { signal },
        );
        return readReply(completion, request.tools);
      } catch (error) {
        throw mapFault(error, api, signal);
      }
    },
  };
}
