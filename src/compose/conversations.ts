import type { Config } from '../config/load.ts';
import type { ConversationStore } from '../ports/conversation-store.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Platform } from './service-handler.ts';

// Opens the store of conversations that the configuration names.

/** `store`: the agent's own view, which conversations lie in unless they have a table of their own. */
export async function openConversations(
  store: KeyValueStore,
  _config: Config<'agent'>,
  { clock, random }: Platform,
  _log: Log,
): Promise<ConversationStore> {
  const { createKeyValueConversations } = await import('../adapters/embedded/key-value-conversations.ts');
  return createKeyValueConversations({ store, clock, random });
}
