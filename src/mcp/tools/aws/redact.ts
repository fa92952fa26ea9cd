import { HIDDEN, hideInText, isReference, isSecretName } from './secret-text.ts';

// What an answer of AWS says that would open a door to whoever reads it. Hidden by name wherever it stands, in JSON that a text holds, too: an
// answer goes to a model, and from there anywhere.

/** Members whose whole value is hidden. Compared without case and separators. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
  [
    'AuthToken',
    'Authorization',
    'ConnectionString',
    'MasterUserPassword',
    'Password',
    'PrivateKey',
    'SecretAccessKey',
    'SecretBinary',
    'SecretString',
    'SessionToken',
    'UserData',
    'ClientSecret',
    'ApiKeyValue',
    'PresignedUrl',
    'AuthorizationToken',
    'GitHubToken',
  ].map(simple),
);

/** Maps of names to values: the names are told, the values are not. Lambda's, SageMaker's and CodeBuild's way. */
const VALUE_MAPS: ReadonlySet<string> = new Set(
  ['Variables', 'Environment', 'StageVariables', 'HyperParameters'].map(simple),
);

/** Lists of `{name, value}`: ECS's way; CloudFormation's parameters and outputs. */
const VALUE_LISTS: ReadonlySet<string> = new Set(
  ['environment', 'EnvironmentVariables', 'Parameters', 'Outputs', 'Secrets', 'Overrides'].map(simple),
);
const VALUE_MEMBERS: ReadonlySet<string> = new Set(['value', 'parametervalue', 'outputvalue', 'resolvedvalue']);

/** What such a pair is named by, wherever it stands: tags, columns of a query's answer. */
const NAMING_MEMBERS: ReadonlySet<string> = new Set(['key', 'name', 'field', 'parametername', 'parameterkey']);

/** An access key's id is no secret where AWS lists it; in other texts the secret is seldom far. */
const ACCESS_KEY_ID = simple('AccessKeyId');

/** What AWS itself has of it: a template or an event of a log has a million characters at most. */
const MAX_JSON_CHARACTERS = 1_100_000;

function simple(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** JSON that a text holds, without its secrets; `undefined` where there is none, or nothing to hide in it. */
function redactJson(text: string): string | undefined {
  if (text.length > MAX_JSON_CHARACTERS || !/^\s*[[{]/.test(text)) return undefined;
  try {
    const held: unknown = JSON.parse(text);
    const before = JSON.stringify(held);
    const after = JSON.stringify(redact(held));
    return before === after ? undefined : after;
  } catch {
    // No JSON, or nested so deep that it cannot be walked: it is a text like others.
    return undefined;
  }
}

function redactList(name: string, list: readonly unknown[]): readonly unknown[] {
  if (!VALUE_LISTS.has(name)) return list.map(redact);
  return list.map((item) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return redact(item);
    const entries = Object.entries(item).map(([key, value]) => [
      key,
      VALUE_MEMBERS.has(simple(key)) ? HIDDEN : redactMember(key, value),
    ]);
    return Object.fromEntries(entries);
  });
}

function redactMember(key: string, value: unknown): unknown {
  const name = simple(key);
  if (value === undefined || value === null) return value;
  if (SECRET_NAMES.has(name)) return HIDDEN;
  if (typeof value === 'number') return isSecretName(key) ? HIDDEN : value;
  if (typeof value === 'string') {
    if (name === ACCESS_KEY_ID) return value;
    return isSecretName(key) && value !== '' && !isReference(value) ? HIDDEN : redact(value);
  }
  if (Array.isArray(value)) return redactList(name, value);
  if (typeof value === 'object' && VALUE_MAPS.has(name)) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([inner, held]) => [inner, typeof held === 'object' ? redactMember(inner, held) : HIDDEN]),
    );
  }
  return redact(value);
}

/** A name and a value in two members, of which the one says that the other is a secret. */
function namesSecret(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.some(
    ([key, held]) => NAMING_MEMBERS.has(simple(key)) && typeof held === 'string' && isSecretName(held),
  );
}

/** The same answer, with secrets hidden. Takes plain JSON. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactJson(value) ?? hideInText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const isPair = namesSecret(entries);
  return Object.fromEntries(
    entries.map(([key, held]) => [
      key,
      isPair && VALUE_MEMBERS.has(simple(key)) && typeof held === 'string' && !isReference(held)
        ? HIDDEN
        : redactMember(key, held),
    ]),
  );
}
