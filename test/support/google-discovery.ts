import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { strFromU8, unzipSync } from 'fflate';

// Google's own description of Calendar v3. It ships inside `google-api-python-client` (PyPI), which is downloaded once and opened as
// the zip that a wheel is; no Python of it runs.

export interface DiscoverySchema {
  readonly id?: string;
  readonly $ref?: string;
  readonly type?: 'any' | 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  readonly format?: string;
  readonly items?: DiscoverySchema;
  readonly properties?: Readonly<Record<string, DiscoverySchema>>;
  readonly additionalProperties?: DiscoverySchema;
}

export interface DiscoveryParameter extends DiscoverySchema {
  readonly location: 'path' | 'query';
  readonly required?: boolean;
  readonly repeated?: boolean;
  readonly enum?: readonly string[];
}

export interface DiscoveryMethod {
  readonly id: string;
  readonly httpMethod: string;
  readonly path: string;
  readonly parameters?: Readonly<Record<string, DiscoveryParameter>>;
  readonly request?: { readonly $ref: string };
  readonly response?: { readonly $ref: string };
  readonly scopes?: readonly string[];
}

export interface DiscoveryDocument {
  readonly id: string;
  readonly basePath: string;
  readonly parameters: Readonly<Record<string, DiscoveryParameter>>;
  readonly schemas: Readonly<Record<string, DiscoverySchema>>;
  readonly resources: Readonly<Record<string, { readonly methods: Readonly<Record<string, DiscoveryMethod>> }>>;
  readonly auth: {
    readonly oauth2: { readonly scopes: Readonly<Record<string, { readonly description: string }>> };
  };
}

const folder = fileURLToPath(new URL('../peers/.venv/google/', import.meta.url));
const requirements = fileURLToPath(new URL('../peers/requirements-google.txt', import.meta.url));
const INSIDE = 'googleapiclient/discovery_cache/documents/calendar.v3.json';

/** Throws, naming the command, when the package cannot be had: a check without its judge must not pass. */
export function readCalendarDiscovery(): DiscoveryDocument {
  const entries = unzipSync(readFileSync(findWheel() ?? download()), { filter: ({ name }) => name === INSIDE });
  const document = entries[INSIDE];
  if (document === undefined) throw new Error(`the wheel holds no ${INSIDE}`);
  return JSON.parse(strFromU8(document)) as DiscoveryDocument;
}

/** The wheel of exactly the pinned version. */
function findWheel(): string | undefined {
  if (!existsSync(folder)) return undefined;
  const version = /google-api-python-client==(\S+)/.exec(readFileSync(requirements, 'utf8'))?.[1] ?? '';
  const name = readdirSync(folder).find((file) => file.startsWith(`google_api_python_client-${version}-`));
  return name === undefined ? undefined : `${folder}${name}`;
}

function download(): string {
  mkdirSync(folder, { recursive: true });
  const command = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, '--requirement', requirements];
  const run = spawnSync('python3', command, { encoding: 'utf8', timeout: 120_000 });
  const wheel = findWheel();
  if (run.status === 0 && wheel !== undefined) return wheel;
  throw new Error(`python3 ${command.join(' ')}\nended ${run.status}: ${run.stderr ?? run.error?.message ?? ''}`);
}

export function methodOf(document: DiscoveryDocument, id: string): DiscoveryMethod | undefined {
  return Object.values(document.resources)
    .flatMap(({ methods }) => Object.values(methods))
    .find((method) => method.id === id);
}

/** Everything about `value` that the schema does not foresee, as `path: what`. */
export function findDeviations(
  document: DiscoveryDocument,
  schema: DiscoverySchema,
  value: unknown,
  path = '$',
): string[] {
  if (schema.$ref !== undefined) {
    const target = document.schemas[schema.$ref];
    if (target === undefined) return [`${path}: there is no schema ${schema.$ref}`];
    return findDeviations(document, target, value, path);
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${path}: no array`];
    return value.flatMap((item, index) => findDeviations(document, schema.items ?? {}, item, `${path}[${index}]`));
  }
  if (schema.type === 'object') return findInObject(document, schema, value, path);
  return isOfType(schema, value) ? [] : [`${path}: ${JSON.stringify(value)} is no ${schema.format ?? schema.type}`];
}

function findInObject(document: DiscoveryDocument, schema: DiscoverySchema, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`];
  return Object.entries(value).flatMap(([name, member]) => {
    const known = schema.properties?.[name] ?? schema.additionalProperties;
    return known === undefined
      ? [`${path}.${name}: unknown`]
      : findDeviations(document, known, member, `${path}.${name}`);
  });
}

const formats: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-\d{2}-\d{2}$/,
  'date-time': /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?(Z|[+-]\d{2}:\d{2})$/,
};

function isOfType({ type, format }: DiscoverySchema, value: unknown): boolean {
  if (type === undefined || type === 'any') return true;
  if (type === 'integer') return Number.isInteger(value);
  if (type !== 'string') return typeof value === type;
  return typeof value === 'string' && (formats[format ?? '']?.test(value) ?? true);
}
