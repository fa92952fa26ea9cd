import { declaredTools } from '../build/tool-hashes.ts';
import { findToolsDeclaration } from '../src/mcp/tools/find/find-tools.ts';
import type { JsonObject, Tool, ToolDeclaration } from '../src/mcp/tools/tool.ts';

// docs/tools-reference.md, written from what the tools declare: what a client is told of them, in tables for people.

export const TOOLS_REFERENCE_FILE = 'docs/tools-reference.md';

/** The order of the document; `docs/tools.md` says what each needs. */
const TITLES: readonly (readonly [toolset: string, title: string])[] = [
  ['calendar', 'Calendar'],
  ['weather', 'Weather'],
  ['notify', 'Push messages'],
  ['golf', 'Golf'],
  ['aws', 'AWS, reading'],
  ['aws-writes', 'AWS, changing'],
  ['find', 'Other servers'],
];

const READ_OPERATIONS = /_read_operations$/;

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const code = (text: string): string => `\`${text}\``;
const list = (names: readonly string[]): string => names.map(code).join(', ');

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  return schema.format === undefined ? (schema.type ?? 'anything') : `${schema.type} (${schema.format})`;
}

function limitsOf({ minimum, maximum, maxLength, maxItems }: Schema): readonly string[] {
  const said: string[] = [];
  if (minimum !== undefined && maximum !== undefined) said.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) said.push(`at least ${minimum}`);
  else if (maximum !== undefined) said.push(`at most ${maximum}`);
  if (maxLength !== undefined) said.push(`at most ${maxLength} characters`);
  if (maxItems !== undefined) said.push(`at most ${maxItems}`);
  return said;
}

/** The members of an object, or of a list's objects, by name: what lies below them stands in the schema itself. */
function membersOf(schema: Schema): string {
  const { properties } = schema.type === 'array' ? (schema.items ?? {}) : schema;
  return properties === undefined ? '' : list(Object.keys(properties));
}

function argumentRows(schema: Schema): readonly string[] {
  return Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const needed = schema.required?.includes(name) === true ? 'yes' : '';
    const members = membersOf(property);
    const said = [
      property.description ?? '',
      members === '' ? '' : `With ${members}.`,
      property.pattern === undefined ? '' : `Matches ${code(property.pattern)}.`,
    ];
    const type = [typeOf(property), ...limitsOf(property)].join(', ');
    return `| ${code(name)} | ${cell(type)} | ${needed} | ${cell(said.filter(Boolean).join(' '))} |`;
  });
}

function argumentTable(schema: JsonObject): readonly string[] {
  const rows = argumentRows(schema as Schema);
  return rows.length === 0
    ? ['No arguments.']
    : ['| argument | type | needed | what it is |', '|---|---|---|---|', ...rows];
}

/** As clients are told it, in words. */
function manner({ annotations, scopes }: ToolDeclaration, delicate: boolean): string {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
  const said = [
    readOnlyHint ? 'Reads only' : destructiveHint ? 'Writes, and may change what is there' : 'Writes, and adds only',
    !readOnlyHint || delicate ? 'waits for the person’s yes' : '',
    !readOnlyHint && idempotentHint ? 'twice is as once' : '',
    openWorldHint ? 'what it is given leaves the house' : '',
  ].filter((part) => part !== '');
  return `${said.join('; ')}. ${scopes.length === 0 ? 'No scope.' : `Scope ${list(scopes)}.`}`;
}

function toolSection(tool: Pick<Tool, 'declaration' | 'delicate'>): string {
  const { declaration } = tool;
  const answer = membersOf((declaration.outputSchema ?? {}) as Schema);
  return [
    `### ${code(declaration.name)}`,
    '',
    `**${declaration.title}.** ${declaration.description}`,
    '',
    manner(declaration, tool.delicate === true),
    '',
    ...argumentTable(declaration.inputSchema),
    ...(answer === '' ? [] : ['', `Answer: ${answer}.`]),
  ].join('\n');
}

/** Two dozen tools that differ in their operations alone: told once. */
function readsSection(tools: readonly Tool[]): string {
  const [first] = tools;
  if (first === undefined) return '';
  const { inputSchema } = first.declaration;
  const shared = {
    ...(inputSchema as Schema).properties,
    operation: { type: 'string', description: 'One of those below.' },
  };
  const rows = tools.map(({ declaration }) => {
    const operations = (declaration.inputSchema as Schema).properties?.['operation']?.enum ?? [];
    return `| ${code(declaration.name)} | ${operations.map((name) => code(String(name))).join(', ')} |`;
  });
  return [
    '### `<service>_read_operations`',
    '',
    'One tool for each service, all with the same arguments.',
    '',
    manner(first.declaration, false),
    '',
    ...argumentTable({ ...inputSchema, properties: shared }),
    '',
    `Answer: ${membersOf((first.declaration.outputSchema ?? {}) as Schema)}.`,
    '',
    '| tool | operations |',
    '|---|---|',
    ...rows,
  ].join('\n');
}

function toolsetSection(toolset: string, title: string, tools: readonly Tool[]): string {
  const reads = tools.filter(({ declaration }) => READ_OPERATIONS.test(declaration.name));
  const others = tools.filter((tool) => !reads.includes(tool));
  const sections = [...others.map(toolSection), ...(reads.length === 0 ? [] : [readsSection(reads)])];
  return [`## ${title} (${code(toolset)})`, ...sections].join('\n\n');
}

/** The whole document, ending in a line feed. Throws for a toolset that it has no title for. */
export function toolsReference(): string {
  const tools: readonly Tool[] = [
    ...declaredTools(),
    { declaration: findToolsDeclaration, run: () => Promise.reject(new Error('only declared')) },
  ];
  const known = new Set(TITLES.map(([toolset]) => toolset));
  const unknown = tools.filter(({ declaration }) => !known.has(declaration.toolset));
  if (unknown.length > 0) throw new Error(`no title for the toolset of ${unknown[0]?.declaration.name}`);
  const sections = TITLES.map(([toolset, title]) =>
    toolsetSection(
      toolset,
      title,
      tools.filter(({ declaration }) => declaration.toolset === toolset),
    ),
  );
  return `# Tools reference

Generated by \`make docs\` from what the tools declare; a test fails when it is stale. What each toolset needs and how it behaves is told in
[tools.md](tools.md).

${sections.join('\n\n')}
`;
}
