import { isJsonObject } from '../kernel/json-object.ts';
import type { Log } from '../ports/log.ts';
import type { ModelTool } from '../ports/model.ts';
import type { ListedTool } from '../ports/tool-client.ts';
import { toolHash } from '../trust/tool-hash.ts';

// The tools a model may be shown: those that the MCP API lists and whose declaration is, to the byte, one this agent was built
// with or one that an operator approved of another server. A declaration is text that a model acts on, so a changed one is refused and
// reported, not repaired.

export interface ToolCatalog {
  readonly tools: ReadonlyMap<string, ListedTool>;
  /** All of them, in the shape a model takes; what it is shown at a time says `tools-at-hand.ts`. */
  readonly offered: readonly ModelTool[];
  /** Names of those that are this build's own. */
  readonly own: ReadonlySet<string>;
  /** Names of listed tools that were refused. */
  readonly refused: readonly string[];
}

/** Name → hash, as `tool-hashes.json` has them. */
export type ToolHashes = Readonly<Record<string, string>>;

/** Set by the agent for each call; a model has no business choosing it. */
export const IDEMPOTENCY_ARGUMENT = 'idempotencyKey';

type JsonObject = Readonly<Record<string, unknown>>;

function asObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function takesIdempotencyKey(tool: ListedTool): boolean {
  return asObject(tool.inputSchema['properties'])?.[IDEMPOTENCY_ARGUMENT] !== undefined;
}

/** A tool writes unless it says that it only reads. */
export function writes(tool: ListedTool): boolean {
  return tool.annotations?.readOnlyHint !== true;
}

function offer(tool: ListedTool): ModelTool {
  const properties = asObject(tool.inputSchema['properties']) ?? {};
  const { [IDEMPOTENCY_ARGUMENT]: hidden, ...shown } = properties;
  const inputSchema = hidden === undefined ? tool.inputSchema : { ...tool.inputSchema, properties: shown };
  return { name: tool.name, description: tool.description ?? tool.title ?? '', inputSchema };
}

function buildCatalog(listed: readonly ListedTool[], ownHashes: ToolHashes, approved: ToolHashes): ToolCatalog {
  const hashes = { ...approved, ...ownHashes };
  const believed = listed.filter((tool) => Object.hasOwn(hashes, tool.name) && hashes[tool.name] === toolHash(tool));
  const names = new Set(believed.map((tool) => tool.name));
  return {
    tools: new Map(believed.map((tool) => [tool.name, tool])),
    offered: believed.map(offer),
    own: new Set([...names].filter((name) => Object.hasOwn(ownHashes, name))),
    refused: listed.map((tool) => tool.name).filter((name) => !names.has(name)),
  };
}

export type BuildCatalog = (listed: readonly ListedTool[], log: Log) => ToolCatalog;

/** A tool client that caches answers the same list again and again; it is hashed once, and reported once for each list. */
export function createCatalogBuilder(own: ToolHashes, approved: ToolHashes = {}): BuildCatalog {
  const built = new WeakMap<readonly ListedTool[], ToolCatalog>();
  return (listed, log) => {
    const known = built.get(listed);
    if (known !== undefined) return known;
    const catalog = buildCatalog(listed, own, approved);
    built.set(listed, catalog);
    if (catalog.refused.length > 0) {
      log.error('agent.tools_refused', { tools: catalog.refused.map((name) => name.slice(0, 64)) });
      log.metric('Refused', { reason: 'tool_hash' }, catalog.refused.length);
    }
    return catalog;
  };
}
