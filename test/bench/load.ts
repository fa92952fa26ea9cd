import { Agent, request as httpsRequest } from 'node:https';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { answerParent } from './child.ts';
import type { Stage } from './seed.ts';
import { createCallSigner, type SignCall, type SignedCall, TOLD } from './signed-calls.ts';

// The load: a bounded number of signed calls over kept connections, so many at a time. Signing is paid here, not by the server that
// is measured. An answer that is not the one expected ends the benchmark.

interface Target {
  readonly port: number;
  readonly agent: Agent;
  readonly sign: SignCall;
}

interface Run {
  readonly port: number;
  readonly count: number;
  readonly concurrency: number;
}

const TIME_LIMIT_MS = 120_000;

let stage: Stage | undefined;
const targets = new Map<number, Target>();

function targetAt(port: number): Target {
  const known = targets.get(port);
  if (known !== undefined) return known;
  if (stage === undefined) throw new Error('not open');
  const { document } = parseCredentials(stage.credentials);
  const agent = new Agent({
    keepAlive: true,
    ca: stage.authority,
    cert: document.certificate,
    key: document.private_key,
  });
  const target = { port, agent, sign: createCallSigner(stage, `https://127.0.0.1:${port}/mcp`) };
  targets.set(port, target);
  return target;
}

function send({ port, agent }: Target, { headers, body }: SignedCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', agent, headers });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const right = response.statusCode === 200 && text.includes(TOLD) && !text.includes('"isError":true');
        if (right) resolve();
        else reject(new Error(`port ${port} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    request.end(body);
  });
}

async function run({ port, count, concurrency }: Run): Promise<{ readonly milliseconds: number }> {
  const target = targetAt(port);
  const persons = stage?.persons ?? [];
  const startedMs = performance.now();
  let started = 0;
  const worker = async (person: string): Promise<void> => {
    while (started < count) {
      started += 1;
      if (performance.now() - startedMs > TIME_LIMIT_MS) throw new Error(`${count} calls took too long`);
      await send(target, target.sign(person, started));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, index) => worker(persons[index % persons.length] ?? '')));
  return { milliseconds: performance.now() - startedMs };
}

answerParent({
  open: (given: Stage) => {
    stage = given;
  },
  run,
});
