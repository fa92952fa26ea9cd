import {
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  ListAliasesCommand,
} from '@aws-sdk/client-kms';
import {
  CreateFunctionUrlConfigCommand,
  DeleteFunctionUrlConfigCommand,
  GetAliasCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { CreateHostedZoneCommand, Route53Client } from '@aws-sdk/client-route-53';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeParametersCommand, GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

// The account behind the operator's commands, looked at and disturbed from outside.

export interface OperatorAccount {
  /** Buckets, key aliases and parameters: what a foundation consists of. */
  names(): Promise<readonly string[]>;
  objects(bucket: string): Promise<readonly string[]>;
  object(bucket: string, key: string): Promise<string>;
  /** Answers how it is removed. */
  putObject(bucket: string, key: string, text: string): Promise<() => Promise<void>>;
  parameter(name: string): Promise<{ readonly type: string; readonly value: string }>;
  version(name: string): Promise<number>;
  putParameter(name: string, value: string): Promise<void>;
  /** Answers the key's id. */
  disableKey(alias: string): Promise<string>;
  enableKey(id: string): Promise<void>;
  /** Of those functions that are there. */
  liveVersions(functions: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Answers its id. */
  createZone(name: string): Promise<string>;
  /** A Function URL for everybody, as somebody might click it together. Answers how it is removed. */
  openUrl(name: string, place: 'live' | 'the function itself'): Promise<() => Promise<void>>;
}

interface AccountOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function createOperatorAccount(options: AccountOptions): OperatorAccount {
  const [kms, lambda, route53, s3, ssm] = [
    new KMSClient(options),
    new LambdaClient(options),
    new Route53Client(options),
    new S3Client(options),
    new SSMClient(options),
  ];
  const parameterOf = async (name: string) =>
    (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter;
  return {
    names: async () => {
      const [buckets, aliases, parameters] = await Promise.all([
        s3.send(new ListBucketsCommand({})),
        kms.send(new ListAliasesCommand({})),
        ssm.send(new DescribeParametersCommand({ MaxResults: 50 })),
      ]);
      return [
        ...(buckets.Buckets ?? []).map(({ Name = '' }) => Name),
        ...(aliases.Aliases ?? [])
          .map(({ AliasName = '' }) => AliasName)
          .filter((name) => !name.startsWith('alias/aws/')),
        ...(parameters.Parameters ?? []).map(({ Name = '' }) => Name),
      ].sort();
    },
    objects: async (bucket) =>
      ((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key = '' }) => Key),
    object: async (bucket, key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString()) ?? '';
    },
    putObject: async (bucket, key, text) => {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
      return async () => void (await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
    },
    parameter: async (name) => {
      const { Type: type = '', Value: value = '' } = (await parameterOf(name)) ?? {};
      return { type, value };
    },
    version: async (name) => (await parameterOf(name))?.Version ?? 0,
    putParameter: async (name, value) => {
      await ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString', Overwrite: true }));
    },
    disableKey: async (alias) => {
      const id = (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.KeyId ?? '';
      await kms.send(new DisableKeyCommand({ KeyId: id }));
      return id;
    },
    enableKey: async (id) => {
      await kms.send(new EnableKeyCommand({ KeyId: id }));
    },
    liveVersions: async (functions) => {
      const found: Record<string, string> = {};
      for (const name of functions) {
        const command = new GetAliasCommand({ FunctionName: `sallyport-dev-${name}`, Name: 'live' });
        const alias = await lambda.send(command).catch(() => undefined);
        if (alias?.FunctionVersion !== undefined) found[name] = alias.FunctionVersion;
      }
      return found;
    },
    createZone: async (name) => {
      const zone = await route53.send(new CreateHostedZoneCommand({ Name: name, CallerReference: name }));
      return zone.HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
    },
    openUrl: async (name, place) => {
      const url = { FunctionName: `sallyport-dev-${name}`, ...(place === 'live' && { Qualifier: place }) };
      await lambda.send(new CreateFunctionUrlConfigCommand({ ...url, AuthType: 'NONE' }));
      return async () => void (await lambda.send(new DeleteFunctionUrlConfigCommand(url)));
    },
  };
}
