import type { Config, Environment } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Clock } from '../ports/clock.ts';
import type { ConversationStore } from '../ports/conversation-store.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Platform } from './service-handler.ts';

// Opens the store of conversations that the configuration names.

export interface ConversationParts {
  /** The service's own view, in which conversations lie unless they have a table of their own. */
  readonly store: KeyValueStore;
  readonly config: Config<'agent'> | Config<'worker'>;
  readonly platform: Platform;
  readonly log: Log;
}

/** What the table is called behind SALLYPORT_TABLE_PREFIX. */
export const CONVERSATIONS_TABLE = 'conversations';

/** Region, credentials and the endpoint of an emulator come from the environment, as the SDK reads it. */
export async function openConversations({
  store,
  config,
  platform,
  log,
}: ConversationParts): Promise<ConversationStore> {
  const { clock, random } = platform;
  const { SALLYPORT_CONVERSATIONS: kind, SALLYPORT_TABLE_PREFIX: prefix = '' } = config.settings;
  if (kind === 'dynamodb') {
    const { createDynamoDbConversations } = await import('../adapters/aws/dynamodb-conversations.ts');
    return createDynamoDbConversations({ table: `${prefix}${CONVERSATIONS_TABLE}`, clock, random, log });
  }
  const { createKeyValueConversations } = await import('../adapters/embedded/key-value-conversations.ts');
  return createKeyValueConversations({ store, clock, random });
}

const silent: Log = { info: () => {}, warn: () => {}, error: () => {}, child: () => silent, metric: () => {} };

export interface OperatorConversations {
  forget(person: string): Promise<number>;
  close(): Promise<void>;
}

/** For an operator who removes a person. Undefined where conversations lie in the store, which is searched anyway. */
export async function openOperatorConversations(
  environment: Environment,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<OperatorConversations | undefined> {
  if (environment['SALLYPORT_CONVERSATIONS'] !== 'dynamodb') return undefined;
  const { SALLYPORT_TABLE_PREFIX: prefix = '' } = environment;
  if (prefix === '') {
    throw new AppError('misconfigured', 'SALLYPORT_TABLE_PREFIX is needed when SALLYPORT_CONVERSATIONS is dynamodb.');
  }
  const { createDynamoDbConversations } = await import('../adapters/aws/dynamodb-conversations.ts');
  return createDynamoDbConversations({ table: `${prefix}${CONVERSATIONS_TABLE}`, clock, random, log: silent });
}
