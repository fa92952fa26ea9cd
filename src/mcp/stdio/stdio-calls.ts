import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CallToolResult,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
} from '@modelcontextprotocol/server';
import { visibleText } from '../../kernel/visible-text.ts';
import type { Log } from '../../ports/log.ts';
import type { ApprovalQuestion } from '../approvals.ts';
import type { Caller } from '../caller.ts';
import type { Era } from '../protocol/revisions.ts';
import type { CallOutcome, CallTool } from '../protocol/seam.ts';
import { APPROVAL_INPUT, answerCall } from '../protocol/tool-answers.ts';
import type { JsonObject } from '../tools/tool.ts';

// One call over a pipe, and how its client's person is asked for a yes. Three ways, the first that the client can:
// - a form in the client itself (elicitation), for tools that run in this process. The model cannot fill it in: the client shows it to the person;
// - an address that the client opens (URL elicitation): the page of the door where the tool runs, or this process's own page;
// - the same address in words.
// A question of a door is answered at that door only: its yes is worth nothing from here.

/** One open question of a tool that runs in this process. */
export interface OpenQuestion {
  /** Which asking of it: an answer counts for this one only. */
  readonly instance: string;
  /** Canonical JSON. */
  readonly arguments: string;
}

export interface Consent {
  /** `undefined` when the question is not of this process but of a door. */
  open(id: string): Promise<OpenQuestion | undefined>;
  /** Writes the person's answer. Nothing happens when that asking is open no more. */
  answer(answer: { readonly id: string; readonly instance: string; readonly decision: 'yes' | 'no' }): Promise<void>;
  /** Where the person can answer in a browser on this computer; opened when first asked for. */
  addressOf(id: string): Promise<string>;
}

export interface StdioCallsDeps {
  readonly callTool: CallTool;
  readonly caller: Caller;
  readonly consent: Consent;
  readonly log: Log;
}

export interface StdioRequest {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly elicitation: ClientCapabilities['elicitation'];
  readonly responses: Readonly<Record<string, unknown>> | undefined;
  readonly state: string | undefined;
}

type Said =
  | { readonly kind: 'nothing' }
  /** The form, filled in and sent. */
  | { readonly kind: 'answered'; readonly decision: 'yes' | 'no' }
  /** The address was opened; the answer is given there. */
  | { readonly kind: 'opened' }
  /** Closed, or declined: no answer, and nobody wishes to be asked again now. */
  | { readonly kind: 'declined' };

/** A client gives up on a request after 60 s unless somebody changed that. */
const WAIT_FOR_ANSWER_MS = 45_000;
const LOOK_EVERY_MS = 1500;

function readSaid({ responses }: StdioRequest): Said {
  const response = inputResponse(responses === undefined ? undefined : { ...responses }, APPROVAL_INPUT);
  if (response.kind !== 'elicit') return { kind: 'nothing' };
  if (response.action !== 'accept') return { kind: 'declined' };
  const decision = response.content?.['decision'];
  if (decision === undefined) return { kind: 'opened' };
  // Whatever is not a plain yes is a no.
  return { kind: 'answered', decision: decision === 'yes' ? 'yes' : 'no' };
}

/** A client of before 2025-11-25, or one that names no mode, has forms (2025-11-25, Elicitation, capabilities). */
const hasForm = (elicitation: StdioRequest['elicitation']): boolean =>
  elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
const hasUrl = (elicitation: StdioRequest['elicitation']): boolean => elicitation?.url !== undefined;

const lead = (question: ApprovalQuestion): string => `This needs the person's approval first: ${question.summary}`;

/** Everything that a yes would let happen: the words, what kind of thing it is, and exactly what is sent. */
function formWords(question: ApprovalQuestion, open: OpenQuestion): string {
  const effect = question.effect === undefined ? [] : [question.effect];
  const undo = `To undo it: ${question.undo ?? 'nothing takes it back.'}`;
  const sent = `${question.tool} ${open.arguments}`;
  return [question.summary, ...effect, undo, '', 'Exactly what will be sent:', sent].map(visibleText).join('\n');
}

const stateOf = (id: string, { instance }: OpenQuestion): string => `${id} ${instance}`;

function readState(state: string | undefined): { readonly id: string; readonly instance: string } | undefined {
  const [id, instance, ...rest] = state?.split(' ') ?? [];
  return id === undefined || instance === undefined || rest.length > 0 ? undefined : { id, instance };
}

export function createStdioCalls(era: Era, deps: StdioCallsDeps) {
  const { consent, caller } = deps;

  function answer(name: string, outcome: CallOutcome, request: StdioRequest): CallToolResult | InputRequiredResult {
    const { requestId, signal } = request;
    const scope = { message: undefined, headers: {}, caller, requestId, log: deps.log, signal };
    return answerCall(name, outcome, { era, exchange: { scope }, canOpenUrls: false });
  }

  function inWords(name: string, question: ApprovalQuestion, url: string, request: StdioRequest): CallToolResult {
    const until = question.expires_at;
    const text = `${lead(question)}\nThey can answer until ${until} at ${url}. Then make the same call again.`;
    const told = { kind: 'result', result: { isError: true, code: 'approval_required', text } } as const;
    const said = answer(name, told, request) as CallToolResult;
    return { ...said, _meta: { ...said._meta, 'sallyport/approval': { ...question, url } } };
  }

  async function ask(name: string, question: ApprovalQuestion, request: StdioRequest, wasOpened: boolean) {
    const open = await consent.open(question.id);
    if (open !== undefined && hasForm(request.elicitation)) {
      const form = inputRequired.elicit({
        message: formWords(question, open),
        requestedSchema: {
          type: 'object',
          properties: { decision: { type: 'string', title: 'May this be done, once?', enum: ['no', 'yes'] } },
          required: ['decision'],
        },
      });
      return inputRequired({ inputRequests: { [APPROVAL_INPUT]: form }, requestState: stateOf(question.id, open) });
    }
    const url = open === undefined ? question.url : await consent.addressOf(question.id);
    if (wasOpened || !hasUrl(request.elicitation)) return inWords(name, question, url, request);
    const link = inputRequired.elicitUrl({ message: lead(question), url });
    return {
      ...inputRequired({ inputRequests: { [APPROVAL_INPUT]: link }, requestState: question.id }),
      _meta: { 'sallyport/approval': { ...question, url } },
    };
  }

  return async (name: string, args: JsonObject, request: StdioRequest) => {
    const { requestId, signal } = request;
    const said = readSaid(request);
    const state = readState(request.state);
    if (said.kind === 'answered' && state !== undefined) await consent.answer({ ...state, decision: said.decision });
    const log = deps.log.child({ request_id: requestId });
    const call = { name, arguments: args, caller, requestId, log, signal, declined: said.kind === 'declined' };
    let outcome = await deps.callTool(call);
    const giveUpMs = performance.now() + WAIT_FOR_ANSWER_MS;
    // The person is at the page now: their client waits, so that the model need not ask twice.
    while (said.kind === 'opened' && outcome.kind === 'approval_required' && performance.now() < giveUpMs) {
      await sleep(LOOK_EVERY_MS, undefined, { signal });
      outcome = await deps.callTool(call);
    }
    if (outcome.kind !== 'approval_required') return answer(name, outcome, request);
    return ask(name, outcome.question, request, said.kind === 'opened');
  };
}
