import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServersFolder, type Entry, oddServer, type ServersFolder } from '../support/gateway.ts';
import { ENTER, sallyport, sallyportAtTerminal } from '../support/sallyport-command.ts';

// `sallyport servers` as an operator has it: nothing counts unseen, each fault has its name, and nothing of what was started stays.

const SLOW_MS = 90_000;
const outside = mkdtempSync(join(tmpdir(), 'sallyport-operator-'));
const SECRET = 'a-key-that-nobody-sees';
const dice: Entry = {
  command: process.execPath,
  args: [resolve('examples/servers/own/dice/server.mjs')],
  sallyport: { tenant: 'none' },
};
const made: ServersFolder[] = [];
let started: string;

beforeEach(() => {
  started = join(outside, `started-${made.length}`);
});
afterAll(() => {
  for (const folder of made) folder.remove();
  rmSync(outside, { recursive: true, force: true });
});

function folderOf(entries: Readonly<Record<string, Entry>>): ServersFolder {
  const folder = createServersFolder(entries);
  made.push(folder);
  return folder;
}

/** Tells that it was started, and ends. */
const traced = (): Entry => ({ command: 'sh', args: ['-c', `echo started > '${started}'`] });

const envOf = (folder?: ServersFolder, more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env['PATH'],
  HOME: outside,
  SALLYPORT_HOME: join(outside, 'none'),
  ...(folder !== undefined && { SALLYPORT_SERVERS_DIR: folder.directory }),
  ...more,
});

const servers = (folder: ServersFolder, ...args: readonly string[]) =>
  sallyport(['servers', ...args], {
    env: envOf(folder, { SALLYPORT_SERVER_SECRETS: `{"key":"${SECRET}"}` }),
    cwd: outside,
  });

const approvedText = ({ directory }: ServersFolder): string => {
  const path = join(directory, 'approved.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};

/** As if the server said something else now. */
function changeApproved(folder: ServersFolder, from: string, to: string): void {
  const before = approvedText(folder);
  expect(before).toContain(from);
  writeFileSync(join(folder.directory, 'approved.json'), before.replace(from, to));
}

describe('what nobody approved', () => {
  it(
    'is not even started for a list',
    async () => {
      const folder = folderOf({ unseen: traced() });
      const { status, stdout } = await servers(folder, 'list');
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: expect.stringMatching(/^unseen +not approved +0 tools +child /),
      });
      expect(stdout).toContain('→ sallyport servers approve unseen');
      expect(existsSync(started)).toBe(false);
    },
    SLOW_MS,
  );

  it(
    'stays so without a yes, though all of it is shown',
    async () => {
      const folder = folderOf({ dice });
      const shown = await servers(folder, 'approve', 'dice');
      expect(shown.status).toBe(3);
      expect(shown.stdout).toMatch(/^dice__roll: new; reads; dice\.read$/m);
      expect(shown.stdout).toContain('Rolls dice and says what each one shows.');
      expect(shown.stdout).toContain('"maximum": 20');
      expect(shown.stderr).toContain('say it again with --yes');
      expect((await servers(folder, 'approve', 'dice', '--json')).status).toBe(3);
      expect(approvedText(folder)).toBe('');
      await folder.untilNoneRuns();
    },
    SLOW_MS,
  );

  it(
    'is asked about at a terminal, where only a yes is one',
    async () => {
      const folder = folderOf({ dice });
      for (const [reply, outcome] of [
        ['n', /dice: nothing was changed\./],
        ['y', /dice: approved\./],
      ] as const) {
        const terminal = sallyportAtTerminal(['servers', 'approve', 'dice'], envOf(folder));
        await terminal.until(/Approve this of dice\? \[y\/N\] $/);
        expect(approvedText(folder)).toBe('');
        terminal.type(`${reply}${ENTER}`);
        await terminal.until(outcome);
        expect(await terminal.ended).toBe(reply === 'y' ? 0 : 1);
      }
      expect(JSON.parse(approvedText(folder))).toMatchObject({ servers: { dice: { tools: [{ name: 'roll' }] } } });
    },
    SLOW_MS,
  );
});

