import { waitingAnswer } from './answer.ts';
import type { CallOutcome, TurnApproval, TurnCall, TurnRecord } from './turn-record.ts';

// A turn as the API shows it: what was asked of which tool and how that ended, never what stays inside.

export interface TurnView {
  readonly status: TurnRecord['status'];
  readonly turn: string;
  readonly conversation_id: string;
  readonly answer?: string;
  readonly limit?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly tool_calls: readonly {
    readonly tool: string;
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly outcome: CallOutcome;
    readonly code?: string;
    readonly message?: string;
    readonly doors?: NonNullable<TurnCall['doors']>;
  }[];
  readonly approvals: readonly TurnApproval[];
  readonly usage: {
    readonly model: string;
    readonly steps: number;
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly answered_by?: readonly string[];
    readonly cost?: number;
  };
}

export function viewTurn(record: TurnRecord, model: string): TurnView {
  const { input_tokens, output_tokens, answered_by, cost } = record.usage;
  const answer = record.status === 'approval_required' ? waitingAnswer(record) : record.answer;
  return {
    status: record.status,
    turn: record.id,
    conversation_id: record.conversation_id,
    ...(answer === undefined ? {} : { answer }),
    ...(record.limit === undefined ? {} : { limit: record.limit }),
    ...(record.error === undefined ? {} : { error: { code: record.error.code, message: record.error.message } }),
    tool_calls: record.calls.map((call) => ({
      tool: call.tool,
      arguments: call.arguments,
      outcome: call.outcome,
      ...(call.code === undefined ? {} : { code: call.code }),
      ...(call.message === undefined ? {} : { message: call.message }),
      ...(call.doors === undefined ? {} : { doors: call.doors }),
    })),
    approvals: record.approvals,
    usage: {
      model,
      steps: record.steps,
      input_tokens,
      output_tokens,
      ...(answered_by !== undefined && { answered_by }),
      ...(cost !== undefined && { cost }),
    },
  };
}
