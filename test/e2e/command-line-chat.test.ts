import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DevProcess, freePortBase, startDev } from '../support/dev-process.ts';
import { CTRL_C, CTRL_D, ENTER, sallyport, sallyportAtTerminal } from '../support/sallyport-command.ts';

// `sallyport chat` and `ask` as people use them, in a pipe and at a terminal.

const folder = mkdtempSync(join(tmpdir(), 'sallyport-chat-'));
const home = join(folder, 'home');
const env = {
  ...process.env,
  HOME: folder,
  XDG_CONFIG_HOME: '',
  SALLYPORT_HOME: home,
  SALLYPORT_TIME_ZONE: 'Europe/Berlin',
};
let dev: DevProcess;

const run = (args: readonly string[], input?: string, more: Readonly<Record<string, string>> = {}) =>
  sallyport(args, { env: { ...env, ...more }, cwd: process.cwd(), ...(input !== undefined && { input }) });
const chat = (...lines: readonly string[]) => run(['chat'], `${lines.join('\n')}\n`);

beforeAll(async () => {
  dev = startDev(home, await freePortBase());
  await dev.ready;
}, 60_000);
afterAll(async () => {
  dev.signal('SIGTERM');
  await dev.ended;
  rmSync(folder, { recursive: true, force: true });
});

describe('a chat in a pipe', () => {
  it('lists, opens, exports and deletes conversations', async () => {
    const first = await chat('am I free tomorrow at three?', '/new', 'what is on Friday?', '/list');
    expect({ status: first.status, stderr: first.stderr }).toMatchObject({ status: 0 });
    const listed = first.stdout.split('\n').filter((line) => /^\d+ {2}\d{4}-/.test(line));
    expect(listed).toHaveLength(2);
    expect(listed[0]).toMatch(/^1 {2}[\d-]+ [\d:]+ {2}1 turn {2}what is on Friday\?$/);

    const markdown = join(folder, 'friday.md');
    const json = join(folder, 'friday.json');
    const second = await chat(
      '/list',
      '/open 2',
      `/export ${markdown}`,
      `/export ${json}`,
      'and at four?',
      '/delete',
      '/list',
    );
    expect(second.status).toBe(0);
    expect(second.stdout).toContain('› am I free tomorrow at three?');
    expect(second.stderr).toContain('“am I free tomorrow at three?” is deleted.');
    expect(
      second.stdout
        .split('\n')
        .filter((line) => /^1 {2}/.test(line))
        .at(-1),
    ).toContain('what is on Friday?');
    expect(readFileSync(markdown, 'utf8')).toContain('am I free tomorrow at three?');
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      conversation: { turns: [{ status: 'completed' }] },
    });
    expect(statSync(markdown).mode & 0o777).toBe(0o600);
  }, 60_000);

  it('shows the tools, says what is wrong, and goes on', async () => {
    const answered = await chat(
      '/tools',
      '/open 99',
      '/open c_none',
      '/export',
      '/nonsense',
      '/help',
      '/quit',
      'never asked',
    );
    expect(answered.stdout).toMatch(/^createevent +adds, outside +/m);
    expect(answered.stdout).toMatch(/^freebusy +reads/m);
    expect(answered.stderr).toContain('There is no 99 in the list');
    expect(answered.stderr).toContain('No conversation is open');
    expect(answered.stderr).toContain('There is no /nonsense');
    expect(answered.stderr).toContain('/delete [n or id]');
    expect(answered.stderr).not.toContain('never asked');
    expect(answered.status).toBe(1);
  }, 60_000);

  it('writes over no file', async () => {
    const file = join(folder, 'kept.md');
    await chat('/open last', `/export ${file}`);
    const before = readFileSync(file, 'utf8');
    const again = await chat('/open last', `/export ${file}`);
    expect(again.stderr).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe(before);
  }, 60_000);
});

