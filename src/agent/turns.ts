import type { Clock } from '../ports/clock.ts';
import type { ConversationStore } from '../ports/conversation-store.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Model } from '../ports/model.ts';
import type { Random } from '../ports/random.ts';
import type { ToolClient } from '../ports/tool-client.ts';
import { createArgumentCheck } from './argument-check.ts';
import { createBudget, type DayLimits } from './budget.ts';
import { type Contacts, createContacts } from './contacts.ts';
import { type Conversations, createConversations } from './conversation.ts';
import { createPausedTurns, type PausedTurns } from './paused-turns.ts';
import { type BuildCatalog, createCatalogBuilder, type ToolHashes } from './tool-catalog.ts';
import { createTurnRunner } from './turn.ts';
import { createTurnService, type TurnService } from './turn-service.ts';
import type { TurnConfig } from './turn-setting.ts';

// What works on turns, wherever they are asked for: behind the Agent API, or in the worker that goes on with them.

export interface TurnPartsDeps {
  /** The agent's view of the store. */
  readonly store: KeyValueStore;
  readonly conversations: ConversationStore;
  readonly model: Model;
  readonly tools: ToolClient;
  /** Of the tools of this build. */
  readonly toolHashes: ToolHashes;
  /** Of those that an operator approved of other servers. */
  readonly approvedHashes?: ToolHashes;
  readonly clock: Clock;
  readonly random: Random;
  /** What one person may use in a day; no limit when left out. */
  readonly dayLimits?: DayLimits;
  readonly config?: Partial<TurnConfig>;
}

export interface TurnParts {
  readonly turns: TurnService;
  readonly conversations: Conversations;
  readonly contacts: Contacts;
  readonly paused: PausedTurns;
  readonly buildCatalog: BuildCatalog;
}

const defaults: TurnConfig = {
  maxSteps: 8,
  turnMs: 300_000,
  windowTokens: 64_000,
  maxTokens: 100_000,
  maxOutputTokens: 4096,
  callTimeoutMs: 25_000,
  prices: {},
};

export function createTurnParts(deps: TurnPartsDeps): TurnParts {
  const { store, model, tools, clock, random } = deps;
  const contacts = createContacts(store);
  const conversations = createConversations({ store: deps.conversations, clock, random });
  const paused = createPausedTurns(store);
  const budget = createBudget({ store, clock, limits: deps.dayLimits ?? {} });
  const buildCatalog = createCatalogBuilder(deps.toolHashes, deps.approvedHashes);
  const runTurn = createTurnRunner({
    model,
    tools,
    buildCatalog,
    checkArguments: createArgumentCheck((name) => Object.hasOwn(deps.toolHashes, name)),
    conversations,
    contacts,
    paused,
    budget,
    clock,
    config: { ...defaults, ...deps.config },
  });
  const turns = createTurnService({ store, conversations, budget, runTurn, clock, random });
  return { turns, conversations, contacts, paused, buildCatalog };
}
