import { randomBytes } from 'node:crypto';
import { parsePushTopics } from '../../../src/adapters/notify/push-topics.ts';
import { serverSecrets } from '../../../src/config/upstream-auth.ts';
import { createSecret } from '../../../src/kernel/secret.ts';

// Every parameter that holds a secret: what it looks like, who gives it. A form is checked before anything is written; what is wrong with a
// value is said without the value.

/** Providers of models that want a key. */
export type ModelProvider = 'openai' | 'anthropic' | 'gemini' | 'deepseek';

export interface SecretForm {
  /** Below `/sallyport/<environment>/`. */
  readonly name: string;
  readonly what: string;
  /** `person`: asked for. `here`: made by us where nothing is there. `certs`: written by another command. */
  readonly from: 'person' | 'here' | 'certs';
  /** Which of the environment's values makes it needed; always, when left out. */
  readonly when?:
    | 'redis'
    | 'key-door'
    | 'oauth-door'
    | ModelProvider
    | 'sign-in'
    | 'edge'
    | 'notify'
    | 'ntfy-token'
    | 'tee-times-key'
    | 'server-secrets'
    | 'slack';
  /** What is wrong with a value, if anything. */
  readonly problem: (value: string) => string | undefined;
  /** What becomes of it when a value is replaced. */
  readonly replacing?: string;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function redisUrlProblem(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol))
    return 'a Redis URL looks like rediss://user:password@host:port/0';
  if (url.protocol === 'redis:' && !LOOPBACK.has(url.hostname))
    return 'Redis is reached over TLS: rediss://, not redis://';
  if (url.username === '' || url.password === '')
    return 'the URL must hold user and password: each function has its own';
  return /^(?:\/\d{0,4})?$/.test(url.pathname) ? undefined : 'behind the host comes the database’s number, or nothing';
}

const keyProblem = (value: string): string | undefined =>
  /^[A-Za-z0-9_-]{43}$/.test(value) ? undefined : 'it is 32 random bytes in base64url, 43 characters';

/** As the MCP API reads it. */
function topicProblem(value: string): string | undefined {
  try {
    parsePushTopics(createSecret(value));
    return undefined;
  } catch {
    return 'it is one topic (letters, digits, - and _), or <person>=<topic> for each person with commas between';
  }
}

/** As the MCP API reads it. */
function serverSecretsProblem(value: string): string | undefined {
  const parsed = serverSecrets.safeParse(parseOrNothing(value));
  return parsed.success ? undefined : 'it is one JSON object of names and texts: {"<name>": "<secret>"}';
}

function parseOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Printable and without spaces: a stray line end or quotation mark is the usual mistake. */
const printable = (minimum: number) => (value: string) =>
  new RegExp(`^[\\x21\\x23-\\x26\\x28-\\x7e]{${minimum},512}$`).test(value)
    ? undefined
    : `it has ${minimum} characters or more, without spaces and quotation marks`;

const redisUrl = (user: string, who: string, when: SecretForm['when'] = 'redis'): SecretForm => ({
  name: `redis-url/${user}`,
  what: `Redis URL of ${who}, with the user and password made for it`,
  from: 'person',
  when,
  problem: redisUrlProblem,
});

const modelKey = (provider: ModelProvider, whose: string): SecretForm => ({
  name: `${provider}-api-key`,
  what: `key of ${whose}`,
  from: 'person',
  when: provider,
  problem: printable(16),
});

export const SECRET_FORMS: readonly SecretForm[] = [
  redisUrl('agent', 'the Agent API'),
  redisUrl('calls', 'the MCP API’s worker'),
  redisUrl('mcp', 'the MCP API'),
  redisUrl('mcp-key', 'the key door', 'key-door'),
  redisUrl('mcp-oauth', 'the OAuth door', 'oauth-door'),
  redisUrl('oauth', 'the OAuth API'),
  redisUrl('rotate', 'the rotation'),
  redisUrl('worker', 'the agent’s worker'),
  redisUrl('operator', 'the operator'),
  {
    name: 'google-client-secret',
    what: 'secret of the OAuth client in Google Cloud’s console',
    from: 'person',
    problem: printable(16),
  },
  modelKey('openai', 'OpenAI, or of the compatible API'),
  modelKey('anthropic', 'Anthropic, for Claude'),
  modelKey('gemini', 'the Gemini API'),
  modelKey('deepseek', 'DeepSeek'),
  {
    name: 'ntfy-topic',
    what: 'where push messages go: a topic, or <person>=<topic> for each person with commas between',
    from: 'person',
    when: 'notify',
    problem: topicProblem,
  },
  {
    name: 'ntfy-token',
    what: 'access token of the ntfy server',
    from: 'person',
    when: 'ntfy-token',
    problem: printable(8),
  },
  {
    name: 'tee-times-key',
    what: 'key of the tee-time service behind the golf tools',
    from: 'person',
    when: 'tee-times-key',
    problem: printable(8),
  },
  {
    name: 'server-secrets',
    what: 'what proves this system to other MCP servers: {"<name>": "<secret>"}',
    from: 'person',
    when: 'server-secrets',
    problem: serverSecretsProblem,
  },
  {
    name: 'slack-signing-secret',
    what: 'signing secret of the Slack app (Basic Information)',
    from: 'person',
    when: 'slack',
    problem: printable(16),
  },
  {
    name: 'slack-bot-token',
    what: 'bot token of the Slack app’s installation (OAuth & Permissions)',
    from: 'person',
    when: 'slack',
    problem: (value) => (/^xoxb-[!-~]{10,500}$/.test(value) ? undefined : 'it does not begin with xoxb-'),
  },
  {
    name: 'sign-in-client-secret',
    what: 'client secret at the sign-in issuer',
    from: 'person',
    when: 'sign-in',
    problem: printable(8),
  },
  {
    name: 'hmac-master',
    what: 'master of all signing keys',
    from: 'here',
    problem: keyProblem,
    replacing: 'every agent’s signature is refused until its credentials are made anew (`make certs`)',
  },
  {
    name: 'origin-secret',
    what: 'what the edge adds to each request',
    from: 'here',
    problem: (value) =>
      value.split(',').every((part) => /^[A-Za-z0-9_-]{32,128}$/.test(part)) && value.split(',').length <= 2
        ? undefined
        : 'it has 32 characters or more (letters, digits, - and _); two with a comma while it is replaced',
    replacing:
      'requests are refused until the edge has the new one (`make edge-secret`, which with REPLACE=1 replaces it without that)',
  },
  {
    name: 'agent-credentials',
    what: 'the agent’s certificate, key and secret',
    from: 'certs',
    problem: () => undefined,
  },
];

/** 32 random bytes, base64url: what both of our own secrets are. */
export const generateSecret = (): string => randomBytes(32).toString('base64url');
