import { type Api, ApiError } from './api.ts';
import { outcomeWords } from './call-card.ts';
import { listOf, membersOf, readApproval, readCall, readTurn, type Turn, textOf } from './shapes.ts';
import type { TurnView } from './turn-view.ts';

// A turn from the page's side: asked, told as it runs, waited for while the person answers elsewhere, stopped. A connection that is lost ends
// nothing: the turn is then read at its own address.

export interface Chat {
  /** Nothing while a turn is under way. What goes wrong is shown in the turn. */
  ask(question: string): void;
  /** A turn of before; one that is still under way is waited for. */
  show(question: string, turn: Turn, state: TurnState): void;
  stop(): Promise<void>;
  /** Looks at once whether the person has answered. */
  wake(): void;
  /** Leaves the turn that is shown to itself, and goes on in this conversation, or begins another. */
  open(conversation: string | undefined): void;
  conversation(): string | undefined;
  busy(): boolean;
  /** The page is given up: what runs goes on elsewhere, and is not told here any more. */
  leave(): void;
}

/** `interrupted`: its process is gone; it goes on where it stopped when it is asked to. */
export type TurnState = 'ended' | 'under_way' | 'interrupted';

export interface ChatDeps {
  readonly api: Api;
  readonly createView: (question: string, onAnswered: () => void, onResume: () => void) => TurnView;
  readonly show: (view: TurnView) => void;
  /** One short sentence for those who hear the page instead of seeing it. */
  readonly announce: (text: string) => void;
  readonly onChange: () => void;
  readonly onSignedOut: () => void;
}

const POLL_MS = 1500;
/** A server that is gone is given up after this many tries in a row. */
const MAX_MISSES = 8;
const ENDED = ['completed', 'failed', 'cancelled'];

interface Running {
  readonly view: TurnView;
  id: string | undefined;
  /** The page shows another conversation by now. */
  left: boolean;
  /** The person may have answered: ask for the turn to go on instead of only looking at it. */
  answered: boolean;
  /** Ends a pause between two looks. */
  wake: () => void;
}

const at = (id: string): string => `/turns/${encodeURIComponent(id)}`;

const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

function pause(run: Running): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, POLL_MS);
    run.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

export function createChat(deps: ChatDeps): Chat {
  const { api, announce } = deps;
  let conversation: string | undefined;
  let running: Running | undefined;

  function begin(run: Running, turn: string, of: string): void {
    const known = conversation;
    run.id = turn;
    if (!run.left) conversation = of;
    if (known !== conversation) deps.onChange();
  }

  /** Takes one event in; answers the turn when it was the last. */
  function take(run: Running, type: string, data: unknown): Turn | undefined {
    const members = membersOf(data);
    switch (type) {
      case 'turn.start':
        begin(run, textOf(members['turn']), textOf(members['conversation_id']));
        return undefined;
      case 'text.delta':
        run.view.write(textOf(members['text']));
        return undefined;
      case 'tool.call':
      case 'tool.progress':
        run.view.call(readCall({ ...members, outcome: 'sent' }));
        return undefined;
      case 'tool.result':
        run.view.call(readCall(members));
        announce(`${textOf(members['tool'])}: ${outcomeWords(textOf(members['outcome']))}.`);
        return undefined;
      case 'approval.required':
        run.view.approvals(listOf(members['approvals'], readApproval));
        announce('The agent asks for your yes.');
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

  /** How the turn stands at the end of its stream; undefined when that broke off. */
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

  /** Looks once more, or asks for the turn to go on. A fault that passes counts as having seen nothing. */
  async function look(run: Running, id: string, goOn: boolean): Promise<Turn | undefined> {
    return goOn ? follow(run, `${at(id)}/continue`) : readTurn(await api.json('GET', at(id)));
  }

  /** Until the turn has ended, or the page shows something else. */
  async function untilEnd(run: Running, first: Turn | undefined): Promise<Turn | undefined> {
    let turn = first;
    let misses = 0;
    for (;;) {
      if (turn !== undefined) {
        begin(run, turn.id, turn.conversation);
        run.view.settle(turn);
        if (ENDED.includes(turn.status)) return turn;
      }
      if (run.left) return undefined;
      const { id } = run;
      if (id === undefined)
        throw new ApiError(0, 'unreachable', 'The connection broke off before the turn began. Ask again.');
      await pause(run);
      const goOn = run.answered;
      run.answered = false;
      try {
        turn = (await look(run, id, goOn)) ?? turn;
        misses = 0;
      } catch (error) {
        misses += 1;
        if (!isPassing(error) || misses > MAX_MISSES) throw error;
      }
    }
  }

  async function work(run: Running, first: () => Promise<Turn | undefined>): Promise<void> {
    try {
      const end = await untilEnd(run, await first());
      if (end !== undefined) announce(end.answer ?? end.error ?? 'Done.');
    } catch (error) {
      if (run.left) return;
      if (error instanceof ApiError && error.status === 401) deps.onSignedOut();
      const message = error instanceof Error ? error.message : 'Something went wrong.';
      run.view.fail(message);
      announce(message);
    }
  }

  /** One turn is under way at a time; what it does is told to its own part of the page. */
  function start(run: Running, first: () => Promise<Turn | undefined>): void {
    running = run;
    deps.onChange();
    void work(run, first).finally(() => {
      if (running !== run) return;
      running = undefined;
      deps.onChange();
    });
  }

  function leave(): void {
    if (running === undefined) return;
    running.left = true;
    running.wake();
    running = undefined;
  }

  function createRun(question: string): Running {
    const wake = (): void => {
      run.answered = true;
      run.wake();
    };
    /** An interrupted turn is asked to go on as an answered one is. */
    const resume = (): void => {
      const { id } = run;
      if (running === undefined && id !== undefined) start(run, () => follow(run, `${at(id)}/continue`));
    };
    const view = deps.createView(question, wake, resume);
    const run: Running = { view, id: undefined, left: false, answered: false, wake: () => {} };
    return run;
  }

  return {
    ask(question) {
      if (running !== undefined) return;
      const body = {
        message: question,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        ...(conversation === undefined ? {} : { conversation_id: conversation }),
      };
      const run = createRun(question);
      deps.show(run.view);
      start(run, () => follow(run, '/stream', body));
    },
    show(question, turn, state) {
      const run = createRun(question);
      run.id = turn.id;
      deps.show(run.view);
      run.view.settle(turn);
      if (state === 'interrupted') run.view.offerResume();
      if (state === 'under_way') start(run, async () => readTurn(await api.json('GET', at(turn.id))));
    },
    async stop() {
      const run = running;
      if (run?.id === undefined) return;
      run.view.note('Stopping…');
      await api.json('DELETE', at(run.id)).catch(() => run.view.note('It could not be stopped. Try again.'));
      run.wake();
    },
    wake() {
      if (running === undefined) return;
      running.answered = true;
      running.wake();
    },
    open(id) {
      leave();
      conversation = id;
      deps.onChange();
    },
    conversation: () => conversation,
    busy: () => running !== undefined,
    leave,
  };
}
