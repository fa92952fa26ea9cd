import { AppError } from '../../kernel/app-error.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OutsideClient } from '../../ports/outside-client.ts';
import type { UpstreamConnector } from '../../ports/upstream.ts';
import { createHttpConnector } from './http-connector.ts';

// A server that is a Lambda function of its own (`terraform/gateway`): called by its Function URL, signed as this function's own role. AWS gave the URL
// its name, so AWS is asked for it, once; nothing is sent to a URL that would let in callers who do not sign.

export interface LambdaConnectorOptions {
  /** The server's name here. */
  readonly name: string;
  readonly functionName: string;
  readonly region: string;
  readonly http: OutsideClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** An emulator in place of AWS. */
  readonly endpoint?: string;
}

const ALIAS = 'live';

async function findUrl({ name, functionName, region, endpoint }: LambdaConnectorOptions): Promise<string> {
  const { readFunctionUrl } = await import('../aws/function-url.ts');
  const found = await readFunctionUrl({ region, functionName, alias: ALIAS, endpoint }).catch((cause: unknown) => {
    const message = `The server ${name} has no function here that can be found. An operator has to look: make deploy-gateway.`;
    throw new AppError('unavailable', message, { cause, details: { reached: false } });
  });
  if (!found.checksSignatures) {
    throw new AppError('misconfigured', `The function of the server ${name} lets in whoever comes: it is not called.`);
  }
  return found.url;
}

export function createLambdaConnector(options: LambdaConnectorOptions): UpstreamConnector {
  const { region, http, clock, timeoutMs } = options;
  let found: Promise<UpstreamConnector> | undefined;
  const open = async (): Promise<UpstreamConnector> =>
    createHttpConnector({
      url: await findUrl(options),
      auth: { kind: 'sigv4', service: 'lambda', region },
      http,
      clock,
      timeoutMs,
      // The wrapper speaks the revisions with a greeting.
      era: 'legacy',
      readSecret: async (secret) => {
        throw new AppError('misconfigured', `No secret is used there: ${secret}.`);
      },
    });
  return {
    async connect(connect) {
      found ??= open().catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return (await found).connect(connect);
    },
  };
}
