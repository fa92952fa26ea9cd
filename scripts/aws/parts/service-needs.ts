import { GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { type AwsClients, errorName, ifThere } from './aws.ts';
import { type EnvironmentNames, TRUSTSTORE_KEY } from './environment.ts';
import type { Missing } from './preconditions.ts';
import { SECRET_FORMS } from './secret-forms.ts';
import { variableFile } from './terraform.ts';
import { readServiceValues } from './variables.ts';

// What the service needs of the foundation before it can be planned. Whoever deploys may read no secret, so a parameter that was never
// written is told by its version: Terraform makes the first, with the placeholder.

export async function checkTruststore(
  { s3 }: Pick<AwsClients, 's3'>,
  names: EnvironmentNames,
  account: string,
): Promise<readonly Missing[]> {
  const bucket = names.truststoreBucket(account);
  const object = await ifThere(s3.send(new HeadObjectCommand({ Bucket: bucket, Key: TRUSTSTORE_KEY })));
  const what = `there is no truststore (s3://${bucket}/${TRUSTSTORE_KEY})`;
  return object === undefined ? [{ what, mend: `make certs ENV=${names.environment}` }] : [];
}

/** Undefined where it is not there; nothing of it where we may not ask. */
async function readZoneName({ route53 }: Pick<AwsClients, 'route53'>, id: string) {
  try {
    const zone = await ifThere(route53.send(new GetHostedZoneCommand({ Id: id })));
    return zone === undefined ? undefined : { name: zone.HostedZone?.Name?.replace(/\.$/, '') };
  } catch (error) {
    if (/^AccessDenied/.test(errorName(error))) return { name: undefined };
    throw error;
  }
}

/** The zone that the names are to lie in: without it AWS would refuse the first record, in the middle of an apply. */
export async function checkZone(
  aws: Pick<AwsClients, 'route53'>,
  { environment }: EnvironmentNames,
): Promise<readonly Missing[]> {
  const { zoneId, domain } = readServiceValues(environment);
  if (zoneId === undefined || domain === undefined) return [];
  const zone = await readZoneName(aws, zoneId);
  const mend = `set zone_id and domain in ${variableFile(environment, 'service')} (docs/deployment.md explains each value)`;
  if (zone === undefined) return [{ what: `the hosted zone ${zoneId} is not there`, mend }];
  const { name } = zone;
  if (name === undefined || domain === name || domain.endsWith(`.${name}`)) return [];
  return [{ what: `${domain} does not lie in the hosted zone ${zoneId}, which is ${name}`, mend }];
}

/** Versions by the last part of the name; nothing where we may not ask. */
async function readVersions(
  { ssm }: Pick<AwsClients, 'ssm'>,
  names: EnvironmentNames,
): Promise<ReadonlyMap<string, number> | undefined> {
  const found = new Map<string, number>();
  const prefix = names.parameter('');
  let token: string | undefined;
  do {
    const filters = [{ Key: 'Name', Option: 'BeginsWith', Values: [prefix] }];
    const command = new DescribeParametersCommand({ ParameterFilters: filters, MaxResults: 50, NextToken: token });
    try {
      const page = await ssm.send(command);
      for (const { Name = '', Version = 0 } of page.Parameters ?? []) found.set(Name.slice(prefix.length), Version);
      token = page.NextToken;
    } catch (error) {
      if (errorName(error) === 'AccessDeniedException') return undefined;
      throw error;
    }
  } while (token !== undefined);
  return found;
}

/** Secrets that these values need and nobody has written. `certs` writes the last one, with DynamoDB only once the tables are there. */
export async function checkNeededSecrets(
  aws: Pick<AwsClients, 'ssm'>,
  names: EnvironmentNames,
): Promise<readonly Missing[]> {
  const versions = await readVersions(aws, names);
  if (versions === undefined) return [];
  const values = readServiceValues(names.environment);
  const needed = SECRET_FORMS.filter(
    (form) => values.needs(form) && !(form.from === 'certs' && values.store === 'dynamodb'),
  );
  return needed
    .filter(({ name }) => (versions.get(name) ?? 0) < 2)
    .map(({ name, from }) => ({
      what: `the secret ${names.parameter(name)} was never set`,
      mend: `make ${from === 'certs' ? 'certs' : 'secrets'} ENV=${names.environment}`,
    }));
}
