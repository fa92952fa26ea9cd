import { installPeer, requirePeer } from './peers.ts';

// `@copilotkit/aimock` (a peer): LLM providers on loopback, with a journal of what they were sent. Declared here as far as the tests go.

type Json = Readonly<Record<string, unknown>>;

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | null;
    readonly tool_calls?: readonly {
      readonly id: string;
      readonly function: { readonly name: string; readonly arguments: string };
    }[];
    readonly tool_call_id?: string;
  }[];
  readonly tools?: readonly {
    readonly function: { readonly name: string; readonly strict?: boolean; readonly parameters: Json };
  }[];
  readonly max_completion_tokens?: number;
  readonly max_tokens?: number;
}

export interface JournalEntry {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ChatRequest;
  readonly response: { readonly status: number };
}

export interface AiMock {
  readonly url: string;
  on(match: Json & { readonly predicate?: (request: ChatRequest) => boolean }, response: Json, options?: Json): AiMock;
  onMessage(pattern: string | RegExp, response: Json, options?: Json): AiMock;
  nextRequestError(status: number, error?: Json): AiMock;
  getRequests(): readonly JournalEntry[];
  reset(): AiMock;
  setChaos(chaos: Json): AiMock;
  start(): Promise<string>;
  stop(): Promise<void>;
}

interface AiMockModule {
  readonly LLMock: new (options: Json) => AiMock;
}

/** A provider on a free loopback port, that answers nothing before it is told what. */
export async function startAiMock(): Promise<AiMock> {
  await installPeer('@copilotkit/aimock');
  const { LLMock } = requirePeer('@copilotkit/aimock') as AiMockModule;
  const mock = new LLMock({ port: 0, host: '127.0.0.1' });
  await mock.start();
  return mock;
}
