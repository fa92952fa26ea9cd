import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { freeze } from '../support/freeze.ts';
import {
  createServersFolder,
  officialServers,
  openTestGateway,
  type ServersFolder,
  type TestGateway,
} from '../support/gateway.ts';
import { PYTHON_INSTALL_MS } from '../support/python.ts';

// Five official servers behind the gateway, as child processes: each answers in its own way, and what is wrong with one is said by its name and
// takes nothing of the others away.

// Five programs start at once, two of them in Python.
jest.setTimeout(180_000);

const CANARY = 'wandering albatross';

let folder: ServersFolder;
let gateway: TestGateway;

beforeAll(async () => {
  folder = createServersFolder(await officialServers());
  // Somebody looked at another description of one tool than the server has.
  await folder.approve((_server, tools) =>
    tools.map((tool) => (tool.name === 'recommend' ? { ...tool, description: 'What was looked at.' } : tool)),
  );
  await folder.untilNoneRuns();
  const secrets = {
    SALLYPORT_VAULT_KEY: 'ours',
    OPENAI_API_KEY: 'ours',
    AWS_SECRET_ACCESS_KEY: 'ours',
    ANY_OTHER: 'ours',
  };
  gateway = openTestGateway(folder, { environment: { ...process.env, ...secrets } as Record<string, string> });
}, PYTHON_INSTALL_MS * 2);
afterAll(async () => {
  await gateway?.close();
  folder?.remove();
});

const listed = () => gateway.source.tools().map(({ declaration }) => declaration.name);
const logged = (event: string) => gateway.log.events.filter((one) => one.event === event).map(({ fields }) => fields);
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');
/** The process that answers for this server now. */
function onlyProcessOf(word: string): number {
  const pids = folder.processes().filter((pid) => commandOf(pid).includes(word));
  if (pids.length !== 1) throw new Error(`expected one process of ${word}, there are ${pids.length}`);
  return Number(pids[0]);
}

/** The four that are well, whatever the fifth does. */
async function othersAnswer(but: string): Promise<void> {
  const asked: readonly (readonly [string, Readonly<Record<string, unknown>>, RegExp])[] = [
    ['everything__echo', { message: CANARY }, /^Echo: wandering albatross$/],
    ['files__list_allowed_directories', {}, /shared/],
    ['memory__read_graph', {}, /entities/],
    ['time__convert_time', { source_timezone: 'Asia/Tokyo', time: '09:30', target_timezone: 'UTC' }, /00:30/],
    ['docs__read_documentation', { url: 'https://example.com/' }, /supported domains/],
  ];
  await Promise.all(
    asked
      .filter(([name]) => !name.startsWith(`${but}__`))
      .map(async ([name, args, words]) => expect((await gateway.call(name, args)).text).toMatch(words)),
  );
}

describe('five official servers', () => {
  it('are listed as they were approved, each tool by its server’s name, and none runs for that', () => {
    const servers = new Set(listed().map((name) => name.split('__')[0]));
    expect([...servers].sort()).toEqual(['docs', 'everything', 'files', 'find_tools', 'memory', 'time']);
    expect(folder.processes()).toEqual([]);
  });

  it('answer at the same time', async () => {
    await othersAnswer('none');
  });

  it('answer with what is no text, too, and with structure', async () => {
    const image = await gateway.call('everything__get-tiny-image');
    expect(image.content?.map(({ type }) => type)).toContain('image');
    const weather = await gateway.call('everything__get-structured-content', { location: 'Chicago' });
    expect(weather.structuredContent).toMatchObject({ conditions: expect.any(String) });
  });

  it('are asked nothing that does not fit their schemas, in whatever dialect these are', async () => {
    const { code, message } = await gateway.refusal('everything__echo', { message: 7 });
    expect([code, message]).toEqual(['invalid_request', expect.stringContaining('message')]);
    expect((await gateway.refusal('time__get_current_time', {})).message).toContain('timezone');
  });

  it('find nothing of ours in their environment', async () => {
    const { text } = await gateway.call('everything__get-env');
    const names = Object.keys(JSON.parse(text));
    expect(names).toContain('PATH');
    const usual = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'PWD', 'SHLVL', '_'];
    expect(names.filter((name) => !usual.includes(name))).toEqual(['SALLYPORT_TEST_MARK']);
  });

  it('keep the data of each person apart where they hold any', async () => {
    const entity = { name: 'Ada', entityType: 'person', observations: [CANARY] };
    await gateway.call('memory__create_entities', { entities: [entity] }, { person: 'p_ada' });
    expect((await gateway.call('memory__read_graph', {}, { person: 'p_ada' })).text).toContain(CANARY);
    expect((await gateway.call('memory__read_graph', {}, { person: 'p_bob' })).text).not.toContain(CANARY);
  });

  it('are found by what they do', async () => {
    const scopes = ['time.read', 'time.write', 'memory.read'];
    const { structuredContent } = await gateway.call('find_tools', { query: 'what time is it in Tokyo' }, { scopes });
    expect(structuredContent).toHaveProperty('tools.0.name', expect.stringMatching(/^time__/));
  });

  it('say nothing in the log of what was asked and answered', async () => {
    await othersAnswer('none');
    expect(JSON.stringify(gateway.log.events)).not.toMatch(/albatross/);
  });
});

