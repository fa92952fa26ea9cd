import type { Tool } from './tools/tool.ts';

// Where the tools behind a door come from. Everything asks here, at each list and each call, because not every source stays the same while a
// process lives: a tool of another server may be found changed and is then no longer offered. Nothing here decides who may see or call what.

/** Something that is configured and not offered, for whoever runs this server. */
export interface ToolFault {
  /** The server, or the tool, that it is about. */
  readonly name: string;
  /** Whose scopes begin with it may be told; without it the fault is for the operator alone. */
  readonly toolset?: string;
  /** A stable word. */
  readonly code: string;
  /** What is wrong and what mends it, without contents. */
  readonly message: string;
}

export interface ToolSource {
  /** What is offered now, in the order in which it is listed. */
  tools(): readonly Tool[];
  /** Also a tool that is no longer offered but can say why. */
  find(name: string): Tool | undefined;
  /** What is missing from the list, and why. */
  faults?(): readonly ToolFault[];
}

/** The tools that this build has. */
export function fixedTools(tools: readonly Tool[]): ToolSource {
  const byName = new Map(tools.map((tool) => [tool.declaration.name, tool]));
  return { tools: () => tools, find: (name) => byName.get(name) };
}
