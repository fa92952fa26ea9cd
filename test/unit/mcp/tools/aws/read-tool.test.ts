import { describe, expect, it } from '@jest/globals';
import { createAwsReader, type ReadRequest } from '../../../../../src/mcp/tools/aws/aws-reader.ts';
import { importClients } from '../../../../../src/mcp/tools/aws/clients/import-clients.ts';
import { createReadTool } from '../../../../../src/mcp/tools/aws/read-tool.ts';
import { awsService } from '../../../../../src/mcp/tools/aws/services.ts';
import type { JsonObject } from '../../../../../src/mcp/tools/tool.ts';
import { createTestClock } from '../../../../support/clock.ts';
import { createTestLog } from '../../../../support/log.ts';
import { PERSON } from '../../../../support/mcp-app.ts';

// One read of one service, with an AWS that answers as it is documented.

interface Result {
  readonly data: { readonly events: readonly { readonly timestamp: number }[] };
  readonly cursor?: string;
  readonly leftOut?: number;
}

function toolOf(service: string, read: (parameters: JsonObject) => object) {
  const reader = { read: async ({ parameters }: ReadRequest) => read(parameters) };
  const places = { region: 'eu-central-1', regions: [], accounts: [] };
  const tool = createReadTool(awsService(service), { reader, places, clock: createTestClock(), ttlSeconds: 0 });
  return async (args: JsonObject) => {
    const { signal } = new AbortController();
    const said = await tool.run(args, {
      person: PERSON,
      agent: 'agent/assistant',
      requestId: 'r',
      signal,
      log: createTestLog(),
    });
    const [result] = (said.structuredContent?.['results'] ?? []) as readonly Result[];
    return { said, result };
  };
}

const EVENTS = 300;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: a token says where a page begins or ends, and is the same at the end. */
function readLog({ limit = 10_000, startFromHead = false, nextToken }: JsonObject): object {
  const [way, place] = typeof nextToken === 'string' ? nextToken.split('/') : [startFromHead === true ? 'f' : 'b'];
  const at = place === undefined ? (way === 'f' ? 0 : EVENTS) : Number(place);
  const [from, to] = way === 'f' ? [at, at + Number(limit)] : [at - Number(limit), at];
  const [first, last] = [Math.max(from, 0), Math.min(to, EVENTS)];
  const events = Array.from({ length: last - first }, (_, index) => ({
    timestamp: first + index,
    message: `line ${first + index} ${'x'.repeat(600)}`,
  }));
  return { events, nextBackwardToken: `b/${first}`, nextForwardToken: `f/${last}` };
}

describe('lines of a log', () => {
  const log = { logGroupName: '/app', logStreamName: 's' };
  const operation = 'GetLogEvents';

  it('are the newest ones, and the answer says how to have what did not fit', async () => {
    const run = toolOf('logs', readLog);
    const { said, result } = await run({ operation, parameters: log });
    const times = result?.data.events.map(({ timestamp }) => timestamp) ?? [];
    expect(times.at(-1)).toBe(EVENTS - 1);
    expect(times.length + (result?.leftOut ?? 0)).toBe(EVENTS);
    expect(said.text).toContain(
      'left out, which the cursor passes over: ask for fewer with fields or parameters (limit',
    );
  });

  it.each([
    [false, (times: number[][]) => times.toReversed().flat()],
    [true, (times: number[][]) => times.flat()],
  ])('follow each other by the cursor to the end, each once (from the head: %s)', async (startFromHead, inOrder) => {
    const run = toolOf('logs', readLog);
    const times: number[][] = [];
    let cursor: string | undefined;
    do {
      const args = { operation, parameters: { ...log, limit: 70, startFromHead } };
      const { result } = await run(cursor === undefined ? args : { ...args, cursor });
      expect(result?.leftOut).toBeUndefined();
      times.push(result?.data.events.map(({ timestamp }) => timestamp) ?? []);
      cursor = result?.cursor;
    } while (cursor !== undefined && times.length < 20);
    expect(inOrder(times)).toEqual(Array.from({ length: EVENTS }, (_, index) => index));
    expect(times.length).toBeLessThan(8);
  });
});

describe('an answer that does not fit', () => {
  it('says that texts were cut, and how to have less', async () => {
    const run = toolOf('cloudformation', () => ({ Metadata: 'x'.repeat(100_000) }));
    const { said } = await run({ operation: 'GetTemplateSummary', parameters: { StackName: 's' } });
    expect(said.text).toContain('long texts cut: ask for less');
  });

  it('has 60 kB at most in any script, its cursor included', async () => {
    const events = Array.from({ length: 500 }, (_, index) => ({ timestamp: index, message: '日本語'.repeat(50) }));
    const run = toolOf('logs', () => ({ events, nextToken: 'x'.repeat(20_000) }));
    const { said, result } = await run({ operation: 'FilterLogEvents', parameters: { logGroupName: '/app' } });
    expect(Buffer.byteLength(JSON.stringify(said.structuredContent))).toBeLessThanOrEqual(60_000);
    expect((result?.data.events.length ?? 0) + (result?.leftOut ?? 0)).toBe(500);
    expect(result?.data.events.length).toBeGreaterThan(20);
  });

  it('has a cursor with AWS’s own token in it, whatever that looks like', async () => {
    const token = '{"password":"x"} AKIAABCDEFGHIJKLMNOP';
    const asked: JsonObject[] = [];
    const run = toolOf('ec2', (parameters) => {
      asked.push(parameters);
      return { NextToken: token };
    });
    const { result } = await run({ operation: 'DescribeInstances' });
    await run({ operation: 'DescribeInstances', cursor: result?.cursor ?? '' });
    expect(asked).toEqual([{}, { NextToken: token }]);
  });
});

