import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { type AwsClients, ifThere } from './aws.ts';
import { type EnvironmentNames, TRUSTSTORE_KEY } from './environment.ts';

// The object that says which authorities the agent door believes. It is replaced only as it was read: two operators at once do not undo
// each other's work. Every version stays.

export interface StoredTruststore {
  readonly bucket: string;
  /** PEM; empty where nothing is there yet. */
  readonly text: string;
  readonly etag: string | undefined;
  readonly version: string | undefined;
}

export async function readTruststoreObject(
  { s3 }: Pick<AwsClients, 's3'>,
  names: EnvironmentNames,
  account: string,
): Promise<StoredTruststore> {
  const bucket = names.truststoreBucket(account);
  const object = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: TRUSTSTORE_KEY })));
  const text = (await object?.Body?.transformToString()) ?? '';
  return { bucket, text, etag: object?.ETag, version: object?.VersionId };
}

/** Rejects (`PreconditionFailed`) when somebody else has written since it was read. */
export async function writeTruststoreObject(
  { s3 }: Pick<AwsClients, 's3'>,
  { bucket, etag }: StoredTruststore,
  text: string,
): Promise<void> {
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: TRUSTSTORE_KEY,
      Body: text,
      // As text: Terraform, which hands the authorities' certificates to the rotation, reads nothing else.
      ContentType: 'text/plain',
      ...(etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: etag }),
    }),
  );
}
