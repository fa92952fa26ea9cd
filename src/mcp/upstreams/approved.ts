import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import type { UpstreamTool } from '../../ports/upstream.ts';
import { canonicalJson, hashJson } from '../../trust/canonical-json.ts';

// What an operator has seen of other servers' tools and said yes to: `approved.json`, beside the list of servers. Tools are listed from here and
// only from here, so that no server needs to run for a list, and none can put words before a model that nobody has read.

const jsonObject = z.record(z.string(), z.unknown());
const tool = z.strictObject({
  name: z.string().min(1).max(256),
  title: z.string().optional(),
  description: z.string().optional(),
  inputSchema: jsonObject,
  outputSchema: jsonObject.optional(),
  annotations: jsonObject.optional(),
});
const file = z.strictObject({
  v: z.literal(1),
  servers: z.record(z.string(), z.strictObject({ tools: z.array(tool) })),
});

/** By server: its tools as they were approved. */
export type Approved = ReadonlyMap<string, readonly UpstreamTool[]>;

export const APPROVED_FILE = 'approved.json';

/** Throws AppError `misconfigured` with where it is wrong. */
export function parseApproved(text: string): Approved {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new AppError('misconfigured', `${APPROVED_FILE} is not JSON. Take it back from version control.`);
  }
  const parsed = file.safeParse(json, { jitless: true });
  if (parsed.success) {
    return new Map(Object.entries(parsed.data.servers).map(([name, { tools }]) => [name, tools]));
  }
  const where = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('misconfigured', `${APPROVED_FILE} cannot be read:\n- ${where.join('\n- ')}`);
}

/** The members that a model sees or that decide how a call is treated, and nothing else a server may add. */
export function declared(given: UpstreamTool): UpstreamTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = given;
  return {
    name,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    inputSchema,
    ...(outputSchema !== undefined && { outputSchema }),
    ...(annotations !== undefined && { annotations }),
  };
}

/** The file's text, the same for the same tools whatever order they came in. */
export function renderApproved(approved: Approved): string {
  const byName = <Value>([left]: [string, Value], [right]: [string, Value]): number => (left < right ? -1 : 1);
  const servers = [...approved].sort(byName).map(([name, tools]) => {
    const sorted = tools.map(declared).sort((left, right) => (left.name < right.name ? -1 : 1));
    return [name, { tools: sorted }] as const;
  });
  return `${JSON.stringify({ v: 1, servers: Object.fromEntries(servers) }, null, 2)}\n`;
}

/** Of the declaration as the server gives it; what was approved and what is there now are compared by it. */
export function declarationHash(given: UpstreamTool): string {
  return hashJson(declared(given));
}

export interface ToolDifference {
  readonly name: string;
  readonly kind: 'new' | 'gone' | 'changed';
  /** Which members differ, for a changed one. */
  readonly members: readonly string[];
}

const MEMBERS = ['title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;

/** What is different now from what was approved, by name. */
export function compareTools(
  approved: readonly UpstreamTool[],
  present: readonly UpstreamTool[],
): readonly ToolDifference[] {
  const before = new Map(approved.map((one) => [one.name, one]));
  const now = new Map<string, UpstreamTool>();
  for (const one of present) {
    // Of one name that is listed twice, the declaration that nobody approved counts.
    const [was, twin] = [before.get(one.name), now.get(one.name)];
    if (twin === undefined || (was !== undefined && declarationHash(twin) === declarationHash(was)))
      now.set(one.name, one);
  }
  const differences: ToolDifference[] = [];
  for (const name of [...new Set([...before.keys(), ...now.keys()])].sort()) {
    const [was, is] = [before.get(name), now.get(name)];
    if (was === undefined) differences.push({ name, kind: 'new', members: [] });
    else if (is === undefined) differences.push({ name, kind: 'gone', members: [] });
    else if (declarationHash(was) !== declarationHash(is)) {
      const members = MEMBERS.filter((member) => canonicalJson(was[member]) !== canonicalJson(is[member]));
      differences.push({ name, kind: 'changed', members });
    }
  }
  return differences;
}
