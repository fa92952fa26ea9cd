import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { zipSync } from 'fflate';
import { createDynamoDbConversations } from '../../src/adapters/aws/dynamodb-conversations.ts';
import { createDynamoDbStore } from '../../src/adapters/aws/dynamodb-store.ts';
import { readFunctionUrl } from '../../src/adapters/aws/function-url.ts';
import { createKmsKeyService } from '../../src/adapters/aws/kms-key-service.ts';
import { createKmsSigner } from '../../src/adapters/aws/kms-signer.ts';
import { createParameterDocument } from '../../src/adapters/aws/parameter-document.ts';
import { createParameterStore } from '../../src/adapters/aws/parameter-store.ts';
import { createSqsJobQueue } from '../../src/adapters/aws/sqs-job-queue.ts';
import { CONVERSATIONS_TABLE } from '../../src/compose/conversations.ts';
import { type StorePrefix, storePrefixes } from '../../src/config/store-access.ts';
import { ALONE, ownedPrefixes, placeRecord, storeTables } from '../../src/config/store-tables.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { createAccounts } from '../../src/mcp/tools/aws/accounts.ts';
import type { KeyValueStore, StoreOperation } from '../../src/ports/key-value-store.ts';
import { createPersonId } from '../../src/trust/person.ts';
import { TEST_CREDENTIALS, TEST_REGION } from './aws-emulator.ts';
import { createConversationsTable } from './conversations-table.ts';
import { createTestLog } from './log.ts';
import type { PlannedAccount } from './planned-account.ts';
import { type RecordedCall, startRecordingProxy } from './recording-proxy.ts';
import type { Plan } from './terraform.ts';

// What functions ask of AWS: the adapters that they are made of, with the settings that they are planned with, through a proxy that takes it down.

const clock = { nowMs: () => Date.now() };
const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };

/**
 * The MCP API's doors are told their API's id, which only the apply knows, and the provider then tells nothing of their environment. So it is said
 * here what of it matters; the deployed functions show it (test/infra/cycle).
 */
const mcpEnvironment = (plan: Plan, name: string): Readonly<Record<string, string>> => {
  const oauth = plannedEnvironment(plan, 'oauth');
  const redis =
    oauth['REDIS_URL_PARAMETER'] === undefined ? {} : { REDIS_URL_PARAMETER: `/sallyport/dev/redis-url/${name}` };
  const master = name === 'mcp' ? { SALLYPORT_HMAC_MASTER_PARAMETER: '/sallyport/dev/hmac-master' } : {};
  const same = ['GOOGLE_CLIENT_SECRET_PARAMETER', 'SALLYPORT_ENVIRONMENT', 'SALLYPORT_VAULT_KMS_KEY_ID'];
  const role = (kind: string): string => `arn:aws:iam::000000000000:role/sallyport-dev-aws-${kind}`;
  const aws = {
    SALLYPORT_AWS_ACCOUNTS: 'billing=arn:aws:iam::111122223333:role/sallyport-aws-reads',
    SALLYPORT_AWS_READ_ROLE: role('reads'),
    SALLYPORT_AWS_WRITE_ROLE: role('writes'),
  };
  const queue = { SALLYPORT_CALLS_QUEUE_URL: (oauth['SALLYPORT_JOBS_QUEUE_URL'] ?? '').replace(/jobs$/, 'calls') };
  return { ...aws, ...Object.fromEntries(same.map((key) => [key, oauth[key] ?? ''])), ...redis, ...master, ...queue };
};

/** A function's environment as planned. */
export function plannedEnvironment(plan: Plan, name: string): Readonly<Record<string, string>> {
  const [environment] = plan.values(`module.function["${name}"].aws_lambda_function.this`)['environment'] as [
    { readonly variables?: Readonly<Record<string, string>> },
  ];
  return environment.variables ?? mcpEnvironment(plan, name);
}

export const plannedFunctions = (plan: Plan): readonly string[] =>
  plan
    .resources('aws_lambda_function')
    .map(({ address }) => /^module\.function\["([^"]+)"\]/.exec(address)?.[1] ?? address);

