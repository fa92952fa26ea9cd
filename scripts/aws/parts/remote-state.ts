import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type AwsClients, ifThere } from './aws.ts';
import { hasBucket } from './buckets.ts';

// The foundation's state in its bucket, as far as two copies of it can be told apart.

const STATE_KEY = 'foundation.tfstate';

export interface StateVersion {
  /** The same for all versions of one state. */
  readonly lineage: string;
  /** Grows with each change. */
  readonly serial: number;
}

export async function readRemoteState(
  { s3 }: Pick<AwsClients, 's3'>,
  bucket: string,
): Promise<StateVersion | undefined> {
  if (!(await hasBucket({ s3 }, bucket))) return undefined;
  const object = await ifThere(s3.send(new GetObjectCommand({ Bucket: bucket, Key: STATE_KEY })));
  const text = await object?.Body?.transformToString();
  return text === undefined ? undefined : (JSON.parse(text) as StateVersion);
}
