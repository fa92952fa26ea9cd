import type { SlackBlock, SlackContent } from '../../ports/slack.ts';
import type { SlackHome } from '../../trust/slack-job.ts';
import { linkButton, questionBlocks, type SlackQuestion } from '../../trust/slack-question.ts';
import type { TurnApproval, TurnCall, TurnRecord } from '../turn-record.ts';
import { context, notification, plainText, textSections } from './slack-text.ts';

// What persons see in Slack of a turn, and the home tab.

const section = (text: string): SlackBlock => ({ type: 'section', text: plainText(text) });

export const say = (text: string): SlackContent => ({ text: notification(text), blocks: textSections(text) });

const DONE: Readonly<Record<TurnCall['outcome'], string>> = {
  waiting: 'next',
  sent: 'at it',
  approval_required: 'waits for your yes',
  completed: 'done',
  failed: 'failed',
  refused: 'not done',
  unclear: 'unclear',
};

export interface SeenCall {
  readonly tool: string;
  readonly outcome: TurnCall['outcome'];
}

/** As many as fit under one glance. */
const MAX_CALLS_SHOWN = 8;

/** While a turn runs. */
export function progress(calls: readonly SeenCall[]): SlackContent {
  const lines = calls.slice(-MAX_CALLS_SHOWN).map(({ tool, outcome }) => `${tool}: ${DONE[outcome]}`);
  const words = 'Working on it …';
  return { text: words, blocks: [section(words), ...(lines.length === 0 ? [] : [context(lines.join('\n'))])] };
}

const WAITING = 'This needs your yes. The question is below; I go on when you have answered it.';

/** How a turn stands, in the one message that stands for it. */
export function turnMessage(record: TurnRecord): SlackContent {
  switch (record.status) {
    case 'running':
      return progress(record.calls);
    case 'approval_required':
      return say(WAITING);
    case 'cancelled':
      return say('This was cancelled.');
    case 'completed':
    case 'failed':
      return say(record.answer ?? record.error?.message ?? 'This ended without an answer.');
  }
}

export const asQuestion = (approval: TurnApproval): SlackQuestion => ({
  id: approval.id,
  url: approval.url,
  tool: approval.tool,
  summary: approval.summary,
  effect: approval.effect,
  undo: approval.undo,
  expires_at: approval.expires_at,
});

export function questionMessage(approval: TurnApproval): SlackContent {
  const question = asQuestion(approval);
  return { text: notification(`May I do this? ${question.summary}`), blocks: questionBlocks(question) };
}

/** A question that takes no more answers: its words without its buttons. */
export function answeredQuestion(summary: string, words: string): SlackContent {
  return { text: notification(words), blocks: [...textSections(summary).slice(0, 1), context(words)] };
}

const STRANGER =
  'I do not know you yet. Open the page, sign in, and say there that this is you. The page then shows a code: send it to me here as a message.';

export const strangerMessage = (link: string): SlackContent => ({
  text: notification(STRANGER),
  blocks: [section(STRANGER), { type: 'actions', elements: [linkButton('identity', 'Say who you are', link)] }],
});

const GOOGLE: Readonly<Record<NonNullable<SlackHome['known']>['google'], string>> = {
  connected: 'Google Calendar is connected.',
  absent: 'Google Calendar is not connected.',
  revoked: 'Google Calendar is disconnected.',
  unreadable: 'Google Calendar must be connected again.',
};

const header = (text: string): SlackBlock => ({ type: 'header', text: plainText(text) });
const buttons = (...elements: readonly SlackBlock[]): SlackBlock => ({ type: 'actions', elements });

function questionRows(known: NonNullable<SlackHome['known']>): readonly SlackBlock[] {
  if (known.questions.length === 0) return [section('Nothing waits for your answer.')];
  return known.questions.map(({ summary, url }, index) => ({
    ...section(summary),
    accessory: linkButton(`question.${index}`, 'Look and answer', url),
  }));
}

function grantRows(known: NonNullable<SlackHome['known']>): readonly SlackBlock[] {
  if (known.grants.length === 0) return [section('No agent may act for you.')];
  return known.grants.map(({ agent, may, until }) => section(`${agent} may ${may.join('; ')}. Until ${until}.`));
}

/** The home tab holds links only: what they lead to is changed on pages that know who is there. */
export function homeBlocks({ known, links }: SlackHome): readonly SlackBlock[] {
  if (known === undefined) {
    const link = links.link ?? links.home;
    return [header('Sallyport'), section(STRANGER), buttons(linkButton('identity', 'Say who you are', link))];
  }
  const connected = known.google === 'connected';
  return [
    header('What waits for you'),
    ...questionRows(known),
    buttons(linkButton('questions', 'All questions', links.questions)),
    header('Connections'),
    section(GOOGLE[known.google]),
    buttons(
      linkButton(
        'connections',
        connected ? 'Disconnect or change' : 'Connect Google Calendar',
        connected ? links.connections : links.home,
      ),
    ),
    header('Who may act for you'),
    ...grantRows(known),
    buttons(linkButton('grants', 'Change this', links.grants)),
    context(
      'Ask me in the Messages tab, mention me in a channel, or use /sallyport. What I find out is shown to you alone.',
    ),
  ];
}