/** Reads its secrets, keeps tokens where it has the vault's key, and renews credentials where it has the authority's. */
async function useSecretsAndKeys(environment: Readonly<Record<string, string>>, endpoint: string): Promise<void> {
  const options = { endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS };
  const ssm = new SSMClient(options);
  const kms = new KMSClient(options);
  const names = Object.entries(environment)
    .filter(([name]) => name.endsWith('_PARAMETER') && name !== 'SALLYPORT_CREDENTIALS_PARAMETER')
    .map(([, parameter]) => parameter);
  const credentials = environment['SALLYPORT_CREDENTIALS_PARAMETER'];
  const authority = environment['SALLYPORT_AUTHORITY_KMS_KEY_ID'];
  if (credentials !== undefined && authority === undefined) names.push(credentials);
  await createParameterStore({ client: ssm, ttlSeconds: 60, clock }).read(names);

  const vault = environment['SALLYPORT_VAULT_KMS_KEY_ID'];
  if (vault !== undefined) {
    const service = createKmsKeyService({ client: kms, keyId: vault });
    const context = {
      person: 'p_1',
      provider: 'google',
      environment: environment['SALLYPORT_ENVIRONMENT'] ?? '',
    };
    const { wrapped } = await service.generateDataKey(context);
    await service.openDataKey(wrapped, context);
  }
  if (authority !== undefined && credentials !== undefined) {
    const signer = createKmsSigner({ client: kms, keyId: authority });
    await signer.sign(await signer.publicKey());
    const keyId = environment['SALLYPORT_SECRETS_KMS_KEY_ID'] ?? '';
    const document = createParameterDocument({ client: ssm, name: credentials, keyId });
    await document.read();
    await document.write(createSecret('{"v":1}'));
  }
  const [, functionName, alias] = environment['SALLYPORT_IAM_DOOR']?.split(':') ?? [];
  if (functionName !== undefined && alias !== undefined) {
    await readFunctionUrl({ functionName, alias, endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  }
  ssm.destroy();
  kms.destroy();
}

/** The one function that asks for its own URL, with a URL to be found. */
async function makeFunctionUrl({ emulator }: PlannedAccount): Promise<void> {
  const lambda = new LambdaClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  const FunctionName = 'sallyport-dev-stream';
  const ZipFile = zipSync({ 'stream.mjs': Buffer.from('export const handler = () => {};') });
  const Role = 'arn:aws:iam::000000000000:role/sallyport-dev-stream';
  const code = { Handler: 'stream.handler', Runtime: 'nodejs22.x', Role, Code: { ZipFile }, Publish: true } as const;
  const { Version: FunctionVersion } = await lambda.send(new CreateFunctionCommand({ FunctionName, ...code }));
  await lambda.send(new CreateAliasCommand({ FunctionName, FunctionVersion, Name: 'live' }));
  const url = { FunctionName, Qualifier: 'live', AuthType: 'AWS_IAM', InvokeMode: 'RESPONSE_STREAM' } as const;
  await lambda.send(new CreateFunctionUrlConfigCommand(url));
  lambda.destroy();
}

async function makeConversations({ emulator, account }: PlannedAccount): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: emulator.endpoint,
    region: TEST_REGION,
    credentials: TEST_CREDENTIALS,
  });
  await createConversationsTable(client, `sallyport-${account.environment}-${CONVERSATIONS_TABLE}`);
  client.destroy();
}

/** The roles that the AWS tools act with, taken as the tools take them. */
async function useAwsRoles(environment: Readonly<Record<string, string>>, endpoint: string): Promise<void> {
  const sts = new STSClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  const entries = (environment['SALLYPORT_AWS_ACCOUNTS'] ?? '').split(',').filter((entry) => entry !== '');
  const roles = new Map(entries.map((entry) => entry.split('=') as [string, string]));
  for (const setting of ['SALLYPORT_AWS_READ_ROLE', 'SALLYPORT_AWS_WRITE_ROLE']) {
    const ownRole = environment[setting] ?? '';
    const { credentialsFor } = createAccounts({ region: TEST_REGION, roles, ownRole, clock, sts });
    await (await credentialsFor(undefined))?.();
    for (const name of roles.keys()) await (await credentialsFor(name))?.();
  }
  sts.destroy();
}

/** All that the Agent API does with conversations, long ones too. */
async function useConversations(environment: Readonly<Record<string, string>>, endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 });
  const table = `${environment['SALLYPORT_TABLE_PREFIX']}${CONVERSATIONS_TABLE}`;
  const store = createDynamoDbConversations({ table, client, clock, random, log: createTestLog() });
  const [person, id] = [createPersonId(clock.nowMs(), random.bytes(10)), 'c_1'];
  const empty = { title: 'x', tainted: false, droppedTurns: 0, turns: [] };
  const messages = [{ role: 'user', text: 'x'.repeat(700_000) }];
  const long = { turn: 't_1', status: 'completed', asked_at: 1, tainted: false, messages } as const;
  await store.create(person, id, empty);
  await store.update(person, id, (content) => ({ ...content, turns: [long] }));
  await store.list(person, { limit: 5 });
  await store.read(person, id);
  await store.remove(person, id);
  await store.close();
}

/** Where jobs and calls go: the OAuth API or a door leaves one, its worker puts one off. */
async function makeQueues({ emulator, account }: PlannedAccount): Promise<SQSClient> {
  const sqs = new SQSClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  for (const queue of ['jobs', 'calls'])
    await sqs.send(new CreateQueueCommand({ QueueName: `sallyport-${account.environment}-${queue}` }));
  return sqs;
}

async function useQueue(name: string, queueUrl: string, endpoint: string, outside: SQSClient): Promise<void> {
  const client = new SQSClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 });
  const queue = createSqsJobQueue({ queueUrl, client });
  if (name === 'worker' || name === 'calls') {
    // Lambda receives what the function puts off.
    await outside.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: 'x' }));
    const { Messages = [] } = await outside.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
    await queue.putOff(Messages[0]?.ReceiptHandle ?? '', 1000);
  } else await queue.send('x');
  client.destroy();
}