describe('a region that the account has not enabled', () => {
  it.each([
    ['UnrecognizedClientException', 'credentials_missing', 'in me-south-1'],
    ['AuthFailure', 'credentials_missing', 'this one is not enabled for the account'],
    ['OptInRequired', 'access_denied', 'has not enabled this service or region'],
  ])('is said to be one: %s', async (name, code, words) => {
    const run = toolOf('ec2', () => {
      throw Object.assign(new Error('The security token included in the request is invalid.'), { name });
    });
    const { said } = await run({ operation: 'DescribeInstances', region: 'me-south-1' });
    expect(said).toMatchObject({ isError: true, code, text: expect.stringContaining(words) });
  });
});

describe('fields that are nowhere in an answer', () => {
  const reservations = { Reservations: [{ Instances: [{ InstanceId: 'i-1' }] }], OwnerId: '1' };
  const asked = (fields: string[], answer: object = reservations) =>
    toolOf('ec2', () => answer)({ operation: 'DescribeInstances', fields }).then(({ said }) => said.text);

  it.each([[['Nope.X']], [['Reservations.Instances.Nope']], [['Reservations.Instances.InstanceId', 'Nope.X']]])(
    'are named, with what there is: %j',
    async (fields) => {
      expect(await asked(fields)).toContain(`nothing in ${fields.at(-1)} (the answer has Reservations, OwnerId)`);
    },
  );

  it('are not, where there is something or nothing to look into', async () => {
    expect(await asked(['Reservations.Instances.InstanceId'])).not.toContain('nothing in');
    expect(await asked(['Reservations.Instances.InstanceId'], { Reservations: [] })).not.toContain('nothing in');
  });
});

describe('parameters that the operation does not take', () => {
  const reader = createAwsReader({
    importClients,
    credentialsFor: async () => {
      throw new Error('asked for credentials');
    },
  });
  const places = { region: 'eu-central-1', regions: [], accounts: [] };
  const ask = async (service: string, operation: string, parameters: JsonObject) => {
    const tool = createReadTool(awsService(service), { reader, places, clock: createTestClock(), ttlSeconds: 0 });
    const { signal } = new AbortController();
    const context = { person: PERSON, agent: 'agent/assistant', requestId: 'r', signal, log: createTestLog() };
    return tool.run({ operation, parameters }, context);
  };

  it.each<[JsonObject, string]>([
    [{ InstanceIds: 'x' }, 'InstanceIds of DescribeInstances must be a list.'],
    [{ InstanceIds: null }, 'InstanceIds of DescribeInstances must be a list.'],
    [{ InstanceIds: [1] }, 'InstanceIds[0] of DescribeInstances must be a text.'],
    [{ MaxResults: '5' }, 'MaxResults of DescribeInstances must be a number.'],
    [{ DryRun: 'yes' }, 'DryRun of DescribeInstances must be true or false.'],
    [{ Filters: ['x'] }, 'Filters[0] of DescribeInstances must be an object.'],
    [{ Filters: [{ Name: 'x', Value: 'y' }] }, 'has no parameter Filters[0].Value. There it takes: Name, Values.'],
    [{ ['x'.repeat(120)]: 1 }, 'xxx…. There it takes: '],
  ])('are refused before anything is asked: %j', async (parameters, words) => {
    const said = await ask('ec2', 'DescribeInstances', parameters);
    expect(said).toMatchObject({ isError: true, code: 'invalid_parameters' });
    expect(said.text).toContain(words);
    expect(said.text.length).toBeLessThan(500);
  });

  it('are refused by name, with the names that there are', async () => {
    const said = await ask('ec2', 'DescribeInstances', { Bogus: 1 });
    expect(said.text).toContain('DescribeInstances has no parameter Bogus. There it takes: ');
    for (const name of ['InstanceIds', 'Filters', 'MaxResults', 'NextToken']) expect(said.text).toContain(name);
    expect((await ask('iam', 'GetAccountSummary', { Bogus: 1 })).text).toContain('takes no parameters');
  });

  it('are no others: what it takes goes on to AWS', async () => {
    const asked: JsonObject[] = [
      { InstanceIds: ['i-1'], Filters: [{ Name: 'x', Values: ['y'] }], MaxResults: 5, DryRun: false },
      {},
    ];
    for (const parameters of asked) {
      const said = await ask('ec2', 'DescribeInstances', parameters);
      expect(said).toMatchObject({ isError: true, code: 'upstream_failed' });
    }
    for (const time of ['2026-11-21T12:00:00Z', 1_795_000_000, 'soon']) {
      const said = await ask('cloudwatch', 'DescribeAlarmHistory', { StartDate: time });
      expect(said).toMatchObject({ isError: true, code: 'upstream_failed' });
    }
  });
});
