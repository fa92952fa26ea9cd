import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AiMock, type ChatRequest, startAiMock } from '../support/aimock.ts';
import {
  type AwsEmulator,
  EMULATOR_START_MS,
  startAwsEmulator,
  TEST_CREDENTIALS,
  TEST_REGION,
} from '../support/aws-emulator.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';

// A question whose tool takes long, on the whole machine: the MCP API hands the agent a task in place of the answer, does the work behind it, and
// the turn waits, tells how far it is, and goes on with what came of it.

const AWS = {
  AWS_REGION: TEST_REGION,
  AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
};
const before = { ...process.env };

let emulator: AwsEmulator;
let model: AiMock;
let world: TestMachine;

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  model = await startAiMock();
  // The AWS SDK reads its own settings where it always does.
  Object.assign(process.env, AWS, { AWS_ENDPOINT_URL: emulator.endpoint });
  world = await startTestMachine({
    given: {
      SALLYPORT_MODEL: 'openai:gpt-test',
      OPENAI_API_KEY: 'sk-test',
      OPENAI_BASE_URL: `${model.url}/v1`,
      SALLYPORT_ALLOWED_HOSTS: new URL(model.url).host,
      SALLYPORT_TOOLSETS: 'calendar,aws',
      AWS_REGION: TEST_REGION,
    },
  });
  await world.connect();
}, EMULATOR_START_MS);
afterAll(async () => {
  await world?.close();
  await model?.stop();
  await emulator?.stop();
  for (const name of [...Object.keys(AWS), 'AWS_ENDPOINT_URL']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

type Told = readonly [event: string, data: Readonly<Record<string, unknown>>];

async function stream(message: string): Promise<readonly Told[]> {
  const { url, token } = world.machine.access.agent;
  const answer = await fetch(`${url}/stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  });
  expect(answer.status).toBe(200);
  const blocks = (await answer.text()).split('\n\n').filter((block) => block.startsWith('event: '));
  return blocks.map((block): Told => {
    const [event = '', data = ''] = block.split('\n');
    return [event.slice('event: '.length), JSON.parse(data.slice('data: '.length))];
  });
}

const dataOf = (told: readonly Told[], kind: string) =>
  told.filter(([event]) => event === kind).map(([, data]) => data);

describe('a turn that calls a long tool', () => {
  it('waits for it, tells how far it is, and answers with what came of it', async () => {
    const shown = (request: ChatRequest) => request.messages.at(-1);
    model.on(
      { predicate: (request) => shown(request)?.role === 'user' },
      { toolCalls: [{ name: 'security_overview', arguments: '{}' }] },
    );
    model.on(
      { predicate: (request) => shown(request)?.role === 'tool' && /findings/.test(shown(request)?.content ?? '') },
      { content: 'I looked at everything.' },
    );
    const told = await stream('Is anything in our AWS account open to the world?');
    expect(dataOf(told, 'tool.result')).toEqual([
      expect.objectContaining({ tool: 'security_overview', outcome: 'completed' }),
    ]);
    expect(dataOf(told, 'tool.progress').map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/waits to be begun|so far/),
    );
    expect(dataOf(told, 'turn.end')).toEqual([
      expect.objectContaining({ status: 'completed', answer: 'I looked at everything.' }),
    ]);
    expect(world.lines('tool_call').filter(({ tool }) => tool === 'security_overview')).toEqual([
      expect.objectContaining({ service: 'mcp', door: 'agent', outcome: 'queued' }),
      expect.objectContaining({ service: 'calls', door: 'agent', outcome: 'completed', task: expect.any(String) }),
    ]);
  }, 120_000);
});
