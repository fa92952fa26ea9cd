import * as z from 'zod';
import { issuers } from './issuers.ts';
import { modelPrices } from './model-prices.ts';

// Every setting of every service, described once: what is validated at start-up, what docs/configuration.md says.
// Each service's schema is built when it is asked for: a cold start pays for its own only.
// Values that are secret are not here but in `secret-settings.ts`: they may come from Parameter Store instead of the environment.

const httpUrl = () => z.url({ protocol: /^https?$/ });
const MODEL = /^(?:offline|(?:openai|anthropic|gemini|deepseek|bedrock):\S{1,200})$/;
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const ACCOUNT_ROLE = /^[a-z][a-z0-9-]{0,31}=arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,200}$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,200}$/;
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;
const whole = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));
const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

/** Groups of tools, each switched on as a whole. */
export const toolsetNames = ['calendar', 'weather', 'notify', 'golf', 'aws', 'aws-writes'] as const;
export type ToolsetName = (typeof toolsetNames)[number];

const toolsets = () =>
  list()
    .pipe(z.array(z.enum(toolsetNames)).min(1))
    .prefault('calendar')
    .describe(
      'Which tools there are (comma-separated): `calendar`, `weather` (Open-Meteo), `notify` (ntfy; needs NTFY_TOPIC), `golf` (needs SALLYPORT_TEE_TIMES_URL or SALLYPORT_TEE_SHEET), `aws` (reads of AWS accounts), `aws-writes` (changes there; needs SALLYPORT_AWS_WRITE_ROLE). The MCP API and the OAuth API need the same.',
    );

