import { type Api, ApiError } from './api.ts';
import { outcomeWords } from './call-card.ts';
import { listOf, membersOf, readApproval, readCall, readTurn, type Turn, textOf } from './shapes.ts';
import { createTurnView, type TurnView } from './turn-view.ts';

// A turn from the page's side: asked, told as it runs, waited for while the person answers elsewhere, stopped. A connection that is lost ends
// nothing: the turn is then read at its own address.

export interface Chat {
  /** Rejects never: what goes wrong is shown in the turn. Resolves when the turn has ended. */
  ask(question: string): Promise<void>;
  stop(): Promise<void>;
  /** Looks at once whether the person has answered. */
  wake(): void;
  open(conversation: string | undefined): void;
  conversation(): string | undefined;
  busy(): boolean;
}

export interface ChatDeps {
  readonly api: Api;
  readonly oauthUrl: string | undefined;
  readonly show: (view: TurnView) => void;
  /** One short sentence for those who hear the page instead of seeing it. */
  readonly announce: (text: string) => void;
  readonly onChange: () => void;
  readonly onSignedOut: () => void;
}

const POLL_MS = 1500;
/** A stream that was cut is read again; a server that is gone is given up after this many tries in a row. */
const MAX_MISSES = 8;
const ENDED = ['completed', 'failed', 'cancelled'];

interface Running {
  readonly view: TurnView;
  id: string | undefined;
  stopped: boolean;
  /** Ends a pause between two looks. */
  wake: () => void;
  /** The person came back: ask for the turn to go on instead of only looking at it. */
  answered: boolean;
}

export function createChat(deps: ChatDeps): Chat {
  const { api, announce } = deps;
  let conversation: string | undefined;
  let running: Running | undefined;

  function pause(run: Running): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      run.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function take(run: Running, type: string, data: unknown): Turn | undefined {
    const members = membersOf(data);
    switch (type) {
      case 'turn.start':
        run.id = textOf(members['turn']);
        conversation = textOf(members['conversation_id']) || conversation;
        deps.onChange();
        return undefined;
      case 'text.delta':
        run.view.write(textOf(members['text']));
        return undefined;
      case 'tool.call':
        run.view.call(readCall({ ...members, outcome: 'sent' }));
        announce(`Asks ${textOf(members['tool'])}.`);
        return undefined;
      case 'tool.result':
        run.view.call(readCall(members));
        announce(`${textOf(members['tool'])}: ${outcomeWords(textOf(members['outcome']))}.`);
        return undefined;
      case 'approval.required':
        run.view.approvals(listOf(members['approvals'], readApproval));
        return undefined;
      case 'turn.end':
        return readTurn(data);
      case 'error': {
        const { code, message } = membersOf(members['error']);
        throw new ApiError(0, textOf(code), textOf(message) || 'Something went wrong.');
      }
      default:
        return undefined;
    }
  }

  /** How the turn stands at the end of the stream; undefined when the stream broke off. */
  async function follow(run: Running, path: string, body?: unknown): Promise<Turn | undefined> {
    try {
      for await (const { type, data } of api.events(path, body)) {
        const end = take(run, type, data);
        if (end !== undefined) return end;
      }
    } catch (error) {
      if (error instanceof ApiError || run.id === undefined) throw error;
    }
    return undefined;
  }

  const at = (id: string): string => `/turns/${encodeURIComponent(id)}`;

  /** Until the turn has ended: polled, and asked to go on whenever the person may have answered. */
  async function untilEnd(run: Running, first: Turn | undefined): Promise<Turn> {
    let turn = first;
    let misses = 0;
    for (;;) {
      if (turn !== undefined) {
        run.id = turn.id;
        conversation = turn.conversation || conversation;
        run.view.settle(turn);
        if (ENDED.includes(turn.status)) return turn;
        if (turn.status === 'approval_required') run.view.note('Waits for your answer.');
      }
      const id = run.id;
      if (id === undefined)
        throw new ApiError(0, 'unreachable', 'The connection broke off before the turn began. Ask again.');
      await pause(run);
      const goOn = run.answered && turn?.status === 'approval_required';
      run.answered = false;
      try {
        turn = goOn ? await follow(run, `${at(id)}/continue`) : readTurn(await api.json('GET', at(id)));
        misses = 0;
      } catch (error) {
        misses += 1;
        const passing =
          error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
        if (!passing || misses > MAX_MISSES) throw error;
      }
    }
  }

  async function run(current: Running, question: string): Promise<void> {
    try {
      const body = {
        message: question,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(conversation === undefined ? {} : { conversation_id: conversation }),
      };
      const end = await untilEnd(current, await follow(current, '/stream', body));
      announce(end.answer ?? end.error ?? 'Done.');
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) deps.onSignedOut();
      const message = error instanceof Error ? error.message : 'Something went wrong.';
      current.view.fail(message);
      announce(message);
    }
  }

  return {
    async ask(question) {
      if (running !== undefined) return;
      const wake = (): void => {
        current.answered = true;
        current.wake();
      };
      const view = createTurnView(question, { oauthUrl: deps.oauthUrl, onAnswered: wake });
      const current: Running = { view, id: undefined, stopped: false, wake: () => {}, answered: false };
      running = current;
      deps.show(view);
      deps.onChange();
      await run(current, question);
      if (running === current) running = undefined;
      deps.onChange();
    },
    async stop() {
      const current = running;
      if (current?.id === undefined || current.stopped) return;
      current.stopped = true;
      current.view.note('Stopping…');
      await api.json('DELETE', at(current.id)).catch(() => {
        current.stopped = false;
      });
      current.wake();
    },
    wake() {
      if (running === undefined) return;
      running.answered = true;
      running.wake();
    },
    open(id) {
      conversation = id;
      deps.onChange();
    },
    conversation: () => conversation,
    busy: () => running !== undefined,
  };
}
