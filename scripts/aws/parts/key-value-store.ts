import { DescribeKeyValueStoreCommand, GetKeyCommand, PutKeyCommand } from '@aws-sdk/client-cloudfront-keyvaluestore';
import type { Secret } from '../../../src/kernel/secret.ts';
import { type AwsClients, errorName } from './aws.ts';

// One key of a CloudFront key value store, read and written.
// https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_kvs_PutKey.html

export interface EdgeKeyValueStore {
  /** Nothing, where the key is not there. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: Secret): Promise<void>;
}

/** The answer is never told: it may repeat what was sent. */
function refused(error: unknown, what: string): Error {
  return new Error(`CloudFront's key value store refuses ${what} (${errorName(error) || 'no reason given'}).`);
}

export function createEdgeKeyValueStore(
  arn: string,
  { keyValueStores: client }: Pick<AwsClients, 'keyValueStores'>,
): EdgeKeyValueStore {
  return {
    async get(key) {
      try {
        return (await client.send(new GetKeyCommand({ KvsARN: arn, Key: key }))).Value;
      } catch (error) {
        if (errorName(error) === 'ResourceNotFoundException') return undefined;
        throw refused(error, 'to be read');
      }
    },
    async put(key, value) {
      try {
        const { ETag } = await client.send(new DescribeKeyValueStoreCommand({ KvsARN: arn }));
        // Somebody else's change since then makes this fail, instead of being lost.
        await client.send(new PutKeyCommand({ KvsARN: arn, Key: key, Value: value.reveal(), IfMatch: ETag }));
      } catch (error) {
        throw refused(error, 'to be written');
      }
    },
  };
}
