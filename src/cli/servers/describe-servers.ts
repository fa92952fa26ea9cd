import type { ServerLook } from '../../compose/server-looks.ts';
import type { OfferedTool } from '../../mcp/upstreams/offer.ts';
import type { UpstreamTool } from '../../ports/upstream.ts';
import type { Style } from '../style.ts';
import { oneLine, visible } from '../visible.ts';
import { inColumns } from '../words.ts';
import { diffLines } from './line-diff.ts';
import { newTools, type ServerFault, stateOf, wayOf } from './server-state.ts';

// Servers and their tools as lines for a person. What a server says of itself is a stranger's text: each line here is safe for a terminal.

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const STATE_WORDS = {
  offered: 'offered',
  quarantined: 'quarantined',
  not_approved: 'not approved',
  failed: 'does not answer',
  empty: 'offers nothing',
  not_asked: 'approved',
} as const;

function toolCount(look: ServerLook): string {
  const count = look.offer.filter(({ state }) => state === 'approved').length;
  const more = newTools(look).length;
  return `${plural(count, 'tool')}${more === 0 ? '' : `, ${more} not approved`}`;
}

/** One line a server. */
export const describeServers = (looks: readonly ServerLook[]): readonly string[] =>
  inColumns(
    looks.map((look) => {
      const { name, launch, tenant } = look.server.config;
      const shared = tenant === 'person' ? 'for each person' : 'for all';
      return [name, STATE_WORDS[stateOf(look)], toolCount(look), launch.kind, shared, wayOf(look.server.config)];
    }),
  );

export const describeFaults = (faults: readonly ServerFault[], style: Style): readonly string[] =>
  faults.flatMap(({ name, message, mend }) => [
    `${style.bad('BAD ')} ${oneLine(name)}: ${oneLine(message)}`,
    `       → ${oneLine(mend)}`,
  ]);

/** What calling it comes to: the server's word and the operator's, as they are believed here. */
function nature({ declaration }: OfferedTool): string {
  if (declaration === undefined) return '';
  const { readOnlyHint, destructiveHint, openWorldHint } = declaration.annotations;
  const act = readOnlyHint ? 'reads' : destructiveHint ? 'changes or deletes, after a yes' : 'adds, after a yes';
  return openWorldHint ? `${act}, reaches outside` : act;
}

const STATES: Readonly<Record<OfferedTool['state'], string>> = {
  approved: 'approved',
  changed: 'changed',
  gone: 'gone',
  new: 'new',
  denied: 'left out',
  refused: 'refused',
};

/** One line a tool. */
export const describeTools = (tools: readonly OfferedTool[]): readonly string[] =>
  inColumns(
    tools.map((tool) => [
      tool.exposed,
      STATES[tool.state],
      tool.declaration?.scopes.join(' ') ?? '',
      tool.problem ?? nature(tool),
    ]),
  );

export function describeServer(look: ServerLook): readonly string[] {
  const { server, present } = look;
  const { config } = server;
  const { launch } = config;
  const child = launch.kind === 'http' ? undefined : launch.kind === 'lambda' ? launch.child : launch;
  const rows: (readonly [string, string])[] = [
    ['state', STATE_WORDS[stateOf(look)]],
    [launch.kind, wayOf(config)],
    ...(child === undefined ? [] : ([['in', child.cwd]] as const)),
    ...(launch.kind === 'http' ? ([['proof', launch.auth.kind]] as const) : []),
    ['serves', config.tenant === 'person' ? 'each person apart' : 'everybody, one for all'],
    ['limits', `${config.timeoutMs / 1000} s a call, ${config.concurrency} at the same time`],
    ...(present === undefined
      ? []
      : ([['answers', `${present.name} ${present.version}, revision ${present.revision}`]] as const)),
  ];
  return inColumns(rows);
}

const MEMBERS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

const asText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2);

const indented = (text: string): readonly string[] =>
  visible(text)
    .split('\n')
    .map((line) => `    ${line}`);

/** All that a model would read of it. */
function describeWhole(tool: UpstreamTool): readonly string[] {
  return MEMBERS.flatMap((member) =>
    tool[member] === undefined ? [] : [`  ${member}`, ...indented(asText(tool[member]))],
  );
}

function describeChange({ approved, present, members }: OfferedTool, style: Style): readonly string[] {
  return MEMBERS.filter((member) => members.includes(member)).flatMap((member) => [
    `  ${member}`,
    ...diffLines(asText(approved?.[member]), asText(present?.[member])).map(({ sign, text }) => {
      const line = `  ${sign} ${visible(text)}`;
      return sign === '-' ? style.bad(line) : sign === '+' ? style.good(line) : style.soft(line);
    }),
  ]);
}

/** What would be approved, or is no more: new declarations whole, changed ones line by line. */
export function describeTool(tool: OfferedTool, style: Style): readonly string[] {
  const { exposed, state, members, declaration, problem, present, approved } = tool;
  const about = problem ?? [nature(tool), declaration?.scopes.join(' ') ?? ''].filter((one) => one !== '').join('; ');
  const what = state === 'changed' ? `changed (${members.join(', ')})` : STATES[state];
  const head = `${style.strong(oneLine(exposed))}: ${what}${about === '' ? '' : `; ${oneLine(about)}`}`;
  if (state === 'gone') return [head];
  if (state === 'changed') return [head, ...describeChange(tool, style)];
  const whole = present ?? approved;
  return whole === undefined ? [head] : [head, ...describeWhole(whole)];
}
