import { writeAudit } from '../../mcp/audit.ts';
import type { CallOutcome, CallTool, ToolCall } from '../../mcp/protocol/seam.ts';
import type { JsonObject } from '../../mcp/tools/tool.ts';
import type { DoorAnswer, DoorConnection } from '../bridge/door-connection.ts';

// Calls of tools that act for a person: sent on to a door, whose checks they all pass, its approvals among them. Nothing is decided here, and an
// answer is passed on as it came.

export interface CallBehindDoorDeps {
  /** Opened when the first such tool is called; rejects with AppError where no door is known. */
  readonly open: () => Promise<DoorConnection>;
  readonly nowMs: () => number;
}

/** JSON-RPC's "invalid params", which is MCP's word for a tool that is not there. */
const UNKNOWN_TOOL = -32602;

interface Said {
  readonly text?: unknown;
}

/** The block of text that our doors begin an answer with, and what they add to it. */
function asOutcome(answer: DoorAnswer, tool: string): CallOutcome {
  if (answer.kind === 'question') {
    const { id, url, message, expiresAt } = answer.question;
    const summary = message.replace(/^This needs the person's approval first: /, '');
    return { kind: 'approval_required', question: { id, url, tool, summary, expires_at: expiresAt ?? 'it closes' } };
  }
  const { content = [], structuredContent, isError, _meta } = answer.result;
  const [first, ...rest] = content as readonly (JsonObject & Said)[];
  const leads = typeof first?.text === 'string';
  const code = (_meta?.['sallyport/error'] as { readonly code?: unknown } | undefined)?.code;
  const added = leads ? rest : content;
  return {
    kind: 'result',
    result: {
      text: leads ? String(first.text) : '',
      ...(structuredContent !== undefined && { structuredContent: structuredContent as JsonObject }),
      ...(added.length > 0 && { content: added as readonly JsonObject[] }),
      ...(isError === true && { isError, code: typeof code === 'string' ? code : 'tool_error' }),
    },
  };
}

/** A refusal of the protocol is the door's own word; everything else happened on the way. */
async function inWords(error: unknown, door: string): Promise<{ readonly code: string; readonly text: string }> {
  // Loaded with the first call behind a door: an IDE waits for the list of tools meanwhile.
  const [{ ProtocolError }, { explainFault }] = await Promise.all([
    import('@modelcontextprotocol/client'),
    import('../bridge/door-answers.ts'),
  ]);
  if (!(error instanceof ProtocolError)) {
    const { code, message } = explainFault(error, door);
    return { code, text: message };
  }
  const code = (error.data as { readonly code?: unknown } | undefined)?.code;
  const mend =
    error.code === UNKNOWN_TOOL
      ? ' Its operator has not switched this toolset on, or your token does not reach it.'
      : '';
  const text = `The MCP server "${door}" refused: ${error.message.replace(/\.?$/, '.')}${mend}`;
  return { code: typeof code === 'string' ? code : 'upstream_failed', text };
}

function wordOf(outcome: CallOutcome): string {
  if (outcome.kind !== 'result') return outcome.kind;
  return outcome.result.isError === true ? (outcome.result.code ?? 'tool_error') : 'completed';
}

export function createCallBehindDoor({ open, nowMs }: CallBehindDoorDeps): CallTool {
  async function ask({ name, arguments: args, signal, declined }: ToolCall): Promise<CallOutcome> {
    if (declined) {
      const text = 'Nothing was done: it was not approved.';
      return { kind: 'result', result: { isError: true, code: 'approval_declined', text } };
    }
    let door = 'the door';
    try {
      const connection = await open();
      door = connection.name;
      return asOutcome(await connection.callTool({ name, arguments: args, signal }), name);
    } catch (error) {
      return { kind: 'result', result: { isError: true, ...(await inWords(error, door)) } };
    }
  }

  return async (call) => {
    const startedMs = nowMs();
    const outcome = await ask(call);
    writeAudit(call.log, {
      caller: call.caller,
      tool: call.name,
      known: true,
      arguments: call.arguments,
      outcome: wordOf(outcome),
      milliseconds: nowMs() - startedMs,
    });
    return outcome;
  };
}