describe('what was approved', () => {
  it(
    'is sound until it changes; then it is named, compared, and approved again',
    async () => {
      const folder = folderOf({ dice });
      expect(await servers(folder, 'approve', 'dice', '--yes')).toMatchObject({ status: 0 });
      const first = approvedText(folder);
      expect(await servers(folder, 'check')).toMatchObject({ status: 0, stderr: 'Nothing is broken.\n' });
      expect(await servers(folder, 'diff')).toMatchObject({
        status: 0,
        stdout: '',
        stderr: 'dice: as it was approved.\n',
      });
      expect(await servers(folder, 'approve', 'dice', '--yes')).toMatchObject({
        stderr: 'dice: nothing to approve.\n',
      });

      changeApproved(folder, 'Rolls dice and', 'Rolls dice, fairly, and');
      expect((await servers(folder, 'list')).stdout).toMatch(/^dice +quarantined +0 tools /);
      const { status, stdout } = await servers(folder, 'check');
      expect(status).toBe(1);
      expect(stdout).toContain('BAD  dice__roll: It has another description than was approved.');
      const diff = await servers(folder, 'diff', 'dice');
      expect(diff.stdout).toContain('  - Rolls dice, fairly, and says what each one shows.\n  + Rolls dice and says');

      expect(await servers(folder, 'approve', 'dice', 'dice__roll', '--yes')).toMatchObject({ status: 0 });
      expect(approvedText(folder)).toBe(first);
    },
    SLOW_MS,
  );

  it(
    'is told to programs',
    async () => {
      const folder = folderOf({ dice });
      await servers(folder, 'approve', '--all', '--yes');
      const list = JSON.parse((await servers(folder, 'list', '--json')).stdout);
      expect(list).toMatchObject({
        folder: folder.directory,
        faults: [],
        servers: [{ name: 'dice', state: 'offered', kind: 'child', tenant: 'none', tools: ['dice__roll'], faults: [] }],
      });
      const shown = JSON.parse((await servers(folder, 'show', 'dice', 'roll', '--json')).stdout);
      expect(shown).toMatchObject({
        server: { name: 'dice', version: '1.0.0' },
        tools: [{ name: 'roll', listed_as: 'dice__roll', state: 'approved', scopes: ['dice.read'] }],
      });
      const offline = JSON.parse((await servers(folder, 'list', '--offline', '--json')).stdout);
      expect(offline.servers).toMatchObject([
        { name: 'dice', state: 'not_asked', server: null, tools: ['dice__roll'] },
      ]);
    },
    SLOW_MS,
  );
});

