// What the Agent API answers, read member by member: what is missing or of another kind is left out, so that an API that is newer than this page
// breaks nothing here.

type Members = Readonly<Record<string, unknown>>;

export const membersOf = (value: unknown): Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Members) : {};
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const maybeText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
export const listOf = <Item>(value: unknown, read: (item: Members) => Item): Item[] =>
  Array.isArray(value) ? value.map((item) => read(membersOf(item))) : [];

export interface Door {
  readonly name: string;
  readonly ms: number;
  readonly note: string | undefined;
}

export interface Call {
  /** Known while the turn is streamed. */
  readonly id: string | undefined;
  readonly tool: string;
  readonly arguments: Members;
  readonly outcome: string;
  readonly message: string | undefined;
  readonly doors: readonly Door[];
}

export interface Approval {
  readonly id: string;
  readonly url: string;
  readonly tool: string;
  readonly summary: string;
  readonly effect: string | undefined;
  readonly undo: string | undefined;
  readonly expiresAt: string;
}

export interface Turn {
  readonly id: string;
  readonly conversation: string;
  readonly status: string;
  readonly answer: string | undefined;
  readonly error: string | undefined;
  readonly calls: readonly Call[];
  readonly approvals: readonly Approval[];
  readonly usage: string | undefined;
}

const readDoor = ({ name, ms, note }: Members): Door => ({
  name: textOf(name),
  ms: typeof ms === 'number' && Number.isFinite(ms) ? ms : 0,
  note: maybeText(note),
});

export const readCall = (call: Members): Call => ({
  id: maybeText(call['id']),
  tool: textOf(call['tool']),
  arguments: membersOf(call['arguments']),
  outcome: textOf(call['outcome']) || 'sent',
  message: maybeText(call['message']),
  doors: listOf(call['doors'], readDoor),
});

export const readApproval = (approval: Members): Approval => ({
  id: textOf(approval['id']),
  url: textOf(approval['url']),
  tool: textOf(approval['tool']),
  summary: textOf(approval['summary']),
  effect: maybeText(approval['effect']),
  undo: maybeText(approval['undo']),
  expiresAt: textOf(approval['expires_at']),
});

function readUsage(value: unknown): string | undefined {
  const { model, answered_by, input_tokens, output_tokens } = membersOf(value);
  if (typeof model !== 'string') return undefined;
  const others = Array.isArray(answered_by) ? answered_by.filter((name) => typeof name === 'string') : [];
  const tokens = [input_tokens, output_tokens].map((count) => (typeof count === 'number' ? count : 0));
  const used = tokens.reduce((sum, count) => sum + count, 0);
  return `${others.length > 0 ? others.join(', ') : model}${used > 0 ? `, ${used} tokens` : ''}`;
}

export function readTurn(value: unknown): Turn {
  const turn = membersOf(value);
  return {
    id: textOf(turn['turn']),
    conversation: textOf(turn['conversation_id']),
    status: textOf(turn['status']) || 'failed',
    answer: maybeText(turn['answer']),
    error: maybeText(membersOf(turn['error'])['message']),
    calls: listOf(turn['tool_calls'], readCall),
    approvals: listOf(turn['approvals'], readApproval),
    usage: readUsage(turn['usage']),
  };
}
