import { beforeEach, describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/adapters/embedded/memory-store.ts';
import type { QueueHandler } from '../../src/compose/queue-handler.ts';
import type { Platform } from '../../src/compose/service-handler.ts';
import { createWorkerHandler } from '../../src/compose/worker-handler.ts';
import { AppError } from '../../src/kernel/app-error.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { jobClaimKey, jobIdOf, jobKey } from '../../src/trust/job.ts';

// worker.handler with the events of SQS (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event).

const PERSON = 'p_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const APPROVAL = `a_${'a'.repeat(43)}`;
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 300_000 };

let store: KeyValueStore;
let lines: string[];
let handler: QueueHandler;

const environment = {
  SALLYPORT_AGENT_URL: 'https://agent.example.test',
  SALLYPORT_MCP_URL: 'https://mcp.example.test/mcp',
  SALLYPORT_CREDENTIALS: '{}',
  SALLYPORT_MODEL: 'offline',
};

function createHandler(over: Readonly<Record<string, string>> = {}, through: KeyValueStore = store): QueueHandler {
  const platform: Platform = {
    clock: { nowMs: () => Date.now() },
    random: { bytes: (count) => new Uint8Array(count).fill(7) },
    writeLog: (line) => lines.push(line),
    embeddedStore: through,
  };
  return createWorkerHandler({ environment: { ...environment, ...over }, platform });
}

beforeEach(() => {
  store = createMemoryStore({ clock: { nowMs: () => Date.now() } });
  lines = [];
  handler = createHandler();
});

const message = (body: string, id: string) => ({
  messageId: id,
  receiptHandle: `receipt-${id}`,
  body,
  attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1545082649183' },
  messageAttributes: {},
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:sallyport-dev-jobs',
  awsRegion: 'eu-central-1',
});

async function putJob(id: string, payload: Readonly<Record<string, unknown>> = { approval: APPROVAL }): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const job = { v: 1, id, kind: 'approval.answered', person: PERSON, payload, created_at: now, expires_at: now + 600 };
  await store.set(jobKey(id), JSON.stringify(job));
}

describe('worker.handler', () => {
  it('does the jobs of a batch; the answer names nothing that has to come again', async () => {
    const ids = [jobIdOf('1'), jobIdOf('2')];
    for (const id of ids) await putJob(id);
    const answer = await handler({ Records: ids.map((id, index) => message(id, `m${index}`)) }, context);
    expect(answer).toEqual({ batchItemFailures: [] });
    for (const id of ids) expect(await store.get(jobClaimKey(id))).toContain('"done"');
    expect(lines.join('\n')).toContain('approval.nothing_waits');
  });

  it('names the one message of a batch whose job has to come again, and no other', async () => {
    const [busy, free] = [jobIdOf('1'), jobIdOf('2')];
    await putJob(busy);
    await putJob(free);
    const claim = { v: 1, state: 'taken', owner: 'other', until: Date.now() + 60_000 };
    await store.set(jobClaimKey(busy), JSON.stringify(claim));
    const answer = await handler({ Records: [message(busy, 'm1'), message(free, 'm2')] }, context);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  });

  it('has a message come again while the store is away, and drops what names no job', async () => {
    const away: KeyValueStore = {
      ...store,
      get: async () => {
        throw new AppError('unavailable', 'The store cannot be reached right now.');
      },
    };
    const batch = { Records: [message(jobIdOf('1'), 'm1'), message('{"job": 1}', 'm2')] };
    expect(await createHandler({}, away)(batch, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(lines.join('\n')).not.toContain('{\\"job\\": 1}');
  });

  it('has every message come again while it cannot be composed, and says so at level error', async () => {
    const wrong = createHandler({ SALLYPORT_MODEL: 'openai:gpt-5-mini' });
    const answer = await wrong({ Records: [message(jobIdOf('1'), 'm1')] }, context);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(lines.some((line) => line.includes('service.failed') && line.includes('OPENAI_API_KEY'))).toBe(true);
  });

  it('ends a job whose payload is not one, with a fault', async () => {
    await putJob(jobIdOf('1'), { approval: '../x' });
    expect(await handler({ Records: [message(jobIdOf('1'), 'm1')] }, context)).toEqual({ batchItemFailures: [] });
    expect(lines.some((line) => line.includes('"job.failed"'))).toBe(true);
  });

  it.each([
    ['nothing', undefined],
    ['an HTTP request', { version: '2.0', rawPath: '/chat' }],
    ['a message of another source', { Records: [{ ...message(jobIdOf('1'), 'm1'), eventSource: 'aws:sns' }] }],
    ['a message without a body', { Records: [{ ...message('', 'm1'), body: undefined }] }],
  ])('refuses %s', async (_what, event) => {
    await expect(handler(event, context)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
