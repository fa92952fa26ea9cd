import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { readLocalFile } from '../../src/cli/client/local-file.ts';
import { examplesOf } from '../../src/cli/examples.ts';
import { createProgram } from '../../src/cli/run.ts';
import { createStyle } from '../../src/cli/style.ts';
import { localPerson } from '../../src/local/accounts.ts';
import { createHeadlessPerson } from '../../src/local/headless-person.ts';
import { type DevProcess, freePortBase, startDev } from '../support/dev-process.ts';
import { runCommand } from '../support/run-command.ts';

// Every example of every help text, run by a shell as it stands there against the local system. One that waits for a browser gets one.

const style = createStyle({ environment: {}, isTerminal: false });
const nothing = (): void => undefined;
const program = createProgram({
  environment: {},
  print: nothing,
  warn: nothing,
  tell: nothing,
  say: nothing,
  style,
  outStyle: style,
  endWith: nothing,
});
const everyCommand = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(everyCommand)];
const examples = everyCommand(program).flatMap(examplesOf);

/** Those whose ids stand for others: what they name is not there, and they say so. */
const NAMES_NOBODY: Readonly<Record<string, RegExp>> = {
  'certificate bridge --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --out bridge-credentials.json': /no person p_/,
  'continue t_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD': /no such turn/,
  'person identify p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD oidc:google:1234567890': /no person p_/,
  'person remove p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --yes': /no person p_/,
  'token create --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --audience agent --scope "calendar.read calendar.write"':
    /no person p_/,
  'token create --person p_01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --audience mcp --scope calendar.read --rate 30': /no person p_/,
  'token rotate 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD': /no token/,
  'token rotate 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD --mine --overlap 1': /no token/,
  'token revoke 01KAJ5Q2W7N6M3V8R4T9Y0ZCBD': /no token/,
  'approve a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX': /no such question/,
  'approvals show a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX': /no such question/,
  'refuse a_Yk3v0mB1lqWn2c4d5e6f7g8h9i0jAKLMNOPQRSTUVWX': /no such question/,
};
/** Those that take back what others need. */
const LAST = ['conversations delete last', 'disconnect google', 'revoke agent/assistant'];

const folder = mkdtempSync(join(tmpdir(), 'sallyport-examples-'));
const home = join(folder, 'home');
const bin = join(folder, 'bin');
let dev: DevProcess;
let env: Readonly<Record<string, string | undefined>>;

/** What opens links on this computer, and goes where a person would. */
function writeBrowser(): void {
  const google = new URL(readLocalFile(home)?.google.url ?? '').origin;
  const person = JSON.stringify({ account: localPerson.email, googleOrigin: google });
  const module = JSON.stringify(new URL('../../src/local/headless-person.ts', import.meta.url).href);
  const code = `const { createHeadlessPerson } = await import(${module}); await createHeadlessPerson(${person}).visit(process.argv[1]);`;
  const script = join(bin, 'xdg-open');
  writeFileSync(script, `#!/bin/sh\nexec ${process.execPath} --input-type=module -e '${code}' -- "$1"\n`);
  chmodSync(script, 0o755);
}

beforeAll(async () => {
  dev = startDev(home, await freePortBase());
  await dev.ready;
  mkdirSync(bin);
  writeBrowser();
  const command = join(bin, 'sallyport');
  const main = new URL('../../bin/sallyport.mjs', import.meta.url).pathname;
  writeFileSync(command, `#!/bin/sh\nexec ${process.execPath} --disable-warning=ExperimentalWarning ${main} "$@"\n`);
  chmodSync(command, 0o755);
  const path = `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`;
  env = { HOME: folder, PATH: path, SALLYPORT_HOME: home, SALLYPORT_MODEL: 'offline' };
  const first = await runCommand('sh', ['-c', 'sallyport ask "am I free tomorrow at three?"'], { env });
  expect(first).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  dev.signal('SIGTERM');
  await dev.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** With a browser on this computer, `--no-browser` needs one beside it. */
async function runExample(example: string) {
  if (!example.includes('--no-browser')) return runCommand('sh', ['-c', `sallyport ${example}`], { env });
  const google = new URL(readLocalFile(home)?.google.url ?? '').origin;
  const child = spawn('sh', ['-c', `sallyport ${example}`], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = text(child.stdout);
  let stderr = '';
  let visited = false;
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece;
    const link = /^(https?:\S+)\n/m.exec(stderr)?.[1];
    if (link === undefined || visited) return;
    visited = true;
    // A page behind the sign-in may ask for more than this person does by itself.
    createHeadlessPerson({ account: localPerson.email, googleOrigin: google })
      .visit(link)
      .catch(() => undefined);
  });
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout: await stdout, stderr };
}

describe('the examples in the help', () => {
  it('are there for every command', () => {
    const without = everyCommand(program)
      .filter(({ commands }) => commands.length === 0)
      .filter((command) => examplesOf(command).length === 0)
      .map((command) => command.name());
    // These begin at a sign-in provider: test/e2e/login.test.ts and test/e2e/bridge.test.ts run them before one.
    expect(without.sort()).toEqual(['link', 'login', 'sign-in', 'unlink']);
    expect(examples.length).toBeGreaterThan(30);
  });

  const inOrder = [...examples.filter((example) => !LAST.includes(example)), ...LAST];
  it.each(inOrder)(
    'sallyport %s',
    async (example) => {
      const { code, stdout, stderr } = await runExample(example);
      const refused = NAMES_NOBODY[example];
      if (refused === undefined) expect({ code, why: code === 0 ? '' : stderr }).toEqual({ code: 0, why: '' });
      else expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(refused) });
      if (example.includes('--json')) expect(() => JSON.parse(stdout)).not.toThrow();
    },
    30_000,
  );
});
