import type { ModelTool } from '../ports/model.ts';
import type { ToolCatalog } from './tool-catalog.ts';
import type { StoredMessage } from './turn-record.ts';

// Which of the believed tools a model is shown at a time. All, while they are few. Past that, choosing gets worse with each one more, and their
// schemas fill the window: then those of this build, and of other servers' the ones that a search of `find_tools` named or that were called before.
// A tool that is not shown is no less believed: a call of it is checked and made like any other.

/** The MCP API's search of its tools; there where other servers are. */
export const FIND_TOOLS = 'find_tools';
/** So many are shown without a search. */
export const MOST_AT_HAND = 40;
/** The newest ones that were found or called. */
const MOST_FOUND = 40;

function namesFound(message: StoredMessage): readonly string[] {
  if (message.role === 'assistant') return message.calls.map(({ name }) => name);
  if (message.role !== 'tool' || message.name !== FIND_TOOLS || message.is_error) return [];
  const tools: unknown = message.data?.['tools'];
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: { readonly name?: unknown } | null) =>
    typeof tool?.name === 'string' ? [tool.name] : [],
  );
}

/** `messages` is everything said so far. */
export function toolsAtHand(catalog: ToolCatalog, messages: readonly StoredMessage[]): readonly ModelTool[] {
  const { offered, own, tools } = catalog;
  if (offered.length <= MOST_AT_HAND || !tools.has(FIND_TOOLS)) return offered;
  const found = messages.flatMap(namesFound).filter((name) => tools.has(name) && !own.has(name) && name !== FIND_TOOLS);
  const newest = new Set([...new Set(found.toReversed())].slice(0, MOST_FOUND));
  return offered.filter(({ name }) => own.has(name) || name === FIND_TOOLS || newest.has(name));
}
