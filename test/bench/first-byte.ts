import { request } from 'node:http';
import { readEvents } from '../../src/cli/client/server-sent-events.ts';
import { startChild } from './child.ts';
import { type Row, type Spread, spread } from './figures.ts';
import { SPEAK, type Stage } from './seed.ts';
import { withRedis } from './stage.ts';

// (f) How much later than the model's own first word a client has it: from the question at a front door that streams to the first `text.delta`, less
// the time that the model took. In between lie the token, the conversation and the turn in a real Redis over TLS, and the tools' list
// from the MCP API over mutual TLS. The model, the server and this client read one clock.

const WARM_UP = 100;
const QUESTIONS = 60;
const ROUNDS = 6;

interface FirstWord {
  /** All but the model's own time, milliseconds. */
  readonly added: number;
  /** Of that, from the model's word to the client's. */
  readonly onTheWay: number;
}

const milliseconds = (nanoseconds: bigint): number => Number(nanoseconds) / 1e6;

async function ask(url: string, token: string): Promise<FirstWord> {
  const started = process.hrtime.bigint();
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const sent = request(`${url}/stream`, { method: 'POST', headers });
  sent.end(JSON.stringify({ message: SPEAK }));
  const response = await new Promise<AsyncIterable<Uint8Array>>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  let word: FirstWord | undefined;
  for await (const { event, data } of readEvents(response)) {
    if (event !== 'text.delta' || word !== undefined) continue;
    const arrived = process.hrtime.bigint();
    const [asked = 0n, spoken = 0n] = (JSON.parse(data) as { text: string }).text.split(' ').map(BigInt);
    const added = milliseconds(arrived - started - (spoken - asked));
    word = { added, onTheWay: milliseconds(arrived - spoken) };
  }
  if (word === undefined) throw new Error('the stream ended without a word');
  return word;
}

async function measure(stage: Stage): Promise<readonly (readonly FirstWord[])[]> {
  const door = await startChild('serve-door.ts', stage);
  const mcpUrl = `https://127.0.0.1:${await door.ask<number>('port')}/mcp`;
  const agent = await startChild('serve-turns.ts', { stage, mcpUrl });
  try {
    const { url, token } = await agent.ask<{ url: string; token: string }>('listen');
    for (let done = 0; done < WARM_UP; done += 1) await ask(url, token);
    const rounds: FirstWord[][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const words: FirstWord[] = [];
      for (let done = 0; done < QUESTIONS; done += 1) words.push(await ask(url, token));
      rounds.push(words);
    }
    return rounds;
  } finally {
    await agent.close();
    await door.close();
  }
}

/** The value that this share of the others is below. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export async function benchFirstByte(stage: Stage): Promise<readonly Row[]> {
  const rounds = await withRedis(stage, measure);
  const of = (pick: (words: readonly FirstWord[]) => number): Spread => spread(rounds.map(pick));
  const added = (words: readonly FirstWord[]) => words.map((word) => word.added);
  return [
    {
      bench: 'f',
      what: 'first word of a streamed answer after the model’s own, medians of rounds',
      value: of((words) => spread(added(words)).median),
      unit: 'ms',
      target: { atMost: 50 },
    },
    { bench: 'f', what: 'the slowest of twenty', value: of((words) => percentile(added(words), 0.95)), unit: 'ms' },
    {
      bench: 'f',
      what: 'of that, from the model’s word to the client’s',
      value: of((words) => spread(words.map(({ onTheWay }) => onTheWay)).median),
      unit: 'ms',
    },
  ];
}
