import type { Service } from './settings.ts';

// Settings whose values are secret. Each is given either as itself (`NAME`, on one machine) or as the name of a
// Parameter Store SecureString (`NAME_PARAMETER`, on Lambda, where the environment holds no secret).

export interface SecretSetting {
  readonly services: readonly Service[];
  readonly description: string;
  /** Whether the service starts without it. */
  readonly optional?: true;
}

export const secretSettings = {
  REDIS_URL: {
    services: ['agent', 'worker', 'mcp', 'oauth', 'rotate'],
    description: 'Redis with its user and password (`rediss://…`). Needed when SALLYPORT_STORE is `redis`.',
    optional: true,
  },
  SALLYPORT_CREDENTIALS: {
    services: ['agent', 'worker'],
    description: 'The agent’s credentials document: certificate, private key, key id and HMAC secret as one JSON text.',
  },
  OPENAI_API_KEY: {
    services: ['agent', 'worker'],
    description: 'Key of OpenAI or of the compatible API behind OPENAI_BASE_URL.',
    optional: true,
  },
  ANTHROPIC_API_KEY: { services: ['agent', 'worker'], description: 'Key of Anthropic, for Claude.', optional: true },
  GEMINI_API_KEY: { services: ['agent', 'worker'], description: 'Key of the Gemini API.', optional: true },
  DEEPSEEK_API_KEY: { services: ['agent', 'worker'], description: 'Key of DeepSeek.', optional: true },
  SALLYPORT_HMAC_MASTER: {
    services: ['mcp', 'rotate'],
    description:
      'Master of all HMAC secrets, 32 bytes in base64url. Only verifiers and the rotation hold it. Needed by both, at the key door not.',
    optional: true,
  },
  SALLYPORT_VAULT_KEY: {
    services: ['mcp', 'oauth'],
    description: 'Wraps the vault’s data keys where there is no KMS, 32 bytes in base64url.',
    optional: true,
  },
  GOOGLE_CLIENT_SECRET: { services: ['mcp', 'oauth'], description: 'The OAuth client’s secret.' },
  NTFY_TOPIC: {
    services: ['mcp'],
    description:
      'Where push messages go: one topic where there is one person, else `<person>=<topic>` for each, separated by commas. Who knows a topic reads it.',
    optional: true,
  },
  NTFY_TOKEN: { services: ['mcp'], description: 'Access token, where the ntfy server wants one.', optional: true },
  SALLYPORT_TEE_TIMES_KEY: {
    services: ['mcp'],
    description: 'Key of the tee-time service, sent as a bearer token where there is one.',
    optional: true,
  },
  SALLYPORT_SERVER_SECRETS: {
    services: ['mcp'],
    description:
      'What proves this system to other MCP servers, as one JSON object: `{"<name>": "<secret>"}`. A server’s `auth` names the secret.',
    optional: true,
  },
  SALLYPORT_SIGN_IN_CLIENT_SECRET: {
    services: ['oauth'],
    description: 'This system’s client secret at the sign-in issuer.',
    optional: true,
  },
  SLACK_SIGNING_SECRET: {
    services: ['oauth'],
    description:
      'What Slack signs its requests with, from the app’s page “Basic Information”. Without it there is no door for Slack.',
    optional: true,
  },
  SLACK_BOT_TOKEN: {
    services: ['worker'],
    description: 'The bot token (`xoxb-…`) of the app’s installation. Without it nothing is sent to Slack.',
    optional: true,
  },
  SALLYPORT_ORIGIN_SECRET: {
    services: ['agent', 'oauth'],
    description:
      'What the edge before this API adds to each request; one without it is refused. One of 32 characters or more, or two with a comma while it is replaced. Without it nothing is checked.',
    optional: true,
  },
} as const satisfies Record<string, SecretSetting>;

export type SecretName = keyof typeof secretSettings;

/** The key that each provider of models wants. Bedrock goes by IAM and is not among them. */
export const modelKeys = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  gemini: 'GEMINI_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
} as const satisfies Record<string, SecretName>;
