import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { zipSync } from 'fflate';
import { startAwsEmulator, TEST_CREDENTIALS } from './aws-emulator.ts';
import { copyTerraform, type Plan, type PlanOptions, TERRAFORM_REGION, TEST_ACCOUNT } from './terraform.ts';

// `terraform/service`, planned by the real provider. What it looks up by name (the foundation's keys, the truststore) is in an emulator,
// with made-up contents; the functions' zip holds nothing.

export type DeployedEnvironment = 'dev' | 'gamma' | 'prod';
export const DEPLOYED_ENVIRONMENTS: readonly DeployedEnvironment[] = ['dev', 'gamma', 'prod'];
export type FoundationKey = 'authority' | 'data' | 'secrets' | 'vault';
const KEYS: readonly FoundationKey[] = ['authority', 'data', 'secrets', 'vault'];

export const TRUSTSTORE_TEXT = '-----BEGIN CERTIFICATE-----\nof an authority\n-----END CERTIFICATE-----\n';

/** In place of ids that API Gateway gives out: Terraform tells nothing of an environment of which one value is not known. */
export const PLANNED_API_IDS = { mcp: 'a1b2c3d4e5', 'mcp-key': 'f6g7h8i9j0', 'mcp-oauth': 'k1l2m3n4o5' } as const;
/** The same for what Cognito gives out. */
export const PLANNED_POOL = {
  issuer: `https://cognito-idp.${TERRAFORM_REGION}.amazonaws.com/${TERRAFORM_REGION}_a1B2c3D4e`,
  client: '1a2b3c4d5e6f',
} as const;

export interface Foundation {
  /** ARNs. */
  readonly keys: Readonly<Record<FoundationKey, string>>;
  readonly truststoreBucket: string;
  readonly truststoreVersion: string;
}

export interface ServiceRoot {
  readonly foundations: Readonly<Record<DeployedEnvironment, Foundation>>;
  /** With the environment's own values, and `vars` over them. */
  plan(environment: DeployedEnvironment, vars?: Readonly<Record<string, unknown>>): Promise<Plan>;
  dispose(): Promise<void>;
}

async function makeFoundation(endpoint: string, environment: DeployedEnvironment): Promise<Foundation> {
  const client = { endpoint, region: TERRAFORM_REGION, credentials: TEST_CREDENTIALS };
  const kms = new KMSClient(client);
  const made = KEYS.map(async (name) => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
    const { KeyId, Arn } = KeyMetadata ?? {};
    if (KeyId === undefined || Arn === undefined) throw new Error('the emulator made no key');
    await kms.send(new CreateAliasCommand({ AliasName: `alias/sallyport-${environment}-${name}`, TargetKeyId: KeyId }));
    return [name, Arn] as const;
  });
  const keys = Object.fromEntries(await Promise.all(made)) as Record<FoundationKey, string>;
  const s3 = new S3Client({ ...client, forcePathStyle: true });
  const Bucket = `sallyport-${environment}-truststore-${TEST_ACCOUNT}`;
  const place = { LocationConstraint: TERRAFORM_REGION } as const;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: place }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const object = { Bucket, Key: 'truststore.pem', Body: TRUSTSTORE_TEXT, ContentType: 'text/plain' };
  const { VersionId } = await s3.send(new PutObjectCommand(object));
  if (VersionId === undefined) throw new Error('the emulator keeps no versions');
  return { keys, truststoreBucket: Bucket, truststoreVersion: VersionId };
}

/** Needs Terraform and Python: ask `hasTerraform` and `hasPython` first. */
export async function openServiceRoot(): Promise<ServiceRoot> {
  const emulator = await startAwsEmulator();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bundle-'));
  const stop = async () => {
    await emulator.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const bundle = join(folder, 'lambda.zip');
    await writeFile(bundle, zipSync({ 'agent.mjs': new Uint8Array(0) }));
    const made = DEPLOYED_ENVIRONMENTS.map(async (name) => [name, await makeFoundation(emulator.endpoint, name)]);
    const foundations = Object.fromEntries(await Promise.all(made)) as Record<DeployedEnvironment, Foundation>;
    const copy = await copyTerraform({ root: 'service', env: { AWS_ENDPOINT_URL: emulator.endpoint } });
    const ids = Object.entries(PLANNED_API_IDS).map(([name, id]) => `    ${name} = "${id}"\n`);
    const pool = `  user_pool = { client_ids = ["${PLANNED_POOL.client}"], issuer = "${PLANNED_POOL.issuer}" }\n`;
    await writeFile(join(copy.folder, 'ids_override.tf'), `locals {\n  api_ids = {\n${ids.join('')}  }\n${pool}}\n`);
    const options = (environment: DeployedEnvironment, vars: Readonly<Record<string, unknown>>): PlanOptions => ({
      varFiles: [`${environment}.tfvars`],
      vars: { environment, bundle, ...vars },
    });
    return {
      foundations,
      plan: (environment, vars = {}) => copy.plan(options(environment, vars)),
      async dispose() {
        await copy.dispose();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
