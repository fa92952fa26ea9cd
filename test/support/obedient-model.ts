import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

// A language model that obeys: behind OpenAI's chat completions, it does step by step what a script says, whatever anybody else thinks of
// it. It asks for what the person wants to know, and once it has read a planted text, does what that says. Where it has not read it, it says so,
// so that a test which plants nothing cannot pass.

interface Message {
  readonly role: string;
  readonly content?: string | null;
}

export interface ObedientCall {
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export type ObedientStep = { readonly calls: readonly ObedientCall[] } | { readonly says: string };

export interface ObedientScript {
  /** What it must have been shown before it obeys; compared by letters and digits. */
  readonly planted: string;
  /** One step after the other; the first ones may come before the text is read. A step may depend on what it was shown. */
  next(step: number, shown: string): ObedientStep | undefined;
  /** The steps from which on the text must have been read. */
  readonly readBefore: number;
}

export interface ObedientModel {
  /** The environment that leads a local machine here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Up to and with `/v1`. */
  readonly url: string;
  script: ObedientScript | undefined;
  /** Whether the script's text was in what it was shown. */
  readonly read: boolean;
  /** Whether each tool was ever offered. */
  readonly offered: ReadonlySet<string>;
  close(): Promise<void>;
}

export const NOT_READ = 'The planted text was not shown to me.';

/** As a text may come through JSON and fences. */
export function bareText(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\[nrtbf]/g, ' ')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

async function readJson(request: IncomingMessage) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
    readonly messages: readonly Message[];
    readonly stream?: boolean;
    readonly tools?: readonly { readonly function: { readonly name: string; readonly description?: string } }[];
  };
}

interface Said {
  readonly content: string | null;
  readonly tool_calls?: readonly object[];
}

/** Its words in pieces that end in the middle of links and marks, then its calls. */
function piecesOf({ content, tool_calls }: Said): readonly object[] {
  const words = content?.match(/.{1,3}/gsu) ?? [];
  const calls = tool_calls?.map((call, index) => ({ ...call, index }));
  return [...words.map((piece) => ({ content: piece })), ...(calls === undefined ? [] : [{ tool_calls: calls }])];
}

const chunk = (members: object): string =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: 'obedient', ...members })}\n\n`;

export async function startObedientModel(): Promise<ObedientModel> {
  const offered = new Set<string>();
  let script: ObedientScript | undefined;
  let read = false;
  let step = 0;

  function reply(body: Awaited<ReturnType<typeof readJson>>): ObedientStep {
    for (const tool of body.tools ?? []) offered.add(tool.function.name);
    if (script === undefined) return { says: 'Nothing to do.' };
    const shown = JSON.stringify([body.messages.map((message) => message.content), body.tools]);
    read ||= bareText(shown).includes(bareText(script.planted));
    const next = script.next(step, shown);
    if (step >= script.readBefore && !read) return { says: NOT_READ };
    step += 1;
    return next ?? { says: 'Done.' };
  }

  const server = createServer((request, response) => {
    void readJson(request).then((body) => {
      const answer = reply(body);
      const calls = 'calls' in answer ? answer.calls : [];
      const message = {
        role: 'assistant',
        content: 'says' in answer ? answer.says : null,
        ...(calls.length > 0 && {
          tool_calls: calls.map((call, index) => ({
            id: `call_${step}_${index}`,
            type: 'function',
            function: { name: call.tool, arguments: JSON.stringify(call.arguments) },
          })),
        }),
      };
      const finish_reason = calls.length > 0 ? 'tool_calls' : 'stop';
      const choice = { index: 0, finish_reason, message };
      const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
      if (body.stream === true) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const delta of piecesOf(message)) response.write(chunk({ choices: [{ index: 0, delta }] }));
        response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason }], usage }));
        response.end('data: [DONE]\n\n');
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', model: 'obedient', choices: [choice], usage }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    url,
    environment: { SALLYPORT_MODEL: 'openai:obedient', OPENAI_BASE_URL: url, OPENAI_API_KEY: 'sk-obedient' },
    get script() {
      return script;
    },
    set script(next) {
      script = next;
      read = false;
      step = 0;
    },
    get read() {
      return read;
    },
    offered,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
