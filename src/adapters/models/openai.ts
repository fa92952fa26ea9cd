import type OpenAI from 'openai';
import * as z from 'zod';
import { lazily } from '../../kernel/lazily.ts';
import type { Secret } from '../../kernel/secret.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ModelTool } from '../../ports/model.ts';
import { toGeminiSchema, toPlainSchema, toStrictSchema } from './json-schema.ts';
import { joinChunks } from './openai-stream.ts';
import { keptThought, reasoningOf, signatureOf, type Thoughts } from './openai-thoughts.ts';
import { unreadable } from './provider-fault.ts';
import { readCall } from './read-call.ts';
import { sdkFault } from './sdk-fault.ts';

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
  /** The dialect of JSON Schema that tools are described in. Default: `strict` to OpenAI itself, `plain` to others, as few know it. */
  readonly dialect?: Dialect;
  /** What of its thoughts the model wants to see again. Default: nothing. */
  readonly thoughts?: Thoughts;
  /** Further attempts after 408, 409, 429, 5xx or a broken connection. Default 2. */
  readonly maxRetries?: number;
}

export type Dialect = 'strict' | 'plain' | 'gemini';

/** OpenAI's newer models, which refuse the older name of the limit wherever they are served; most compatible APIs know only that one. */
const KNOWS_NEWER_LIMIT = /^(?:gpt-[5-9]|o[1-9])/;

type Message = OpenAI.Chat.Completions.ChatCompletionMessageParam;
type Tool = OpenAI.Chat.Completions.ChatCompletionFunctionTool;

const DEFAULT_TIMEOUT_MS = 45_000;

interface Addressee {
  readonly model: string;
  readonly thoughts: Thoughts;
}

function toMessage(message: ModelMessage, { model, thoughts }: Addressee): Message {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
    case 'assistant': {
      const thought = thoughts === 'reasoning' ? reasoningOf(message) : {};
      if (message.toolCalls.length === 0) return { role: 'assistant', content: message.text, ...thought };
      const calls = message.toolCalls.map((call, index) => ({
        ...(thoughts === 'signatures' && signatureOf(message.toolCalls, index, model)),
        id: call.id,
        type: 'function' as const,
        function: { name: call.name, arguments: call.malformed ?? JSON.stringify(call.arguments ?? {}) },
      }));
      return { role: 'assistant', content: message.text === '' ? null : message.text, ...thought, tool_calls: calls };
    }
  }
}

function toTool({ name, description, inputSchema }: ModelTool, dialect: Dialect): Tool {
  const strict = dialect === 'strict' ? toStrictSchema(inputSchema) : undefined;
  if (strict !== undefined) {
    return { type: 'function', function: { name, description, parameters: { ...strict }, strict: true } };
  }
  const parameters = dialect === 'gemini' ? toGeminiSchema(inputSchema) : toPlainSchema(inputSchema);
  return { type: 'function', function: { name, description, parameters: { ...parameters } } };
}

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
        reasoning_content: text.catch(undefined),
        tool_calls: z
          .array(
            z.object({
              id: z.string().catch(''),
              function: z.object({ name: z.string().catch(''), arguments: z.unknown().optional() }).optional(),
              custom: z.object({ name: z.string(), input: z.string() }).optional(),
              extra_content: z
                .object({ google: z.object({ thought_signature: z.string() }) })
                .optional()
                .catch(undefined),
            }),
          )
          .nullish(),
      }),
    }),
  ),
  usage: z
    .object({
      prompt_tokens: count,
      completion_tokens: count,
      prompt_tokens_details: z.object({ cached_tokens: count }).optional().catch(undefined),
    })
    .catch({ prompt_tokens: 0, completion_tokens: 0 }),
});
type Choice = z.infer<typeof completionShape>['choices'][number];

function readStop(choice: Choice, calls: number): ModelReply['stop'] {
  if (choice.finish_reason === 'length') return 'length';
  if (choice.finish_reason === 'content_filter' || typeof choice.message.refusal === 'string') return 'refused';
  return calls > 0 ? 'tools' : 'end';
}

function readReply(answer: unknown, tools: readonly ModelTool[], thoughts: Thoughts): ModelReply {
  const completion = completionShape.safeParse(answer).data;
  const choice = completion?.choices[0];
  if (completion === undefined || choice === undefined) throw unreadable();
  const toolCalls = (choice.message.tool_calls ?? []).map((call, index) => {
    const name = call.function?.name ?? call.custom?.name ?? '';
    // Some providers send arguments as JSON, not as a text of it.
    const input = call.function === undefined ? call.custom?.input : call.function.arguments;
    const read = readCall({ id: call.id || `call_${index + 1}`, name, input }, tools);
    const signature = thoughts === 'signatures' ? keptThought(call.extra_content?.google.thought_signature) : undefined;
    return signature === undefined ? read : { ...read, signature };
  });
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = completion.usage;
  const cached = prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = thoughts === 'reasoning' ? keptThought(choice.message.reasoning_content) : undefined;
  return {
    text: choice.message.content ?? choice.message.refusal ?? '',
    toolCalls,
    ...(reasoning !== undefined && { reasoning }),
    usage: {
      inputTokens: prompt_tokens,
      outputTokens: completion_tokens,
      ...(cached > 0 && { cachedInputTokens: cached }),
    },
    stop: readStop(choice, toolCalls.length),
  };
}

export function createOpenAiModel(options: OpenAiModelOptions): Model {
  const isOpenAi = options.baseUrl === undefined;
  const { model, thoughts = 'none' } = options;
  const dialect = options.dialect ?? (isOpenAi ? 'strict' : 'plain');
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const load = lazily(async () => {
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
  });

  return {
    name: options.name ?? `openai:${model}`,
    async complete(request: ModelRequest) {
      const { api, client } = await load();
      const tools = request.tools.map((tool) => toTool(tool, dialect));
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
      const question = {
        model,
        messages: [
          { role: 'system' as const, content: request.instructions },
          ...request.messages.map((message) => toMessage(message, { model, thoughts })),
        ],
        [isOpenAi || KNOWS_NEWER_LIMIT.test(model) ? 'max_completion_tokens' : 'max_tokens']: request.maxOutputTokens,
        ...(tools.length === 0 ? {} : { tools }),
      };
      try {
        if (request.onText === undefined) {
          return readReply(await client.chat.completions.create(question, { signal }), request.tools, thoughts);
        }
        const streamed = { ...question, stream: true, stream_options: { include_usage: true } } as const;
        const chunks = await client.chat.completions.create(streamed, { signal });
        const joined = await joinChunks(chunks, request.onText);
        // The package ends a stream that is given up as if that were all of it.
        signal.throwIfAborted();
        return readReply(joined, request.tools, thoughts);
      } catch (error) {
        throw sdkFault(error, api, { turn: request.signal, either: signal });
      }
    },
  };
}
