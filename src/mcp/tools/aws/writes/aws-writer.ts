import { AppError } from '../../../../kernel/app-error.ts';
import { describeAwsFailure } from '../aws-failure.ts';
import type { AwsClient, AwsCommands } from '../aws-service.ts';

// The one way to change something at AWS: two commands, with a role of their own, each sent once. What may have been done is never repeated here.

/** IAM actions of each command, for the message when one is refused. */
export const WRITE_ACTIONS = {
  TagResources: ['tag:TagResources', 'the tagging action of the resource’s own service'],
  UpdateService: ['ecs:UpdateService'],
} as const;

export type WriteOperation = keyof typeof WRITE_ACTIONS;

export interface AwsWriter {
  /** What the SDK answers. Rejects with AppError that says whether something may have been done. */
  write(operation: WriteOperation, parameters: Readonly<Record<string, unknown>>, region: string): Promise<object>;
}

export interface AwsWriterOptions {
  readonly importCommands: () => Promise<{ readonly commands: AwsCommands }>;
  /** The role for writes, and no other credentials. */
  readonly credentials: () => Promise<object | undefined>;
  /** Told of each command before it is sent. */
  readonly onSend?: (operation: WriteOperation) => void;
}

const TIMEOUT_MS = 15_000;
const MAX_CLIENTS = 40;

const CODES = {
  access_denied: 'forbidden',
  credentials_missing: 'forbidden',
  credentials_expired: 'forbidden',
  invalid_parameters: 'invalid_request',
  not_found: 'not_found',
  rate_limited: 'rate_limited',
  timed_out: 'timed_out',
  unavailable: 'upstream_failed',
  upstream_failed: 'upstream_failed',
} as const;

/** Refused before anything was done, or nobody knows. */
const UNCLEAR: ReadonlySet<string> = new Set(['timed_out', 'unavailable', 'upstream_failed']);

export function createAwsWriter(options: AwsWriterOptions): AwsWriter {
  const clients = new Map<string, AwsClient>();

  return {
    async write(operation, parameters, region) {
      const entry = (await options.importCommands()).commands[operation];
      if (entry === undefined) throw new AppError('internal', `${operation} is no write of ours.`);
      try {
        const key = `${operation} ${region}`;
        if (clients.size >= MAX_CLIENTS) clients.clear();
        const credentials = await options.credentials();
        // One attempt: after a broken connection nobody knows whether the first was taken.
        const settings = { region, maxAttempts: 1, ...(credentials !== undefined && { credentials }) };
        const client = clients.get(key) ?? new entry.client(settings);
        clients.set(key, client);
        options.onSend?.(operation);
        return await client.send(new entry.command(parameters), { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (error) {
        const { code, message } = describeAwsFailure(error, { actions: [...WRITE_ACTIONS[operation]], region });
        const done = UNCLEAR.has(code)
          ? 'It may have been done all the same: look before you ask again.'
          : 'Nothing was changed.';
        throw new AppError(CODES[code], `${message} ${done}`, { cause: error });
      }
    },
  };
}
