import type { ServerLook } from '../../compose/server-looks.ts';
import type { ToolFault } from '../../mcp/tool-source.ts';
import type { OfferedTool } from '../../mcp/upstreams/offer.ts';
import type { ServerConfig } from '../../mcp/upstreams/server-config.ts';

// What a look at a server says of it: its state in a word, what is wrong with it, and what mends that.

/**
 * `offered`: as it was approved. `quarantined`: a tool of it changed or is gone and is not used. `not_approved`: nobody has approved anything of it.
 * `failed`: it does not answer. `empty`: nothing of what was approved can be offered. `not_asked`: approved, and nobody asked it.
 */
export type ServerState = 'offered' | 'quarantined' | 'not_approved' | 'failed' | 'empty' | 'not_asked';

export interface ServerFault extends ToolFault {
  readonly mend: string;
}

export function stateOf({ server, present, failure, offer }: ServerLook): ServerState {
  if (server.approved === undefined) return 'not_approved';
  if (failure !== undefined) return 'failed';
  if (offer.some(isQuarantined)) return 'quarantined';
  if (!offer.some(({ state }) => state === 'approved')) return 'empty';
  return present === undefined ? 'not_asked' : 'offered';
}

/** Approved, and not what was approved any more. */
export function isQuarantined({ state, approved, members, present }: OfferedTool): boolean {
  if (state === 'changed' || state === 'gone') return true;
  return state === 'refused' && approved !== undefined && present !== undefined && members.length > 0;
}

const spaced = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');

/** How it is reached, as its entry says: placeholders stay what they are, so no secret is shown. */
export function wayOf({ launch }: ServerConfig): string {
  if (launch.kind === 'http') {
    const { origin, pathname } = new URL(launch.url);
    return `${origin}${pathname}`;
  }
  const { command, args } = launch.kind === 'lambda' ? launch.child : launch;
  return spaced([command, ...args]);
}

function mendOfFailure({ config }: ServerLook['server'], code: string): string {
  const { launch } = config;
  if (code === 'misconfigured') return 'mend its entry in mcp.json, or what it names in your environment';
  if (launch.kind === 'http') return 'check its url, its auth, the network and SALLYPORT_ALLOWED_HOSTS';
  const { cwd } = launch.kind === 'lambda' ? launch.child : launch;
  return `run it by hand and see what it says: cd ${spaced([cwd])} && ${wayOf(config)}`;
}

function toolFault(tool: OfferedTool, server: string): readonly ServerFault[] {
  const { exposed: name, state, members, problem } = tool;
  const mend = `sallyport servers diff ${server}, then sallyport servers approve ${server}`;
  if (isQuarantined(tool)) {
    const what = state === 'gone' ? 'is not there any more' : `has another ${members.join(' and ')} than was approved`;
    return [{ name, code: 'tool_changed', message: `It ${what}.`, mend }];
  }
  if (state !== 'refused') return [];
  return [{ name, code: 'tool_refused', message: problem ?? 'It cannot be offered.', mend: `deny it in mcp.json` }];
}

export function faultsOf(look: ServerLook): readonly ServerFault[] {
  const { server, failure, offer } = look;
  const { name } = server.config;
  const faults: ServerFault[] = [];
  if (failure !== undefined) {
    const mend = mendOfFailure(server, failure.code);
    faults.push({ name, code: 'server_failed', message: failure.message, mend });
  }
  if (server.approved === undefined) {
    const mend = `sallyport servers approve ${name}`;
    faults.push({ name, code: 'server_not_approved', message: 'Nobody has approved its tools.', mend });
    return faults;
  }
  return [...faults, ...offer.flatMap((tool) => toolFault(tool, name))];
}

/** Tools that nobody approved: no fault, they are not offered. */
export const newTools = ({ offer }: ServerLook): readonly OfferedTool[] => offer.filter(({ state }) => state === 'new');

const LIST_MENDS: Readonly<Record<string, string>> = {
  server_unknown: 'take its entry out of approved.json',
};

/** Of the folder, not of one server in it. */
export const folderFaults = (faults: readonly ToolFault[]): readonly ServerFault[] =>
  faults.map((fault) => ({
    ...fault,
    mend: LIST_MENDS[fault.code] ?? 'mend it in mcp.json (docs/adding-a-server.md)',
  }));
