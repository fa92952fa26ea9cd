import { isJsonObject } from '../../kernel/json-object.ts';
import type { UpstreamTool } from '../../ports/upstream.ts';
import type { ToolFault } from '../tool-source.ts';
import type { JsonObject, ToolDeclaration } from '../tools/tool.ts';
import { declarationHash } from './approved.ts';
import { isCompilable } from './compilable-schema.ts';
import { exposedName, matches } from './names.ts';
import type { ServerConfig } from './server-config.ts';

// From what an operator approved of a server to what is listed here: names of ours, scopes, and annotations that say the worst where nothing is said
// (it writes, it destroys, it reaches the open world), so that a person is asked. No word of a server gets here that was not approved.

export interface BelievedTool {
  /** As it is listed here. */
  readonly declaration: ToolDeclaration;
  readonly server: string;
  /** As the server calls it. */
  readonly tool: string;
  /** Of the approved declaration; the server's present one must have the same. */
  readonly hash: string;
}

export interface Belief {
  readonly tools: readonly BelievedTool[];
  readonly faults: readonly ToolFault[];
}

/** One schema; larger ones crowd a model's window out. */
const MAX_SCHEMA_CHARACTERS = 32_768;
const MAX_DESCRIPTION_CHARACTERS = 8_192;
const MAX_DEPTH = 32;

const hint = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);

/** MCP's defaults for what is left out (schema, ToolAnnotations): not read-only, destructive, not idempotent, open world. */
function annotationsOf(approved: UpstreamTool, config: ServerConfig): ToolDeclaration['annotations'] {
  const given = { ...approved.annotations, ...config.annotations[approved.name] };
  const readOnlyHint = hint(given['readOnlyHint']) ?? false;
  return {
    readOnlyHint,
    destructiveHint: readOnlyHint ? false : (hint(given['destructiveHint']) ?? true),
    idempotentHint: readOnlyHint ? true : (hint(given['idempotentHint']) ?? false),
    openWorldHint: hint(given['openWorldHint']) ?? true,
  };
}

/** A reference out of the schema would have somebody fetch it; a promise of headers is not kept at our doors. */
function schemaProblem(schema: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return `nests deeper than ${MAX_DEPTH} levels`;
  if (schema === null || typeof schema !== 'object') return undefined;
  for (const [key, member] of Object.entries(schema)) {
    if (key === 'x-mcp-header') return 'asks for headers, which are not passed on';
    if ((key === '$ref' || key === '$dynamicRef') && typeof member === 'string' && !member.startsWith('#')) {
      return 'refers to another document';
    }
    const problem = schemaProblem(member, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Clients refuse a whole list for a schema that is otherwise. */
function isListable({ properties = {}, required = [] }: JsonObject): boolean {
  if (!isJsonObject(properties) || !Array.isArray(required)) return false;
  const isSchema = (property: unknown): boolean => isJsonObject(property) || typeof property === 'boolean';
  return Object.values(properties).every(isSchema) && required.every((name) => typeof name === 'string');
}

/** The same in the words that every client takes: those of the maintenance line refuse a whole list for a property that is `true`, as Rust's servers say it. */
function listed(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties) || Object.values(properties).every(isJsonObject)) return schema;
  const inWords = (property: unknown): unknown =>
    property === true ? {} : property === false ? { not: {} } : property;
  const spelt = Object.entries(properties).map(([name, property]) => [name, inWords(property)]);
  return { ...schema, properties: Object.fromEntries(spelt) };
}

const DIALECT = /^https?:\/\/json-schema\.org\/(?:draft-0[67]\/schema#?|draft\/20(?:19-09|20-12)\/schema#?)$/;

function problemOf(given: UpstreamTool): string | undefined {
  if ((given.description ?? '').length > MAX_DESCRIPTION_CHARACTERS) return 'Its description is too long.';
  for (const schema of [given.inputSchema, given.outputSchema ?? { type: 'object' }]) {
    if (JSON.stringify(schema).length > MAX_SCHEMA_CHARACTERS) return 'A schema of it is too long.';
    if (schema['type'] !== 'object' || !isListable(schema)) return 'A schema of it is not that of an object.';
    const dialect = schema['$schema'];
    if (dialect !== undefined && !(typeof dialect === 'string' && DIALECT.test(dialect))) {
      return 'A schema of it is in a dialect that is not known.';
    }
    const problem = schemaProblem(schema);
    if (problem !== undefined) return `A schema of it ${problem}.`;
  }
  return undefined;
}

function titleOf({ name, title, annotations }: UpstreamTool, server: string): string {
  const own = title ?? (typeof annotations?.['title'] === 'string' ? annotations['title'] : name);
  return `${own} (${server})`;
}

function declare(approved: UpstreamTool, config: ServerConfig): ToolDeclaration {
  const annotations = annotationsOf(approved, config);
  const usual = [`${config.toolset}.${annotations.readOnlyHint ? 'read' : 'write'}`];
  const { inputSchema, outputSchema, description } = approved;
  return {
    name: exposedName(config.name, approved.name),
    title: titleOf(approved, config.name),
    description: description ?? '',
    inputSchema: listed(inputSchema),
    ...(outputSchema !== undefined && isCompilable(outputSchema) && { outputSchema: listed(outputSchema) }),
    annotations,
    scopes: config.scopes[approved.name] ?? usual,
    toolset: config.toolset,
  };
}

export function isAllowed(config: Pick<ServerConfig, 'allow' | 'deny'>, tool: string): boolean {
  return matches(config.allow, tool) && !matches(config.deny, tool);
}

/** `approved` is absent where nobody has approved anything of this server. */
export function believe(config: ServerConfig, approved: readonly UpstreamTool[] | undefined): Belief {
  const { name: server } = config;
  if (approved === undefined) {
    const message = `Nobody has approved its tools: approved.json has no entry ${server}.`;
    return { tools: [], faults: [{ name: server, code: 'server_not_approved', message }] };
  }
  const tools: BelievedTool[] = [];
  const faults: ToolFault[] = [];
  for (const one of approved.filter(({ name }) => isAllowed(config, name))) {
    const problem = problemOf(one);
    if (problem === undefined) {
      tools.push({ declaration: declare(one, config), server, tool: one.name, hash: declarationHash(one) });
    } else faults.push({ name: exposedName(server, one.name), code: 'tool_refused', message: problem });
  }
  return { tools, faults };
}
