import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { type AwsClients, ifThere } from './aws.ts';
import { hasBucket } from './buckets.ts';
import { type EnvironmentNames, KEYS, type KeyName } from './environment.ts';
import { bad, type Finding, ok } from './finding.ts';
import { readParameters } from './parameters.ts';
import { SECRET_FORMS } from './secret-forms.ts';
import { readServiceValues } from './variables.ts';

// The foundation: its bucket, its keys, its parameters.

async function examineKey({ kms }: AwsClients, names: EnvironmentNames, key: KeyName): Promise<Finding> {
  const alias = names.keyAlias(key);
  const found = (await ifThere(kms.send(new DescribeKeyCommand({ KeyId: alias }))))?.KeyMetadata;
  if (found === undefined) return bad(`${alias} is not there`, `make bootstrap ENV=${names.environment}`);
  const { KeyState: state = 'unknown', KeyId: id = '', KeySpec: spec, KeyUsage: usage } = found;
  if (state === 'PendingDeletion')
    return bad(
      `${alias} is going to be deleted, and all it encrypted with it`,
      `aws kms cancel-key-deletion --key-id ${id} && aws kms enable-key --key-id ${id}`,
    );
  if (state === 'Disabled') return bad(`${alias} is disabled`, `aws kms enable-key --key-id ${id}`);
  if (state !== 'Enabled') return bad(`${alias} is ${state}`, `aws kms describe-key --key-id ${id}`);
  if (key === 'authority' && (spec !== 'ECC_NIST_P256' || usage !== 'SIGN_VERIFY'))
    return bad(
      `${alias} is ${spec} for ${usage}, not ECC_NIST_P256 for SIGN_VERIFY`,
      `make bootstrap ENV=${names.environment}`,
    );
  return ok(`${alias} is enabled`);
}

async function examineParameters(aws: AwsClients, names: EnvironmentNames): Promise<readonly Finding[]> {
  const { environment } = names;
  const known = await readParameters(aws, names);
  const values = readServiceValues(environment);
  return SECRET_FORMS.filter((form) => values.needs(form)).map((form): Finding => {
    const { name, from } = form;
    const full = names.parameter(name);
    const found = known.get(name);
    if (found === undefined) return bad(`${full} is not there`, `make bootstrap ENV=${environment}`);
    const make = `make ${from === 'certs' ? 'certs' : 'secrets'} ENV=${environment}`;
    if (found.value === undefined) return bad(`${full} is still unset`, make);
    const problem = form.problem(found.value.reveal());
    return problem === undefined
      ? ok(`${full} is set`)
      : bad(`${full} cannot be right: ${problem}`, `${make} REPLACE=${name}`);
  });
}

export async function examineFoundation(
  aws: AwsClients,
  names: EnvironmentNames,
  account: string,
): Promise<readonly Finding[]> {
  const bucket = names.stateBucket(account);
  const bootstrap = `make bootstrap ENV=${names.environment}`;
  const isThere = await hasBucket(aws, bucket);
  const state = isThere
    ? ok(`the state bucket is ${bucket}`)
    : bad(`the state bucket ${bucket} is not there`, bootstrap);
  const keys = await Promise.all(KEYS.map((key) => examineKey(aws, names, key)));
  if (!isThere && keys.every((key) => key.state === 'bad'))
    return [bad(`the foundation of ${names.environment} was never applied`, bootstrap)];
  const parameters = await examineParameters(aws, names);
  const unset = parameters.filter((one) => one.state === 'bad');
  return [state, ...keys, ...(unset.length === 0 ? [ok(`all ${parameters.length} secrets in use are set`)] : unset)];
}
