import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { MAX_TITLE_CHARACTERS, TITLE_PATTERN } from './conversation-title.ts';

// Bodies of requests: JSON, small, valid UTF-8, and exactly what the API describes. Unknown members are refused, so that a
// misspelt one is not silently dropped.

export const MAX_BODY_BYTES = 65_536;
export const MAX_MESSAGE_CHARACTERS = 8000;
export const MAX_NAME_CHARACTERS = 100;

const zone = z.string().min(1).max(64).refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin');
/** Counts characters as JSON Schema does: by code points. */
const text = (maximum: number) =>
  z
    .string()
    .refine((value) => [...value].length <= maximum, `must have ${maximum} characters at most`)
    .refine((value) => /\S/.test(value), 'must not be empty');

export const chatBody = z.strictObject({
  message: text(MAX_MESSAGE_CHARACTERS),
  conversation_id: z.string().max(64).optional(),
  time_zone: zone.optional(),
});

/** One address as `local@domain`: what an invitation needs, no more. */
export const ADDRESS_PATTERN =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

export const contactBody = z.strictObject({
  name: text(MAX_NAME_CHARACTERS),
  address: z.string().max(254).regex(ADDRESS_PATTERN, 'must be one e-mail address'),
});

/** What a conversation is called: one line. */
export const titleBody = z.strictObject({
  title: text(MAX_TITLE_CHARACTERS).regex(TITLE_PATTERN, 'must be one line of text'),
});

export const exportFormats = ['json', 'markdown'] as const;
export const exportBody = z.strictObject({ format: z.enum(exportFormats).default('json') });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    // ECMAScript also takes offsets such as +02:00, which know no daylight saving.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const declared = Number(request.headers.get('content-length') ?? 0);
  const bytes = declared > MAX_BODY_BYTES ? undefined : new Uint8Array(await request.arrayBuffer());
  if (bytes === undefined || bytes.length > MAX_BODY_BYTES) {
    throw new AppError('too_large', `A request body may have ${MAX_BODY_BYTES} bytes at most.`);
  }
  return bytes;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AppError('invalid_request', 'The request body is not valid JSON in UTF-8.', { cause });
  }
}

function isJsonType(header: string | null): boolean {
  const [type = '', ...parameters] = (header ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return type === 'application/json' && (charset === undefined || /^charset="?utf-?8"?$/.test(charset));
}

/** Says what is wrong without repeating what was sent. */
function describeIssues(error: z.ZodError): string {
  const problems = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return problems.join('; ').slice(0, 500);
}

function check<Schema extends z.ZodType>(value: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new AppError('invalid_request', `The request is not valid: ${describeIssues(parsed.error)}`);
  return parsed.data;
}

function demandJson(request: Request): void {
  if (isJsonType(request.headers.get('content-type'))) return;
  throw new AppError('unsupported_media_type', 'Send the body as application/json.');
}

export async function readJson<Schema extends z.ZodType>(request: Request, schema: Schema): Promise<z.output<Schema>> {
  demandJson(request);
  return check(parseJson(await readBytes(request)), schema);
}

/** For requests whose body may be left out, which is the same as an empty object. */
export async function readOptionalJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return check({}, schema);
  demandJson(request);
  return check(parseJson(bytes), schema);
}

/** For requests that carry nothing: an empty body or an empty object. API Gateway adds a Content-Type even to an empty one. */
export async function readNothing(request: Request): Promise<void> {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return;
  if (!z.strictObject({}).safeParse(parseJson(bytes)).success) {
    throw new AppError('invalid_request', 'This request takes no body.');
  }
}