describe('a question in a pipe', () => {
  it('is read from stdin, and only its answer is on stdout', async () => {
    for (const args of [['ask'], ['ask', '-']]) {
      const asked = await run(args, 'am I free tomorrow at three?\n');
      expect({ args, status: asked.status }).toEqual({ args, status: 0 });
      expect(asked.stdout).toMatch(/^Free: .*\n$/);
      expect(asked.stderr).toMatch(/^· freebusy \{/m);
    }
  }, 30_000);

  it('is answered as JSON, and nothing else is printed', async () => {
    const asked = await run(['ask', '--json', 'am I free tomorrow at three?']);
    expect(asked.stderr).toBe('');
    expect(JSON.parse(asked.stdout)).toMatchObject({ status: 'completed', tool_calls: [{ tool: 'freebusy' }] });
  });

  it('goes on with the newest conversation', async () => {
    const first = JSON.parse((await run(['ask', '--json', 'am I free tomorrow at three?'])).stdout);
    const second = JSON.parse((await run(['ask', '--json', '--conversation', 'last', 'and on Friday?'])).stdout);
    expect(second.conversation_id).toBe(first.conversation_id);
  }, 30_000);

  it.each([
    ['is done', ['ask', 'am I free tomorrow at three?'], {}, 0],
    ['waits for a yes', ['ask', 'book an hour with Kim on Friday at 9am'], {}, 3],
    ['is approved beforehand', ['ask', '--yes', 'book an hour with Jo on Friday at 8am'], {}, 0],
    ['is empty', ['ask', ' '], {}, 2],
    ['is not understood by the command line', ['ask', '--nonsense'], {}, 2],
    ['comes with a token that is not believed', ['ask', 'hello'], { SALLYPORT_TOKEN: 'sp_wrong' }, 4],
    ['reaches nobody', ['ask', 'hello'], { SALLYPORT_AGENT_URL: 'http://127.0.0.1:1', SALLYPORT_TOKEN: 'x' }, 5],
    ['has no token for where it should go', ['ask', 'hello'], { SALLYPORT_AGENT_URL: 'https://agent.invalid' }, 4],
  ] as const)(
    'that %s ends with its own code',
    async (_what, args, more, status) => {
      const asked = await run(args, '', more);
      expect({ status: asked.status, trace: /\n\s+at /.test(asked.stderr) }).toEqual({ status, trace: false });
    },
    30_000,
  );

  it('never sends this machine’s token elsewhere', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((incoming, outgoing) => {
      seen.push(incoming.headers.authorization);
      outgoing.end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const SALLYPORT_AGENT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = await run(['contacts'], '', { SALLYPORT_AGENT_URL });
    server.close();
    expect({ status: asked.status, seen }).toEqual({ status: 4, seen: [] });
    expect(asked.stderr).toContain('Nobody is signed in');
  });
});

describe('at a terminal', () => {
  it('a question is asked about in words before anything is written', async () => {
    const terminal = sallyportAtTerminal(['ask', 'book lunch with Ana on Friday at 12:30'], env);
    const shown = await terminal.until(/Do it\? \[y\/N\] /);
    expect(shown).toMatch(/with createevent, asked by agent\/assistant, open until \d\d:\d\d/);
    expect(shown).toMatch(/start +Fri \d{4}-\d\d-\d\d 12:30/);
    expect(shown).toContain('Adds something');
    expect(shown).toContain('To undo it: Delete the event.');
    terminal.type(`n${ENTER}`);
    expect(await terminal.ended).toBe(0);
    expect(JSON.parse((await run(['approvals', 'list', '--json'])).stdout)).not.toContainEqual(
      expect.objectContaining({ summary: expect.stringContaining('Ana') }),
    );
  }, 30_000);

  it('Ctrl-C at that question stops the turn: nothing is decided, and the command ends with 130', async () => {
    const terminal = sallyportAtTerminal(['ask', 'book lunch with Ida on Friday at 13:30'], env);
    await terminal.until(/Do it\? \[y\/N\] /);
    terminal.type(CTRL_C);
    await terminal.until(/Cancelled\. What has been done stays done\./);
    expect(await terminal.ended).toBe(130);
    const { turns } = JSON.parse((await run(['conversations', 'show', 'last', '--json'])).stdout);
    expect(turns).toMatchObject([{ status: 'cancelled' }]);
  }, 30_000);

  it('a line that is typed while an answer is on its way is the next question', async () => {
    const terminal = sallyportAtTerminal(['chat'], env);
    await terminal.until(/› /);
    terminal.type(`am I free tomorrow at three?${ENTER}what is on Friday?${ENTER}`);
    await terminal.until(/· freebusy[\s\S]*› what is on Friday\?[\s\S]*· listevents[\s\S]*› /);
    terminal.type(`/quit${ENTER}`);
    expect(await terminal.ended).toBe(0);
    const { turns } = JSON.parse((await run(['conversations', 'show', 'last', '--json'])).stdout);
    expect(turns).toHaveLength(2);
  }, 30_000);

  it('a conversation is deleted only after a yes', async () => {
    const terminal = sallyportAtTerminal(['chat', '--conversation', 'last'], env);
    await terminal.until(/› /);
    terminal.type(`/delete${ENTER}`);
    await terminal.until(/for good\? \[y\/N\] /);
    terminal.type(`${ENTER}`);
    await terminal.until(/› /);
    terminal.type(`/list${ENTER}`);
    await terminal.until(/1 {2}\d{4}-[\s\S]*› /);
    terminal.type(`/quit${ENTER}`);
    expect(await terminal.ended).toBe(0);
    expect(existsSync(join(home, 'history'))).toBe(true);
  }, 30_000);
});

describe('keys', () => {
  it('Ctrl-C at a prompt drops what is typed there, and leaves where that is nothing', async () => {
    const terminal = sallyportAtTerminal(['chat'], env);
    await terminal.until(/› /);
    terminal.type('delete everything');
    await terminal.until(/everything/);
    terminal.type(CTRL_C);
    await terminal.until(/› /);
    terminal.type(`/model${ENTER}`);
    await terminal.until(/Nobody has answered yet[\s\S]*› /);
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
  }, 30_000);

  it('Ctrl-D leaves a chat', async () => {
    const terminal = sallyportAtTerminal(['chat'], env);
    await terminal.until(/› /);
    terminal.type(CTRL_D);
    expect(await terminal.ended).toBe(0);
  }, 30_000);

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Enter', ENTER],
  ])(
    '%s at the question is a no, and the chat goes on',
    async (_name, key) => {
      const terminal = sallyportAtTerminal(['chat'], env);
      await terminal.until(/› /);
      terminal.type(`book an hour with Eva on Thursday at 9am${ENTER}`);
      await terminal.until(/Do it\? \[y\/N\] /);
      terminal.type(key);
      await terminal.until(/[\s\S]*› /);
      terminal.type(`/quit${ENTER}`);
      expect(await terminal.ended).toBe(0);
      const { turns } = JSON.parse((await run(['conversations', 'show', 'last', '--json'])).stdout);
      expect(JSON.stringify(turns)).toContain('"is_error":true');
    },
    30_000,
  );
});

