import { badRequest, invalid, invalidParameter, timeRangeEmpty } from './errors.ts';
import { isTimeZone, parseInstant } from './moment.ts';

// Readers of query parameters, refusing as Google does.

export function readBoolean(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value !== null && value !== 'true' && value !== 'false') throw invalidParameter(name, value);
  return value === 'true';
}

/** Unix milliseconds of an RFC 3339 time, whose offset is mandatory. */
export function readInstant(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const ms = parseInstant(value);
  if (ms === undefined) throw badRequest();
  return ms;
}

export function readWindow(query: URLSearchParams): { fromMs: number | undefined; toMs: number | undefined } {
  const fromMs = readInstant(query, 'timeMin');
  const toMs = readInstant(query, 'timeMax');
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) throw timeRangeEmpty('timeMax');
  return { fromMs, toMs };
}

export function readZone(query: URLSearchParams, otherwise: string): string {
  const zone = query.get('timeZone');
  if (zone === null) return otherwise;
  if (!isTimeZone(zone)) throw invalidParameter('timeZone', zone);
  return zone;
}

export interface PageLimits {
  readonly usual: number;
  readonly most: number;
}

/** Cuts out the page that `maxResults` and `pageToken` ask for. A token names its list, so that one of another query is refused. */
export function cutPage<Item>(
  items: readonly Item[],
  query: URLSearchParams,
  limits: PageLimits,
): { readonly items: readonly Item[]; readonly nextPageToken?: string } {
  const asked = query.get('maxResults');
  if (asked !== null && !/^[1-9]\d{0,5}$/.test(asked)) throw invalidParameter('maxResults', asked);
  const size = Math.min(asked === null ? limits.usual : Number(asked), limits.most);
  const from = readPageToken(query);
  const page = items.slice(from, from + size);
  if (from + size >= items.length) return { items: page };
  return { items: page, nextPageToken: pageToken(query, from + size) };
}

/** The query without what may change from page to page. */
function listName(query: URLSearchParams): string {
  const kept = [...query.entries()].filter(([name]) => name !== 'pageToken' && name !== 'maxResults');
  return new URLSearchParams(kept.sort()).toString();
}

const pageToken = (query: URLSearchParams, offset: number): string =>
  Buffer.from(`${offset}:${listName(query)}`, 'utf8').toString('base64url');

function readPageToken(query: URLSearchParams): number {
  const token = query.get('pageToken');
  if (token === null) return 0;
  const [, offset, name] = /^(\d{1,9}):(.*)$/s.exec(Buffer.from(token, 'base64url').toString('utf8')) ?? [];
  if (offset === undefined || name !== listName(query)) throw invalid('Invalid page token value.');
  return Number(offset);
}
