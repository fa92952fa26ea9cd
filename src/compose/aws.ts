import { AppError } from '../kernel/app-error.ts';
import { createAccounts } from '../mcp/tools/aws/accounts.ts';
import { type AwsReader, createAwsReader } from '../mcp/tools/aws/aws-reader.ts';
import { createAwsTools } from '../mcp/tools/aws/aws-tools.ts';
import { importClients } from '../mcp/tools/aws/clients/import-clients.ts';
import type { Tool } from '../mcp/tools/tool.ts';
import type { ToolParts } from './tools.ts';

// The toolsets of AWS, as configuration says: reads with the role for reads, writes with the role for writes, and values of secrets only where
// they are named.

/** `<name>=<ARN>`, as the settings have checked them. */
function rolesByName(entries: readonly string[]): ReadonlyMap<string, string> {
  return new Map(entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]));
}

function composeReads({ config, platform }: ToolParts) {
  const { AWS_REGION: region, SALLYPORT_AWS_READ_ROLE: ownRole, SALLYPORT_AWS_REGIONS: regions } = config.settings;
  const { names, credentialsFor } = createAccounts({
    region,
    roles: rolesByName(config.settings.SALLYPORT_AWS_ACCOUNTS),
    clock: platform.clock,
    ...(ownRole !== undefined && { ownRole }),
  });
  const reader: AwsReader = createAwsReader({ importClients, credentialsFor });
  return { reader, credentialsFor, places: { region, regions, accounts: names } };
}

export async function composeAws(parts: ToolParts): Promise<readonly Tool[]> {
  const { reader, credentialsFor, places } = composeReads(parts);
  const tools = createAwsTools({ reader, places, clock: parts.platform.clock });
  const allowed = parts.config.settings.SALLYPORT_SECRETS_READ;
  if (allowed.length === 0) return tools;
  const { createReadSecretValue } = await import('../mcp/tools/aws/secrets/read-secret-value.ts');
  const { createSecretValues } = await import('../mcp/tools/aws/secrets/secret-values.ts');
  return [...tools, createReadSecretValue({ allowed, read: createSecretValues({ credentialsFor }), places })];
}

export async function composeAwsWrites(parts: ToolParts): Promise<readonly Tool[]> {
  const { AWS_REGION: region, SALLYPORT_AWS_WRITE_ROLE: ownRole } = parts.config.settings;
  if (ownRole === undefined) {
    throw new AppError(
      'misconfigured',
      'The toolset aws-writes needs SALLYPORT_AWS_WRITE_ROLE, the role that it writes with.',
    );
  }
  const { reader, places } = composeReads(parts);
  const { createAwsWriter } = await import('../mcp/tools/aws/writes/aws-writer.ts');
  const { createAwsWriteTools } = await import('../mcp/tools/aws/writes/aws-write-tools.ts');
  const { clock } = parts.platform;
  const { credentialsFor } = createAccounts({
    region,
    roles: new Map(),
    ownRole,
    sessionName: 'sallyport-writes',
    clock,
  });
  const importCommands = () => import('../mcp/tools/aws/writes/write-clients.ts');
  const writer = createAwsWriter({ importCommands, credentials: () => credentialsFor(undefined) });
  return createAwsWriteTools({ reader, writer, places });
}
