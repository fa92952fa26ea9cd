import { AppError } from '../../../kernel/app-error.ts';
import type { JsonObject } from '../tool.ts';
import type { AwsServiceData } from './aws-service.ts';

// How an answer's cursor leads to what follows it: AWS's token of the next page, and which one that is.

/** Where a list is cut that does not fit: what AWS would tell first stays. */
export type KeptSide = 'start' | 'end';

export interface Paging {
  /** The token's name in the request. */
  readonly sent: string;
  /** Its name in the answer. */
  readonly next: string;
  readonly keep: KeptSide;
}

export function pagingOf(data: AwsServiceData, operation: string, parameters: JsonObject): Paging {
  const listed = data.operations[operation];
  const [sent, next] = listed?.page ?? data.page;
  const { fromEnd } = listed ?? {};
  if (fromEnd === undefined || parameters[fromEnd.unless] === true) return { sent, next, keep: 'start' };
  return { sent, next: fromEnd.next, keep: 'end' };
}

/** The page's token goes with what it belongs to, so that nobody uses it for another question by mistake. */
const cursorOf = (operation: string, token: unknown): string =>
  Buffer.from(JSON.stringify([operation, token])).toString('base64url');

/** Where an answer leads on to, if it does: at the end of a log AWS gives the token back that it was sent, again and again. */
export function cursorAfter(operation: string, token: unknown, sent: unknown): string | undefined {
  if (typeof token !== 'string' || token === '' || token === sent) return undefined;
  return cursorOf(operation, token);
}

export function readCursor(operation: string, cursor: string): unknown {
  try {
    const [of, token] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as readonly unknown[];
    if (of === operation && typeof token === 'string') return token;
  } catch {
    // Said below.
  }
  throw new AppError('invalid_request', 'This cursor is not one of this operation’s answers. Ask without it.');
}
