// Made by build/aws-clients.ts from ../operations/s3.json: change that file, not this one.

import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLocationCommand,
  GetBucketLoggingCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
  ListBuckets: { client: S3Client, command: ListBucketsCommand },
  ListObjectsV2: { client: S3Client, command: ListObjectsV2Command },
  GetBucketLocation: { client: S3Client, command: GetBucketLocationCommand },
  GetBucketVersioning: { client: S3Client, command: GetBucketVersioningCommand },
  GetBucketEncryption: { client: S3Client, command: GetBucketEncryptionCommand },
  GetBucketPolicyStatus: { client: S3Client, command: GetBucketPolicyStatusCommand },
  GetBucketPolicy: { client: S3Client, command: GetBucketPolicyCommand },
  GetPublicAccessBlock: { client: S3Client, command: GetPublicAccessBlockCommand },
  GetBucketAcl: { client: S3Client, command: GetBucketAclCommand },
  GetBucketTagging: { client: S3Client, command: GetBucketTaggingCommand },
  GetBucketLifecycleConfiguration: { client: S3Client, command: GetBucketLifecycleConfigurationCommand },
  GetBucketLogging: { client: S3Client, command: GetBucketLoggingCommand },
  GetBucketCors: { client: S3Client, command: GetBucketCorsCommand },
  GetBucketOwnershipControls: { client: S3Client, command: GetBucketOwnershipControlsCommand },
} as unknown as AwsCommands;
