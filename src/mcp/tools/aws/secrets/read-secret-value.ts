import { AppError } from '../../../../kernel/app-error.ts';
import { answering } from '../../answering.ts';
import { text } from '../../arguments.ts';
import { quoted } from '../../plain-line.ts';
import type { Tool, ToolDeclaration } from '../../tool.ts';
import { describeAwsFailure } from '../aws-failure.ts';
import { type AwsPlaces, readPlace } from '../places.ts';
import type { ReadSecretValue } from './secret-values.ts';

// The value of a secret, for a model to see. Four must agree: configuration names the secret, IAM lets it be read, the person's grant covers
// it, and the person says yes each time. Nothing of it is remembered or logged.

const MAX_VALUE_CHARACTERS = 16_384;

const declaration: ToolDeclaration = {
  name: 'read_secret_value',
  title: 'Read the value of a secret',
  description: 'The value of one of the secrets in AWS Secrets Manager that configuration allows.',
  inputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[A-Za-z0-9/_+=.@-]+$' },
      region: { type: 'string' },
    },
    required: ['name'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      region: { type: 'string' },
      value: { type: 'string' },
      version: { type: 'string' },
    },
    required: ['name', 'region', 'value'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  scopes: ['aws.read'],
  toolset: 'aws',
};

export interface ReadSecretValueDeps {
  /** Names of the secrets that may be read, to the letter. */
  readonly allowed: readonly string[];
  readonly read: ReadSecretValue;
  readonly places: AwsPlaces;
}

export function createReadSecretValue({ allowed, read, places }: ReadSecretValueDeps): Tool {
  return {
    declaration,
    delicate: true,
    summarize: (args) =>
      `Show the agent, and the model that it asks, the value of the secret ${quoted(text(args, 'name'))}`,
    run: answering(async (args) => {
      const name = text(args, 'name');
      const { region } = readPlace(args, { ...places, accounts: [] });
      if (!allowed.includes(name)) {
        throw new AppError('forbidden', 'This secret may not be read here: SALLYPORT_SECRETS_READ does not name it.');
      }
      const found = await read(name, region).catch((error: unknown) => {
        const { message } = describeAwsFailure(error, { actions: ['secretsmanager:GetSecretValue'], region });
        throw new AppError('upstream_failed', message, { cause: error });
      });
      if (found.text === undefined) throw new AppError('conflict', 'This secret is binary: it is not shown.');
      if (found.text.length > MAX_VALUE_CHARACTERS)
        throw new AppError('conflict', 'This secret is too long to be shown.');
      const structuredContent = {
        name,
        region,
        value: found.text,
        ...(found.version !== undefined && { version: found.version }),
      };
      return { structuredContent, text: `The value of ${name} is in the structured answer.` };
    }),
  };
}
