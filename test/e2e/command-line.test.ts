import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readLocalFile } from '../../src/cli/client/local-file.ts';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { type DevProcess, freePortBase, startDev } from '../support/dev-process.ts';

// What people type, as processes of their own: the demo, the test client and the sallyport command.

// Each test starts several processes, which on a busy machine takes its time.
jest.setTimeout(180_000);

let home: string;
let dev: DevProcess;

function run(
  script: string,
  args: readonly string[],
  given: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  const env = { ...process.env, SALLYPORT_HOME: home, SALLYPORT_MODEL: 'offline', ...given };
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
}
/** A command that goes on: its link, and its end. */
async function begin(args: readonly string[], given: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, SALLYPORT_HOME: home, ...given };
  const running = spawn(process.execPath, ['bin/sallyport.mjs', ...args], { env });
  const child = { out: '', err: '' };
  running.stdout.on('data', (chunk) => {
    child.out += chunk;
  });
  const ended = once(running, 'exit').then(([status]) => status as number);
  for await (const chunk of running.stderr) {
    child.err += chunk;
    const link = /^(https?:\S+)\n/m.exec(child.err)?.[1];
    if (link !== undefined) return { child, link, ended };
  }
  throw new Error(`no link: ${child.err}`);
}
const sallyport = (...args: string[]) => run('bin/sallyport.mjs', args);
const client = (...args: string[]) => run('scripts/test-client.ts', args);

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  dev = startDev(home, await freePortBase());
  await dev.ready;
}, 120_000);
afterAll(async () => {
  dev.signal('SIGTERM');
  await dev.ended;
  rmSync(home, { recursive: true, force: true });
});

describe('make demo', () => {
  it('runs the main job with no account and ends with 0, the event booked', () => {
    const demo = run('src/local/demo.ts', []);
    expect({ status: demo.status, stderr: demo.stderr }).toEqual({ status: 0, stderr: '' });
    expect(demo.stdout).toContain('refused in the TLS handshake');
    expect(demo.stdout).toContain('answered 401');
    expect(demo.stdout).toContain('freebusy → completed');
    expect(demo.stdout).toContain('createevent → approval_required');
    expect(demo.stdout).toContain('createevent → completed');
    expect(demo.stdout).toContain('Done: the event is there.');
  }, 60_000);
});

