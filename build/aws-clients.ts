import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { AwsServiceData } from '../src/mcp/tools/aws/aws-service.ts';

// Writes `src/mcp/tools/aws/clients/<service>.ts` from `operations/<service>.json`: each imports the commands that are listed and no other, so
// that what is not listed is not in the bundle and cannot be sent. Runs whenever a list changes; a test says when it was forgotten.

export const OPERATIONS_FOLDER = 'src/mcp/tools/aws/operations';
export const CLIENTS_FOLDER = 'src/mcp/tools/aws/clients';

export function readOperations(): readonly AwsServiceData[] {
  const files = readdirSync(OPERATIONS_FOLDER).filter((name) => name.endsWith('.json'));
  return files.sort().map((name) => JSON.parse(readFileSync(`${OPERATIONS_FOLDER}/${name}`, 'utf8')) as AwsServiceData);
}

interface Import {
  readonly package: string;
  readonly names: Set<string>;
}

function importsOf(data: AwsServiceData): readonly Import[] {
  const imports = new Map<string, Set<string>>();
  for (const [operation, { via = data }] of Object.entries(data.operations)) {
    const names = imports.get(via.package) ?? new Set();
    names.add(via.client).add(`${operation}Command`);
    imports.set(via.package, names);
  }
  return [...imports].map(([name, names]) => ({ package: name, names }));
}

const byName = (left: string, right: string): number => left.localeCompare(right, 'en', { sensitivity: 'base' });

function renderImport({ package: from, names }: Import): string {
  const sorted = [...names].sort(byName);
  return `import {\n${sorted.map((name) => `  ${name},\n`).join('')}} from '${from}';`;
}

export function renderClients(data: AwsServiceData): string {
  const entries = Object.entries(data.operations).map(
    ([operation, { via = data }]) => `  ${operation}: { client: ${via.client}, command: ${operation}Command },`,
  );
  const imports = [...importsOf(data)].sort((left, right) => byName(left.package, right.package)).map(renderImport);
  return `// Made by build/aws-clients.ts from ../operations/${data.service}.json: change that file, not this one.

${imports.join('\n')}
import type { AwsCommands } from '../aws-service.ts';

export const commands = {
${entries.join('\n')}
} as unknown as AwsCommands;
`;
}

/** Service to the function that imports its clients: literal addresses, for the bundler to make a chunk of each. */
export function renderIndex(all: readonly AwsServiceData[]): string {
  const lines = all.map(({ service }) => `  ${service}: () => import('./${service}.ts'),`);
  return `// Made by build/aws-clients.ts.

import type { AwsCommands } from '../aws-service.ts';

export const importClients: Readonly<Record<string, () => Promise<{ readonly commands: AwsCommands }>>> = {
${lines.join('\n')}
};
`;
}

/** File to text. */
export function renderAll(): ReadonlyMap<string, string> {
  const all = readOperations();
  const files = all.map((data) => [`${CLIENTS_FOLDER}/${data.service}.ts`, renderClients(data)] as const);
  return new Map([...files, [`${CLIENTS_FOLDER}/import-clients.ts`, renderIndex(all)]]);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, text] of renderAll()) writeFileSync(file, text);
}
