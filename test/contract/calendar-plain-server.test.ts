import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ToolResult } from '../../src/mcp/tools/tool.ts';
import { createGoogleBench, type GoogleBench } from '../support/calendar-tools.ts';

// The calendar tools against a server that knows of Calendar v3 only what its reference says in the first place: whole seconds, no
// ETags, changes laid over the event member by member, cursors that hold for one query. Nothing of the stand-in is in it.

type Item = Record<string, unknown>;

const NOW_MS = Date.parse('2026-11-21T10:00:00.250Z');
/** What the reference's examples look like: no fractions. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

const events = new Map<string, Item>();
const cursors = new Map<string, { readonly query: string; readonly from: number }>();
let cutAfterCommit = 0;
let nowMs = NOW_MS;
let server: Server;
let bench: GoogleBench;

async function readJson(request: IncomingMessage): Promise<Item> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : JSON.parse(text);
}

function startOf(event: Item): number {
  const { date, dateTime } = event['start'] as { date?: unknown; dateTime?: string };
  if (date === null) throw new Error('a plain server knows no null');
  return Date.parse(dateTime ?? String(date));
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const failure = (status: number, reason: string): Answer => ({
  status,
  body: { error: { code: status, message: reason, errors: [{ reason }] } },
});

function list(query: URLSearchParams): Answer {
  const cursor = query.get('pageToken');
  const size = Number(query.get('maxResults'));
  query.delete('pageToken');
  query.delete('maxResults');
  const place = cursor === null ? { query: query.toString(), from: 0 } : cursors.get(cursor);
  if (place?.query !== query.toString()) return failure(400, 'invalid');
  const timeMin = query.get('timeMin') ?? '1970-01-01T00:00:00Z';
  if (!INSTANT.test(timeMin)) return failure(400, 'badRequest');
  const found = [...events.values()]
    .filter((event) => startOf(event) >= Date.parse(timeMin))
    .sort((left, right) => startOf(left) - startOf(right));
  const items = found.slice(place.from, place.from + size);
  if (place.from + size >= found.length) return { status: 200, body: { items } };
  const nextPageToken = `page-${cursors.size}`;
  cursors.set(nextPageToken, { query: query.toString(), from: place.from + size });
  return { status: 200, body: { items, nextPageToken } };
}

function serve(method: string, url: URL, body: Item): Answer {
  const id = url.pathname.split('/')[6];
  if (method === 'GET' && id === undefined) return list(url.searchParams);
  if (method === 'POST') {
    const taken = String(body['id']);
    if (events.has(taken)) return failure(409, 'duplicate');
    events.set(taken, { ...body, status: 'confirmed' });
    return { status: 200, body: events.get(taken) };
  }
  const event = events.get(id ?? '');
  if (event === undefined) return failure(404, 'notFound');
  if (method === 'PATCH') {
    const changed = { ...event, ...body };
    startOf(changed);
    events.set(String(event['id']), changed);
  }
  return { status: 200, body: events.get(String(event['id'])) };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readJson(request);
  const { status, body: said } = serve(request.method ?? '', new URL(request.url ?? '', 'http://localhost'), body);
  if (request.method !== 'GET' && cutAfterCommit > 0) {
    cutAfterCommit -= 1;
    request.socket.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
}

beforeEach(async () => {
  events.clear();
  cursors.clear();
  cutAfterCommit = 0;
  nowMs = NOW_MS;
  server = createServer((request, response) => {
    answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench = createGoogleBench({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/calendar/v3/`,
    tokens: { access: async () => ({ accessToken: 'any', scopes: [] }) },
    clock: { nowMs: () => nowMs },
    timeoutMs: 2_000,
  });
});
afterEach(async () => {
  bench.http.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function contentOf(result: ToolResult): Readonly<Record<string, unknown>> {
  if (result.structuredContent === undefined) throw new Error(`${result.code}: ${result.text}`);
  return result.structuredContent;
}

const at = (hour: string): Item => ({ start: `2026-11-24T${hour}:00:00Z`, end: `2026-11-24T${hour}:45:00Z` });

describe('a plain Calendar server', () => {
  it('that breaks off after the commit has one event, and the first call does not claim an earlier booking', async () => {
    const args = { summary: 'Once', ...at('10'), idempotencyKey: 'k' };
    cutAfterCommit = 1;
    const first = contentOf(await bench.call('createevent', args));
    expect(first).toMatchObject({ replayed: false, note: expect.stringContaining('answer was lost') });
    const second = contentOf(await bench.call('createevent', args));
    expect(second['replayed']).toBe(true);
    expect(events.size).toBe(1);
  });

  it('that ties its cursors to the query gets every page of "from now on" from the same now', async () => {
    for (const hour of ['08', '09', '10']) await bench.call('createevent', { summary: `At ${hour}`, ...at(hour) });
    const titles: unknown[] = [];
    let cursor: unknown;
    do {
      const page = contentOf(
        await bench.call('listevents', { maxResults: 1, ...(cursor === undefined ? {} : { cursor }) }),
      );
      for (const event of page['events'] as Item[]) titles.push(event['summary']);
      cursor = page['cursor'];
      nowMs += 5_000;
    } while (cursor !== undefined);
    expect(titles).toEqual(['At 08', 'At 09', 'At 10']);
  });

  it('that lays changes over the event gets nothing that it would stumble over', async () => {
    const made = contentOf(await bench.call('createevent', { summary: 'Moved', ...at('10') }))['event'] as Item;
    const moved = contentOf(
      await bench.call('updateevent', { eventId: made['id'], start: '2026-11-24T15:00:00', timeZone: 'Europe/Berlin' }),
    );
    expect(moved['event']).toMatchObject({ start: '2026-11-24T15:00:00+01:00', end: '2026-11-24T15:45:00+01:00' });
    expect(moved).not.toHaveProperty('note');
  });
});
