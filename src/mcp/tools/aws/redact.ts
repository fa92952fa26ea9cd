// What an answer of AWS says that would open a door to whoever reads it. Hidden by name wherever it stands: an answer goes to a model, and
// from there anywhere.

export const HIDDEN = '[hidden]';

/** Members whose whole value is hidden. Compared without case and separators. */
const SECRET_NAMES: ReadonlySet<string> = new Set(
  [
    'AuthToken',
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

/** `scheme://user:password@…` and what looks like an access key, in any text. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,200}):[^\s/@]{1,400}@/gi;
const PASSWORD_PAIR = /\b((?:password|passwd|pwd|secret|token|api_?key)\s*[=:]\s*)[^\s;,&"']{3,400}/gi;

function simple(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

const hideIn = (text: string): string =>
  text.replace(URL_PASSWORD, `$1:${HIDDEN}@`).replace(PASSWORD_PAIR, `$1${HIDDEN}`);

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
  if (Array.isArray(value)) return redactList(name, value);
  if (typeof value === 'object' && VALUE_MAPS.has(name)) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([inner, held]) => [inner, typeof held === 'string' ? HIDDEN : redactMember(inner, held)]),
    );
  }
  return redact(value);
}

/** The same answer, with secrets hidden. Takes plain JSON. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return hideIn(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, redactMember(key, held)]));
}
