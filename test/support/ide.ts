import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientCapabilities } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

// `sallyport mcp` as an IDE starts it: a process with a home of its own, and the SDKs' own clients at its pipes.

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

export interface Desk {
  readonly folder: string;
  readonly env: Record<string, string>;
  /** Writes a file below the folder. */
  write(path: string, content: string | object): string;
  close(): void;
}

/** A person's home and project, with nothing in it yet. */
export function createDesk(env: Readonly<Record<string, string>> = {}): Desk {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-desk-'));
  return {
    folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
    write(path, content) {
      const file = join(folder, path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2), { mode: 0o600 });
      return file;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const serverOf = (desk: Desk, args: readonly string[]) => ({
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', MAIN, 'mcp', ...args],
  cwd: desk.folder,
  env: desk.env,
  stderr: 'pipe' as const,
});

/** How a person answers in their client. */
export type Answer = (params: Readonly<Record<string, unknown>>) => {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: Record<string, string>;
};

interface ClientWish {
  readonly capabilities?: ClientCapabilities;
  readonly answer?: Answer;
}

/** The SDK's client of the new line; `modern` pins the newest revision, else it greets as clients of today do. */
export async function openClient(
  server: ReturnType<typeof serverOf>,
  { era, capabilities = {}, answer }: ClientWish & { readonly era: 'modern' | 'legacy' },
): Promise<Client> {
  const mode = era === 'modern' ? ({ mode: { pin: '2026-07-28' } } as const) : ({ mode: 'legacy' } as const);
  const client = new Client({ name: 'desk', version: '1' }, { capabilities, versionNegotiation: mode });
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', async ({ params }) => answer({ ...params }));
  }
  await client.connect(new StdioClientTransport(server));
  return client;
}

/** The SDK's client of the maintenance line. */
export async function openOldClient(server: ReturnType<typeof serverOf>): Promise<OldClient> {
  const client = new OldClient({ name: 'old desk', version: '1' });
  await client.connect(new OldTransport(server));
  return client;
}
