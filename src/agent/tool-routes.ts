import type { Hono } from 'hono';
import type { ListedTool, ToolClient } from '../ports/tool-client.ts';
import { holdsScope } from '../trust/scope.ts';
import { type AgentEnv, exchangeOf, logFor, methodNotAllowed, NO_STORE, type RouteDeps, whoAsks } from './routes.ts';
import { type BuildCatalog, writes } from './tool-catalog.ts';

// The tools that a person may use: those that this agent believes, as far as the person's scopes reach. What the person has granted is
// known to the MCP API alone, which decides at each call.

export interface ToolView {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input_schema: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly writes: boolean;
  readonly destructive: boolean;
  readonly open_world: boolean;
}

/** Hints that a tool does not give are meant as the worst (MCP, tool annotations). */
function viewTool(tool: ListedTool, input_schema: ToolView['input_schema']): ToolView {
  const changes = writes(tool);
  return {
    name: tool.name,
    title: tool.title ?? tool.name,
    description: tool.description ?? '',
    input_schema,
    scopes: tool.scopes ?? [],
    writes: changes,
    destructive: changes && tool.annotations?.destructiveHint !== false,
    open_world: tool.annotations?.openWorldHint !== false,
  };
}

const byName = (left: ToolView, right: ToolView): number => (left.name < right.name ? -1 : 1);

export interface ToolRouteDeps extends RouteDeps {
  readonly tools: ToolClient;
  readonly buildCatalog: BuildCatalog;
}

export function routeTools(app: Hono<AgentEnv>, deps: ToolRouteDeps): void {
  app.get('/api/tools/fetch', async (c) => {
    const { person, scopes } = await whoAsks(c, deps);
    const { traceparent, waitMs } = exchangeOf(c, deps);
    // 2^31 - 1 is the longest a timer takes.
    const signal = AbortSignal.timeout(Math.min(Math.max(1, waitMs), 2 ** 31 - 1));
    const listed = await deps.tools.list({ person, scopes, traceparent, signal });
    const catalog = deps.buildCatalog(listed, logFor(c, deps.log));
    // The schema that a model is shown: without what the agent sets itself.
    const tools = catalog.offered.flatMap(({ name, inputSchema }) => {
      const tool = catalog.tools.get(name);
      const reached = tool !== undefined && (tool.scopes ?? []).every((scope) => holdsScope(scopes, scope));
      return reached ? [viewTool(tool, inputSchema)] : [];
    });
    return c.json({ tools: tools.sort(byName) }, 200, NO_STORE);
  });
  app.all('/api/tools/fetch', methodNotAllowed('GET, HEAD'));
}
