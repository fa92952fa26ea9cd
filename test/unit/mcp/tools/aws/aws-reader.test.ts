import { describe, expect, it } from '@jest/globals';
import { createAwsReader } from '../../../../../src/mcp/tools/aws/aws-reader.ts';
import type { AwsClientClass, AwsCommandClass, AwsServiceData } from '../../../../../src/mcp/tools/aws/aws-service.ts';

// Which client a command is sent by, with classes as the bundle has them: its minifier gives many of them one and the same name.

const serviceOf = (service: string): AwsServiceData => ({
  service,
  title: service,
  package: `@aws-sdk/client-${service}`,
  client: `${service}Client`,
  iam: service,
  page: ['NextToken', 'NextToken'],
  operations: {
    List: {},
    ListOld: { via: { package: `@aws-sdk/client-old-${service}`, client: 'OldClient' } },
  },
});

function createClients() {
  const opened: string[] = [];
  const clientOf = (of: string): AwsClientClass =>
    class m {
      constructor(config: object) {
        opened.push(`${of} ${Reflect.get(config, 'region')}`);
      }
      send = async () => ({ by: of });
      destroy = () => {};
    };
  const command: AwsCommandClass = class m {};
  const importOf = (service: string) => async () => ({
    commands: {
      List: { client: clientOf(service), command },
      ListOld: { client: clientOf(`old ${service}`), command },
    },
  });
  const once = new Map(['elb', 'logs'].map((service) => [service, importOf(service)()]));
  const importClients = Object.fromEntries([...once].map(([service, commands]) => [service, () => commands]));
  return { opened, reader: createAwsReader({ importClients, credentialsFor: async () => undefined }) };
}

describe('a read', () => {
  const signal = AbortSignal.timeout(60_000);
  const places = { parameters: {}, region: 'eu-central-1', signal };

  it('goes out by its own service’s client, whatever that one’s class is called', async () => {
    const { reader } = createClients();
    const answers = [];
    for (const [service, operation] of [
      ['elb', 'List'],
      ['logs', 'List'],
      ['logs', 'ListOld'],
      ['elb', 'List'],
    ] as const)
      answers.push(await reader.read({ data: serviceOf(service), operation, ...places }));
    expect(answers).toEqual([{ by: 'elb' }, { by: 'logs' }, { by: 'old logs' }, { by: 'elb' }]);
  });

  it('shares a client with the reads of the same service, region and account', async () => {
    const { opened, reader } = createClients();
    for (const region of ['eu-central-1', 'us-east-1', 'eu-central-1'])
      await reader.read({ data: serviceOf('elb'), operation: 'List', ...places, region });
    await reader.read({ data: serviceOf('elb'), operation: 'List', ...places, account: 'prod' });
    expect(opened).toEqual(['elb eu-central-1', 'elb us-east-1', 'elb eu-central-1']);
  });
});
