import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js';

// The bridge as clients start it: a process behind pipes, in front of it the official client of either line.

export interface BridgeSetting {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const stdio = ({ args, env }: BridgeSetting) => ({
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', 'bin/sallyport.mjs', ...args],
  env: { PATH: process.env['PATH'] ?? '', ...env },
  stderr: 'pipe' as const,
});

/** Gathers what the process says on stderr. */
export interface Told {
  text: string;
}

export async function withOldClient<Value>(
  setting: BridgeSetting,
  use: (client: OldClient, told: Told) => Promise<Value>,
  capabilities: ConstructorParameters<typeof OldClient>[1] = {},
): Promise<Value> {
  const client = new OldClient({ name: 'old', version: '1' }, capabilities);
  const transport = new OldStdio(stdio(setting));
  const told: Told = { text: '' };
  transport.stderr?.on('data', (piece: Buffer) => {
    told.text += piece.toString();
  });
  try {
    // The SDK's own types disagree under `exactOptionalPropertyTypes`.
    await client.connect(transport as Parameters<OldClient['connect']>[0]);
    return await use(client, told);
  } finally {
    await client.close();
  }
}

export async function withNewClient<Value>(
  setting: BridgeSetting,
  use: (client: Client, told: Told) => Promise<Value>,
  capabilities: ConstructorParameters<typeof Client>[1] = {},
): Promise<Value> {
  const options = { versionNegotiation: { mode: 'auto' as const }, ...capabilities };
  const client = new Client({ name: 'new', version: '1' }, options);
  const transport = new StdioClientTransport(stdio(setting));
  const told: Told = { text: '' };
  transport.stderr?.on('data', (piece: Buffer) => {
    told.text += piece.toString();
  });
  try {
    await client.connect(transport);
    return await use(client, told);
  } finally {
    await client.close();
  }
}
