import { createMcpToolClient } from '../adapters/http/mcp-client.ts';
import { hasPrice } from '../agent/prices.ts';
import type { ToolHashes } from '../agent/tool-catalog.ts';
import toolHashes from '../agent/tool-hashes.json' with { type: 'json' };
import type { TurnPartsDeps } from '../agent/turns.ts';
import type { Config } from '../config/load.ts';
import { AppError } from '../kernel/app-error.ts';
import type { Log } from '../ports/log.ts';
import { openConversations } from './conversations.ts';
import { composeModel } from './model.ts';
import type { Platform } from './service-handler.ts';
import { openServiceStore } from './stores.ts';

// What turns are made from, behind the Agent API and in its worker alike: a model, the way to the MCP API's doors, the agent's records.

/** A limit on money holds only where every model that may answer has a price. */
function requirePrices({ settings }: Config<'agent'> | Config<'worker'>, first: string): void {
  if (settings.SALLYPORT_DAY_COST === undefined) return;
  const asked = [first, ...settings.SALLYPORT_MODEL_FALLBACKS];
  const missing = asked.filter((model) => !hasPrice(settings.SALLYPORT_MODEL_PRICES, model));
  if (missing.length === 0) return;
  throw new AppError(
    'misconfigured',
    `SALLYPORT_DAY_COST needs a price in SALLYPORT_MODEL_PRICES for ${missing.join(', ')}.`,
  );
}

/** The tools that an operator approved of other servers. */
async function approvedTools(directory: string | undefined): Promise<ToolHashes> {
  if (directory === undefined) return {};
  const { believedHashes } = await import('./believed-servers.ts');
  return believedHashes(directory);
}

export async function composeTurnDeps(
  service: 'agent' | 'worker',
  config: Config<'agent'> | Config<'worker'>,
  platform: Platform,
  log: Log,
): Promise<TurnPartsDeps> {
  const { settings, secrets } = config;
  const { clock, random } = platform;
  const model = await composeModel({
    model: settings.SALLYPORT_MODEL,
    fallbacks: settings.SALLYPORT_MODEL_FALLBACKS,
    baseUrls: {
      openai: settings.OPENAI_BASE_URL,
      anthropic: settings.ANTHROPIC_BASE_URL,
      gemini: settings.GEMINI_BASE_URL,
      deepseek: settings.DEEPSEEK_BASE_URL,
    },
    keys: secrets,
    log,
  });
  requirePrices(config, model.name);
  const tools = createMcpToolClient({
    credentials: platform.credentials ?? (async () => (await secrets.read('SALLYPORT_CREDENTIALS')).reveal()),
    mcpUrl: settings.SALLYPORT_MCP_URL,
    clock,
    random,
    log,
  });
  const store = await openServiceStore(service, config, platform, log);
  return {
    store,
    conversations: await openConversations({ store, config, platform, log }),
    model,
    tools,
    toolHashes,
    approvedHashes: await approvedTools(settings.SALLYPORT_SERVERS_DIR),
    clock,
    random,
    dayLimits: { tokens: settings.SALLYPORT_DAY_TOKENS, cost: settings.SALLYPORT_DAY_COST },
    config: {
      turnMs: settings.SALLYPORT_TURN_SECONDS * 1000,
      windowTokens: settings.SALLYPORT_MODEL_WINDOW,
      maxTokens: settings.SALLYPORT_TURN_TOKENS,
      prices: settings.SALLYPORT_MODEL_PRICES,
    },
  };
}
