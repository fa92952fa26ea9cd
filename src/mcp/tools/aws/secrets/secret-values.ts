import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

// The one command that reads a secret's value. A chunk of its own, loaded only where configuration names secrets.

export interface SecretValue {
  /** `undefined` for a binary one. */
  readonly text: string | undefined;
  readonly version: string | undefined;
}

export type ReadSecretValue = (name: string, region: string) => Promise<SecretValue>;

const TIMEOUT_MS = 10_000;

export function createSecretValues(options: {
  readonly credentialsFor: (account: undefined) => Promise<object | undefined>;
}): ReadSecretValue {
  const clients = new Map<string, SecretsManagerClient>();
  return async (name, region) => {
    const credentials = await options.credentialsFor(undefined);
    const settings = { region, maxAttempts: 3, ...(credentials !== undefined && { credentials }) };
    const client = clients.get(region) ?? new SecretsManagerClient(settings as object);
    clients.set(region, client);
    const command = new GetSecretValueCommand({ SecretId: name });
    const { SecretString, VersionId } = await client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
    return { text: SecretString, version: VersionId };
  };
}
