import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/kernel/app-error.ts';
import { believe } from '../../../../src/mcp/upstreams/believe.ts';
import type { ServerConfig } from '../../../../src/mcp/upstreams/server-config.ts';
import { createUpstream } from '../../../../src/mcp/upstreams/upstream.ts';
import type { UpstreamAnswer, UpstreamCall, UpstreamConnection, UpstreamTool } from '../../../../src/ports/upstream.ts';
import { createTestClock } from '../../../support/clock.ts';
import { createTestLog } from '../../../support/log.ts';

// One server behind this one: what of a call that goes wrong is the server's fault, and what is the crowd's before it.

const TIMEOUT_MS = 100;
const done: UpstreamAnswer = { content: [{ type: 'text', text: 'done' }], isError: false };
const act: UpstreamTool = { name: 'act', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } };

/** A server whose answers the test gives. */
function create(concurrency: number, answer: (call: UpstreamCall) => Promise<UpstreamAnswer>) {
  const config: ServerConfig = {
    name: 'odd',
    toolset: 'odd',
    launch: { kind: 'child', command: 'node', args: [], env: {}, cwd: '/' },
    passes: [],
    tenant: 'none',
    allow: ['*'],
    deny: [],
    scopes: {},
    annotations: {},
    timeoutMs: TIMEOUT_MS,
    concurrency,
  };
  const [clock, log] = [createTestClock(), createTestLog()];
  let opened = 0;
  const connection: UpstreamConnection = {
    server: { name: 'odd', version: '1' },
    protocolVersion: '2025-11-25',
    broken: false,
    heardAtMs: clock.nowMs(),
    listTools: async () => [act],
    callTool: answer,
    onToolsChanged: () => {},
    close: async () => {},
  };
  const connect = async () => {
    opened += 1;
    return connection;
  };
  const upstream = createUpstream({ config, approved: [act], connector: { connect }, clock, log });
  const [tool] = believe(config, [act]).tools;
  if (tool === undefined) throw new Error('the tool is not believed');
  const call = () => {
    const signal = new AbortController().signal;
    return upstream.call(tool, {}, { person: 'p_one', agent: 'agent/test', requestId: 'r', signal, log });
  };
  return { upstream, clock, call, refusal: () => call().then(unexpected, asAppError), opened: () => opened };
}

const unexpected = (): never => {
  throw new Error('expected a refusal');
};
function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  throw error;
}

/** Answers nothing until its caller gives up. */
const silence = ({ signal }: UpstreamCall): Promise<never> =>
  new Promise((_resolve, reject) => {
    const giveUp = () => reject(new AppError('timed_out', 'The server did not answer in time.'));
    signal.addEventListener('abort', giveUp, { once: true });
  });

describe('a server with more callers than it takes', () => {
  it('is not blamed for those whose turn did not come', async () => {
    let end: (answer: UpstreamAnswer) => void = unexpected;
    const slow = new Promise<UpstreamAnswer>((resolve) => {
      end = resolve;
    });
    const answers = [slow];
    const { upstream, call, refusal } = create(1, async () => answers.shift() ?? done);
    const first = call();
    const refusals = await Promise.all(Array.from({ length: 6 }, refusal));
    expect(new Set(refusals.map(({ message }) => message))).toEqual(
      new Set(['The server odd: Its turn did not come in time.']),
    );
    end(done);
    expect(await first).toEqual(done);
    expect(await call()).toEqual(done);
    expect(upstream.faults()).toEqual([]);
  });

  it('is not blamed where a turn came too late to be answered, and keeps its connection', async () => {
    const answers = [silence, silence, silence, silence];
    const { upstream, call, refusal, opened } = create(4, (one) => (answers.shift() ?? (async () => done))(one));
    // The clock stands still: none of them had the server's attention for any time.
    const refusals = await Promise.all(Array.from({ length: 4 }, refusal));
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill('timed_out'));
    expect(await call()).toEqual(done);
    expect([upstream.faults(), opened()]).toEqual([[], 1]);
  });

  it('is left alone for five seconds where it hangs, however many calls hung', async () => {
    const { clock, refusal } = create(4, silence);
    const refusals = Promise.all(Array.from({ length: 8 }, refusal));
    await new Promise(setImmediate);
    clock.advance(TIMEOUT_MS);
    await refusals;
    const { code, message, retryAfterSeconds } = await refusal();
    expect([code, retryAfterSeconds]).toEqual(['unavailable', 5]);
    expect(message).toBe(
      'The server odd failed several times and is left alone for 5 s. Last: The server did not answer in time.',
    );
  });

  it('that failed is tried with one call, whoever waits', async () => {
    let asked = 0;
    const { clock, refusal } = create(1, async () => {
      asked += 1;
      throw new AppError('upstream_failed', 'It broke.');
    });
    const codes = (await Promise.all(Array.from({ length: 6 }, refusal))).map(({ code }) => code);
    expect([asked, codes]).toEqual([3, [...Array(3).fill('upstream_failed'), ...Array(3).fill('unavailable')]]);
    clock.advance(5_000);
    await Promise.all(Array.from({ length: 3 }, refusal));
    expect(asked).toBe(4);
  });
});

describe('a server that this system is not let into', () => {
  it('is named until it lets it in, and asked each time: the next tool may be another matter', async () => {
    const refused = new AppError('forbidden', 'It does not accept this access.', { details: { reached: false } });
    const answers = Array.from({ length: 4 }, () => async () => Promise.reject(refused));
    const { upstream, call, refusal } = create(1, async () => (answers.shift() ?? (async () => done))());
    for (let each = 0; each < 4; each += 1) expect((await refusal()).code).toBe('forbidden');
    expect(upstream.faults()).toMatchObject([{ name: 'odd', code: 'server_failed' }]);
    expect(await call()).toEqual(done);
    expect(upstream.faults()).toEqual([]);
  });

  it('because what gives it its token is away is left alone', async () => {
    const { upstream, refusal } = create(1, async () => {
      throw new AppError('unavailable', 'The authorization server does not answer.');
    });
    for (let each = 0; each < 3; each += 1) await refusal();
    expect((await refusal()).message).toContain('is left alone for 5 s');
    expect(upstream.faults()).toMatchObject([{ name: 'odd', code: 'server_failed' }]);
  });
});