/** As a browser sends it; without TLS only pages of this machine. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  if (origin !== text) return false;
  return (
    ['localhost', '127.0.0.1', '[::1]'].includes(hostname) || (protocol === 'https:' && /^[a-z0-9.-]+$/.test(hostname))
  );
}

const common = () => ({
  SALLYPORT_ENVIRONMENT: z
    .enum(['local', 'dev', 'gamma', 'prod'])
    .default('local')
    .describe('Which environment this is; part of every SPIFFE id and of the vault’s encryption context.'),
  SALLYPORT_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('The lowest level that is logged. Metrics are always written.'),
  SALLYPORT_STORE: z
    .enum(['embedded', 'redis', 'dynamodb'])
    .default('embedded')
    .describe(
      'Where records are kept: `redis` (REDIS_URL), `dynamodb` (SALLYPORT_TABLE_PREFIX) or `embedded` (SALLYPORT_STORE_FILE).',
    ),
  SALLYPORT_TABLE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,200}$/)
    .optional()
    .describe('What the names of the DynamoDB tables begin with, such as `sallyport-dev-`.'),
  SALLYPORT_STORE_FILE: z
    .string()
    .optional()
    .describe('The embedded store’s file. Without it records live in memory and end with the process.'),
  REDIS_CA_FILE: z
    .string()
    .optional()
    .describe('PEM file with the CA of a Redis server that has a private certificate.'),
  REDIS_CA: z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, 'must be a certificate in PEM')
    .optional()
    .describe(
      'The same as PEM text, for where there is no file. The root is enough: Lambda allows 4 kB for all variables together.',
    ),
  SALLYPORT_PARAMETER_TTL_SECONDS: whole(5, 3600)
    .prefault('300')
    .describe('How long a value read from Parameter Store is remembered.'),
});

const allowedHosts = () =>
  list()
    .prefault('')
    .describe(
      'Hosts (`name` or `name:port`, comma-separated) that may be reached though their address is private or without TLS.',
    );

const corsOrigins = () =>
  list()
    .pipe(z.array(z.string().refine(isOrigin, 'must be origins such as https://app.example.com, never *')))
    .prefault('')
    .describe(
      'Origins (`https://host[:port]`, comma-separated) whose pages may call the Agent API and the MCP API’s key and OAuth doors from a browser and read the answers. None by default, `*` never.',
    );

const google = () => ({
  GOOGLE_CLIENT_ID: z.string().min(1).describe('The OAuth client’s id, from Google Cloud’s console.'),
  GOOGLE_ISSUER: httpUrl().default('https://accounts.google.com').describe('Issuer of Google’s ID tokens.'),
  GOOGLE_AUTH_URL: httpUrl()
    .default('https://accounts.google.com/o/oauth2/v2/auth')
    .describe('Where a person is sent to consent.'),
  GOOGLE_TOKEN_URL: httpUrl().default('https://oauth2.googleapis.com/token').describe('Google’s token endpoint.'),
  GOOGLE_JWKS_URL: httpUrl()
    .default('https://www.googleapis.com/oauth2/v3/certs')
    .describe('Keys that sign Google’s ID tokens.'),
  GOOGLE_REVOKE_URL: httpUrl()
    .default('https://oauth2.googleapis.com/revoke')
    .describe('Google’s revocation endpoint.'),
  SALLYPORT_ALLOWED_HOSTS: allowedHosts(),
});

const serversDir = () =>
  z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder with `mcp.json` and `approved.json`: other MCP servers behind this one. None by default. The MCP API, the agent and the OAuth API need the same.',
    );

const oauthUrl = () => httpUrl().describe('Public base URL of the OAuth API, without a trailing slash.');

const vault = () => ({
  SALLYPORT_VAULT_KMS_KEY_ID: z
    .string()
    .optional()
    .describe('The KMS key that wraps the vault’s data keys. Without it SALLYPORT_VAULT_KEY wraps them.'),
  SALLYPORT_OAUTH_URL: oauthUrl(),
});

const mcpUrl = () =>
  httpUrl()
    .refine((url) => new URL(url).pathname === '/mcp' && !url.includes('?'), 'must end in /mcp, without a query')
    .describe('Public URL of the MCP endpoint; its authority is what signatures cover.');
const trustDomain = () =>
  z
    .string()
    .regex(/^[a-z0-9.-]{1,255}$/)
    .default('sallyport.local')
    .describe('SPIFFE trust domain of the agents’ certificates.');

const jobsQueueUrl = () =>
  httpUrl()
    .optional()
    .describe(
      'The SQS queue between the OAuth API and the agent’s worker. Without it a turn goes on after a yes when its client asks.',
    );

export const settings = {
  get agent() {
    return z.object({
      ...common(),
      SALLYPORT_AGENT_URL: httpUrl().describe('Public base URL of the Agent API, without a trailing slash.'),
      SALLYPORT_MCP_URL: mcpUrl(),
      SALLYPORT_MODEL: z
        .string()
        .regex(MODEL, 'must be offline or <provider>:<model>')
        .optional()
        .describe(
          '`<provider>:<model>` with `openai`, `anthropic`, `gemini`, `deepseek` or `bedrock`, or `offline`. Without it: the first of these (but Bedrock) whose key is there, else offline.',
        ),
      SALLYPORT_MODEL_FALLBACKS: list()
        .pipe(z.array(z.string().regex(MODEL, 'must be offline or <provider>:<model>')))
        .prefault('')
        .describe(
          'Models (comma-separated) that are asked in this order while the one before is busy, broken or silent.',
        ),
      OPENAI_BASE_URL: httpUrl()
        .optional()
        .describe(
          'Any API that is compatible with OpenAI’s chat completions (Ollama, vLLM, OpenRouter, …), up to and with `/v1`.',
        ),
      ANTHROPIC_BASE_URL: httpUrl().optional().describe('An API that speaks Anthropic’s Messages, without `/v1`.'),
      GEMINI_BASE_URL: httpUrl().optional().describe('Gemini’s endpoint that is compatible with OpenAI’s.'),
      DEEPSEEK_BASE_URL: httpUrl().optional().describe('DeepSeek’s API, or one that stands in for it.'),
      SALLYPORT_OAUTH_URL: oauthUrl().optional(),
      SALLYPORT_SERVERS_DIR: serversDir(),
      SALLYPORT_CONSOLE: z
        .enum(['on', 'off'])
        .default('off')
        .describe('Whether the Agent API serves the web console at `/console`.'),
      SALLYPORT_CONVERSATIONS: z
        .enum(['store', 'dynamodb'])
        .default('store')
        .describe(
          'Where conversations are kept: `store`, with everything else, or `dynamodb`, in a table of their own, `<SALLYPORT_TABLE_PREFIX>conversations`.',
        ),
      SALLYPORT_TURN_SECONDS: whole(5, 900).prefault('300').describe('How long one turn may take in all.'),
      SALLYPORT_MODEL_WINDOW: whole(8000, 10_000_000)
        .prefault('64000')
        .describe(
          'How many tokens the model reads at once. What does not fit of a conversation is shortened, oldest first.',
        ),
      SALLYPORT_TURN_TOKENS: whole(1000, 10_000_000).prefault('100000').describe('How many tokens one turn may use.'),
      SALLYPORT_DAY_TOKENS: whole(1000, 999_999_999)
        .optional()
        .describe('How many tokens one person’s questions may use in a day (UTC). Without it there is no limit.'),
      SALLYPORT_DAY_COST: z
        .string()
        .regex(/^(?!0+(?:\.0+)?$)\d{1,7}(?:\.\d{1,6})?$/, 'must be an amount above zero')
        .transform(Number)
        .optional()
        .describe(
          'What one person’s questions may cost in a day (UTC), in the currency of SALLYPORT_MODEL_PRICES. Without it there is no limit; with it every model that is asked needs a price.',
        ),
      SALLYPORT_MODEL_PRICES: modelPrices(),
      SALLYPORT_ISSUERS: issuers(),
      SALLYPORT_CORS_ORIGINS: corsOrigins(),
      SALLYPORT_IAM_DOOR: z
        .string()
        .regex(
          /^(?:api:[a-z0-9]{1,64}|function:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,128})$/,
          'must be api:<id> or function:<name>:<alias>',
        )
        .optional()
        .describe(
          'The one door whose callers AWS authenticates by SigV4: `api:<id>`, or `function:<name>:<alias>` for that alias’s Function URL, which AWS is asked for. Nobody’s AWS identity is believed at any other.',
        ),
      SALLYPORT_IAM_SCOPES: list()
        .pipe(
          z.array(z.string().regex(/^[a-z][a-z0-9_]{0,31}\.(?:read|write)$/, 'must be scopes such as calendar.read')),
        )
        .prefault('calendar.write,weather.read,notify.write,golf.write')
        .describe(
          'The most that may be delegated for a person who comes by an AWS identity (SigV4 carries no scopes); their grant still decides.',
        ),
      SALLYPORT_ALLOWED_HOSTS: allowedHosts(),
    });
  },
  /** The agent away from its API: it does the same, and needs the same. */
  get worker() {
    return settings.agent.extend({
      SALLYPORT_JOBS_QUEUE_URL: jobsQueueUrl(),
      SLACK_API_URL: httpUrl()
        .default('https://slack.com/api/')
        .describe('Slack’s Web API, or one that stands in for it. An origin without a path means its `/api/`.'),
    });
  },
  get mcp() {
    return z.object({
      ...common(),
      ...google(),
      ...vault(),
      SALLYPORT_MCP_URL: mcpUrl(),
      SALLYPORT_TRUST_DOMAIN: trustDomain(),
      SALLYPORT_DOOR: z
        .enum(['agent', 'key', 'oauth', 'none'])
        .describe(
          'Which door this listener or function is: `agent` (mutual TLS and signature), `key` (a token of ours) or `oauth` (an access token of an issuer in SALLYPORT_ISSUERS); `none` is the worker of calls, which lets nobody in.',
        ),
      SALLYPORT_ISSUERS: issuers(),
      SALLYPORT_API_ID: z
        .string()
        .default('local')
        .describe('The API whose events are believed; any other is refused.'),
      SALLYPORT_STAGE: z.string().default('$default').describe('The stage whose events are believed.'),
      SALLYPORT_CONFIRM: z
        .enum(['never', 'writes', 'always'])
        .default('writes')
        .describe(
          'Which tool calls wait for the person’s yes. With `writes` also reads of the open world, once private or untrusted data may have shaped them. `never` is refused in prod.',
        ),
      SALLYPORT_RATE_PER_MINUTE: whole(1, 100_000)
        .prefault('120')
        .describe('Calls a minute for one person through one agent.'),
      SALLYPORT_CALLS_QUEUE_URL: httpUrl()
        .optional()
        .describe(
          'The SQS queue between the doors and the worker of calls that take longer than one answer may. Without it every call is done while its caller waits.',
        ),
      SALLYPORT_ALLOWED_ORIGINS: list()
        .prefault('')
        .describe('Browser origins (comma-separated) that may call the MCP endpoint. None by default.'),
      SALLYPORT_CORS_ORIGINS: corsOrigins(),
      GOOGLE_CALENDAR_URL: httpUrl()
        .refine((url) => /\/calendar\/v3\/?$/.test(url), 'must end in /calendar/v3')
        .default('https://www.googleapis.com/calendar/v3')
        .describe('Base URL of the Calendar API.'),
      SALLYPORT_TOOLSETS: toolsets(),
      SALLYPORT_SERVERS_DIR: serversDir(),
      SALLYPORT_SERVERS_DATA: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Folder in which servers that run as children keep their files, apart for each person. A temporary one by default.',
        ),
      OPEN_METEO_URL: httpUrl()
        .default('https://api.open-meteo.com/v1')
        .describe('Where weather is forecast, up to and with `/v1`.'),
      OPEN_METEO_GEOCODING_URL: httpUrl()
        .default('https://geocoding-api.open-meteo.com/v1')
        .describe('Where the names of places are looked up, up to and with `/v1`.'),
      NTFY_URL: httpUrl().default('https://ntfy.sh').describe('The ntfy server that push messages go through.'),
      SALLYPORT_TEE_TIMES_URL: httpUrl()
        .optional()
        .describe('The tee-time service of the golf tools, as docs/openapi/tee-times.yaml describes it.'),
      SALLYPORT_TEE_SHEET: z
        .string()
        .optional()
        .describe(
          'Courses whose tee sheet is kept here, as JSON, where there is no such service: `[{"id":"links","name":"Old Links","time_zone":"Europe/Lisbon","first":"07:30","last":"17:00","every_minutes":10}]`.',
        ),
      AWS_REGION: z
        .string()
        .regex(REGION, 'must be a region such as eu-central-1')
        .default('us-east-1')
        .describe('The region that the AWS tools read where none is named. Set by Lambda itself.'),
      SALLYPORT_AWS_REGIONS: list()
        .pipe(z.array(z.string().regex(REGION, 'must be regions such as eu-central-1')))
        .prefault('')
        .describe('Regions (comma-separated) that the AWS tools may read; any one when empty.'),
      SALLYPORT_AWS_ACCOUNTS: list()
        .pipe(z.array(z.string().regex(ACCOUNT_ROLE, 'must be <name>=<ARN of a role>')))
        .prefault('')
        .describe('Other accounts that the AWS tools may read: `<name>=<ARN of a role there>`, comma-separated.'),
      SALLYPORT_AWS_READ_ROLE: z
        .string()
        .regex(ROLE, 'must be the ARN of a role')
        .optional()
        .describe('The role that the AWS tools read this account with; the process’s own credentials without it.'),
      SALLYPORT_AWS_WRITE_ROLE: z
        .string()
        .regex(ROLE, 'must be the ARN of a role')
        .optional()
        .describe('The role that the toolset `aws-writes` changes things with. Nothing else uses it.'),
      SALLYPORT_SECRETS_READ: list()
        .pipe(z.array(z.string().regex(SECRET_NAME, 'must be names of secrets')))
        .prefault('')
        .describe(
          'Secrets of AWS Secrets Manager (names, comma-separated) whose values `read_secret_value` may show a model, if IAM allows it too and the person says yes. None when empty: then there is no such tool.',
        ),
    });
  },
  get oauth() {
    return z.object({
      ...common(),
      ...google(),
      ...vault(),
      SALLYPORT_SIGN_IN_ISSUER: httpUrl()
        .optional()
        .describe('OIDC issuer where persons sign in with a browser. Without it only tokens prove who someone is.'),
      SALLYPORT_SIGN_IN_ALIAS: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,31}$/)
        .default('google')
        .describe('The issuer’s short name inside identities (`oidc:<alias>:<sub>`).'),
      SALLYPORT_SIGN_IN_CLIENT_ID: z.string().optional().describe('This system’s client id at that issuer.'),
      SALLYPORT_AGENTS: list()
        .prefault('agent/assistant')
        .describe('Agents that a person may let act (`agent/<name>`, comma-separated); the first is the default.'),
      SALLYPORT_ISSUERS: issuers(),
      SALLYPORT_TOOLSETS: toolsets(),
      SALLYPORT_SERVERS_DIR: serversDir(),
      SALLYPORT_JOBS_QUEUE_URL: jobsQueueUrl(),
      SALLYPORT_GRANT_DAYS: whole(1, 3650)
        .prefault('365')
        .describe('How long a grant lasts when nothing else is asked.'),
    });
  },
  get rotate() {
    return z.object({
      ...common(),
      SALLYPORT_TRUST_DOMAIN: trustDomain(),
      SALLYPORT_AGENT: z
        .string()
        .regex(/^agent\/[A-Za-z0-9_-]{1,64}$/)
        .default('agent/assistant')
        .describe('The agent whose credentials are renewed.'),
      SALLYPORT_AUTHORITY_KMS_KEY_ID: z.string().min(1).describe('The KMS key that signs client certificates.'),
      SALLYPORT_AUTHORITY_CERTIFICATE: z
        .string()
        .min(1)
        .describe('The truststore (PEM): the certificate in it that belongs to the key is the one that issues.'),
      SALLYPORT_CREDENTIALS_PARAMETER: z
        .string()
        .min(1)
        .describe('The Parameter Store SecureString that holds the agent’s credentials document.'),
      SALLYPORT_SECRETS_KMS_KEY_ID: z.string().min(1).describe('The KMS key that the document is encrypted under.'),
      SALLYPORT_KEY_DAYS: whole(1, 365).prefault('30').describe('An HMAC key this old gets a successor.'),
    });
  },
};

export type Service = keyof typeof settings;
export type Settings<Name extends Service> = z.output<(typeof settings)[Name]>;
