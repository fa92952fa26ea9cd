import { GetParametersCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { createSecret, type Secret } from '../../../src/kernel/secret.ts';
import type { AwsClients } from './aws.ts';
import { type EnvironmentNames, UNSET } from './environment.ts';
import { SECRET_FORMS } from './secret-forms.ts';

// The environment's parameters, read and written by name through the API: no value is ever an argument of a program.

/** GetParameters takes ten names. */
const NAMES_PER_CALL = 10;

export interface ParameterState {
  /** Its value, where somebody gave it one. */
  readonly value: Secret | undefined;
  readonly version: number;
  readonly modified: Date | undefined;
}

/** By the last part of the name. What the foundation has not made is not in it. */
export async function readParameters(
  { ssm }: Pick<AwsClients, 'ssm'>,
  names: EnvironmentNames,
  wanted: readonly string[] = SECRET_FORMS.map(({ name }) => name),
): Promise<ReadonlyMap<string, ParameterState>> {
  const found = new Map<string, ParameterState>();
  const byFullName = new Map(wanted.map((name) => [names.parameter(name), name]));
  const full = [...byFullName.keys()];
  for (let start = 0; start < full.length; start += NAMES_PER_CALL) {
    const batch = full.slice(start, start + NAMES_PER_CALL);
    const answer = await ssm.send(new GetParametersCommand({ Names: batch, WithDecryption: true }));
    for (const { Name = '', Value = UNSET, Version = 0, LastModifiedDate } of answer.Parameters ?? []) {
      const name = byFullName.get(Name);
      if (name === undefined) continue;
      const value = Value === UNSET ? undefined : createSecret(Value);
      found.set(name, { value, version: Version, modified: LastModifiedDate });
    }
  }
  return found;
}

/** Under the environment's own key: a put without one would move the value to the account's default key. */
export async function writeParameter(
  { ssm }: Pick<AwsClients, 'ssm'>,
  names: EnvironmentNames,
  name: string,
  value: Secret,
): Promise<void> {
  await ssm.send(
    new PutParameterCommand({
      Name: names.parameter(name),
      Value: value.reveal(),
      Type: 'SecureString',
      KeyId: names.keyAlias('secrets'),
      Overwrite: true,
    }),
  );
}