/** Every parameter holds something: one that was never set is not read. */
async function setParameters({ emulator, foundation }: PlannedAccount): Promise<void> {
  const ssm = new SSMClient({ endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS });
  for (const { values } of foundation.resources('aws_ssm_parameter')) {
    const { name, key_id } = values as { readonly name: string; readonly key_id: string };
    const value = { Name: name, Value: 'something', Type: 'SecureString', KeyId: key_id, Overwrite: true } as const;
    await ssm.send(new PutParameterCommand(value));
  }
  ssm.destroy();
}

/** What every function asks beside its store. */
export async function recordFunctions(planned: PlannedAccount): Promise<readonly RecordedCall[]> {
  const plan = planned.service.redis;
  const functions = plannedFunctions(plan);
  await setParameters(planned);
  await makeFunctionUrl(planned);
  await makeConversations(planned);
  const sqs = await makeQueues(planned);
  const proxy = await startRecordingProxy(planned.emulator.endpoint, functions);
  try {
    for (const name of functions) {
      const environment = plannedEnvironment(plan, name);
      await useSecretsAndKeys(environment, proxy.endpointOf(name));
      const own = environment['SALLYPORT_CONVERSATIONS'] === 'dynamodb';
      if (own) await useConversations(environment, proxy.endpointOf(name));
      if (environment['SALLYPORT_AWS_READ_ROLE'] !== undefined) await useAwsRoles(environment, proxy.endpointOf(name));
      for (const setting of ['SALLYPORT_JOBS_QUEUE_URL', 'SALLYPORT_CALLS_QUEUE_URL']) {
        const queueUrl = environment[setting];
        if (queueUrl !== undefined) await useQueue(name, queueUrl, proxy.endpointOf(name), sqs);
      }
    }
    const failed = proxy.calls().filter(({ status }) => status >= 400);
    if (failed.length > 0) throw new Error(`the emulator refused: ${JSON.stringify(failed)}`);
    return proxy.calls();
  } finally {
    sqs.destroy();
    await proxy.close();
  }
}

/** One operation on one kind of record, and the calls that it is. */
export interface StoreUse {
  readonly prefix: StorePrefix;
  readonly operation: StoreOperation;
  readonly calls: readonly RecordedCall[];
}

const operations: Readonly<Record<StoreOperation, (store: KeyValueStore, key: string) => Promise<unknown>>> = {
  get: (store, key) => store.get(key),
  set: (store, key) => store.set(key, '1'),
  setIfAbsent: (store, key) => store.setIfAbsent(key, '1'),
  compareAndSet: (store, key) => store.compareAndSet(key, '1', '2'),
  compareAndDelete: (store, key) => store.compareAndDelete(key, '1'),
  increment: (store, key) => store.increment(key, { ttlSeconds: 60 }),
  list: (store, key) => store.list(key.slice(0, key.lastIndexOf(':') + 1)),
};

/** A key as the code makes them; of kinds that have an owner, with one. */
function sampleKey(prefix: StorePrefix): string {
  if (!prefix.endsWith(':')) return prefix;
  return (ownedPrefixes as readonly StorePrefix[]).includes(prefix) ? `${prefix}p_1:x` : `${prefix}x`;
}

/** Every operation on every kind of record in DynamoDB, allowed to somebody or not. */
export async function recordStore({ emulator, account }: PlannedAccount): Promise<readonly StoreUse[]> {
  const options = { region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 };
  const tablePrefix = `sallyport-${account.environment}-`;
  const direct = new DynamoDBClient({ ...options, endpoint: emulator.endpoint });
  for (const table of Object.keys(storeTables)) {
    const keys = [
      { AttributeName: 'p', KeyType: 'HASH' },
      { AttributeName: 's', KeyType: 'RANGE' },
    ] as const;
    await direct.send(
      new CreateTableCommand({
        TableName: `${tablePrefix}${table}`,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [...keys],
        AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
      }),
    );
  }
  direct.destroy();
  const proxy = await startRecordingProxy(emulator.endpoint, ['anybody']);
  const client = new DynamoDBClient({ ...options, endpoint: proxy.endpointOf('anybody') });
  const store = createDynamoDbStore({
    client,
    tablePrefix,
    place: placeRecord,
    alone: ALONE,
    clock,
    log: createTestLog(),
  });
  const uses: StoreUse[] = [];
  try {
    for (const prefix of storePrefixes) {
      for (const operation of Object.keys(operations) as StoreOperation[]) {
        if (operation === 'list' && !prefix.endsWith(':')) continue;
        const before = proxy.calls().length;
        await operations[operation](store, sampleKey(prefix));
        uses.push({ prefix, operation, calls: proxy.calls().slice(before) });
        // The next one finds nothing of this one.
        await store.compareAndDelete(sampleKey(prefix), '1').catch(() => false);
      }
    }
    return uses;
  } finally {
    await store.close();
    await proxy.close();
  }
}
