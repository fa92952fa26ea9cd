import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import { CONVERSATION_ID_PATTERN } from './turn-record.ts';

// The query of requests that answer page by page.

export const DEFAULT_PAGE = 20;
export const MAX_PAGE = 100;
/** When a conversation was last written, Unix milliseconds, and its id: the page goes on behind it. */
export const CURSOR_PATTERN = new RegExp(`^[0-9]{1,15}\\.${CONVERSATION_ID_PATTERN.source.slice(1)}`);

const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/)
    .transform(Number)
    .pipe(z.number().max(MAX_PAGE))
    .default(DEFAULT_PAGE),
  cursor: z.string().regex(CURSOR_PATTERN).optional(),
});

export interface Page {
  readonly limit: number;
  readonly cursor?: string;
}

/** Every name with all of its values, as they stand in the query. */
export function readPage(query: Readonly<Record<string, readonly string[]>>): Page {
  const given = Object.entries(query).map(([name, values]) => [name, values.length === 1 ? values[0] : null]);
  const parsed = pageQuery.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const message = `Give limit (1 to ${MAX_PAGE}) and cursor (as the page before it said) once each, and nothing else.`;
    throw new AppError('invalid_request', message);
  }
  const { limit, cursor } = parsed.data;
  return { limit, ...(cursor !== undefined && { cursor }) };
}
