import { randomBytes } from 'node:crypto';
import { CreateKeyCommand, type CreateKeyCommandInput, KMSClient } from '@aws-sdk/client-kms';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createKmsSigner } from '../../src/adapters/aws/kms-signer.ts';
import { createParameterDocument } from '../../src/adapters/aws/parameter-document.ts';
import { enrolAgent, ensureAuthority } from '../../src/certificates/enrol.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import type { KeyValueStore } from '../../src/ports/key-value-store.ts';
import { type AgentCredentials, parseCredentials } from '../../src/trust/credentials.ts';
import { TEST_CREDENTIALS, TEST_REGION } from './aws-emulator.ts';
import { type Ministack, startMinistack } from './ministack.ts';

// An environment as `make certs` leaves it, in an AWS emulator: an authority in KMS, the agent's document and the HMAC master in Parameter Store. And
// the settings that Terraform gives the rotate function for it.

export const ROTATE_IDENTITY = 'spiffe://example.com/dev/agent/assistant';
const random = { bytes: (count: number): Uint8Array => new Uint8Array(randomBytes(count)) };
const clock = { nowMs: (): number => Date.now() };
const DOCUMENT = '/sallyport/dev/agent-credentials';
const MASTER = '/sallyport/dev/hmac-master';

export interface RotationAws {
  readonly emulator: Ministack;
  readonly environment: Readonly<Record<string, string>>;
  /** What must be in no log. */
  readonly secrets: string[];
  held(): Promise<AgentCredentials>;
  /** The version of the document's parameter. */
  version(): Promise<number>;
  put(name: string, value: string): Promise<void>;
  enrol(store: KeyValueStore): Promise<void>;
  stop(): Promise<void>;
}

export async function startRotationAws(): Promise<RotationAws> {
  const emulator = await startMinistack();
  const config = { endpoint: emulator.endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS };
  const kms = new KMSClient(config);
  const ssm = new SSMClient(config);
  const createKey = async (input: CreateKeyCommandInput): Promise<string> => {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(input));
    if (KeyMetadata?.Arn === undefined) throw new Error('the emulator made no key');
    return KeyMetadata.Arn;
  };
  const authorityKey = await createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
  const secretsKey = await createKey({});
  const signer = createKmsSigner({ keyId: authorityKey, client: kms });
  const authority = await ensureAuthority({ signer, clock, random }, { name: 'CN=Sallyport dev client CA' });
  const hmacMaster = random.bytes(32);
  const masterText = Buffer.from(hmacMaster).toString('base64url');
  const secrets = [masterText];
  const put = async (Name: string, Value: string): Promise<void> => {
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  };
  await put(MASTER, masterText);
  const credentials = createParameterDocument({ name: DOCUMENT, keyId: secretsKey, client: ssm });
  const held = async (): Promise<AgentCredentials> => {
    const parsed = parseCredentials((await credentials.read())?.reveal() ?? '');
    secrets.push(parsed.document.secret, parsed.document.private_key, parsed.document.private_key.split('\n')[1] ?? '');
    return parsed;
  };
  return {
    emulator,
    environment: {
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_REGION: TEST_REGION,
      AWS_ACCESS_KEY_ID: TEST_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: TEST_CREDENTIALS.secretAccessKey,
      SALLYPORT_ENVIRONMENT: 'dev',
      SALLYPORT_TRUST_DOMAIN: 'example.com',
      SALLYPORT_AUTHORITY_KMS_KEY_ID: authorityKey,
      SALLYPORT_AUTHORITY_CERTIFICATE: authority.truststore,
      SALLYPORT_CREDENTIALS_PARAMETER: DOCUMENT,
      SALLYPORT_SECRETS_KMS_KEY_ID: secretsKey,
      SALLYPORT_HMAC_MASTER_PARAMETER: MASTER,
    },
    secrets,
    held,
    version: async () => {
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: DOCUMENT, WithDecryption: true }));
      return Parameter?.Version ?? 0;
    },
    put,
    enrol: async (store) => {
      const authorityParts = { certificate: authority.certificate, signer };
      const deps = { store, credentials, authority: authorityParts, clock, random };
      await enrolAgent({ ...deps, hmacMaster: createSecret(hmacMaster) }, { identity: ROTATE_IDENTITY });
    },
    stop: () => emulator.stop(),
  };
}