describe('a folder with troubles', () => {
  it(
    'has each of them named with what mends it, the sound ones untouched, and no process left',
    async () => {
      const hangs: Entry = { command: 'sh', args: ['-c', 'exec sleep 600'], sallyport: { tenant: 'none' } };
      const folder = folderOf({
        dice,
        dies: oddServer('dies'),
        hangs,
        refers: oddServer('names', { more: '["a","b"]' }),
        'no-secret': { url: 'https://mcp.example.com/mcp', sallyport: { auth: { kind: 'bearer', secret: 'another' } } },
        inside: { url: 'https://169.254.169.254/mcp', headers: { 'x-key': SECRET } },
        Wrong: { command: 'x' },
        typo: { command: 'x', sallyport: { denny: [] } },
      });
      await servers(folder, 'approve', 'dice', '--yes');
      await servers(folder, 'approve', 'refers', 'a', '--yes');
      const text = approvedText(folder);
      const stray = { ...JSON.parse(text), servers: { ...JSON.parse(text).servers, away: { tools: [] } } };
      writeFileSync(join(folder.directory, 'approved.json'), JSON.stringify(stray));

      const { status, stdout, stderr } = await servers(folder, '--timeout', '15', 'check');
      expect(status).toBe(1);
      const faults = [...stdout.matchAll(/^(?:BAD|mind) +(.*)$/gm)].map(([, what]) => what);
      expect(faults).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^away: approved\.json speaks of it/),
          expect.stringMatching(/^Wrong: Its name must be/),
          expect.stringMatching(/^typo: Its entry in mcp\.json cannot be read: .*denny/),
          'dies: Its process ended with 3 before it answered.',
          expect.stringMatching(/^hangs: .* in time\.$/),
          expect.stringMatching(/^no-secret: SALLYPORT_SERVER_SECRETS holds no secret another\.$/),
          expect.stringMatching(/^inside: /),
          'The server refers has 1 tool that nobody approved',
        ]),
      );
      expect(stdout).toMatch(/^ok {3}The server dice answers/m);
      expect(stdout).toMatch(/→ run it by hand and see what it says: cd \S+ && \S+ \S+server\.mjs dies/);
      expect(stdout + stderr).not.toContain(SECRET);
      expect(stderr).toMatch(/^\d+ to mend\.$/m);
      await folder.untilNoneRuns();
    },
    SLOW_MS,
  );

  it(
    'is read again by nobody while approved.json is damaged',
    async () => {
      const folder = folderOf({ dice });
      writeFileSync(join(folder.directory, 'approved.json'), '{');
      for (const args of [['list'], ['check'], ['approve', 'dice', '--yes']]) {
        expect(await servers(folder, ...args)).toMatchObject({
          status: 1,
          stderr: expect.stringContaining('is not JSON'),
        });
      }
      expect(approvedText(folder)).toBe('{');
    },
    SLOW_MS,
  );

  it(
    'that is not there, a server and a tool that are not there, are said',
    async () => {
      const folder = folderOf({ dice });
      const nowhere = await sallyport(['servers'], { env: envOf(), cwd: outside });
      expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no server in servers/') });
      const [server, tool, none] = [
        await servers(folder, 'show', 'cards'),
        await servers(folder, 'approve', 'dice', 'deal', '--yes'),
        await servers(folder, 'approve', '--yes'),
      ];
      expect(server).toMatchObject({ status: 1, stderr: 'There is no server cards. There are: dice.\n' });
      expect(tool).toMatchObject({ status: 1, stderr: 'There is no tool deal. There are: roll.\n' });
      expect(none).toMatchObject({ status: 2, stderr: 'Name a server, or say --all.\n' });
      expect(approvedText(folder)).toBe('');
    },
    SLOW_MS,
  );
});

describe('the doctor', () => {
  it(
    'names what is wrong with servers of the folder that it is told of',
    async () => {
      const folder = folderOf({ dice, dies: oddServer('dies') });
      await servers(folder, 'approve', 'dice', '--yes');
      changeApproved(folder, 'Rolls dice and', 'Rolls dice, fairly, and');
      const { status, stdout } = await sallyport(['doctor'], { env: envOf(folder), cwd: outside });
      expect(status).toBe(1);
      expect(stdout).toContain('BAD  dice__roll: It has another description than was approved.');
      expect(stdout).toContain('→ sallyport servers diff dice, then sallyport servers approve dice');
      expect(stdout).toContain('BAD  dies: Its process ended with 3 before it answered.');
    },
    SLOW_MS,
  );

  it(
    'starts nothing that a folder from elsewhere names, and says what stands there',
    async () => {
      const project = join(outside, 'project');
      mkdirSync(join(project, 'servers'), { recursive: true });
      const tools = [{ name: 'a', inputSchema: { type: 'object' } }];
      writeFileSync(
        join(project, 'servers', 'mcp.json'),
        JSON.stringify({ mcpServers: { theirs: traced(), more: traced() } }),
      );
      writeFileSync(
        join(project, 'servers', 'approved.json'),
        JSON.stringify({ v: 1, servers: { theirs: { tools } } }),
      );
      const { stdout } = await sallyport(['doctor'], { env: envOf(), cwd: project });
      expect(stdout).toMatch(/^mind 1 of 2 servers in \S+ approved; nobody asked them$/m);
      expect(stdout).toContain('BAD  more: Nobody has approved its tools.');
      expect(existsSync(started)).toBe(false);
    },
    SLOW_MS,
  );
});
