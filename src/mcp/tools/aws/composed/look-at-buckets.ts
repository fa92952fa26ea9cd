import type { AwsPlaces, Place } from '../places.ts';
import type { Asking } from './asking.ts';
import { type Finding, finding, type Looked } from './findings.ts';
import { type Json, objectIn, objectsIn, textIn } from './plain-json.ts';

// Which buckets the world can read or write, and which keep what they hold unencrypted.

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html: everybody, and everybody with any AWS account. */
const EVERYBODY = /\/groups\/global\/(?:AllUsers|AuthenticatedUsers)$/;
const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
const MAX_BUCKETS = 300;

const publicGrants = (acl: Json | undefined): readonly string[] =>
  objectsIn(acl, 'Grants')
    .filter((grant) => EVERYBODY.test(textIn(objectIn(grant, 'Grantee'), 'URI') ?? ''))
    .map((grant) => textIn(grant, 'Permission') ?? '');

async function lookAtBucket(asking: Asking, bucket: string, where: Place): Promise<readonly Finding[]> {
  const ask = (operation: string) => asking.find('s3', operation, { Bucket: bucket }, where);
  const [policy, block, acl, encryption] = await Promise.all([
    ask('GetBucketPolicyStatus'),
    ask('GetPublicAccessBlock'),
    ask('GetBucketAcl'),
    ask('GetBucketEncryption'),
  ]);
  const findings: Finding[] = [];
  const blocks = objectIn(block === 'absent' ? {} : block, 'PublicAccessBlockConfiguration');
  const isPublic = policy !== 'absent' && objectIn(policy, 'PolicyStatus')['IsPublic'] === true;
  const grants = publicGrants(acl === 'absent' ? undefined : acl);
  const open = [
    ...(isPublic && blocks['RestrictPublicBuckets'] !== true ? ['its policy lets everybody in'] : []),
    ...(grants.length > 0 && blocks['IgnorePublicAcls'] !== true
      ? [`its list lets everybody ${grants.join(', ')}`]
      : []),
  ];
  if (open.length > 0) {
    findings.push(
      finding(where, {
        severity: 'high',
        kind: 'public_bucket',
        resource: bucket,
        detail: `${open.join('; ')}, unless the account as a whole blocks it`,
        mend: 'Block public access of this bucket, or say in its policy who may read it.',
      }),
    );
  } else if (block !== undefined && BLOCKS.some((name) => blocks[name] !== true)) {
    findings.push(
      finding(where, {
        severity: 'low',
        kind: 'public_bucket',
        resource: bucket,
        detail: 'it is not public, but nothing of its own keeps it from becoming so',
        mend: 'Block public access of this bucket or of the account.',
      }),
    );
  }
  if (encryption === 'absent') {
    findings.push(
      finding(where, {
        severity: 'medium',
        kind: 'unencrypted_store',
        resource: bucket,
        detail: 'the bucket names no encryption of its own',
        mend: 'Set a default encryption for the bucket.',
      }),
    );
  }
  return findings;
}

/** Buckets belong to an account, not to the region that is asked: each is looked at where it lies. */
export async function lookAtBuckets(asking: Asking, where: Place, { regions }: AwsPlaces): Promise<Looked> {
  // With a number, AWS says where each bucket lies.
  const listed = await asking.all('s3', 'ListBuckets', { parameters: { MaxBuckets: 1000 }, member: 'Buckets' }, where);
  const buckets = listed
    .map((bucket) => ({ name: textIn(bucket, 'Name') ?? '', region: textIn(bucket, 'BucketRegion') ?? where.region }))
    .filter(({ region }) => regions.length === 0 || regions.includes(region))
    .slice(0, MAX_BUCKETS);
  const found = await Promise.all(buckets.map(({ name, region }) => lookAtBucket(asking, name, { ...where, region })));
  return {
    checked: {
      buckets: buckets.length,
      ...(listed.length > buckets.length && { bucketsLeftOut: listed.length - buckets.length }),
    },
    findings: found.flat(),
  };
}
