import { ApiRefusal, type Endpoint } from './client/api.ts';
import { type Approval, type ChatOptions, followTurn, type TurnAnswer } from './client/chat.ts';
import { cancelTurn, streamQuestion, type TurnNews } from './client/stream.ts';
import type { CliContext } from './context.ts';
import { oneLine, visible } from './visible.ts';

// One conversation at a terminal: questions go in, what happens is shown as it happens, and the conversation goes on until it is told to begin anew.
// It knows nothing of keys and prompts: `commands/chat.ts` reads those.

export interface ChatSession {
  /** Resolves when the turn has ended, waits for a yes elsewhere, or was cancelled. */
  ask(message: string): Promise<void>;
  /** Cancels the turn under way. False when there is none. */
  cancel(): Promise<boolean>;
  /** The next question begins another conversation. */
  begin(): void;
  /** `<provider>:<model>` of the last answer. */
  readonly model: string | undefined;
  readonly conversation: string | undefined;
}

export interface ChatSessionDeps {
  readonly context: Pick<CliContext, 'print' | 'warn'>;
  /** A piece of a line, already safe for a terminal. */
  readonly write: (text: string) => void;
  readonly agent: Endpoint;
  readonly approvals: Endpoint | undefined;
  readonly decide: (approval: Approval) => Promise<'yes' | 'no' | undefined>;
  readonly timeZone: string;
}

const ARGUMENTS_SHOWN = 160;

function shorten(args: Readonly<Record<string, unknown>>): string {
  const text = oneLine(JSON.stringify(args));
  return text.length > ARGUMENTS_SHOWN ? `${text.slice(0, ARGUMENTS_SHOWN)}…` : text;
}

export function createChatSession(deps: ChatSessionDeps): ChatSession {
  const { context, write, agent, approvals, decide, timeZone } = deps;
  let conversation: string | undefined;
  let model: string | undefined;
  let turn: string | undefined;
  /** What stands on the line that is being written, of this step's text. */
  let shown = '';

  function endLine(): void {
    if (shown !== '' && !shown.endsWith('\n')) write('\n');
  }

  function show(news: TurnNews): void {
    switch (news.kind) {
      case 'started':
        turn = news.turn;
        conversation = news.conversation;
        return;
      case 'text':
        shown += news.text;
        write(visible(news.text));
        return;
      case 'call':
        endLine();
        shown = '';
        context.warn(`· ${oneLine(news.tool)} ${shorten(news.arguments)}`);
        return;
      case 'result':
        if (news.outcome !== 'completed')
          context.warn(`· ${oneLine(news.tool)}: ${news.outcome}${news.message ? `: ${oneLine(news.message)}` : ''}`);
    }
  }

  function showApprovals({ approvals: open, turn: paused }: TurnAnswer): void {
    for (const { summary, url } of open) context.print(`Waiting for your yes: ${oneLine(summary)}\n  ${oneLine(url)}`);
    context.warn(`Then go on with: sallyport continue ${paused}`);
  }

  /** The answer counts: it may say more than was told, or something else. */
  function showAnswer(text: string): void {
    const told = shown.trim();
    if (told !== '' && text.startsWith(told)) write(`${visible(text.slice(told.length))}\n`);
    else {
      endLine();
      if (text !== '') context.print(text);
    }
  }

  function finish(answer: TurnAnswer): void {
    if (answer.status === 'approval_required') showApprovals(answer);
    else showAnswer(answer.answer ?? '');
    if (answer.status === 'cancelled') context.warn('Cancelled. What has been done stays done.');
    const used = answer.usage?.['model'];
    if (typeof used === 'string') model = used;
  }

  async function run(message: string): Promise<TurnAnswer> {
    const question = { message, timeZone, ...(conversation !== undefined && { conversationId: conversation }) };
    const first = await streamQuestion(agent, question, show);
    if (first.status !== 'approval_required' && first.status !== 'running') return first;
    endLine();
    shown = '';
    const options: ChatOptions = { agent, decide, ...(approvals !== undefined && { approvals }) };
    return followTurn(first, options);
  }

  return {
    async ask(message) {
      shown = '';
      try {
        finish(await run(message));
      } catch (error) {
        endLine();
        if (!(error instanceof ApiRefusal)) throw error;
        context.warn(error.message);
      } finally {
        turn = undefined;
      }
    },
    async cancel() {
      const running = turn;
      if (running === undefined) return false;
      turn = undefined;
      await cancelTurn(agent, running);
      return true;
    },
    begin() {
      conversation = undefined;
    },
    get model() {
      return model;
    },
    get conversation() {
      return conversation;
    },
  };
}
