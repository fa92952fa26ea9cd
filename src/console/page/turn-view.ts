import { type ApprovalActions, approvalCard } from './approval-card.ts';
import { callCard } from './call-card.ts';
import { element, fill } from './dom.ts';
import type { Approval, Call, Turn } from './shapes.ts';

// One question and what comes of it: the calls on their way through the doors, questions for the person, the answer. It is drawn anew from what
// is known whenever that changes; nothing is read back from the page.

export interface TurnView {
  readonly node: HTMLElement;
  /** A piece of the answer, while it is written. */
  write(text: string): void;
  call(call: Call): void;
  approvals(approvals: readonly Approval[]): void;
  /** How it stands now, which counts more than all that was told before. */
  settle(turn: Turn): void;
  fail(message: string): void;
  note(message: string): void;
}

const same = (left: Call, right: Call): boolean => left.id !== undefined && left.id === right.id;

export function createTurnView(question: string | undefined, actions: ApprovalActions): TurnView {
  const calls: Call[] = [];
  const callList = element('div', { class: 'calls' });
  const approvalList = element('div', { class: 'approvals' });
  const answer = element('p', { class: 'answer' });
  const note = element('p', { class: 'note soft' });
  const reply = element('div', { class: 'reply' }, callList, approvalList, answer, note);
  const node = element('article', { class: 'turn', 'aria-label': 'A question and its answer' });
  if (question !== undefined) {
    node.append(element('p', { class: 'question' }, element('span', { class: 'unseen' }, 'You: '), question));
  }
  node.append(reply);
  let written = '';

  const drawCalls = (): void => fill(callList, ...calls.map(callCard));
  function say(text: string, kind = ''): void {
    answer.className = `answer ${kind}`.trim();
    fill(answer, text === '' ? undefined : element('span', { class: 'unseen' }, 'Agent: '), text);
  }
  function drawApprovals(approvals: readonly Approval[]): void {
    const waiting = calls.filter(({ outcome }) => outcome === 'approval_required' || outcome === 'sent');
    const cards = approvals.map((approval) =>
      approvalCard(
        approval,
        waiting.find(({ tool }) => tool === approval.tool),
        actions,
      ),
    );
    fill(approvalList, ...cards);
  }

  return {
    node,
    write(text) {
      written += text;
      say(written, 'draft');
    },
    call(call) {
      const index = calls.findIndex((known) => same(known, call));
      const before = calls[index];
      if (before === undefined) calls.push(call);
      else calls[index] = { ...call, arguments: before.arguments };
      // What was written before a call is not the answer.
      written = '';
      say('');
      drawCalls();
    },
    approvals: drawApprovals,
    settle(turn) {
      calls.splice(0, calls.length, ...turn.calls);
      drawCalls();
      drawApprovals(turn.status === 'approval_required' ? turn.approvals : []);
      written = '';
      say(turn.answer ?? turn.error ?? '', turn.status === 'failed' ? 'failure' : '');
      fill(note, turn.status === 'cancelled' ? 'Stopped. What was done stays done.' : turn.usage);
    },
    fail(message) {
      say(message, 'failure');
      fill(note);
    },
    note: (message) => fill(note, message),
  };
}
