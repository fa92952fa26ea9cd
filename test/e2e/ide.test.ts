import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@modelcontextprotocol/client';
import { type AwsEmulator, EMULATOR_START_MS, startAwsEmulator, TEST_REGION } from '../support/aws-emulator.ts';
import { createDesk, type Desk, openClient, openOldClient, serverOf } from '../support/ide.ts';
import { seedAwsAccount } from '../support/seeded-account.ts';

// `sallyport mcp` at the pipes of official clients of both lines, in front of an emulated AWS account.

const SLOW_MS = 60_000;
let emulator: AwsEmulator;
let desk: Desk;

const PROJECT = {
  $schema: 'https://example.com/sallyport.schema.json',
  region: TEST_REGION,
  services: {
    gateway: { aliases: ['api gateway'], cluster: 'gateway', service: 'web', log_group: '/ecs/gateway' },
    mailer: { function: 'mailer' },
  },
};

beforeAll(async () => {
  emulator = await startAwsEmulator('moto');
  await seedAwsAccount({ endpoint: emulator.endpoint, region: TEST_REGION });
  desk = createDesk({ AWS_ENDPOINT_URL: emulator.endpoint });
  desk.write(
    '.aws/config',
    `[profile work]\nregion = ${TEST_REGION}\n\n[profile nowhere]\nsso_start_url = https://a.example\n`,
  );
  desk.write('.aws/credentials', '[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
  desk.write('sallyport.json', PROJECT);
}, EMULATOR_START_MS + 120_000);
afterAll(async () => {
  desk?.close();
  await emulator?.stop();
});

async function withClient<Value>(
  era: 'modern' | 'legacy',
  args: readonly string[],
  use: (client: Client) => Promise<Value>,
  wish: Partial<Parameters<typeof openClient>[1]> = {},
): Promise<Value> {
  const client = await openClient(serverOf(desk, args), { ...wish, era });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The first block of an answer, which is text. */
function wordsOf({ content }: { readonly content: readonly object[] }): string {
  const [first] = content;
  return first !== undefined && 'text' in first ? String(first.text) : '';
}

const resultsOf = ({
  structuredContent,
}: {
  readonly structuredContent?: unknown;
  readonly [member: string]: unknown;
}): unknown => (structuredContent as { readonly results?: unknown } | undefined)?.results;

const clusters = { name: 'ecs_read_operations', arguments: { operation: 'ListClusters' } };

describe('the same call from every client', () => {
  it(
    'gets the same tools and the same answer',
    async () => {
      const args = ['--toolsets', 'aws,calendar,weather', '--profile', 'work'];
      const seen = [];
      for (const era of ['modern', 'legacy'] as const) {
        seen.push(
          await withClient(era, args, async (client) => ({
            tools: (await client.listTools()).tools.map(({ name }) => name),
            answer: resultsOf(await client.callTool(clusters)),
          })),
        );
      }
      const old = await openOldClient(serverOf(desk, args));
      seen.push({
        tools: (await old.listTools()).tools.map(({ name }) => name),
        answer: resultsOf(await old.callTool(clusters)),
      });
      await old.close();
      expect(seen[0]?.tools).toEqual(
        expect.arrayContaining([
          'ecs_read_operations',
          'service_health',
          'createevent',
          'get_weather',
          'project_resources',
        ]),
      );
      expect(JSON.stringify(seen[0]?.answer)).toContain('cluster/');
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    },
    SLOW_MS,
  );

  it(
    'writes nothing but the protocol to stdout, and leaves no process when the client goes',
    async () => {
      const { command, args, cwd, env } = serverOf(desk, ['--toolsets', 'aws', '--profile', 'work']);
      const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
      const errors = text(child.stderr);
      const lines = createInterface({ input: child.stdout });
      const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
      const clientInfo = { name: 'raw', version: '1' };
      send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo } });
      send({ method: 'notifications/initialized' });
      send({ id: 2, method: 'tools/list' });
      send({ id: 3, method: 'tools/call', params: clusters });
      const ids = new Set<unknown>();
      for await (const line of lines) {
        const message = JSON.parse(line) as { jsonrpc: string; id: unknown };
        expect(message.jsonrpc).toBe('2.0');
        ids.add(message.id);
        if (ids.has(3)) break;
      }
      child.stdin.end();
      expect(await once(child, 'exit')).toEqual([0, null]);
      expect([...ids]).toEqual([1, 2, 3]);
      const audit = (await errors).split('\n').find((line) => line.includes('"event":"tool_call"'));
      expect(JSON.parse(audit ?? '{}')).toMatchObject({
        door: 'stdio',
        tool: 'ecs_read_operations',
        outcome: 'completed',
      });
    },
    SLOW_MS,
  );

  it(
    'writes its log to a file that nobody else reads, where one is named',
    async () => {
      const args = ['--toolsets', 'aws', '--profile', 'work', '--log', 'mcp.log'];
      await withClient('modern', args, (client) => client.callTool({ name: 'hello_world', arguments: {} }));
      const { readFileSync, statSync } = await import('node:fs');
      expect(readFileSync(`${desk.folder}/mcp.log`, 'utf8')).toContain('"tool":"hello_world"');
      expect(statSync(`${desk.folder}/mcp.log`).mode & 0o077).toBe(0);
    },
    SLOW_MS,
  );
});

