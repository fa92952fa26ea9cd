import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';

// The parts of the AWS SDK that Bedrock takes, in a module that is loaded when a model there is first asked.

export interface BedrockClientOptions {
  readonly region?: string;
  readonly endpoint?: string;
  readonly maxAttempts: number;
}

export function createBedrockClient(options: BedrockClientOptions): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    ...options,
    // The SDK would speak HTTP/2 here, which proxies in between often do not.
    requestHandler: new NodeHttpHandler({ connectionTimeout: 3_000 }),
  });
}
