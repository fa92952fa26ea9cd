import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';

// How this API reads requests: what a handler finds in its context, who wants a page, and bodies and queries that are refused
// rather than guessed at.

export interface OAuthEnv {
  Variables: { requestId: string; log: Log };
}
export type OAuthContext = Context<OAuthEnv>;

/** Forms and JSON here are a few hundred bytes. */
export const MAX_BODY_BYTES = 16 * 1024;

/** Browsers ask for `text/html`; everything that does not gets JSON. */
export function wantsPage(context: OAuthContext): boolean {
  const header = 'Accept';
  return (
    accepts(context, { header, supports: ['application/json', 'text/html'], default: 'application/json' }) ===
    'text/html'
  );
}

/** A query parameter that may stand there once (RFC 6749 §3.1: parameters must not be included more than once). */
export function queryOnce(context: OAuthContext, name: string): string | undefined {
  const values = context.req.queries(name) ?? [];
  if (values.length > 1) throw new AppError('invalid_request', `The parameter ${name} is there more than once.`);
  return values[0];
}

export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  // Names and rules only: a value may be somebody's secret.
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new AppError('invalid_request', `The request is not understood: ${problems.join('; ')}`);
}

const contentType = (context: OAuthContext): string =>
  (context.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

export const isForm = (context: OAuthContext): boolean => contentType(context) === 'application/x-www-form-urlencoded';

export async function readJson(context: OAuthContext): Promise<unknown> {
  const text = await context.req.text();
  if (text === '') return {};
  if (contentType(context) !== 'application/json') {
    throw new AppError('unsupported_media_type', 'Send application/json.');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('invalid_request', 'The body is not JSON.', { cause });
  }
}

export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/** Fields of a form; one that stands there several times (check boxes) becomes a list. */
export async function readForm(context: OAuthContext): Promise<FormFields> {
  if (!isForm(context)) throw new AppError('unsupported_media_type', 'Send application/x-www-form-urlencoded.');
  const form = new URLSearchParams(await context.req.text());
  const entries = [...new Set(form.keys())].map((name) => {
    const values = form.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values] as const;
  });
  return Object.fromEntries(entries);
}

/** One value or several, always a list. */
export const listOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(schema));