describe('what is missing', () => {
  async function refusal(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const server = serverOf(desk, ['--toolsets', 'aws', ...args]);
    const client = await openClient({ ...server, env: { ...server.env, ...env } }, { era: 'legacy' });
    try {
      expect((await client.listTools()).tools.length).toBeGreaterThan(20);
      const answer = await client.callTool(clusters);
      expect(answer.isError).toBe(true);
      return wordsOf(answer);
    } finally {
      await client.close();
    }
  }

  it(
    'a profile that is not there: the ones that are',
    async () => {
      expect(await refusal(['--profile', 'wrok'])).toMatch(/no AWS profile "wrok".*There are: nowhere, work/);
    },
    SLOW_MS,
  );

  it(
    'a profile without credentials: the command that signs in',
    async () => {
      expect(await refusal(['--profile', 'nowhere', '--region', TEST_REGION])).toContain(
        'aws sso login --profile nowhere',
      );
    },
    SLOW_MS,
  );

  it(
    'no credentials at all',
    async () => {
      const said = await refusal(['--region', TEST_REGION], { AWS_EC2_METADATA_DISABLED: 'true' });
      expect(said).toMatch(/no AWS credentials.*--profile.*Profiles on this computer: nowhere, work/);
    },
    SLOW_MS,
  );

  it(
    'a sign-in that has ended, a profile whose source is gone, a region that there is not: each with its mend',
    async () => {
      const own = createDesk({ AWS_EC2_METADATA_DISABLED: 'true' });
      const session = '[sso-session corp]\nsso_start_url = https://corp.example.com/start\nsso_region = eu-central-1\n';
      own.write(
        '.aws/config',
        `[profile ended]\nregion = eu-central-1\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Reader\n
[profile chained]\nregion = eu-central-1\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = gone\n\n${session}`,
      );
      own.write('.aws/credentials', '[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
      const cache = createHash('sha1').update('corp').digest('hex');
      own.write(`.aws/sso/cache/${cache}.json`, { accessToken: 'x', expiresAt: '2020-01-01T00:00:00Z' });
      const asked = async (...args: string[]): Promise<string> => {
        const client = await openClient(serverOf(own, ['--toolsets', 'aws', ...args]), { era: 'modern' });
        try {
          return wordsOf(await client.callTool(clusters));
        } finally {
          await client.close();
        }
      };
      expect(await asked('--profile', 'ended')).toMatch(/has ended. Run `aws sso login --profile ended`/);
      expect(await asked('--profile', 'chained')).toMatch(
        /from "gone" \(source_profile.*Name one of: chained, ended, work/,
      );
      expect(await asked('--profile', 'work', '--region', 'mars-1')).toMatch(/mars-1: is the region's name right/);
      own.close();
    },
    2 * SLOW_MS,
  );

  it(
    'no region: where one can be named',
    async () => {
      const elsewhere = createDesk({ AWS_ENDPOINT_URL: emulator.endpoint });
      elsewhere.write('.aws/credentials', '[work]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
      const client = await openClient(serverOf(elsewhere, ['--profile', 'work']), { era: 'modern' });
      const answer = await client.callTool(clusters);
      await client.close();
      elsewhere.close();
      expect(answer).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining('--region or AWS_REGION') }],
      });
    },
    SLOW_MS,
  );

  it(
    'a profile that was mended counts from the next call on',
    async () => {
      const own = createDesk({ AWS_ENDPOINT_URL: emulator.endpoint });
      own.write('.aws/config', `[profile late]\nregion = ${TEST_REGION}\n`);
      const client = await openClient(serverOf(own, ['--profile', 'late']), { era: 'modern' });
      expect(await client.callTool(clusters)).toMatchObject({ isError: true });
      own.write('.aws/credentials', '[late]\naws_access_key_id = AKIATEST\naws_secret_access_key = test\n');
      const answer = await client.callTool(clusters);
      await client.close();
      own.close();
      expect(answer.isError).not.toBe(true);
    },
    SLOW_MS,
  );
});

