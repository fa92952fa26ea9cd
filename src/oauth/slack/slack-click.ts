import { AppError } from '../../kernel/app-error.ts';
import { isoTime } from '../../kernel/iso-time.ts';
import type { ApprovalRecord } from '../../trust/approval.ts';
import {
  LINK_ACTION,
  NO_ACTION,
  questionIdOf,
  questionValue,
  type SlackQuestion,
  showsQuestion,
  YES_ACTION,
} from '../../trust/slack-question.ts';
import type { Decision, Question } from '../approvals.ts';
import type { OAuthParts } from '../parts.ts';
import type { SlackClick } from './slack-request.ts';

// A click on a question's button. It answers the question only if the clicker is the person whom it was asked, if it was asked in these
// very words and for the last time, and if the message said exactly that: whoever holds the bot's token can post a message of any kind.

export type ClickOutcome =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'answered'; readonly question: Question; readonly decision: Decision }
  /** `reason` is for the log, `text` for the clicker. */
  | { readonly kind: 'refused'; readonly reason: string; readonly text: string };

export function slackQuestionOf(record: ApprovalRecord, publicUrl: string): SlackQuestion {
  return {
    id: record.id,
    url: `${publicUrl}/approvals/${record.id}`,
    tool: record.tool,
    summary: record.summary,
    effect: record.effect,
    undo: record.undo,
    expires_at: isoTime(record.expires_at),
  };
}

const DECISIONS: Readonly<Record<string, Decision>> = { [YES_ACTION]: 'yes', [NO_ACTION]: 'no' };

const refused = (reason: string, text: string): ClickOutcome => ({ kind: 'refused', reason, text });
const NOT_YOURS =
  'This question is not for you to answer, or it is over. Only the person whom it was asked can answer it. Nothing was done.';

/**
 * Slack sends along what the message says, and a click without it answers nothing: of an ephemeral message, a view, and the preview of a
 * link in somebody's message nobody here sees what stood above the button. Words in attachments are none of the question's.
 */
function saysSo({ message, isEphemeral, container }: SlackClick, question: SlackQuestion): boolean {
  if (isEphemeral || container !== 'message' || message === undefined) return false;
  const { blocks, attachments } = message;
  const bare = attachments === undefined || attachments === null || (Array.isArray(attachments) && !attachments.length);
  return bare && showsQuestion(blocks, question);
}

export async function takeClick(
  parts: OAuthParts,
  from: { readonly person: string | undefined; readonly identity: string },
  click: SlackClick,
): Promise<ClickOutcome> {
  if (click.actionId.startsWith(LINK_ACTION)) return { kind: 'ignored' };
  const decision = Object.hasOwn(DECISIONS, click.actionId) ? DECISIONS[click.actionId] : undefined;
  if (decision === undefined) return { kind: 'ignored' };
  const id = questionIdOf(click.value);
  const { person, identity } = from;
  if (id === undefined) return refused('slack_value_malformed', NOT_YOURS);
  if (person === undefined) return refused('slack_stranger', NOT_YOURS);
  try {
    const { record } = await parts.approvals.read(person, id);
    const question = slackQuestionOf(record, parts.config.publicUrl);
    const look = `Look at it and answer it there: ${question.url}`;
    if (click.value !== questionValue(question)) {
      return refused('slack_asked_again', `This was asked again since. Nothing was answered. ${look}`);
    }
    if (!saysSo(click, question)) {
      const text = `This message does not say what the question says, so nothing was answered. ${look}`;
      return refused('slack_message_differs', text);
    }
    const { instance } = record;
    const answered = await parts.approvals.decide({ person, id, instance, decision, by: identity });
    return { kind: 'answered', question: answered, decision };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'not_found') return refused('slack_not_theirs', NOT_YOURS);
    if (error.code === 'gone' || error.code === 'conflict') return refused(`slack_${error.code}`, error.message);
    throw error;
  }
}
