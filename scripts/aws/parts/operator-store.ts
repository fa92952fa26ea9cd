import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { openOperatorStore } from '../../../src/compose/stores.ts';
import type { StoreTable } from '../../../src/config/store-tables.ts';
import type { KeyValueStore } from '../../../src/ports/key-value-store.ts';
import { type AwsClients, ifThere } from './aws.ts';
import type { EnvironmentNames } from './environment.ts';
import { readFunctionSettings } from './live-versions.ts';
import { readParameters } from './parameters.ts';
import type { Missing } from './preconditions.ts';
import { readServiceValues } from './variables.ts';

// The operator's way to a deployed environment's store: the settings that `sallyport`'s operator commands take from an environment, with the
// Redis URL read from its parameter. They stay inside this process.

export interface OperatorSettings {
  readonly settings: Readonly<Record<string, string | undefined>>;
  readonly missing: readonly Missing[];
}

/** Where the keyring lies. */
const TABLE: StoreTable = 'trust';

const clock = { nowMs: () => Date.now() };

/** What the deployed functions say counts, else the environment's values: before the first deploy there is nothing else. */
async function readStoreKind(aws: AwsClients, names: EnvironmentNames): Promise<string> {
  const deployed = await readFunctionSettings(aws, names.functionName('agent'));
  return deployed?.['SALLYPORT_STORE'] ?? readServiceValues(names.environment).store;
}

async function redisSettings(aws: AwsClients, names: EnvironmentNames): Promise<OperatorSettings> {
  const name = 'redis-url/operator';
  const url = (await readParameters(aws, names, [name])).get(name)?.value;
  const missing = { what: `${names.parameter(name)} is not set`, mend: `make secrets ENV=${names.environment}` };
  const file = process.env['REDIS_CA_FILE'];
  const authority = file ? { REDIS_CA_FILE: file } : { REDIS_CA: readServiceValues(names.environment).redisCa };
  return {
    settings: { SALLYPORT_STORE: 'redis', REDIS_URL: url?.reveal(), ...authority },
    missing: url === undefined ? [missing] : [],
  };
}

async function dynamoSettings({ dynamodb }: AwsClients, names: EnvironmentNames): Promise<OperatorSettings> {
  const table = `${names.tablePrefix}${TABLE}`;
  const found = await ifThere(dynamodb.send(new DescribeTableCommand({ TableName: table })));
  const missing = { what: `the table ${table} is not there`, mend: `make deploy ENV=${names.environment}` };
  return {
    settings: { SALLYPORT_STORE: 'dynamodb', SALLYPORT_TABLE_PREFIX: names.tablePrefix },
    missing: found === undefined ? [missing] : [],
  };
}

/** Where the deployed agent keeps conversations; nowhere before it is deployed. */
async function conversationSettings(aws: AwsClients, names: EnvironmentNames): Promise<OperatorSettings['settings']> {
  const deployed = await readFunctionSettings(aws, names.functionName('agent'));
  if (deployed?.['SALLYPORT_CONVERSATIONS'] !== 'dynamodb') return {};
  return { SALLYPORT_CONVERSATIONS: 'dynamodb', SALLYPORT_TABLE_PREFIX: names.tablePrefix };
}

export async function readOperatorSettings(aws: AwsClients, names: EnvironmentNames): Promise<OperatorSettings> {
  const kind = await readStoreKind(aws, names);
  const { settings, missing } = await (kind === 'dynamodb' ? dynamoSettings(aws, names) : redisSettings(aws, names));
  return { settings: { ...settings, ...(await conversationSettings(aws, names)) }, missing };
}

/** Opens the store, acts, and closes it again. */
export async function withOperatorStore<Value>(
  { settings }: OperatorSettings,
  act: (store: KeyValueStore) => Promise<Value>,
): Promise<Value> {
  const store = await openOperatorStore(settings, clock);
  try {
    return await act(store);
  } finally {
    await store.close();
  }
}
