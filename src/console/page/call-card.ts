import { element } from './dom.ts';
import type { Call, Door } from './shapes.ts';

// One call of a tool, on its way through the doors: what the agent asks for, which checks it passed and how long each took.

/** What every call has to pass, in this order. */
const WAY: readonly (readonly [name: string, label: string, meaning: string])[] = [
  ['certificate', 'Certificate', 'the agent’s own, valid and not revoked'],
  ['signature', 'Signature', 'over this very request'],
  ['nonce', 'Nonce', 'never seen before'],
  ['delegation', 'Delegation', 'for you, for a minute'],
  ['grant', 'Grant', 'you let this agent do this'],
  ['approval', 'Approval', 'your yes, where one is needed'],
  ['tool', 'Tool', 'does the work'],
];

const APPROVALS: Readonly<Record<string, string>> = {
  not_needed: 'not needed',
  asked: 'waits for you',
  given: 'you said yes',
  refused: 'you said no',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  waiting: 'waits for an earlier call',
  sent: 'under way',
  approval_required: 'waits for your yes',
  completed: 'done',
  failed: 'could not be done',
  refused: 'was not done',
  unclear: 'may have been done',
};

const UNDER_WAY = ['waiting', 'sent', 'approval_required'];

export const outcomeWords = (outcome: string): string => OUTCOMES[outcome] ?? outcome;

const milliseconds = (ms: number): string =>
  `${ms < 1 ? ms.toFixed(2) : ms < 10 ? ms.toFixed(1) : String(Math.round(ms))} ms`;

function doorItem([name, label, meaning]: (typeof WAY)[number], door: Door | undefined): HTMLLIElement {
  const state = door === undefined ? 'ahead' : door.note === 'asked' || door.note === 'refused' ? 'stopped' : 'passed';
  const note = door?.note === undefined ? undefined : (APPROVALS[door.note] ?? door.note);
  const time = door === undefined ? undefined : milliseconds(door.ms);
  return element(
    'li',
    { class: `door ${state}`, 'data-door': name, title: meaning },
    element('span', { class: 'door-name' }, label),
    note === undefined ? undefined : element('span', { class: 'door-note' }, note),
    time === undefined
      ? element('span', { class: 'unseen' }, 'not reached')
      : element('span', { class: 'door-time' }, time),
  );
}

/** A value as a person reads it; structures keep their form. */
function argumentText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1);
}

export function argumentList(args: Call['arguments']): HTMLElement {
  const list = element('dl', { class: 'arguments' });
  for (const [name, value] of Object.entries(args)) {
    // Ours, not the person's: it makes a repeated call one and the same.
    if (name === 'idempotencyKey') continue;
    list.append(element('dt', {}, name), element('dd', {}, argumentText(value)));
  }
  return list;
}

/** A call of long ago, or one that was never sent, is known without its doors: then none are shown, rather than seven that nobody reached. */
function doorList({ tool, outcome, doors }: Call): HTMLElement | undefined {
  if (doors.length === 0 && !UNDER_WAY.includes(outcome)) return undefined;
  const passed = new Map(doors.map((door) => [door.name, door]));
  const items = WAY.map((door) => doorItem(door, passed.get(door[0])));
  return element('ol', { class: 'doors', 'aria-label': `The doors that ${tool} passes` }, ...items);
}

export function callCard(call: Call, title: string | undefined): HTMLElement {
  const heading = element(
    'p',
    { class: 'call-head' },
    element('span', {}, title === undefined ? undefined : `${title} `, element('code', {}, call.tool)),
    element('span', { class: `outcome ${call.outcome}` }, outcomeWords(call.outcome)),
  );
  const words = element('details', {}, element('summary', {}, 'What was asked for'), argumentList(call.arguments));
  return element(
    'section',
    { class: 'call', 'aria-label': `${call.tool}: ${outcomeWords(call.outcome)}`, 'data-tool': call.tool },
    heading,
    doorList(call),
    call.message === undefined ? undefined : element('p', { class: 'soft' }, call.message),
    words,
  );
}