describe('the project’s own names', () => {
  it(
    'are told to the model, offered as a resource and understood by service_health',
    async () => {
      await withClient('legacy', ['--profile', 'work'], async (client) => {
        expect(client.getInstructions()).toContain('gateway (api gateway); mailer');
        const { resources } = await client.listResources();
        expect(resources).toMatchObject([{ uri: 'sallyport://project', mimeType: 'application/json' }]);
        const { contents } = await client.readResource({ uri: 'sallyport://project' });
        expect(JSON.parse((contents[0] as { text: string }).text)).toEqual(PROJECT);
        const health = await client.callTool({ name: 'service_health', arguments: { name: 'API-Gateway' } });
        expect(health.structuredContent).toMatchObject({
          region: TEST_REGION,
          ecs: expect.objectContaining({ service: 'web' }),
        });
        const what = await client.callTool({ name: 'project_resources', arguments: { name: 'the gateway' } });
        expect(what.structuredContent).toMatchObject({ services: [{ name: 'gateway', cluster: 'gateway' }] });
      });
    },
    SLOW_MS,
  );

  it(
    'a file that is not right is said by the tool, and every problem of it',
    async () => {
      const own = createDesk();
      own.write('sallyport.json', { services: { web: { cluster: 'a b', profile: 'prod' } } });
      const client = await openClient(serverOf(own, []), { era: 'modern' });
      const answer = await client.callTool({ name: 'project_resources', arguments: {} });
      await client.close();
      own.close();
      const said = wordsOf(answer);
      expect(answer.isError).toBe(true);
      expect(said).toMatch(/services\.web\.cluster/);
      expect(said).toMatch(/profile/);
    },
    SLOW_MS,
  );
});

