import type { ToolFault, ToolSource } from '../tool-source.ts';
import { createFindTools } from '../tools/find/find-tools.ts';
import type { Tool } from '../tools/tool.ts';
import type { BelievedTool } from './believe.ts';
import type { Upstream } from './upstream.ts';
import { createUpstreamTool } from './upstream-tool.ts';

// The tools of this build and those of the servers behind it, as one source. What is wrong with one server takes nothing of the others away.

export interface UpstreamPart {
  readonly upstream: Upstream;
  readonly believed: readonly BelievedTool[];
}

export interface UpstreamSource extends ToolSource {
  faults(): readonly ToolFault[];
}

export function createUpstreamSource(
  own: ToolSource,
  parts: readonly UpstreamPart[],
  /** Of servers that are configured and of which nothing is offered. */
  missing: readonly ToolFault[],
): UpstreamSource {
  const theirs = new Map<string, { readonly tool: Tool; readonly offered: () => boolean }>();
  for (const { upstream, believed } of parts) {
    for (const one of believed) {
      const tool = createUpstreamTool(one, upstream);
      theirs.set(tool.declaration.name, { tool, offered: () => upstream.quarantine(one.tool) === undefined });
    }
  }
  const finder = createFindTools({ tools: () => tools() });

  function tools(): readonly Tool[] {
    const offered = [...theirs.values()].filter((entry) => entry.offered()).map(({ tool }) => tool);
    return [...own.tools(), finder, ...offered];
  }

  return {
    tools,
    find: (name) => own.find(name) ?? (name === finder.declaration.name ? finder : theirs.get(name)?.tool),
    faults: () => [...(own.faults?.() ?? []), ...missing, ...parts.flatMap(({ upstream }) => upstream.faults())],
  };
}