describe('Ctrl-C', () => {
  let slow: Server;
  let slowDev: DevProcess;
  const slowHome = join(folder, 'slow');
  const slowEnv = { ...env, SALLYPORT_HOME: slowHome };

  beforeAll(async () => {
    // A model that never says a word.
    slow = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(slow, 'listening');
    slowDev = startDev(slowHome, await freePortBase(), {
      SALLYPORT_MODEL: 'openai:test',
      OPENAI_API_KEY: 'test',
      OPENAI_BASE_URL: `http://127.0.0.1:${(slow.address() as AddressInfo).port}/v1`,
    });
    await slowDev.ready;
  }, 60_000);
  afterAll(async () => {
    slow.closeAllConnections();
    slow.close();
    slowDev.signal('SIGTERM');
    await slowDev.ended;
  });

  const runningTurns = async (): Promise<readonly string[]> => {
    const { stdout } = await sallyport(['conversations', 'show', 'last', '--json'], { env: slowEnv });
    return (JSON.parse(stdout) as { turns: { status: string }[] }).turns.map(({ status }) => status);
  };

  it('stops the turn and not the chat; at an empty prompt it leaves', async () => {
    const terminal = sallyportAtTerminal(['chat'], slowEnv);
    await terminal.until(/› /);
    const asked = once(slow, 'request');
    terminal.type(`am I free tomorrow?${ENTER}`);
    await asked;
    terminal.type(CTRL_C);
    await terminal.until(/Cancelled\. What has been done stays done\.[\s\S]*› /);
    expect(await runningTurns()).toEqual(['cancelled']);
    // It has ended: nothing goes on with it.
    terminal.type(`/open last${ENTER}`);
    expect(await terminal.until(/· cancelled[\s\S]*› /)).not.toContain('sallyport continue');
    terminal.type(CTRL_C);
    expect(await terminal.ended).toBe(0);
  }, 60_000);

  it('stops the turn of a single question, and ends with 130', async () => {
    const asked = once(slow, 'request');
    const terminal = sallyportAtTerminal(['ask', 'am I free on Friday?'], slowEnv);
    await asked;
    terminal.type(CTRL_C);
    await terminal.until(/Cancelled/);
    expect(await terminal.ended).toBe(130);
    expect(await runningTurns()).toEqual(['cancelled']);
  }, 60_000);
});
