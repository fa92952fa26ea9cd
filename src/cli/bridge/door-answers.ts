import {
  InsufficientScopeError,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import * as z from 'zod';
import { AppError, type ErrorCode } from '../../kernel/app-error.ts';
import { TransportError } from '../client/transport.ts';

// What a door's answers mean to whoever sits behind the bridge: an open question to the person, or a failure in words that say what to do. Words of
// the door itself are passed on; those of libraries are not.

const APPROVAL_META = 'sallyport/approval';
/** "URL elicitation required" of revision 2025-11-25. */
const URL_ELICITATION_REQUIRED = -32042;

const approvalShape = z.object({
  id: z.string(),
  url: z.url({ protocol: /^https?$/ }),
  summary: z.string(),
  expires_at: z.string(),
});

/** Something only a person can answer, at `url`, before the same call is made again. */
export interface OpenQuestion {
  readonly id: string;
  readonly url: string;
  readonly message: string;
  /** ISO 8601, where the door says it. */
  readonly expiresAt: string | undefined;
}

const elicitation = z.object({
  mode: z.literal('url'),
  url: z.url({ protocol: /^https?$/ }),
  message: z.string(),
  elicitationId: z.string().optional(),
});
const urlRequired = z.looseObject({ elicitations: z.array(elicitation).min(1) });
const inputRequired = z.looseObject({
  resultType: z.literal('input_required'),
  inputRequests: z.record(z.string(), z.looseObject({ method: z.string(), params: z.unknown() })).optional(),
});

function asQuestion(given: z.infer<typeof elicitation>, meta: unknown): OpenQuestion {
  const approval = approvalShape.safeParse((meta as Record<string, unknown> | undefined)?.[APPROVAL_META]);
  const { url, message, elicitationId } = given;
  const known = approval.success ? approval.data : undefined;
  return { id: elicitationId ?? known?.id ?? url, url, message, expiresAt: known?.expires_at };
}

/** The question in a result of either revision, or nothing when it is a plain result. `undefined` keys are what the door did not say. */
export function questionInResult(result: unknown): OpenQuestion | 'unknown' | undefined {
  const needed = inputRequired.safeParse(result);
  const meta = (result as { readonly _meta?: unknown } | undefined)?._meta;
  if (needed.success) {
    const asked = Object.values(needed.data.inputRequests ?? {}).map(({ params }) => elicitation.safeParse(params));
    const [first] = asked.flatMap((one) => (one.success ? [one.data] : []));
    return first === undefined ? 'unknown' : asQuestion(first, meta);
  }
  return undefined;
}

export function questionInError(error: unknown): OpenQuestion | undefined {
  if (!(error instanceof ProtocolError) || error.code !== URL_ELICITATION_REQUIRED) return undefined;
  const data = urlRequired.safeParse(error.data);
  const [first] = data.success ? data.data.elicitations : [];
  return first === undefined ? undefined : asQuestion(first, error.data);
}

export interface DoorFault {
  readonly code: ErrorCode;
  readonly message: string;
}

const httpBody = z.object({
  error: z.object({
    message: z.string(),
    data: z.looseObject({ code: z.string(), request_id: z.string() }).optional(),
  }),
});

function bodyOf(error: SdkHttpError): z.infer<typeof httpBody> | undefined {
  try {
    const parsed = httpBody.safeParse(JSON.parse(String(error.data['text'] ?? '')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function httpFault(error: SdkHttpError, door: string): DoorFault {
  const said = bodyOf(error)?.error;
  const request = said?.data === undefined ? '' : ` (request ${said.data.request_id})`;
  const words = said === undefined ? '' : ` ${said.message.replace(/\.?$/, '.')}`;
  const { status } = error;
  if (status === 401) {
    return {
      code: 'unauthenticated',
      message: `${door} does not believe this bridge’s proof${request}. Run \`sallyport bridge check\`.`,
    };
  }
  if (status === 403) {
    const why = `Run \`sallyport bridge check\`, which says what it takes.`;
    return { code: 'forbidden', message: `${door} refused:${words || ' not allowed.'}${request} ${why}` };
  }
  if (status === 429)
    return { code: 'rate_limited', message: `${door} is asked too often.${words} Wait a little, then try again.` };
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return {
      code: 'misconfigured',
      message: `${door} is no MCP endpoint (${status}). Check its "url": it ends in /mcp.`,
    };
  }
  if (status === 503)
    return { code: 'unavailable', message: `${door} is not available just now.${words} Try again in a moment.` };
  return {
    code: 'upstream_failed',
    message: `${door} answered ${status}.${words}${request} It is not known whether anything was done.`,
  };
}

function wireFault(error: TransportError, door: string): DoorFault {
  if (error.reason === 'timeout') {
    return {
      code: 'timed_out',
      message: `${door} took too long to answer. It is not known whether this was done: look before you try again.`,
    };
  }
  if (!error.maybeSent) {
    const code = (error.cause as { readonly code?: unknown } | undefined)?.code;
    const why = typeof code === 'string' ? ` (${code})` : '';
    return {
      code: 'unavailable',
      message: `${door} does not answer${why}. Nothing was done. Check the network; \`sallyport bridge check\` looks for the reason.`,
    };
  }
  return {
    code: 'unavailable',
    message: `The connection to ${door} broke off. It is not known whether this was done: look before you try again.`,
  };
}

/** The error itself or one that caused it: libraries wrap them. */
function within<Kind>(error: unknown, kind: abstract new (...args: never[]) => Kind): Kind | undefined {
  let looked = error;
  for (let depth = 0; depth < 5 && looked instanceof Error; depth += 1) {
    if (looked instanceof kind) return looked;
    const data = (looked as { readonly data?: { readonly cause?: unknown } }).data;
    looked = looked.cause ?? data?.cause;
  }
  return undefined;
}

/** Why nobody answered, in words for a person and a model. JSON-RPC's own errors are none of these: they are passed on as they are. */
export function explainFault(error: unknown, name: string): DoorFault {
  const door = `The MCP server "${name}"`;
  const known = within(error, AppError);
  if (known !== undefined) return { code: known.code, message: `${door}: ${known.message}` };
  const wire = within(error, TransportError);
  if (wire !== undefined) return wireFault(wire, door);
  const http = within(error, SdkHttpError);
  if (http !== undefined) return httpFault(http, door);
  const scope = within(error, InsufficientScopeError);
  if (scope !== undefined) {
    return {
      code: 'forbidden',
      message: `${door} needs a right that this bridge was not given: ${scope.requiredScope ?? 'more'}.`,
    };
  }
  if (error instanceof SdkError && error.code === SdkErrorCode.RequestTimeout)
    return wireFault(new TransportError('timeout', true), door);
  return { code: 'upstream_failed', message: `${door} and this bridge do not understand each other.` };
}
