import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSqsJobQueue, type SqsJobQueue } from '../../src/adapters/aws/sqs-job-queue.ts';
import { jobIdOf } from '../../src/trust/job.ts';
import {
  type AwsEmulator,
  EMULATOR_START_MS,
  startAwsEmulator,
  TEST_CREDENTIALS,
  TEST_REGION,
} from '../support/aws-emulator.ts';
import { hasPython } from '../support/python.ts';

// Jobs over SQS, against an emulator: what lies in the queue, delays, what is put off, outages.

const ID = jobIdOf('test', '1');
let emulator: AwsEmulator;
let client: SQSClient;
let made = 0;

const connect = (endpoint: string): SQSClient =>
  new SQSClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 });

async function createQueue(): Promise<{ url: string; queue: SqsJobQueue }> {
  made += 1;
  const { QueueUrl: url = '' } = await client.send(new CreateQueueCommand({ QueueName: `jobs-${made}` }));
  return { url, queue: createSqsJobQueue({ queueUrl: url, client }) };
}

async function receive(url: string): Promise<readonly Message[]> {
  const answer = await client.send(
    new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] }),
  );
  return answer.Messages ?? [];
}

async function waiting(url: string): Promise<Readonly<Record<string, string | undefined>>> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return {
    visible: Attributes['ApproximateNumberOfMessages'],
    delayed: Attributes['ApproximateNumberOfMessagesDelayed'],
    inFlight: Attributes['ApproximateNumberOfMessagesNotVisible'],
  };
}

(hasPython('what needs the AWS emulator') ? describe : describe.skip)('the queue of jobs over SQS', () => {
  beforeAll(async () => {
    emulator = await startAwsEmulator();
    client = connect(emulator.endpoint);
  }, EMULATOR_START_MS);
  afterAll(() => emulator?.stop());

  it('holds a job’s id and nothing else', async () => {
    const { url, queue } = await createQueue();
    await queue.send(ID);
    const [message] = await receive(url);
    expect(message).toMatchObject({ Body: ID });
    expect(message?.MessageAttributes).toBeUndefined();
  });

  it('keeps a message back for as long as it is told', async () => {
    const { url, queue } = await createQueue();
    await queue.send(ID, { delaySeconds: 3 });
    expect(await waiting(url)).toMatchObject({ visible: '0', delayed: '1' });
    expect(await receive(url)).toEqual([]);
  });

  it('keeps nothing back for longer than SQS can', async () => {
    const { url, queue } = await createQueue();
    await queue.send(ID, { delaySeconds: 100_000 });
    expect(await waiting(url)).toMatchObject({ delayed: '1' });
  });

  it('puts off a message that was received, or gives it back at once', async () => {
    const { url, queue } = await createQueue();
    await queue.send(ID);
    const [first] = await receive(url);
    await queue.putOff(first?.ReceiptHandle ?? '', 0);
    const [second] = await receive(url);
    expect(second).toMatchObject({ Body: ID, MessageId: first?.MessageId });
    await queue.putOff(second?.ReceiptHandle ?? '', 60_000);
    expect(await receive(url)).toEqual([]);
    expect(await waiting(url)).toMatchObject({ visible: '0', inFlight: '1' });
  });

  it('says that the queue is missing to whoever runs this, and not to wait for it', async () => {
    const { url } = await createQueue();
    const queue = createSqsJobQueue({ queueUrl: url.replace(/jobs-\d+$/, 'none'), client });
    await expect(queue.send(ID)).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('is unavailable while SQS cannot be reached; putting off then fails nobody', async () => {
    const { url } = await createQueue();
    const queue = createSqsJobQueue({ queueUrl: url, client: connect('http://127.0.0.1:1') });
    await expect(queue.send(ID)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
    await expect(queue.putOff('receipt', 1000)).resolves.toBeUndefined();
  });
});
