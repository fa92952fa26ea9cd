import { createHash } from 'node:crypto';
import { visibleText } from '../kernel/visible-text.ts';
import type { SlackBlock } from '../ports/slack.ts';
import { APPROVAL_ID_PATTERN } from './approval.ts';
import { canonicalJson } from './canonical-json.ts';
import { sameInSlack } from './slack-spelling.ts';

// One question of an agent as a message in Slack, with its buttons. The agent posts it, and the OAuth API, which alone takes the answer,
// renders the stored question by this same code and holds it against the message that was clicked: an agent that shows its person other
// words than those of the question gets no yes for it.
//
// Everything that came from others stands in `plain_text`, where Slack makes no link, no mention and no picture of anything.

export interface SlackQuestion {
  readonly id: string;
  /** Of the OAuth API's page for it. */
  readonly url: string;
  readonly tool: string;
  readonly summary: string;
  readonly effect?: string | undefined;
  readonly undo?: string | undefined;
  /** ISO 8601, UTC. */
  readonly expires_at: string;
}

export const YES_ACTION = 'sallyport.yes';
export const NO_ACTION = 'sallyport.no';
/** Buttons that only open a page begin so. Slack tells of a click on them, too, and nothing follows from it. */
export const LINK_ACTION = 'sallyport.link';

/** Of one text object, in characters. */
const MAX_TEXT = 3000;
const DIGEST_BYTES = 16;

const plain = (text: string) => ({ type: 'plain_text', text, emoji: true });

/** Of everything that the person reads: the same question asked anew with other words or another end is another one. */
function digestOf({ id, tool, summary, effect, undo, expires_at }: SlackQuestion): string {
  const text = canonicalJson(['sallyport slack v1', id, tool, summary, effect ?? null, undo ?? null, expires_at]);
  return createHash('sha256').update(text).digest().subarray(0, DIGEST_BYTES).toString('base64url');
}

/** What a button of this question carries. */
export const questionValue = (question: SlackQuestion): string => `${question.id}.${digestOf(question)}`;

/** The question's id in a button's value; undefined for any other text. */
export function questionIdOf(value: string): string | undefined {
  const [id = '', digest, ...more] = value.split('.');
  return digest !== undefined && more.length === 0 && APPROVAL_ID_PATTERN.test(id) ? id : undefined;
}

function consequences({ tool, effect, undo }: SlackQuestion): string {
  const words = effect === undefined ? '' : ` ${effect} To undo it: ${undo ?? 'Nothing takes it back.'}`;
  return visibleText(`Tool: ${tool}.${words}`);
}

export const linkButton = (name: string, label: string, url: string): SlackBlock => ({
  type: 'button',
  action_id: `${LINK_ACTION}.${name}`,
  text: plain(label),
  url,
});

function answerButtons(question: SlackQuestion): readonly SlackBlock[] {
  const value = questionValue(question);
  return [
    { type: 'button', action_id: YES_ACTION, text: plain('Yes, do it once'), style: 'primary', value },
    { type: 'button', action_id: NO_ACTION, text: plain('No'), value },
  ];
}

/** What is too long to be shown whole can be answered on its page only. */
export function questionBlocks(question: SlackQuestion): readonly SlackBlock[] {
  const summary = visibleText(question.summary);
  const about = consequences(question);
  const whole = summary.length <= MAX_TEXT && about.length <= MAX_TEXT;
  const until = `${question.expires_at.slice(11, 16)} UTC`;
  return [
    { type: 'section', block_id: 'sallyport.what', text: plain(summary.slice(0, MAX_TEXT)) },
    { type: 'context', block_id: 'sallyport.about', elements: [plain(about.slice(0, MAX_TEXT))] },
    {
      type: 'actions',
      block_id: 'sallyport.answer',
      elements: [...(whole ? answerButtons(question) : []), linkButton('question', 'Open its page', question.url)],
    },
    {
      type: 'context',
      block_id: 'sallyport.until',
      elements: [plain(`Waits for your yes until ${until}. Only you can answer.`)],
    },
  ];
}

/** Rendering options that Slack adds on its own. */
const ADDED = new Set(['emoji', 'verbatim']);

const membersOf = (value: object): ReadonlyMap<string, unknown> =>
  new Map(Object.entries(value).filter(([name]) => !ADDED.has(name)));

function same(shown: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') return typeof shown === 'string' && sameInSlack(shown, expected);
  if (typeof expected !== 'object' || expected === null) return shown === expected;
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown) !== Array.isArray(expected)) return false;
  const [there, wanted] = [membersOf(shown), membersOf(expected)];
  return there.size === wanted.size && [...wanted].every(([name, member]) => same(there.get(name), member));
}

/** Whether the blocks of a message say exactly this question, and nothing beside it. */
export const showsQuestion = (blocks: unknown, question: SlackQuestion): boolean =>
  same(blocks, questionBlocks(question));
