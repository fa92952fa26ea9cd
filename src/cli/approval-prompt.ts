import type { Approval } from './client/chat.ts';
import type { Style } from './style.ts';
import { oneLine } from './visible.ts';
import { argumentsInWords } from './words.ts';

// What stands before a terminal's “Do it?”: what will happen, with which tool and which arguments, what kind of thing that is, and how it is undone.
// All of it comes from the OAuth API, none from the agent.

const timeOfDay = (iso: string): string => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? oneLine(iso) : at.toTimeString().slice(0, 5);
};

/** Lines for a terminal, safe as they are. */
export function describeApproval(approval: Approval, style: Style): readonly string[] {
  const { agent, effect, undo } = approval;
  const asked = agent === undefined ? '' : `, asked by ${oneLine(agent)}`;
  const consequences =
    effect === undefined ? [] : [oneLine(effect), `To undo it: ${oneLine(undo ?? 'Nothing takes it back.')}`];
  return [
    style.strong(oneLine(approval.summary)),
    style.soft(`  with ${oneLine(approval.tool)}${asked}, open until ${timeOfDay(approval.expires_at)}`),
    ...argumentsInWords(approval.arguments ?? {}).map((line) => `  ${line}`),
    ...consequences.map((line) => `  ${line}`),
  ];
}

export const QUESTION = 'Do it? [y/N] ';

/** Anything but a clear yes is a no. */
export const readDecision = (reply: string): 'yes' | 'no' => (/^y(?:es)?$/i.test(reply.trim()) ? 'yes' : 'no');
