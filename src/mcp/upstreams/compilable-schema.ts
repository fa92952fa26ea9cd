import { isJsonObject } from '../../kernel/json-object.ts';

// Whether a client can make a check of another server's output schema. Clients of the maintenance line do so for each tool that is listed, and refuse
// the whole list, ours and every other server's tools with it, for one schema that cannot be compiled. Looked at here by hand: nothing of a stranger's
// is compiled at our doors, and a compiler would cost each cold start more than a call.

type Kind = (value: unknown) => boolean;
type Schema = Readonly<Record<string, unknown>>;

const TYPES: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

const isNumber: Kind = (value) => typeof value === 'number';
const isText: Kind = (value) => typeof value === 'string';
const isTexts: Kind = (value) => Array.isArray(value) && value.every(isText);
const isType: Kind = (value) => (Array.isArray(value) ? value.every((one) => TYPES.has(one)) : TYPES.has(value));
/** Unicode, as compilers of schemas take it: what Python and others write is often another language. It is read, and never run. */
const isPattern: Kind = (value) => {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') !== undefined;
  } catch {
    return false;
  }
};
const numbers = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const counts = ['Length', 'Items', 'Properties', 'Contains'].flatMap((what) => [`min${what}`, `max${what}`]);

/** What the value of each word has to be. */
const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...[...numbers, ...counts].map((word) => [word, isNumber] as const),
  ['type', isType],
  ['pattern', isPattern],
  ['format', isText],
  ['required', isTexts],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ['uniqueItems', (value) => typeof value === 'boolean'],
  ['dependentRequired', (value) => isJsonObject(value) && Object.values(value).every(isTexts)],
]);
const ONE = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
];
const LATER = ['unevaluatedItems', 'unevaluatedProperties'];
const SCHEMA: ReadonlySet<string> = new Set([...ONE, ...LATER]);
const SCHEMAS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
const MAPS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** Every name by which a part may be referred to. */
function anchorsIn(part: unknown, found = new Set<unknown>()): ReadonlySet<unknown> {
  if (part === null || typeof part !== 'object') return found;
  for (const [key, member] of Object.entries(part)) {
    if (key === '$anchor' || key === '$dynamicAnchor') found.add(`#${String(member)}`);
    else if (key === '$id') found.add(member);
    anchorsIn(member, found);
  }
  return found;
}

/** RFC 6901, as a URI fragment. */
function leadsSomewhere(root: unknown, pointer: string): boolean {
  let at = root;
  for (const step of pointer.split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, name)) return false;
    at = (at as Schema)[name];
  }
  return isJsonObject(at) || typeof at === 'boolean';
}

export function isCompilable(root: Schema): boolean {
  const anchors = anchorsIn(root);

  const refers: Kind = (value) => {
    if (typeof value !== 'string') return false;
    try {
      return value === '#' || anchors.has(value) || (value.startsWith('#/') && leadsSomewhere(root, value.slice(1)));
    } catch {
      return false;
    }
  };
  const isMap: Kind = (value) => isJsonObject(value) && Object.values(value).every(fits);
  const isDependency: Kind = (value) => (Array.isArray(value) ? isTexts(value) : fits(value));

  function memberFits(word: string, value: unknown): boolean {
    if (word === '$ref') return refers(value);
    if (word === 'items' && Array.isArray(value)) return value.every(fits);
    if (word === 'dependencies') return isJsonObject(value) && Object.values(value).every(isDependency);
    if (word === 'patternProperties' && isJsonObject(value) && !Object.keys(value).every(isPattern)) return false;
    if (SCHEMA.has(word)) return fits(value);
    if (SCHEMAS.has(word)) return Array.isArray(value) && value.every(fits);
    if (MAPS.has(word)) return isMap(value);
    return KINDS.get(word)?.(value) ?? true;
  }

  function fits(part: unknown): boolean {
    if (typeof part === 'boolean') return true;
    if (!isJsonObject(part)) return false;
    // OpenAPI's word, which compilers know and take beside a type only.
    if (part['nullable'] !== undefined && part['type'] === undefined) return false;
    return Object.entries(part).every(([word, value]) => memberFits(word, value));
  }

  return fits(root);
}
