import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { type AwsClients, ifThere } from './aws.ts';
import { EXIT } from './command.ts';
import { Stop } from './stop.ts';

// Whether a bucket is there, and where: S3 answers a question in the wrong region with no words but the right one.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html

interface Redirect {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** Throws `Stop` (missing) where it is in another region than the one that is asked. */
export async function hasBucket({ s3 }: Pick<AwsClients, 's3'>, bucket: string): Promise<boolean> {
  try {
    return (await ifThere(s3.send(new HeadBucketCommand({ Bucket: bucket })))) !== undefined;
  } catch (error) {
    const { $metadata, $response } = error as Redirect;
    if ($metadata?.httpStatusCode !== 301) throw error;
    const place = $response?.headers?.['x-amz-bucket-region'];
    const where = place === undefined ? 'in another region' : `in ${place}`;
    throw new Stop(EXIT.missing, `The bucket ${bucket} is ${where}, not in ${await s3.config.region()}.`, {
      next: `export AWS_REGION=${place ?? 'the region of the environment'}`,
      cause: error,
    });
  }
}
