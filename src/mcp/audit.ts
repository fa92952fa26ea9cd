import type { Log } from '../ports/log.ts';
import { hashJson } from '../trust/canonical-json.ts';
import type { Caller } from './caller.ts';
import type { JsonObject, ToolOrigin } from './tools/tool.ts';

// One line for every call that passed the door, whatever became of it: who, for whom, with which certificate, which
// tool, which arguments (as a hash: contents are not for logs), which approval, how it ended, how long it took.

export interface AuditedCall {
  readonly caller: Caller;
  /** As the caller named it; logged only when it is a tool of ours. */
  readonly tool: string;
  readonly known: boolean;
  /** The server behind this one that it was passed on to. */
  readonly origin?: ToolOrigin;
  readonly arguments: JsonObject;
  readonly approvalId?: string;
  /** `completed`, or the code of what stopped it. */
  readonly outcome: string;
  readonly milliseconds: number;
}

export function writeAudit(log: Log, call: AuditedCall): void {
  // A name that is no tool's is text of the caller's choosing, and so are metric dimensions made of it.
  const tool = call.known ? call.tool : 'unknown';
  log.info('tool_call', {
    door: call.caller.door,
    person: call.caller.person,
    agent: call.caller.agent,
    certificate_serial: call.caller.certificateSerial,
    tainted: call.caller.tainted,
    tool,
    server: call.origin?.server,
    server_tool: call.origin?.tool,
    arguments_hash: hashJson(call.arguments),
    approval: call.approvalId,
    outcome: call.outcome,
    milliseconds: call.milliseconds,
  });
  log.metric('ToolCall', { tool, outcome: call.outcome });
}