describe('a server whose tool is not as it was approved', () => {
  it('keeps that tool back, by name, and all its others go on', async () => {
    expect(listed()).not.toContain('docs__recommend');
    const refused = await gateway.refusal('docs__recommend', { url: 'https://docs.aws.amazon.com/x.html' });
    expect(refused.code).toBe('forbidden');
    expect(refused.message).toContain('docs__recommend has another description than was approved');
    expect(gateway.source.faults()).toEqual([
      expect.objectContaining({ name: 'docs__recommend', code: 'tool_changed' }),
    ]);
    expect(logged('upstream.tools_changed')).toEqual([{ server: 'docs', tools: ['docs__recommend'] }]);
    await othersAnswer('none');
  });
});

describe('a server that is killed', () => {
  it('loses the call that it was at, by name, while the others answer; the next call begins it anew', async () => {
    await gateway.call('everything__echo', { message: 'there?' });
    const before = onlyProcessOf('server-everything');
    const lost = gateway.refusal('everything__trigger-long-running-operation', { duration: 600, steps: 600 });
    await othersAnswer('everything');
    process.kill(before, 'SIGKILL');
    const { code, message } = await lost;
    expect(['timed_out', 'upstream_failed']).toContain(code);
    expect(message).toMatch(/^The server everything: The server broke off the connection\./);
    await othersAnswer('everything');
    expect(gateway.source.faults()).toContainEqual(
      expect.objectContaining({ name: 'everything', code: 'server_failed' }),
    );
    expect(logged('upstream.child_ended')).toContainEqual(
      expect.objectContaining({ server: 'everything', why: 'ended by SIGKILL' }),
    );
    expect((await gateway.call('everything__echo', { message: 'again' })).text).toBe('Echo: again');
    expect(onlyProcessOf('server-everything')).not.toBe(before);
    expect(gateway.source.faults().map(({ name }) => name)).not.toContain('everything');
  });
});

describe('a server that hangs', () => {
  it('costs its own caller a deadline and nobody else anything; its process is replaced', async () => {
    await gateway.call('time__get_current_time', { timezone: 'UTC' });
    const before = onlyProcessOf('mcp_server_time');
    freeze(before);
    const asked = gateway.refusal('time__get_current_time', { timezone: 'UTC' });
    await othersAnswer('time');
    const { code, message } = await asked;
    expect(code).toBe('timed_out');
    expect(message).toMatch(/^The server time: The server did not answer in time\./);
    expect(gateway.source.faults()).toContainEqual(expect.objectContaining({ name: 'time', code: 'server_failed' }));
    expect(logged('upstream.failed')).toContainEqual(expect.objectContaining({ server: 'time', code: 'timed_out' }));
    expect((await gateway.call('time__get_current_time', { timezone: 'UTC' })).text).toContain('UTC');
    while (folder.processes().includes(before)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('the end', () => {
  it('leaves no process behind, not even one that hangs', async () => {
    await othersAnswer('none');
    freeze(onlyProcessOf('server-everything'));
    expect(folder.processes().length).toBeGreaterThanOrEqual(5);
    await gateway.close();
    await folder.untilNoneRuns();
  });
});
