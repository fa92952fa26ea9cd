import { type ApprovalActions, approvalCard } from './approval-card.ts';
import { callCard } from './call-card.ts';
import { button, element, fill } from './dom.ts';
import type { Approval, Call, Turn } from './shapes.ts';

// One question and what comes of it: the calls on their way through the doors, questions for the person, the answer. It is drawn anew from what
// is known whenever that changes; nothing is read back from the page.

export interface TurnView {
  readonly node: HTMLElement;
  /** A piece of the answer, while it is written. */
  write(text: string): void;
  /** A call that begins, or how one ended. */
  call(call: Call): void;
  approvals(approvals: readonly Approval[]): void;
  /** How it stands now, which counts more than all that was told before. */
  settle(turn: Turn): void;
  fail(message: string): void;
  note(message: string): void;
  offerResume(): void;
}

export interface TurnActions extends ApprovalActions {
  readonly onResume: () => void;
  /** A tool's name in words, if known. */
  readonly titleOf: (tool: string) => string | undefined;
}

const OPEN = ['waiting', 'sent', 'approval_required'];

/** The place of a call that is told of again; by its name when it was read without its id. */
function placeOf(calls: readonly Call[], call: Call): number {
  const byId = calls.findIndex(({ id }) => id !== undefined && id === call.id);
  if (byId !== -1) return byId;
  return calls.findIndex(({ id, tool, outcome }) => id === undefined && tool === call.tool && OPEN.includes(outcome));
}

export function createTurnView(question: string, actions: TurnActions): TurnView {
  const calls: Call[] = [];
  const callList = element('div', { class: 'calls' });
  const approvalList = element('div', { class: 'approvals' });
  const answer = element('p', { class: 'answer' });
  const note = element('p', { class: 'note soft' });
  const asked = element('p', { class: 'question' }, element('span', { class: 'unseen' }, 'You: '), question);
  const reply = element('div', { class: 'reply' }, callList, approvalList, answer, note);
  const node = element('article', { class: 'turn', 'aria-label': 'A question and its answer' }, asked, reply);
  let written = '';
  /** What is shown already: a look that brings nothing new must not close what the person has opened. */
  let settled = '';

  const drawCalls = (): void => fill(callList, ...calls.map((call) => callCard(call, actions.titleOf(call.tool))));
  function say(text: string, kind = ''): void {
    answer.className = `answer ${kind}`.trim();
    fill(answer, text === '' ? undefined : element('span', { class: 'unseen' }, 'Agent: '), text);
  }
  function drawApprovals(approvals: readonly Approval[]): void {
    const callOf = ({ tool }: Approval): Call | undefined =>
      calls.find((call) => call.tool === tool && OPEN.includes(call.outcome));
    fill(approvalList, ...approvals.map((approval) => approvalCard(approval, callOf(approval), actions)));
  }

  return {
    node,
    write(text) {
      written += text;
      say(written, 'draft');
    },
    call(call) {
      settled = '';
      const place = placeOf(calls, call);
      const before = calls[place];
      if (before === undefined) calls.push(call);
      else calls[place] = { ...call, arguments: before.arguments };
      // What was written before a call is not the answer.
      written = '';
      say('');
      drawCalls();
    },
    approvals: drawApprovals,
    settle(turn) {
      const news = JSON.stringify(turn);
      if (news === settled) return;
      settled = news;
      const waits = turn.status === 'approval_required';
      calls.splice(0, calls.length, ...turn.calls);
      drawCalls();
      drawApprovals(waits ? turn.approvals : []);
      written = '';
      // While it waits, the question says all there is to say.
      say(waits ? '' : (turn.answer ?? turn.error ?? ''), turn.status === 'failed' ? 'failure' : '');
      const stopped = turn.status === 'cancelled' ? 'Stopped. What was done stays done.' : undefined;
      fill(note, stopped ?? turn.usage);
      (waits ? approvalList : answer).scrollIntoView({ block: 'nearest' });
    },
    fail(message) {
      say(message, 'failure');
      fill(note);
    },
    note: (message) => fill(note, message),
    offerResume() {
      fill(note, 'This was interrupted before it ended. ', button('Go on', actions.onResume));
    },
  };
}
