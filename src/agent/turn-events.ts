import type { TurnApproval, TurnCall, TurnRecord } from './turn-record.ts';
import type { TurnHandle } from './turn-store.ts';
import type { TurnView } from './turn-view.ts';

// What a listener is told while a turn runs. Nothing depends on it: the record holds the same, and who comes late reads it there.

export type TurnEvent =
  | { readonly type: 'turn.start'; readonly turn: string; readonly conversation_id: string }
  /** A piece of the model's text, in plain text as the answer is. The turn's answer at its end is what counts: it may say more, or something else. */
  | { readonly type: 'text.delta'; readonly text: string }
  | {
      readonly type: 'tool.call';
      readonly id: string;
      readonly tool: string;
      readonly arguments: Readonly<Record<string, unknown>>;
    }
  /** How far a call is that takes long, in words of the tool's. */
  | { readonly type: 'tool.progress'; readonly id: string; readonly tool: string; readonly message: string }
  | {
      readonly type: 'tool.result';
      readonly id: string;
      readonly tool: string;
      readonly outcome: TurnCall['outcome'];
      readonly code?: string;
      readonly message?: string;
      /** The checks that the MCP API says the call passed. */
      readonly doors?: NonNullable<TurnCall['doors']>;
    }
  | { readonly type: 'approval.required'; readonly approvals: readonly TurnApproval[] }
  | ({ readonly type: 'usage'; readonly steps: number } & TurnRecord['usage'])
  | ({ readonly type: 'turn.end' } & TurnView)
  | {
      readonly type: 'error';
      readonly error: { readonly code: string; readonly message: string; readonly request_id: string };
    };

export type TellTurn = (event: TurnEvent) => void;

const settled: readonly TurnCall['outcome'][] = ['completed', 'failed', 'refused', 'unclear'];

function tellCall(call: TurnCall, before: TurnCall | undefined, tell: TellTurn): void {
  const { id, tool, outcome, code, message, doors } = call;
  if (before === undefined) tell({ type: 'tool.call', id, tool, arguments: call.arguments });
  if (!settled.includes(outcome) || before?.outcome === outcome) return;
  tell({
    type: 'tool.result',
    id,
    tool,
    outcome,
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    ...(doors !== undefined && { doors }),
  });
}

function tellChange(before: TurnRecord, after: TurnRecord, tell: TellTurn): void {
  for (const [index, call] of after.calls.entries()) tellCall(call, before.calls[index], tell);
  if (after.steps !== before.steps) tell({ type: 'usage', steps: after.steps, ...after.usage });
  if (after.status === 'approval_required') tell({ type: 'approval.required', approvals: after.approvals });
}

/** The same handle; what each save changes is told once it is written. */
export function watchTurn(handle: TurnHandle, tell: TellTurn): TurnHandle {
  return {
    get record() {
      return handle.record;
    },
    async save(change) {
      const before = handle.record;
      await handle.save(change);
      tellChange(before, handle.record, tell);
    },
  };
}
