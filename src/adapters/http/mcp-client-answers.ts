import { ProtocolError } from '@modelcontextprotocol/client';
import * as z from 'zod';
import { AppError, type ErrorCode, errorStatus } from '../../kernel/app-error.ts';
import type { PendingApproval, ToolOutcome } from '../../ports/tool-client.ts';
import { ExchangeBroken, HttpRefused } from './mcp-client-transport.ts';

// What the MCP API's answers mean for the person: each refusal says what to do next, and a failure says whether the tool may have run.

const APPROVAL_META = 'sallyport/approval';
const ERROR_META = 'sallyport/error';

const approvalShape = z.object({
  id: z.string(),
  url: z.url({ protocol: /^https?$/ }),
  tool: z.string(),
  summary: z.string(),
  effect: z.string().optional(),
  undo: z.string().optional(),
  expires_at: z.string(),
});
const errorMeta = z.object({
  code: z.string(),
  details: z.record(z.string(), z.unknown()).optional(),
});
const httpError = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const answerShape = z.looseObject({
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).optional(),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
  _meta: z.record(z.string(), z.unknown()).optional(),
});

/** -32602 of JSON-RPC 2.0; MCP says it for unknown tools as well. */
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

type Refused = Extract<ToolOutcome, { kind: 'refused' }>;

const words = {
  credentials: 'The tool server does not accept this agent’s certificate, key or signature. Tell your operator.',
  grant:
    'You have not allowed this agent to do this for you, or took it back. Allow it at the OAuth API, then ask again.',
  rate: 'Too many calls in a short time. Wait a little, then ask again.',
  busy: 'The tool server is not available just now. Nothing was done. Try again in a moment.',
  unreachable:
    'The tool server cannot be reached. Nothing was done. Try again in a moment; if it goes on, tell your operator.',
  // A server may close the connection without a word when it does not know the certificate's authority.
  brokeOff:
    'The tool server broke off. Try again in a moment; if it goes on, tell your operator: it may not accept this agent’s certificate.',
  protocol: 'The tool server and this agent do not understand each other. Tell your operator.',
  unclear: 'The tool server gave no clear answer. It is not known whether this was done: look before you try again.',
} as const;

const refused = (code: ErrorCode, message: string, extra: Partial<Refused> = {}): Refused => ({
  kind: 'refused',
  code,
  message,
  ...extra,
});

function approvalFrom(meta: Readonly<Record<string, unknown>> | undefined): PendingApproval | undefined {
  const parsed = approvalShape.safeParse(meta?.[APPROVAL_META]);
  if (!parsed.success) return undefined;
  const { expires_at: expiresAt, ...rest } = parsed.data;
  return { ...rest, expiresAt };
}

/** A tool's own answer, or the question that the person must answer first. */
export function readToolAnswer(answer: unknown): ToolOutcome {
  const parsed = answerShape.safeParse(answer);
  if (!parsed.success) return { kind: 'unclear', message: words.unclear };
  const { content = [], structuredContent, isError = false, _meta, resultType } = parsed.data;
  const approval = approvalFrom(_meta);
  if (approval !== undefined) return { kind: 'approval', approval };
  if (resultType === 'input_required') return refused('upstream_failed', words.protocol);
  const text = content.map((part) => part.text ?? '').join('\n');
  const error = errorMeta.safeParse(_meta?.[ERROR_META]);
  return {
    kind: 'result',
    text,
    isError,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(error.success ? { code: error.data.code } : {}),
  };
}

function retryAfter(headers: Readonly<Record<string, string | undefined>>): Partial<Refused> {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterSeconds: Math.ceil(seconds) } : {};
}

function readHttpRefusal(error: HttpRefused): ToolOutcome {
  const parsed = httpError.safeParse(error.body);
  const said = parsed.success ? parsed.data.error : undefined;
  switch (error.status) {
    case 401:
      return refused('upstream_failed', words.credentials);
    case 403:
      // The door says only "Refused."; other parts of the MCP API say what the person can do.
      return refused('forbidden', said !== undefined && said.message.length > 20 ? said.message : words.grant);
    case 429:
      return refused('rate_limited', said?.message ?? words.rate, retryAfter(error.headers));
    case 503:
      return refused('unavailable', words.busy, retryAfter(error.headers));
    default:
      // 5xx of a gateway: the function behind it may still have run. Anything else was refused before a tool was reached.
      return error.status >= 500 || error.status < 300
        ? { kind: 'unclear', message: words.unclear }
        : refused('upstream_failed', words.protocol);
  }
}

function readProtocolError(error: ProtocolError): ToolOutcome {
  const data = z.record(z.string(), z.unknown()).safeParse(error.data);
  const details = data.success ? data.data : {};
  const approval = approvalFrom(details);
  if (approval !== undefined) return { kind: 'approval', approval };
  const code = details['code'];
  if (code === 'insufficient_scope') {
    const scope = typeof details['scope'] === 'string' ? details['scope'] : 'more than was granted';
    return refused('forbidden', `This needs a right that you have not given: ${scope}. Allow it, then ask again.`);
  }
  if (typeof code === 'string' && Object.hasOwn(errorStatus, code)) return refused(code as ErrorCode, error.message);
  if (error.code === INVALID_PARAMS) return refused('invalid_request', 'The tool server does not take this call.');
  if (error.code === INTERNAL_ERROR) return { kind: 'unclear', message: words.unclear };
  return refused('upstream_failed', words.protocol);
}

/** Node's code of a system or TLS fault. */
export function faultCode(error: unknown): string {
  return error !== null && typeof error === 'object' && 'code' in error ? String(error.code) : '';
}

/** Names of faults that mean the other side turned our certificate down, or we theirs. */
const isTlsRefusal = (cause: unknown): boolean =>
  /^(?:ERR_SSL|ERR_TLS|UNABLE_|SELF_SIGNED|DEPTH_|CERT_)/.test(faultCode(cause));

/** What a call that threw means. Aborts are the caller's to tell apart before. */
export function readCallFailure(error: unknown): ToolOutcome {
  if (error instanceof HttpRefused) return readHttpRefusal(error);
  if (error instanceof ExchangeBroken) {
    if (isTlsRefusal(error.cause)) return refused('upstream_failed', words.credentials);
    return error.sent ? { kind: 'unclear', message: words.unclear } : refused('unavailable', words.unreachable);
  }
  if (error instanceof ProtocolError) return readProtocolError(error);
  if (error instanceof AppError) return refused(error.code, error.message);
  return { kind: 'unclear', message: words.unclear };
}

/** The same for a list, where nothing can have been done. */
export function listFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const outcome = readCallFailure(error);
  if (outcome.kind !== 'refused') return new AppError('unavailable', words.brokeOff, { cause: error });
  const { code, message, retryAfterSeconds, details } = outcome;
  return new AppError(code, message, {
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(details === undefined ? {} : { details }),
  });
}
