import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as z from 'zod';
import { localFile } from '../../src/cli/client/local-file.ts';
import { freePortBase } from '../support/dev-process.ts';
import { type Checkout, createCheckout, readGuide } from '../support/guide.ts';

// The guides as their readers follow them: getting started from the first command on, monitoring beside what then runs, and each entry that the
// clients' guides show, started as a client starts it.

const MINUTES = 60_000;
let checkout: Checkout;
let environment: Readonly<Record<string, string>>;
let base: number;
let ends = '';

beforeAll(async () => {
  checkout = await createCheckout();
  base = await freePortBase();
  environment = { SALLYPORT_PORT_BASE: String(base), SALLYPORT_MODEL: 'offline', TZ: 'Europe/Berlin' };
}, 2 * MINUTES);
afterAll(() => checkout?.dispose());

const commandsOf = (guide: string): readonly { readonly name: string; readonly code: string }[] =>
  readGuide(guide).filter(({ language }) => language === 'sh');

async function run(script: string): Promise<void> {
  if (/\bmake dev$/m.test(script)) return checkout.start(script, 'Sallyport runs', environment);
  const { code, stdout, stderr } = await checkout.run(script, environment);
  expect({ script, code, output: code === 0 ? '' : stdout + stderr }).toEqual({ script, code: 0, output: '' });
  ends = stdout;
}

describe('whoever gets started', () => {
  it.each(commandsOf('docs/getting-started.md'))('can do this: $name', ({ code }) => run(code.trim()), 5 * MINUTES);

  it('sees who was let in', () => {
    expect(ends).toMatch(/^ok {3}Google is connected$/m);
    expect(ends).toContain('"tool":"createevent"');
    expect(ends).toContain('"outcome":"completed"');
  });
});

describe('whoever watches it', () => {
  it.each(commandsOf('docs/monitoring.md'))('can do this: $name', ({ code }) => run(code.trim()), 2 * MINUTES);
});

const entry = z.union([
  z.object({
    command: z.literal('sallyport'),
    args: z.array(z.string()),
    env: z.record(z.string(), z.string()).default({}),
  }),
  z.object({ type: z.literal('http'), url: z.url(), headers: z.record(z.string(), z.string()) }),
]);
type Entry = z.infer<typeof entry>;

const entries = ['docs/claude-desktop.md', 'docs/cursor-and-vs-code.md'].flatMap((guide) =>
  readGuide(guide)
    .filter(({ language }) => language === 'json')
    .map(({ name, code }) => {
      const { mcpServers, servers } = JSON.parse(code);
      return { name: `${guide}, ${name}`, entry: entry.parse((mcpServers ?? servers).sallyport) };
    }),
);

function transportOf(shown: Entry): StdioClientTransport | StreamableHTTPClientTransport {
  const home = join(checkout.folder, '.sallyport');
  if ('url' in shown) {
    const { key_door: keyDoor } = localFile.parse(JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')));
    // The port is the usual one's neighbour here; the token is what the client asks its person for.
    expect(shown.url.replace(':8405/', `:${base + 5}/`)).toBe(keyDoor.url);
    const authorization = shown.headers['Authorization']?.replace(/\$\{[\w:-]+\}/, keyDoor.token) ?? '';
    return new StreamableHTTPClientTransport(new URL(keyDoor.url), { requestInit: { headers: { authorization } } });
  }
  const { SALLYPORT_HOME, ...env } = shown.env;
  return new StdioClientTransport({
    command: process.execPath,
    args: [resolve('bin/sallyport.mjs'), ...shown.args],
    // Not the checkout's: clients start servers wherever they like.
    cwd: join(checkout.folder, '.home'),
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: join(checkout.folder, '.home'),
      ...env,
      ...(SALLYPORT_HOME !== undefined && { SALLYPORT_HOME: home }),
    },
    stderr: 'ignore',
  });
}

describe('a client that is set up by its guide', () => {
  it('is shown each way', () => {
    expect(entries.length).toBeGreaterThanOrEqual(5);
  });

  it.each(entries)(
    'lists the tools: $name',
    async ({ entry: shown }) => {
      const client = new Client({ name: 'reader', version: '1' });
      // The SDK's own types disagree under `exactOptionalPropertyTypes`.
      await client.connect(transportOf(shown) as Parameters<Client['connect']>[0]);
      try {
        const { tools } = await client.listTools();
        const aws = 'args' in shown && shown.args.includes('aws');
        expect(tools.map(({ name }) => name)).toContain(aws ? 'ec2_read_operations' : 'freebusy');
      } finally {
        await client.close();
      }
    },
    60_000,
  );
});
