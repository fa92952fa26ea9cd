import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { streamContinue, streamQuestion, type TurnNews } from '../../../../src/cli/client/stream.ts';

// A turn that is told while it runs, by an API that breaks off, falls silent about the end, or says what is not of its form.

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const start = event('turn.start', { turn: 't_1', conversation_id: 'c_1' });
const end = { status: 'completed', turn: 't_1', answer: 'Done.' };

/** Streams `pieces` and then ends or breaks off; `GET /turns/t_1` shows the turn as it ended. */
async function serve(pieces: readonly string[], breaksOff = false) {
  const asked: string[] = [];
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    if (incoming.method === 'GET') {
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ ...end, answer: 'Read later.' }));
      return;
    }
    outgoing.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const piece of pieces) outgoing.write(piece);
    if (!breaksOff) outgoing.end();
    else setImmediate(() => outgoing.write(': last\n\n', () => incoming.socket.destroy()));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { agent: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'x' }, asked };
}

async function ask(pieces: readonly string[], breaksOff = false) {
  const { agent, asked } = await serve(pieces, breaksOff);
  const news: TurnNews[] = [];
  const answer = await streamQuestion(agent, { message: 'x' }, (item) => void news.push(item));
  return { answer, news, asked };
}

describe('a streamed turn', () => {
  it('is told as it happens, and its end is the answer', async () => {
    const { answer, news, asked } = await ask([
      start,
      event('text.delta', { text: 'Let me ' }),
      ': heartbeat\n\n',
      event('text.delta', { text: 'look.' }),
      event('tool.call', { id: '1', tool: 'freebusy', arguments: { timeMin: 'a' } }),
      event('tool.progress', { id: '1', tool: 'freebusy', message: 'half of it' }),
      event('tool.result', { id: '1', tool: 'freebusy', outcome: 'failed', message: 'No.' }),
      event('something.new', { any: 'thing' }),
      event('turn.end', end),
    ]);
    expect(answer).toMatchObject(end);
    expect(news).toEqual([
      { kind: 'started', turn: 't_1', conversation: 'c_1' },
      { kind: 'text', text: 'Let me ' },
      { kind: 'text', text: 'look.' },
      { kind: 'call', tool: 'freebusy', arguments: { timeMin: 'a' }, id: '1' },
      { kind: 'progress', tool: 'freebusy', message: 'half of it' },
      { kind: 'result', tool: 'freebusy', outcome: 'failed', message: 'No.' },
    ]);
    expect(asked).toEqual(['POST /stream']);
  });

  it.each([
    ['breaks off', true],
    ['ends without its end', false],
  ])('that %s is read at its address', async (_how, breaksOff) => {
    const { answer, asked } = await ask([start, event('text.delta', { text: 'Half' })], breaksOff);
    expect(answer.answer).toBe('Read later.');
    expect(asked).toEqual(['POST /stream', 'GET /turns/t_1']);
  });

  it('that is refused within says why', async () => {
    const error = { code: 'model_failed', message: 'The model is down.', request_id: 'r1' };
    await expect(ask([start, event('error', { error })])).rejects.toMatchObject({
      code: 'model_failed',
      message: 'The model is down. (model_failed, request r1)',
    });
  });

  it.each([
    ['never begins', [': nothing\n\n'], /before the turn began/],
    ['holds what is not JSON', ['event: text.delta\ndata: {\n\n'], /not of its known form/],
    ['ends in an unknown way', [start, event('turn.end', { status: 'maybe' })], /not of its known form/],
    ['names no turn', [event('turn.start', {})], /not of its known form/],
  ])('that %s is no answer', async (_what, pieces, words) => {
    await expect(ask(pieces)).rejects.toThrow(words);
  });

  it('goes on after a yes, told from there', async () => {
    const { agent, asked } = await serve([event('text.delta', { text: 'Booked.' }), event('turn.end', end)]);
    const news: TurnNews[] = [];
    expect(await streamContinue(agent, 't_1', (item) => void news.push(item))).toMatchObject(end);
    expect({ news, asked }).toEqual({ news: [{ kind: 'text', text: 'Booked.' }], asked: ['POST /turns/t_1/continue'] });
    const broken = await serve([event('text.delta', { text: 'Boo' })], true);
    expect((await streamContinue(broken.agent, 't_1', () => undefined)).answer).toBe('Read later.');
  });
});
