import { argumentList } from './call-card.ts';
import { button, element, outsideLink } from './dom.ts';
import type { Approval, Call } from './shapes.ts';

// A question that waits for the person. It is shown here and answered at the OAuth API: this page's token cannot say yes, and no page of the
// agent's origin ever holds one that can.

const clockTime = (iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
};

export interface ApprovalActions {
  /** Where the person's pages are, if known: links elsewhere are not offered. */
  readonly oauthUrl: string | undefined;
  /** The person says that they have answered. */
  readonly onAnswered: () => void;
}

const sameOrigin = (url: string, base: string | undefined): boolean =>
  base === undefined || (URL.canParse(url) && new URL(url).origin === new URL(base).origin);

export function approvalCard(approval: Approval, call: Call | undefined, actions: ApprovalActions): HTMLElement {
  const { url, summary, effect, undo, tool, expiresAt } = approval;
  const answer = sameOrigin(url, actions.oauthUrl)
    ? outsideLink('Answer yes or no', url, { class: 'strong', 'data-approval': approval.id })
    : element('strong', {}, 'This question names a page that is not yours. Do not answer it; tell your operator.');
  return element(
    'section',
    { class: 'approval', 'aria-label': `A question for you: ${summary}` },
    element('h2', {}, 'May the agent do this?'),
    element('p', { class: 'summary' }, summary),
    element('p', {}, `With the tool ${tool}.`, effect === undefined ? undefined : ` ${effect}`),
    undo === undefined ? undefined : element('p', {}, `To undo it: ${undo}`),
    call === undefined
      ? undefined
      : element('details', {}, element('summary', {}, 'Exactly what will be sent'), argumentList(call.arguments)),
    element('p', { class: 'actions' }, answer, button('I have answered', actions.onAnswered)),
    element(
      'p',
      { class: 'soft' },
      `Your own page opens and takes the answer, until ${clockTime(expiresAt)}. It goes on here by itself.`,
    ),
  );
}