describe('sallyport chat', () => {
  it('answers each line of a pipe in one conversation, shows its calls apart, and leaves a yes to the person', () => {
    const lines = ['am I free tomorrow at three?', '/model', 'book an hour with Tim on Friday at 4pm', '/what', ''];
    const chat = spawnSync(process.execPath, ['bin/sallyport.mjs', 'chat', '--zone', 'Europe/Berlin'], {
      env: { ...process.env, SALLYPORT_HOME: home },
      input: lines.join('\n'),
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect({ status: chat.status, stderr: chat.stderr }).toMatchObject({ status: 0 });
    expect(chat.stdout).toMatch(/^Free: .*\nWaiting for your yes: .*Tim/);
    expect(chat.stderr).toMatch(/^· freebusy \{"timeMin"/m);
    expect(chat.stderr).toContain('offline:planner');
    expect(chat.stderr).toContain('There is no /what');
  });

  it('asks for the yes at a terminal, does what was approved, and keeps what was typed for this user alone', async () => {
    const command = `${process.execPath} bin/sallyport.mjs chat --zone Europe/Berlin`;
    const env = { ...process.env, SALLYPORT_HOME: home, TERM: 'dumb' };
    const terminal = spawn('script', ['-qfec', command, '/dev/null'], { env });
    let seen = '';
    const until = async (words: RegExp): Promise<void> => {
      while (!words.test(seen)) await once(terminal.stdout, 'data');
      seen = '';
    };
    terminal.stdout.on('data', (chunk) => {
      seen += chunk;
    });
    await until(/› /);
    terminal.stdin.write('book an hour with Una on Friday at 5pm\r');
    await until(/Una[\s\S]*Do it\? \[y\/N\] /);
    terminal.stdin.write('y\r');
    await until(/(?:Booked|booked)[\s\S]*› /);
    terminal.stdin.write('/quit\r');
    const [status] = await once(terminal, 'exit');
    expect(status).toBe(0);
    const history = join(home, 'history');
    expect(readFileSync(history, 'utf8')).toContain('Una');
    expect(statSync(history).mode & 0o777).toBe(0o600);
  }, 30_000);
});

describe('the test client', () => {
  it('asks, shows what was called, and waits for a yes', () => {
    const asked = client('book', 'an', 'hour', 'with', 'Tom', 'tomorrow', 'at', '10');
    expect(asked.status).toBe(0);
    expect(asked.stdout).toContain('createevent');
    expect(asked.stdout).toMatch(/needs your yes: .*Tom/);
  });

  it('approves with --yes, and answers as JSON', () => {
    const asked = client('--yes', '--json', 'book dentist tomorrow at 12');
    expect(asked.status).toBe(0);
    expect(JSON.parse(asked.stdout)).toMatchObject({ status: 'completed', tool_calls: [{ tool: 'createevent' }] });
  });

  it('takes address and token from the environment, and says what is wrong with them', () => {
    const refused = run('scripts/test-client.ts', ['am I free tomorrow?'], { SALLYPORT_TOKEN: 'sp_wrong' });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('unauthenticated');
    const nowhere = run('scripts/test-client.ts', ['hello'], {
      SALLYPORT_AGENT_URL: 'http://127.0.0.1:1',
      SALLYPORT_TOKEN: 'x',
    });
    expect(nowhere.status).toBe(1);
    expect(nowhere.stderr).toContain('does not answer');
  });

  it('explains itself when nothing is asked', () => {
    const shown = client();
    expect(shown.status).toBe(2);
    expect(shown.stdout).toContain('Usage');
  });
});

describe('the sallyport command', () => {
  it('asks, approves elsewhere and goes on', () => {
    const asked = sallyport('ask', 'book lunch with Ana on Friday at 12:30', '--json');
    const { turn, approvals } = JSON.parse(asked.stdout);
    expect(sallyport('approvals').stdout).toContain(approvals[0].id);
    expect(sallyport('approve', approvals[0].id).status).toBe(0);
    const done = sallyport('continue', turn);
    expect(done.status).toBe(0);
    expect(done.stdout).toMatch(/lunch/i);
  });

  it('makes, lists and revokes tokens; the text is shown once, on stdout alone', () => {
    const person = sallyport('person', 'list').stdout.split(' ')[0] ?? '';
    const made = sallyport(
      'token',
      'create',
      '--person',
      person,
      '--audience',
      'agent',
      '--scope',
      'calendar.read',
      '--days',
      '1',
    );
    expect(made.stdout).toMatch(/^sp_[0-9A-Z]{26}_[\w-]{43}\n$/);
    const id = made.stdout.slice(3, 29);
    expect(sallyport('token', 'list').stdout).toContain(id);
    expect(sallyport('token', 'list').stdout).not.toContain(made.stdout.trim());
    expect(sallyport('token', 'revoke', id).stdout).toContain('revoked');
    expect(run('scripts/test-client.ts', ['hello'], { SALLYPORT_TOKEN: made.stdout.trim() }).stderr).toContain(
      'unauthenticated',
    );
  });

  it.each([
    ['who asks', ['whoami'], expect.objectContaining({ identity: expect.stringMatching(/^token:/) })],
    ['what proves a person', ['identities'], expect.any(Array)],
    ['persons', ['person', 'list'], expect.arrayContaining([expect.objectContaining({ name: 'Alex' })])],
    ['tokens', ['token', 'list'], expect.arrayContaining([expect.objectContaining({ audience: 'confirm' })])],
  ])('lists %s as one JSON document, without a secret or its hash', (_what, args, expected) => {
    const listed = sallyport(...args, '--json');
    expect({ status: listed.status, stderr: listed.stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(listed.stdout)).toEqual(expected);
    expect(listed.stdout).not.toContain('hash');
  });

  it('gives a token another secret, as an operator and as its person; the one of before works on', async () => {
    const local = readLocalFile(home);
    const person = local?.person ?? '';
    const create = ['token', 'create', '--person', person, '--audience', 'mcp', '--scope', 'weather.read'];
    const made = sallyport(...create, '--rate', '7').stdout.trim();
    const id = made.slice(3, 29);
    expect(sallyport('token', 'list').stdout).toContain(`${id}  ${person}  mcp  weather.read`);
    expect(sallyport('token', 'list').stdout).toContain('7/min');
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const statusOf = async (token: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
      const answer = await fetch(local?.key_door.url ?? '', { method: 'POST', headers, body: JSON.stringify(list) });
      return answer.status;
    };
    const first = sallyport('token', 'rotate', id);
    expect(first.stderr).toMatch(/The secret of before works until 20\d\d-/);
    const second = first.stdout.trim();
    expect([await statusOf(made), await statusOf(second)]).toEqual([200, 200]);
    expect(sallyport('token', 'rotate', id, '--mine').stderr).toContain('again');
    const third = sallyport('token', 'rotate', id, '--mine', '--again', '--overlap', '0').stdout.trim();
    expect([await statusOf(made), await statusOf(second), await statusOf(third)]).toEqual([401, 401, 200]);
    // Seven in a minute are fourteen at most where one minute ends and another begins.
    const many = await Promise.all(Array.from({ length: 15 }, () => statusOf(third)));
    expect([...new Set(many)].sort()).toEqual([200, 429]);
  });

  it('plans without doing', () => {
    const args = [
      'book an hour with Tom tomorrow at 3pm',
      '--now',
      '2026-11-23T09:00:00Z',
      '--zone',
      'Europe/Berlin',
      '--model',
      'offline',
      '--json',
    ];
    const planned = sallyport('plan', ...args);
    expect(planned.stderr).toBe('');
    expect(JSON.parse(planned.stdout)).toMatchObject({
      calls: [
        {
          tool: 'createevent',
          arguments: { start: '2026-11-24T15:00:00', end: '2026-11-24T16:00:00', timeZone: 'Europe/Berlin' },
        },
      ],
    });
  });

  it('plans with the contacts of the agent that runs, and says who planned', () => {
    expect(sallyport('contacts', 'set', 'Ana', 'ana@example.com').status).toBe(0);
    const plan = (...args: readonly string[]) => sallyport('plan', 'lunch with Ana on Friday', ...args);
    expect(JSON.parse(plan('--json').stdout)).toMatchObject({
      calls: [{ tool: 'createevent', arguments: { attendees: ['ana@example.com'] } }],
    });
    expect(plan('--json', '--no-contacts').stdout).not.toContain('ana@example.com');
    expect(plan('--json', '--agent-url', 'http://127.0.0.1:1')).toMatchObject({ status: 0, stderr: '' });
    const told = plan();
    expect(told.stdout).toMatch(/^createevent \{.*ana@example\.com/);
    expect(told.stderr).toBe('Planned here, by offline:planner.\n');
    expect(sallyport('contacts', 'remove', 'Ana').status).toBe(0);
  }, 30_000);

  it('shows contacts, grants and connections', () => {
    expect(sallyport('contacts', 'set', 'Ana', 'ana@example.com').status).toBe(0);
    expect(sallyport('contacts').stdout).toContain('ana@example.com');
    expect(sallyport('grants').stdout).toContain('agent/assistant');
    expect(sallyport('connections').stdout).toContain('google');
    expect(sallyport('contacts', 'remove', 'Ana').status).toBe(0);
    expect(sallyport('contacts').stdout).not.toContain('ana@example.com');
  });

  it('opens a browser’s session, and a link on no command line', async () => {
    const { child, link, ended } = await begin(['open', '--no-browser']);
    const oauth = readLocalFile(home)?.oauth.url ?? '';
    expect(link).toMatch(new RegExp(`^${oauth}/sign-in\\?ticket=[\\w-]{43}$`));
    const browser = createHeadlessPerson({ account: 'nobody', googleOrigin: 'http://127.0.0.1:1' });
    // The headless person presses every form it meets; the ticket is used by the first, which is what counts here.
    await browser.visit(link).catch(() => undefined);
    expect({ status: await ended, out: child.out }).toEqual({ status: 0, out: 'Your browser is signed in.\n' });
  });

  it('removes a person whole, at Google as well', async () => {
    const bea = sallyport('person', 'add', 'Bea').stdout.trim();
    const made = ['token', 'create', '--person', bea, '--audience', 'confirm', '--scope', 'confirm'];
    const given = { SALLYPORT_CONFIRM_TOKEN: sallyport(...made).stdout.trim() };
    const google = new URL(readLocalFile(home)?.google.url ?? '').origin;
    const { link, ended } = await begin(['connect', '--no-browser'], given);
    await createHeadlessPerson({ account: 'ana@example.com', googleOrigin: google }).visit(link);
    expect(await ended).toBe(0);
    expect(run('bin/sallyport.mjs', ['connections'], given).stdout).toContain('connected');
    const asked = sallyport('person', 'remove', bea);
    expect(asked.stdout).toContain('--yes');
    const removed = sallyport('person', 'remove', bea, '--yes');
    expect(removed).toMatchObject({ status: 0, stderr: expect.stringContaining('here and at Google') });
    expect(sallyport('person', 'list').stdout).not.toContain(bea);
    expect(sallyport('token', 'list').stdout).not.toContain(bea);
    expect(run('bin/sallyport.mjs', ['connections'], given).stderr).toContain('unauthenticated');
  }, 30_000);

  it('revokes a certificate by its serial number, of this machine’s authority unless another is named', () => {
    const revoked = sallyport('certificate', 'revoke', '--serial', '00:ab:CD:12');
    expect(revoked).toMatchObject({ status: 0, stdout: 'revoked ABCD12 of CN=Sallyport local client CA\n' });
    const issuer = 'CN=Sallyport dev client CA';
    expect(sallyport('certificate', 'revoke', '--serial', 'ef', '--issuer', issuer).status).toBe(0);
    const listed = sallyport('certificate', 'revoked').stdout;
    expect(listed).toBe(`ABCD12  CN=Sallyport local client CA\nEF  ${issuer}\n`);
  });

  it.each([
    [['person', 'identify', 'p_x', 'mail:x'], 1, /identity looks like/],
    [['person', 'add', ''], 1, /1 to 200 characters/],
    [['person', 'remove', 'p_x', '--yes'], 1, /no person p_x/],
    [['certificate', 'revoke', 'no-such-file.pem'], 1, /no-such-file.pem cannot be read/],
    [['certificate', 'revoke', 'package.json'], 1, /no client certificate/],
    [['certificate', 'revoke'], 2, /PEM file or a --serial/],
    [['certificate', 'revoke', 'package.json', '--serial', 'AB'], 2, /PEM file or a --serial/],
    [['certificate', 'revoke', '--serial', 'twelve'], 1, /in hex/],
    [['certificate', 'revoke', '--serial', 'AB', '--issuer', 'somebody'], 1, /CN=/],
    [['connect', '--no-browser', '--days', 'soon'], 2, /--days takes a whole number/],
    [['connect', '--no-browser', '--days', '0'], 1, /days/],
    [['connect', '--no-browser', '--scopes', 'constructor'], 1, /Choose scopes/],
    [['continue', '../../contacts'], 1, /./],
    [['revoke', '..'], 1, /./],
    [['contacts', 'set', 'Ana', 'not an address'], 1, /e-mail address/],
    [['token', 'create', '--person', 'x', '--audience', 'agent', '--scope', 'calendar.read', '--days', '0'], 1, /days/],
    [
      ['token', 'create', '--person', 'nobody', '--audience', 'agent', '--scope', 'calendar.read'],
      1,
      /no person nobody/,
    ],
    [['token', 'revoke', 'x'], 1, /no token x/],
    [['plan', 'hello', '--now', 'soon'], 2, /--now takes an ISO date-time/],
    [['plan', 'hello', '--zone', 'Mars/Base'], 2, /--zone takes an IANA time zone/],
    [['nonsense'], 2, /unknown command/],
    [['--retries', '-1', 'contacts'], 2, /--retries takes a number/],
    [['--timeout', 'long', 'contacts'], 2, /--timeout takes a number/],
    [['conversations', 'export', 'last', '--format', 'pdf'], 2, /--format is/],
    [['conversations', 'list', '--limit', '0'], 2, /--limit takes/],
    [['completion', 'tcsh'], 2, /no completion for tcsh/],
    [['ask', '--zone', 'Mars/Base', 'hello'], 2, /--zone takes an IANA time zone/],
    [['chat', '--zone', 'Mars/Base'], 2, /--zone takes an IANA time zone/],
    [['ask', ' '], 2, /Ask something/],
    [['token', 'create'], 2, /required option/],
    [['approve', 'x'], 1, /./],
  ])('says what is wrong with %j', (args, status, text) => {
    const refused = sallyport(...args);
    expect({ status: refused.status, out: refused.stdout }).toEqual({ status, out: '' });
    expect(refused.stderr).toMatch(text);
    expect(refused.stderr).not.toMatch(/\n\s+at /);
  });

  it('keeps everything it writes for its owner alone', () => {
    for (const file of [
      'local.json',
      'secrets.json',
      'person.json',
      'store.sqlite',
      'client-ca.key',
      'agent.key',
      'agent-credentials.json',
      'dev.log',
    ]) {
      expect({ file, mode: (statSync(join(home, file)).mode & 0o777).toString(8) }).toEqual({ file, mode: '600' });
    }
    expect((statSync(home).mode & 0o777).toString(8)).toBe('700');
  });
});
