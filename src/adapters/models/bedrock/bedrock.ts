import type {
  ContentBlock,
  ConverseCommandInput,
  ConverseCommandOutput,
  TokenUsage,
  ToolConfiguration,
} from '@aws-sdk/client-bedrock-runtime';
import { AppError } from '../../../kernel/app-error.ts';
import { lazily } from '../../../kernel/lazily.ts';
import type { Model, ModelMessage, ModelReply, ModelRequest, ModelTool } from '../../../ports/model.ts';
import { alternate } from '../alternate.ts';
import { toPlainSchema } from '../json-schema.ts';
import { providerError, unreadable } from '../provider-fault.ts';
import { readCall } from '../read-call.ts';
import { type BedrockAnswer, joinEvents } from './bedrock-stream.ts';

// Any model that Amazon Bedrock serves, by its Converse API. IAM says who may ask: there is no key. It logs nothing.

export interface BedrockModelOptions {
  /** A model's id or an inference profile's, such as `eu.anthropic.claude-…`. */
  readonly model: string;
  /** The SDK's own way (`AWS_REGION`, profile) when left out. */
  readonly region?: string;
  /** In place of the public endpoint. */
  readonly endpoint?: string;
  /** For one answer, further attempts included. Default 45,000. */
  readonly timeoutMs?: number;
  /** The first attempt included. Default 3. */
  readonly maxAttempts?: number;
}

type Document = NonNullable<ContentBlock.ToolUseMember['toolUse']['input']>;

const DEFAULT_TIMEOUT_MS = 45_000;

function toBlocks(message: ModelMessage): readonly ContentBlock[] {
  const text: readonly ContentBlock[] = message.text.trim() === '' ? [] : [{ text: message.text }];
  switch (message.role) {
    case 'user':
      return text;
    case 'assistant':
      return [
        ...text,
        ...message.toolCalls.map(({ id, name, arguments: input = {} }) => ({
          toolUse: { toolUseId: id, name, input: { ...input } as Document },
        })),
      ];
    case 'tool':
      return [
        {
          toolResult: {
            toolUseId: message.callId,
            content: [{ text: message.text }],
            status: message.isError ? 'error' : 'success',
          },
        },
      ];
  }
}

function toTools(tools: readonly ModelTool[]): ToolConfiguration {
  return {
    tools: tools.map(({ name, description, inputSchema }) => ({
      toolSpec: { name, description, inputSchema: { json: toPlainSchema(inputSchema) as Document } },
    })),
  };
}

function readStop(stop: unknown, calls: number): ModelReply['stop'] {
  if (stop === 'max_tokens' || stop === 'model_context_window_exceeded') return 'length';
  if (stop === 'content_filtered' || stop === 'guardrail_intervened') return 'refused';
  return calls > 0 ? 'tools' : 'end';
}

function readUsage(usage: TokenUsage | undefined): ModelReply['usage'] {
  const cachedInputTokens = usage?.cacheReadInputTokens ?? 0;
  return {
    inputTokens: (usage?.inputTokens ?? 0) + (usage?.cacheWriteInputTokens ?? 0) + cachedInputTokens,
    outputTokens: usage?.outputTokens ?? 0,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
  };
}

function readReply({ content, stopReason, usage }: BedrockAnswer, tools: readonly ModelTool[]): ModelReply {
  if (content === undefined) throw unreadable();
  const toolCalls = content
    .map((block) => block.toolUse)
    .filter((use) => use !== undefined)
    .map(({ toolUseId, name, input }, index) =>
      readCall({ id: toolUseId || `call_${index + 1}`, name: name ?? '', input }, tools),
    );
  const text = content.map((block) => block.text ?? '').join('');
  return { text, toolCalls, usage: readUsage(usage), stop: readStop(stopReason, toolCalls.length) };
}

const whole = ({ output, stopReason, usage }: ConverseCommandOutput): BedrockAnswer => ({
  content: output?.message?.content,
  stopReason,
  usage,
});

interface AwsFault extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Bedrock's names for what other providers say by a status alone. */
const STATUS: Readonly<Record<string, number>> = {
  ThrottlingException: 429,
  ServiceQuotaExceededException: 429,
  ModelNotReadyException: 503,
  ModelErrorException: 502,
  ModelTimeoutException: 504,
  AccessDeniedException: 403,
  ResourceNotFoundException: 404,
  ValidationException: 400,
};

function mapFault(error: unknown, turn: AbortSignal, either: AbortSignal): AppError {
  if (error instanceof AppError) return error;
  const { name = 'unknown', $metadata } = error instanceof Error ? (error as AwsFault) : ({} as AwsFault);
  const status = STATUS[name] ?? $metadata?.httpStatusCode;
  const timedOut = either.aborted || name === 'TimeoutError' || status === 504;
  return providerError({ kind: name, status, timedOut, cancelled: turn.aborted });
}

export function createBedrockModel(options: BedrockModelOptions): Model {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const { region, endpoint, maxAttempts = 3 } = options;
  const load = lazily(async () => {
    const sdk = await import('./bedrock-client.ts');
    const client = sdk.createBedrockClient({
      maxAttempts,
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
    });
    return { sdk, client };
  });

  return {
    name: `bedrock:${options.model}`,
    async complete(request: ModelRequest) {
      const { sdk, client } = await load();
      const signal = AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]);
      const question: ConverseCommandInput = {
        modelId: options.model,
        system: [{ text: request.instructions }],
        messages: alternate(request.messages, toBlocks).map(({ role, content }) => ({ role, content: [...content] })),
        inferenceConfig: { maxTokens: request.maxOutputTokens },
        ...(request.tools.length === 0 ? {} : { toolConfig: toTools(request.tools) }),
      };
      try {
        if (request.onText === undefined) {
          const answer = await client.send(new sdk.ConverseCommand(question), { abortSignal: signal });
          return readReply(whole(answer), request.tools);
        }
        const { stream } = await client.send(new sdk.ConverseStreamCommand(question), { abortSignal: signal });
        if (stream === undefined) throw unreadable();
        return readReply(await joinEvents(stream, request.onText), request.tools);
      } catch (error) {
        throw mapFault(error, request.signal, signal);
      }
    },
  };
}
