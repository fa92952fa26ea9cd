import { AppError } from '../../../kernel/app-error.ts';
import type { AwsClient, AwsClientClass, AwsCommands, AwsServiceData } from './aws-service.ts';
import { checkParameters } from './parameter-check.ts';
import { withDates } from './timestamps.ts';

// The one way to AWS for these tools. It sends commands of the lists and no other, with credentials of the platform or of a role in another
// account; a client is made once for each service, region and account.

export interface ReadRequest {
  readonly data: AwsServiceData;
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly region: string;
  /** A name of the account map; the platform's own account when left out. */
  readonly account?: string;
  readonly signal: AbortSignal;
}

export interface AwsReader {
  /** What the SDK answers. Rejects with the SDK's errors, and with AppError `invalid_request` for what is on no list or no parameter of it. */
  read(request: ReadRequest): Promise<object>;
}

export interface AwsReaderOptions {
  readonly importClients: Readonly<Record<string, () => Promise<{ readonly commands: AwsCommands }>>>;
  /** Credentials for an account of the map; `undefined` for the platform's own. Resolves to what a client takes as `credentials`. */
  readonly credentialsFor: (account: string | undefined) => Promise<object | undefined>;
  /** Told of each command before it is sent. */
  readonly onSend?: (service: string, operation: string) => void;
}

/** The SDK waits between its attempts, longer each time and longest when it is throttled; more of them would outlast the call. */
const RETRIES = { maxAttempts: 4, retryMode: 'standard' } as const;
/** A bucket is found in whatever region it lies; clients of other services know no such thing. */
const BUCKETS = { followRegionRedirects: true } as const;
const MAX_CLIENTS = 200;

export function createAwsReader(options: AwsReaderOptions): AwsReader {
  const clients = new Map<string, Promise<AwsClient>>();

  async function openClient(Client: AwsClientClass, region: string, account: string | undefined): Promise<AwsClient> {
    const credentials = await options.credentialsFor(account);
    return new Client({ region, ...RETRIES, ...BUCKETS, ...(credentials !== undefined && { credentials }) });
  }

  /** `sdk`: its package. The class's own name is no name: the bundle's minifier gives several the same one. */
  function clientFor(sdk: string, Client: AwsClientClass, { region, account }: ReadRequest): Promise<AwsClient> {
    const key = `${sdk} ${region} ${account ?? ''}`;
    const known = clients.get(key);
    if (known !== undefined) return known;
    if (clients.size >= MAX_CLIENTS) clients.clear();
    const opened = openClient(Client, region, account);
    clients.set(key, opened);
    // A role that could not be assumed may be assumable a minute later.
    opened.catch(() => clients.delete(key));
    return opened;
  }

  return {
    async read(request) {
      const { data, operation, parameters, signal } = request;
      const listed = Object.hasOwn(data.operations, operation) ? data.operations[operation] : undefined;
      const imported = Object.hasOwn(options.importClients, data.service)
        ? await options.importClients[data.service]?.()
        : undefined;
      const entry = imported?.commands[operation];
      if (listed === undefined || entry === undefined) {
        throw new AppError('invalid_request', `${operation} is not an operation that may be asked of ${data.title}.`);
      }
      const described = new entry.command({});
      checkParameters(operation, described, parameters);
      const client = await clientFor(listed.via?.package ?? data.package, entry.client, request);
      options.onSend?.(data.service, operation);
      const input = withDates(described, { ...parameters, ...listed.fixed });
      return client.send(new entry.command(input), { abortSignal: signal });
    },
  };
}
