import type { Endpoint } from './client/api.ts';
import { type Approval, type ChatOptions, followTurn, type TurnAnswer } from './client/chat.ts';
import { cancelTurn, streamContinue, streamQuestion, type TurnNews } from './client/stream.ts';
import type { CliContext } from './context.ts';
import { oneLine, visible } from './visible.ts';

// One conversation at a terminal or in a pipe: questions go in, what happens is shown as it happens, and the conversation goes on until it is told to
// begin anew. It knows nothing of keys and prompts: the commands read those.

export interface ChatSession {
  /** Resolves with how the turn stands when it has ended, waits for a yes elsewhere, or was cancelled. Rejects as `callApi` does. */
  ask(message: string): Promise<TurnAnswer>;
  /** Cancels the turn under way. False when there is none. */
  cancel(): Promise<boolean>;
  /** The next question goes on with this conversation, or begins another one. */
  goOn(conversation: string | undefined): void;
  /** `<provider>:<model>` of the last answer. */
  readonly model: string | undefined;
  readonly conversation: string | undefined;
}

export interface ChatSessionDeps {
  readonly context: Pick<CliContext, 'print' | 'warn' | 'tell' | 'style'>;
  /** A piece of a line, already safe for a terminal. Without it the answer is shown once it is whole. */
  readonly write?: (text: string) => void;
  readonly agent: Endpoint;
  readonly approvals: Endpoint | undefined;
  readonly decide: ChatOptions['decide'];
  readonly timeZone: string;
  readonly waitMs?: number;
  /** Shows neither calls nor answers: whoever asks prints what comes back. */
  readonly silent?: boolean;
}

const ARGUMENTS_SHOWN = 160;

function shorten(args: Readonly<Record<string, unknown>>): string {
  const text = oneLine(JSON.stringify(args));
  return text.length > ARGUMENTS_SHOWN ? `${text.slice(0, ARGUMENTS_SHOWN)}…` : text;
}

/** Puts what is told on a terminal: text as it comes, calls on lines of their own. */
function createDisplay({ context, write, silent = false }: ChatSessionDeps) {
  const { style } = context;
  /** What stands on the line that is being written, of this step's text. */
  let shown = '';
  const endLine = (): void => {
    if (shown !== '' && !shown.endsWith('\n')) write?.('\n');
    shown = '';
  };
  return {
    endLine,
    news(news: TurnNews): void {
      if (silent) return;
      if (news.kind === 'text' && write !== undefined) {
        shown += news.text;
        write(visible(news.text));
      }
      if (news.kind === 'call') {
        endLine();
        context.tell(style.soft(`· ${oneLine(news.tool)} ${shorten(news.arguments)}`));
      }
      if (news.kind === 'progress') context.tell(style.soft(`· ${oneLine(news.tool)}: ${oneLine(news.message)}`));
      if (news.kind === 'result' && news.outcome !== 'completed') {
        const why = news.message === undefined ? '' : `: ${oneLine(news.message)}`;
        context.tell(style.soft(`· ${oneLine(news.tool)}: ${oneLine(news.outcome)}${why}`));
      }
    },
    /** The answer counts: it may say more than was told, or something else. */
    answer(text: string): void {
      if (silent) return;
      const told = shown.trim();
      if (told !== '' && write !== undefined && text.startsWith(told)) write(`${visible(text.slice(told.length))}\n`);
      else {
        endLine();
        if (text !== '') context.print(text);
      }
      shown = '';
    },
    waiting(open: readonly Approval[], turn: string): void {
      if (silent) return;
      for (const { summary, url } of open) {
        context.print(`Waiting for your yes: ${oneLine(summary)}\n  ${oneLine(url)}`);
      }
      context.warn(`Then go on with: sallyport continue ${oneLine(turn)}`);
    },
  };
}

export const CANCELLED = 'Cancelled. What has been done stays done.';

export function createChatSession(deps: ChatSessionDeps): ChatSession {
  const { context, agent, approvals, decide, timeZone, waitMs } = deps;
  const display = createDisplay(deps);
  let conversation: string | undefined;
  let model: string | undefined;
  let turn: string | undefined;
  let isAsking = false;
  /** It was to be cancelled before it was known by a name. */
  let isUnwanted = false;

  function hear(news: TurnNews): void {
    if (news.kind === 'started') {
      turn = news.turn;
      conversation = news.conversation;
      // A turn that cannot be cancelled just now is told of by its end.
      if (isUnwanted) cancelTurn(agent, news.turn).catch(() => undefined);
    }
    display.news(news);
  }

  function finish(answer: TurnAnswer): TurnAnswer {
    if (answer.status === 'approval_required') display.waiting(answer.approvals, answer.turn);
    else display.answer(answer.answer ?? '');
    if (answer.status === 'cancelled') context.warn(CANCELLED);
    const used = answer.usage?.['model'];
    if (typeof used === 'string') model = used;
    return answer;
  }

  async function run(message: string): Promise<TurnAnswer> {
    const question = { message, timeZone, ...(conversation !== undefined && { conversationId: conversation }) };
    const first = await streamQuestion(agent, question, hear);
    if (first.status !== 'approval_required' && first.status !== 'running') return first;
    display.endLine();
    return followTurn(first, {
      agent,
      decide,
      resume: (id) => streamContinue(agent, id, hear),
      ...(approvals !== undefined && { approvals }),
      ...(waitMs !== undefined && { waitMs }),
    });
  }

  async function ask(message: string): Promise<TurnAnswer> {
    isAsking = true;
    isUnwanted = false;
    try {
      return finish(await run(message));
    } finally {
      display.endLine();
      isAsking = false;
      turn = undefined;
    }
  }

  return {
    ask,
    async cancel() {
      if (turn === undefined) {
        isUnwanted = isAsking;
        return isAsking;
      }
      await cancelTurn(agent, turn);
      return true;
    },
    goOn(id) {
      conversation = id;
    },
    get model() {
      return model;
    },
    get conversation() {
      return conversation;
    },
  };
}
