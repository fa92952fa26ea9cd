import { canonicalJson } from '../trust/canonical-json.ts';
import { givenLinks, plainAnswer } from './answer-links.ts';
import { claimsChange, claimsLook, claimsMore } from './claims.ts';
import type { StoredMessage, TurnCall, TurnRecord } from './turn-record.ts';

// The last word of a turn. A model writes it, but what happened is known from the calls: where the two could differ, what happened is
// added in our own words, so that no answer claims a thing that did not happen.

const same = (left: TurnCall, right: TurnCall): boolean =>
  left.tool === right.tool && canonicalJson(withoutKey(left)) === canonicalJson(withoutKey(right));

function withoutKey(call: TurnCall): Readonly<Record<string, unknown>> {
  const { idempotencyKey: _own, ...rest } = call.arguments;
  return rest;
}

/** Refused by the agent itself, before anything was sent: words for the model, and no news when it mended the call. */
const OWN_REFUSALS = ['invalid_call', 'not_sent', 'repeated_call'];

function refusedHere(call: TurnCall): boolean {
  return call.code !== undefined && OWN_REFUSALS.includes(call.code);
}

/** Writes that did not come to pass, without those that a later call made good. */
function undone(calls: readonly TurnCall[]): readonly TurnCall[] {
  return calls.filter((call, index) => {
    if (!call.writes || call.outcome === 'completed' || call.code === 'repeated_call') return false;
    const later = calls.slice(index + 1).filter((other) => other.code !== 'repeated_call');
    return !later.some((other) => (refusedHere(call) ? other.tool === call.tool : same(call, other)));
  });
}

function undoneLine(call: TurnCall): string {
  if (call.outcome === 'unclear' || call.outcome === 'sent') {
    return `It is not known whether ${call.tool} went through. Look before you try again.`;
  }
  const told = refusedHere(call) || call.message === undefined;
  return `${call.tool} was not done${told ? '' : `: ${call.message?.replace(/[.\s]+$/, '')}`}.`;
}

export function nobodyInvited(names: readonly string[]): string {
  return `Nobody was invited: there is no address for ${names.join(' or ')}.`;
}

function invitationLine(record: TurnRecord, text: string, unresolved: readonly string[]): string | undefined {
  const booked = record.calls.some(
    (call) => call.writes && call.outcome === 'completed' && 'summary' in call.arguments,
  );
  if (!booked || unresolved.length === 0 || /\bnobody\b|\bno one\b|\bnot invited\b|\bno address\b/i.test(text))
    return undefined;
  return nobodyInvited(unresolved);
}

const toolsOf = (calls: readonly TurnCall[]): string => [...new Set(calls.map((call) => call.tool))].join(', ');

/** What the text claims and the calls do not bear out. */
function correction(text: string, done: readonly TurnCall[], open: readonly TurnCall[]): string | undefined {
  if (done.length > 0 && (open.length > 0 || claimsMore(text, done))) return `What was done: ${toolsOf(done)}.`;
  if (done.length === 0 && open.length === 0 && claimsChange(text)) {
    return 'Nothing was changed: no tool that changes anything was run.';
  }
  return undefined;
}

export interface AnswerFacts {
  /** Names the person mentioned and nobody has an address for. */
  readonly unresolved?: readonly string[];
  /** Earlier turns of the conversation. */
  readonly history?: readonly StoredMessage[];
}

/** Nothing was ever looked at, and the text says what only a look would tell. */
function unseen(text: string, record: TurnRecord, history: readonly StoredMessage[]): boolean {
  const looked = record.calls.some((call) => call.outcome === 'completed');
  return !looked && !history.some((message) => message.role === 'tool' && !message.is_error) && claimsLook(text);
}

/** The model's words, then ours about what happened, in plain text. */
export function finishAnswer(text: string, record: TurnRecord, facts: AnswerFacts = {}): string {
  const { unresolved = [], history = [] } = facts;
  const done = record.calls.filter((call) => call.writes && call.outcome === 'completed');
  const open = undone(record.calls);
  const corrected = correction(text, done, open);
  const lines = [...open.map(undoneLine), ...(corrected === undefined ? [] : [corrected])];
  if (unseen(text, record, history)) lines.push('This was not looked up: no tool was asked.');
  const invitation = invitationLine(record, text, unresolved);
  if (invitation !== undefined) lines.push(invitation);
  const given = givenLinks([...history, ...record.messages], record.calls);
  // Line by line: what is added must not change how the model's words read, which were told before.
  return [text.trim(), ...new Set(lines)]
    .filter((line) => line !== '')
    .map((line) => plainAnswer(line, given))
    .join('\n');
}

/** While a turn waits for the person. The model's own words are left out: it wrote them before anything happened. */
export function waitingAnswer(record: Pick<TurnRecord, 'approvals' | 'messages' | 'calls'>): string {
  // A model chose what the question quotes; exactly what would be sent stands where the person answers.
  const given = givenLinks(record.messages, record.calls);
  return record.approvals
    .map((item) => `This waits for your yes: ${plainAnswer(item.summary, given)}\nAnswer at ${item.url}`)
    .join('\n');
}

const unknown = ({ writes, outcome }: TurnCall): boolean => writes && (outcome === 'sent' || outcome === 'unclear');

/** What was done so far, for an answer that no model could finish. */
export function doneLine({ calls }: TurnRecord): string {
  const done = calls.filter((call) => call.writes && call.outcome === 'completed').map((call) => call.tool);
  if (done.length > 0) return `Done before that: ${done.join(', ')}.`;
  return calls.some(unknown) ? 'Nothing is known to have been changed.' : 'Nothing was changed.';
}

/** Writes of which nobody knows whether they went through. */
export const unknownWrites = ({ calls }: TurnRecord): readonly string[] =>
  calls.filter(unknown).map(({ tool }) => tool);
