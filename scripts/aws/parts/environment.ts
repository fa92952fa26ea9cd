// What everything of one deployed environment is called. Nothing is looked up to find a name: whoever knows the environment and the account
// knows them all, so each command can say what is missing instead of failing to find it.

export const ENVIRONMENTS = ['dev', 'gamma', 'prod'] as const;
export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export const isEnvironment = (text: string): text is EnvironmentName =>
  (ENVIRONMENTS as readonly string[]).includes(text);

/** Lambda functions by the last part of their names. `mcp-key` and `mcp-oauth` are there only where their doors are switched on. */
export const FUNCTIONS = [
  'agent',
  'calls',
  'mcp',
  'mcp-key',
  'mcp-oauth',
  'oauth',
  'rotate',
  'stream',
  'stream-bearer',
  'worker',
] as const;
export type FunctionKey = (typeof FUNCTIONS)[number];
export const OPTIONAL_FUNCTIONS: ReadonlySet<FunctionKey> = new Set([
  'mcp-key',
  'mcp-oauth',
  'stream',
  'stream-bearer',
]);

/** KMS keys of the foundation by the last part of their aliases. */
export const KEYS = ['secrets', 'vault', 'authority', 'data'] as const;
export type KeyName = (typeof KEYS)[number];

/** What a parameter holds until somebody gives it a value. */
export const UNSET = 'unset';

/** The alias of each function that callers reach. */
export const LIVE = 'live';

export const TRUSTSTORE_KEY = 'truststore.pem';

export interface EnvironmentNames {
  readonly environment: EnvironmentName;
  readonly prefix: string;
  functionName(key: FunctionKey): string;
  logGroup(key: FunctionKey): string;
  keyAlias(key: KeyName): string;
  /** A parameter by its last part, such as `google-client-secret`. */
  parameter(name: string): string;
  stateBucket(account: string): string;
  truststoreBucket(account: string): string;
  /** Every DynamoDB table of the store begins with it. */
  readonly tablePrefix: string;
}

export function namesOf(environment: EnvironmentName): EnvironmentNames {
  const prefix = `sallyport-${environment}`;
  const functionName = (key: FunctionKey): string => `${prefix}-${key}`;
  return {
    environment,
    prefix,
    functionName,
    logGroup: (key) => `/aws/lambda/${functionName(key)}`,
    keyAlias: (key) => `alias/${prefix}-${key}`,
    parameter: (name) => `/sallyport/${environment}/${name}`,
    stateBucket: (account) => `${prefix}-state-${account}`,
    truststoreBucket: (account) => `${prefix}-truststore-${account}`,
    tablePrefix: `${prefix}-`,
  };
}
