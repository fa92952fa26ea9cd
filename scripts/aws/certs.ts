import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { createKmsSigner } from '../../src/adapters/aws/kms-signer.ts';
import { createParameterDocument } from '../../src/adapters/aws/parameter-document.ts';
import { isIssuedBy } from '../../src/certificates/agent-credentials.ts';
import { enrolAgent, ensureAuthority } from '../../src/certificates/enrol.ts';
import { findAuthority, readTruststore, removeFromTruststore } from '../../src/certificates/truststore.ts';
import { createSecret } from '../../src/kernel/secret.ts';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { formatSpiffeId } from '../../src/trust/spiffe-id.ts';
import { type AwsClients, createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { readOperatorSettings, withOperatorStore } from './parts/operator-store.ts';
import { readParameters } from './parts/parameters.ts';
import { demand, type Missing, preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { Stop } from './parts/stop.ts';
import { readTruststoreObject, type StoredTruststore, writeTruststoreObject } from './parts/truststore.ts';
import { readServiceValues } from './parts/variables.ts';

// `make certs`: the authority's certificate (its key never leaves KMS), the truststore, and the agent's first credentials. What is there and
// good stays. With a new authority key it begins a rollover; `--drop` ends one.

const random = { bytes: (count: number) => randomBytes(count) };
const clock = { nowMs: () => Date.now() };

async function authorityName({ kms }: AwsClients, { names }: Context): Promise<string> {
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: names.keyAlias('authority') }));
  // Two authorities may never share a name: a revocation names its issuer.
  return `CN=Sallyport ${names.environment} client CA ${(key?.KeyId ?? '').slice(0, 8)}`;
}

async function settleAuthority(context: Context, aws: AwsClients, stored: StoredTruststore) {
  const { environment, names, say } = context;
  const signer = createKmsSigner({ keyId: names.keyAlias('authority'), client: aws.kms });
  const present = await findAuthority(stored.text, signer);
  const name = await authorityName(aws, context);
  if (present !== undefined && present.notAfterMs > clock.nowMs()) {
    say(`The authority is ${present.name}, until ${new Date(present.notAfterMs).toISOString().slice(0, 10)}.`);
    return { signer, certificate: present.certificate, changed: false };
  }
  const count = readTruststore(stored.text).length;
  const beside = count === 0 ? '' : ` beside ${count} that ${count === 1 ? 'is' : 'are'} there`;
  await confirm(
    context,
    `KMS signs ${name} (an alarm tells of every use of that key), and it goes into s3://${stored.bucket}${beside}.`,
  );
  const made = await ensureAuthority({ signer, clock, random }, { name, truststore: stored.text });
  await writeTruststoreObject(aws, stored, made.truststore);
  say(`The truststore of ${environment} holds ${name}.`);
  return { signer, certificate: made.certificate, changed: true };
}

/** What enrolment needs, before anything is changed. With DynamoDB there is no store before the first deploy, which needs the truststore. */
async function readEnrolment(aws: AwsClients, { names, environment }: Context) {
  const values = readServiceValues(environment);
  const operator = await readOperatorSettings(aws, names);
  const master = (await readParameters(aws, names, ['hmac-master'])).get('hmac-master')?.value;
  const isLater = operator.settings['SALLYPORT_STORE'] === 'dynamodb' && operator.missing.length > 0;
  const missing: Missing[] = isLater ? [] : [...operator.missing];
  if (master === undefined)
    missing.push({ what: `${names.parameter('hmac-master')} is not set`, mend: `make secrets ENV=${environment}` });
  if (values.trustDomain === undefined)
    missing.push({
      what: `terraform/environments/${environment}.tfvars names no domain`,
      mend: 'write it (docs/deployment.md explains each value)',
    });
  return { values, operator, master, isLater, missing };
}

async function dropAuthority(
  context: Context,
  aws: AwsClients,
  stored: StoredTruststore,
  text: string,
): Promise<number> {
  const { names, environment, say } = context;
  const known = readTruststore(stored.text);
  const dropped = known.find(({ name }) => name === text);
  if (dropped === undefined) {
    throw new Stop(
      EXIT.missing,
      `The truststore holds no ${text}. It holds: ${known.map(({ name }) => name).join('; ')}.`,
    );
  }
  const signer = createKmsSigner({ keyId: names.keyAlias('authority'), client: aws.kms });
  const current = await findAuthority(stored.text, signer);
  if (current?.name === dropped.name)
    throw new Stop(EXIT.failed, `${text} issues the certificates of now. Nothing was changed.`);
  const document = (await readParameters(aws, names, ['agent-credentials'])).get('agent-credentials')?.value;
  if (
    document !== undefined &&
    isIssuedBy(parseCredentials(document.reveal()).document.certificate, dropped.certificate)
  ) {
    throw new Stop(EXIT.failed, `The agent’s certificate is still one of ${text}. Nothing was changed.`, {
      next: `make rotate ENV=${environment}`,
    });
  }
  const left = removeFromTruststore(stored.text, dropped.certificate);
  await confirm(context, `Certificates of ${text} are refused from the next deploy on.`);
  await writeTruststoreObject(aws, stored, left);
  say(`${text} is out of the truststore. Next: make deploy ENV=${environment}`);
  return EXIT.done;
}

await runCommand({
  name: 'certs',
  summary: 'Makes what is missing of: the authority’s certificate, the truststore, the agent’s credentials.',
  options: {
    'server-ca': {
      type: 'string',
      value: 'FILE',
      help: 'PEM of a private authority behind the MCP API’s own certificate',
    },
    drop: { type: 'string', value: 'NAME', help: 'take an authority out of the truststore: the end of a rollover' },
  },
  run: async (context) => {
    const { environment, names, say, options } = context;
    demandConfirmable(context);
    const aws = createAwsClients();
    const { account } = await preconditions(() => aws, names, { foundation: true });
    const stored = await readTruststoreObject(aws, names, account);
    if (typeof options['drop'] === 'string') return dropAuthority(context, aws, stored, options['drop']);
    const { values, operator, master, isLater, missing } = await readEnrolment(aws, context);
    demand(missing);
    const serverCa = typeof options['server-ca'] === 'string' ? readFileSync(options['server-ca'], 'utf8') : undefined;
    const { signer, certificate, changed } = await settleAuthority(context, aws, stored);
    if (isLater || master === undefined || values.trustDomain === undefined) {
      say('The agent’s credentials need the store, whose tables come with the first deploy.');
      say(`Next: make deploy ENV=${environment}, then make certs ENV=${environment} again`);
      return EXIT.done;
    }
    const { trustDomain } = values;
    const identity = formatSpiffeId({ trustDomain, environment, agent: values.agent });
    say(`Enrolling ${identity} where it is not …`);
    const hmacMaster = createSecret(new Uint8Array(Buffer.from(master.reveal(), 'base64url')));
    const credentials = createParameterDocument({
      name: names.parameter('agent-credentials'),
      keyId: names.keyAlias('secrets'),
      client: aws.ssm,
    });
    const { keyId, made } = await withOperatorStore(operator, (store) =>
      enrolAgent(
        { store, credentials, authority: { certificate, signer }, hmacMaster, clock, random },
        { identity, serverCa, truststore: stored.text },
      ),
    );
    const what = made.length === 0 ? 'everything was there and good' : `made: ${made.join(', ')}`;
    say(`${identity}, key ${keyId}: ${what}.`);
    say(changed ? `Next: make deploy ENV=${environment}` : `Next: make doctor ENV=${environment}`);
    return EXIT.done;
  },
});
