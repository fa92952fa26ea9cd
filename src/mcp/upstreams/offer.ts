import type { UpstreamTool } from '../../ports/upstream.ts';
import type { ToolDeclaration } from '../tools/tool.ts';
import { compareTools, declared } from './approved.ts';
import { believe, isAllowed } from './believe.ts';
import { exposedName } from './names.ts';
import type { ServerConfig } from './server-config.ts';

// What a server offers now beside what was approved of it, tool by tool: what an operator looks at before they approve. Nothing is decided here.

/**
 * `approved`: as it was approved. `changed`, `gone`: not used any more until somebody approves. `new`: nobody has approved it. `denied`: the server's
 * entry leaves it out. `refused`: can never be offered, for the reason in `problem`.
 */
export type OfferState = 'approved' | 'changed' | 'gone' | 'new' | 'denied' | 'refused';

export interface OfferedTool {
  /** As the server calls it. */
  readonly name: string;
  /** As it is listed here. */
  readonly exposed: string;
  readonly state: OfferState;
  /** Of its declaration, for a changed one. */
  readonly members: readonly string[];
  readonly problem?: string | undefined;
  readonly approved?: UpstreamTool | undefined;
  readonly present?: UpstreamTool | undefined;
  /** What is listed here, or would be once it is approved. */
  readonly declaration?: ToolDeclaration | undefined;
}

const MAX_NAME = 256;

/** What approved.json cannot hold. */
function nameProblem(name: string, count: number): string | undefined {
  if (name.length === 0 || name.length > MAX_NAME) return `Its name must have 1 to ${MAX_NAME} characters.`;
  return count > 1 ? 'The server lists this name more than once.' : undefined;
}

function believed(config: ServerConfig, tool: UpstreamTool) {
  const { tools, faults } = believe(config, [tool]);
  return { declaration: tools[0]?.declaration, problem: faults[0]?.message };
}

/** `present` is left out where nobody asked the server: then all that is known is what was approved. */
export function compareOffer(
  config: ServerConfig,
  approved: readonly UpstreamTool[],
  present?: readonly UpstreamTool[],
): readonly OfferedTool[] {
  const now = present ?? approved;
  const before = new Map(approved.map((one) => [one.name, one]));
  const after = new Map(now.map((one) => [one.name, one]));
  const differences = new Map(compareTools(approved, now).map((one) => [one.name, one]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name): OfferedTool => {
    const difference = differences.get(name);
    const is = present === undefined ? undefined : after.get(name);
    const common = { name, exposed: exposedName(config.name, name), approved: before.get(name), present: is };
    const members = difference?.members ?? [];
    if (!isAllowed(config, name)) return { ...common, members, state: 'denied' };
    const newest = after.get(name) ?? before.get(name);
    const { declaration, problem: own } = newest === undefined ? {} : believed(config, newest);
    const problem = nameProblem(name, now.filter((one) => one.name === name).length) ?? own;
    if (problem !== undefined) return { ...common, members, problem, state: 'refused' };
    return { ...common, members, declaration, state: difference?.kind ?? 'approved' };
  });
}

/** What an operator has to look at: all that is not as it was approved and could be. */
export function openChanges(offer: readonly OfferedTool[]): readonly OfferedTool[] {
  return offer.filter(
    ({ state, approved }) =>
      state === 'new' || state === 'changed' || state === 'gone' || (state === 'refused' && approved !== undefined),
  );
}

/** What approved.json says of the server once these changes, or the chosen ones by name, are approved. */
export function approvedAfter(
  offer: readonly OfferedTool[],
  chosen: (name: string) => boolean = () => true,
): readonly UpstreamTool[] {
  return offer.flatMap(({ name, state, approved, present }) => {
    const kept = approved === undefined ? [] : [approved];
    if (!chosen(name) || state === 'approved') return kept;
    return present !== undefined && (state === 'new' || state === 'changed') ? [declared(present)] : [];
  });
}
