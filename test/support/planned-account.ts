import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { zipSync } from 'fflate';
import { TEST_CREDENTIALS, TEST_REGION } from './aws-emulator.ts';
import { type Account, accountOf, type Role, rolesOf } from './iam.ts';
import { type Ministack, startMinistack } from './ministack.ts';
import { copyTerraform, type Plan, type PlanDocument, type PlanOptions, readPlan } from './terraform.ts';

// An account with the foundation applied (in the emulator) and the service root planned upon it, so that every policy is known to the letter:
// the foundation's name keys that have no ids before they are made.

const ENVIRONMENT = 'dev';
/** The emulator's own. */
const ACCOUNT = '000000000000';
const DNS = { domain: 'dev.sallyport.example.com', zone_id: 'Z0123456789EXAMPLE' };
/** Starting, one apply and some plans on a busy machine, for `beforeAll`. */
export const PLANNED_ACCOUNT_MS = 600_000;

/** A role in another account that the AWS tools may take. */
const BILLING_ROLE = 'arn:aws:iam::111122223333:role/sallyport-aws-reads';
const AWS_TOOLS = {
  accounts: { billing: BILLING_ROLE },
  writes: { services: [`arn:aws:ecs:${TEST_REGION}:${ACCOUNT}:service/gateway/web`] },
};

/** Everything that gives somebody a right is switched on. */
const EVERYTHING = {
  ...DNS,
  environment: ENVIRONMENT,
  edge: {
    certificate_arn: `arn:aws:acm:us-east-1:${ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000`,
    rate_limit: 1000,
  },
  google_client_id: '1-x.apps.googleusercontent.com',
  aws_accounts: { billing: BILLING_ROLE },
  key_door: true,
  model: 'openai:gpt',
  oauth_door: { issuers: [{ issuer: 'https://login.example.com', alias: 'work' }] },
  sign_in_client_id: '1-x.apps.googleusercontent.com',
  sign_in_issuer: 'https://accounts.google.com',
  stream: { bearer: true },
  toolsets: ['calendar', 'aws', 'aws-writes'],
};

export interface PlannedAccount {
  readonly account: Account;
  readonly emulator: Ministack;
  readonly foundation: Plan;
  /** By store: `dynamodb` or `redis`. */
  readonly service: Readonly<Record<'dynamodb' | 'redis', Plan>>;
  /** Roles of both roots, by name without the environment's prefix; the service's are those of that store. */
  roles(store: 'dynamodb' | 'redis'): Readonly<Record<string, Role>>;
  close(): Promise<void>;
}

async function applyFoundation(emulator: Ministack): Promise<Plan> {
  const copy = await copyTerraform({ root: 'foundation', env: emulator.environment });
  try {
    const github = { repository: 'example/sallyport', owner_id: '1234567', repository_id: '987654321' };
    const vars = copy.variables({ vars: { environment: ENVIRONMENT, dns: DNS, edge: true, github, aws: AWS_TOOLS } });
    const applied = await copy.run('apply', '-auto-approve', '-no-color', '-parallelism=10', ...vars);
    if (applied.code !== 0) throw new Error(applied.output);
    const shown = JSON.parse((await copy.run('show', '-json')).output) as {
      readonly values: PlanDocument['planned_values'];
    };
    return readPlan({ planned_values: shown.values });
  } finally {
    await copy.dispose();
  }
}

async function fillTruststore(emulator: Ministack): Promise<void> {
  const client = new S3Client({
    endpoint: emulator.endpoint,
    region: TEST_REGION,
    credentials: TEST_CREDENTIALS,
    forcePathStyle: true,
  });
  await client.send(
    new PutObjectCommand({
      Bucket: `sallyport-${ENVIRONMENT}-truststore-${ACCOUNT}`,
      Key: 'truststore.pem',
      ContentType: 'text/plain',
      Body: '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n',
    }),
  );
  client.destroy();
}

async function planService(emulator: Ministack): Promise<PlannedAccount['service']> {
  const copy = await copyTerraform({ root: 'service', env: emulator.environment });
  const zips = await mkdtemp(join(tmpdir(), 'sallyport-zip-'));
  try {
    const bundle = join(zips, 'lambda.zip');
    await writeFile(bundle, zipSync({ 'agent.mjs': new Uint8Array() }));
    const plan = (store: string): Promise<Plan> => {
      const options: PlanOptions = { vars: { ...EVERYTHING, bundle, store }, args: ['-parallelism=30'] };
      return copy.plan(options);
    };
    return { dynamodb: await plan('dynamodb'), redis: await plan('redis') };
  } finally {
    await copy.dispose();
    await rm(zips, { recursive: true, force: true });
  }
}

export async function planAccount(): Promise<PlannedAccount> {
  const emulator = await startMinistack({ region: TEST_REGION });
  try {
    const foundation = await applyFoundation(emulator);
    await fillTruststore(emulator);
    const service = await planService(emulator);
    const policy = (value: unknown): Readonly<Record<string, unknown>> => JSON.parse(String(value));
    const boundary = foundation.values('aws_iam_policy.boundary');
    const boundaries = { [String(boundary['arn'])]: policy(boundary['policy']) };
    const short = ({ name }: Role): string => name.replace(`sallyport-${ENVIRONMENT}-`, '');
    return {
      emulator,
      foundation,
      service,
      account: accountOf(foundation, service.redis, { id: ACCOUNT, region: TEST_REGION, environment: ENVIRONMENT }),
      roles: (store) =>
        Object.fromEntries(
          [...rolesOf(foundation, ACCOUNT), ...rolesOf(service[store], ACCOUNT, boundaries)].map((role) => [
            short(role),
            role,
          ]),
        ),
      close: () => emulator.stop(),
    };
  } catch (error) {
    await emulator.stop();
    throw error;
  }
}