describe('a write', () => {
  const args = ['--toolsets', 'aws,aws-writes', '--profile', 'work'];
  const scale = (desiredCount: number) => ({
    name: 'ecs_update_service',
    arguments: { cluster: 'gateway', service: 'web', desiredCount },
  });
  const desired = async (client: Client): Promise<unknown> => {
    const parameters = { cluster: 'gateway', services: ['web'] };
    const read = { operation: 'DescribeServices', parameters, fields: ['services.desiredCount'], refresh: true };
    const { structuredContent } = await client.callTool({ name: 'ecs_read_operations', arguments: read });
    return (structuredContent as { results: [{ data: { services: [{ desiredCount: number }] } }] }).results[0].data
      .services[0].desiredCount;
  };
  const form = { elicitation: { form: {} } };

  for (const era of ['modern', 'legacy'] as const) {
    it(
      `is asked about in the client's own form and done after a yes (${era})`,
      async () => {
        const asked: Readonly<Record<string, unknown>>[] = [];
        const count = era === 'modern' ? 3 : 4;
        const answer = (params: Readonly<Record<string, unknown>>) => {
          asked.push(params);
          return { action: 'accept', content: { decision: 'yes' } } as const;
        };
        await withClient(
          era,
          args,
          async (client) => {
            expect(await client.callTool(scale(count))).not.toMatchObject({ isError: true });
            expect(await desired(client)).toBe(count);
          },
          { capabilities: form, answer },
        );
        expect(asked).toHaveLength(1);
        expect(String(asked[0]?.['message'])).toContain(`"desiredCount":${count}`);
        expect(String(asked[0]?.['message'])).toContain('To undo it:');
      },
      SLOW_MS,
    );
  }

  it.each([
    ['a no', { action: 'accept', content: { decision: 'no' } }, 'approval_refused'],
    ['a closed dialog', { action: 'cancel' }, 'approval_declined'],
    ['an answer that is no yes', { action: 'accept', content: { decision: 'sure' } }, 'approval_refused'],
  ] as const)(
    'is not done after %s',
    async (_, said, code) => {
      await withClient(
        'legacy',
        args,
        async (client) => {
          const before = await desired(client);
          const answer = await client.callTool(scale(9));
          expect(answer).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code } } });
          expect(await desired(client)).toBe(before);
        },
        { capabilities: form, answer: () => ({ ...said }) },
      );
    },
    SLOW_MS,
  );

  it(
    'is not done on a yes that answers another question, or none',
    async () => {
      await withClient('modern', args, async (client) => {
        const before = await desired(client);
        const forged = { approval: { action: 'accept', content: { decision: 'yes' } } };
        for (const requestState of ['x y', undefined]) {
          const params = { ...scale(8), inputResponses: forged, ...(requestState !== undefined && { requestState }) };
          const answer = await client.callTool(params as never, { allowInputRequired: true });
          expect(answer).toMatchObject({ isError: true, _meta: { 'sallyport/error': { code: 'approval_required' } } });
        }
        expect(await desired(client)).toBe(before);
      });
    },
    SLOW_MS,
  );

  it(
    'waits at a page on this computer where the client cannot ask',
    async () => {
      await withClient('legacy', args, async (client) => {
        const told = await client.callTool(scale(5));
        expect(told).toMatchObject({ isError: true, _meta: { 'sallyport/approval': { tool: 'ecs_update_service' } } });
        const url = (told._meta as { 'sallyport/approval': { url: string } })['sallyport/approval'].url;
        expect(wordsOf(told)).toContain(url);
        const { origin, pathname } = new URL(url);
        expect(new URL(url).hostname).toBe('127.0.0.1');

        expect((await fetch(`${origin}/approvals/${pathname.split('/').at(-1)}`)).status).toBe(404);
        const page = await fetch(url);
        expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
        const html = await page.text();
        const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? '';
        expect(html).toContain('web');
        const answer = (csrf: string) =>
          fetch(url, {
            method: 'POST',
            body: new URLSearchParams({ csrf, instance: field('instance'), decision: 'yes' }),
          });
        expect((await answer('somebody-elses')).status).toBe(403);
        expect(await client.callTool(scale(5))).toMatchObject({ isError: true });
        expect((await answer(field('csrf'))).status).toBe(200);
        expect(await client.callTool(scale(5))).not.toMatchObject({ isError: true });
        expect(await desired(client)).toBe(5);
        // A yes is for once.
        expect(await client.callTool(scale(5))).toMatchObject({ isError: true });
      });
    },
    SLOW_MS,
  );

  it(
    'is waited for where the client opens the page by itself',
    async () => {
      let opened: Promise<unknown> = Promise.resolve();
      const visit = async (url: string): Promise<void> => {
        const html = await (await fetch(url)).text();
        const field = (name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? '';
        const form_ = { csrf: field('csrf'), instance: field('instance'), decision: 'yes' };
        await fetch(url, { method: 'POST', body: new URLSearchParams(form_) });
      };
      await withClient(
        'modern',
        args,
        async (client) => {
          expect(await client.callTool(scale(6))).not.toMatchObject({ isError: true });
          await opened;
          expect(await desired(client)).toBe(6);
        },
        {
          capabilities: { elicitation: { url: {} } },
          answer: ({ url }) => {
            opened = visit(String(url));
            return { action: 'accept' };
          },
        },
      );
    },
    SLOW_MS,
  );
});
