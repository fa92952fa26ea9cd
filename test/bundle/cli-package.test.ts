import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { buildCli } from '../../build/build-cli.ts';
import { VERSION } from '../../src/cli/version.ts';
import { startTestMachine, type TestMachine } from '../support/local-machine.ts';
import { runCommand } from '../support/run-command.ts';

// The npm package of the command: packed by npm, installed by npm into an empty folder, with nothing of this checkout near it.

const folder = mkdtempSync(join(tmpdir(), 'sallyport-package-'));
const source = join(folder, 'source');
const empty = join(folder, 'empty');
const installed = join(empty, 'node_modules', 'sallyport');
const npmEnv = { ...process.env, npm_config_audit: 'false', npm_config_fund: 'false', npm_config_offline: 'true' };

function npm(args: readonly string[], cwd: string): string {
  const done = spawnSync('npm', [...args], { cwd, env: npmEnv, encoding: 'utf8', timeout: 60_000 });
  if (done.status !== 0) throw new Error(`npm ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

let machine: TestMachine;
let env: Readonly<Record<string, string | undefined>>;
const run = (...args: readonly string[]) =>
  runCommand(join(empty, 'node_modules', '.bin', 'sallyport'), args, { env, cwd: empty });

beforeAll(async () => {
  await buildCli(source);
  mkdirSync(empty);
  const [packed] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder], source)) as { filename: string }[];
  npm(['init', '--yes'], empty);
  npm(['install', join(folder, packed?.filename ?? '')], empty);
  machine = await startTestMachine({ storeFile: join(folder, 'store.sqlite') });
  const { agent, oauth } = machine.machine.access;
  env = {
    HOME: folder,
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    SALLYPORT_AGENT_URL: agent.url,
    SALLYPORT_TOKEN: agent.token,
    SALLYPORT_OAUTH_URL: oauth.url,
    SALLYPORT_CONFIRM_TOKEN: oauth.token,
  };
}, 120_000);
afterAll(async () => {
  await machine?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the npm package', () => {
  it('depends on nothing, and wants the Node that it was made for', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'sallyport', version: VERSION, engines: { node: '>=22.13' } });
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies', 'scripts']) {
      expect(manifest).not.toHaveProperty(kind);
    }
    expect(readdirSync(join(empty, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['sallyport']);
  });

  it('has the version of the project', () => {
    const project = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(VERSION).toBe(project.version);
  });

  it('is as npm wants packages to be', async () => {
    const { messages } = await publint({ pkgDir: source, level: 'suggestion', strict: true });
    expect(messages).toEqual([]);
  });

  it('holds the licences of what is in it, and nothing of the machine that built it', () => {
    const licences = readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['commander', 'zod', '@smithy/signature-v4', 'openai']) expect(licences).toContain(`\n${name} `);
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true);
    expect(existsSync(join(installed, 'README.md'))).toBe(true);
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    expect(files).toEqual(expect.arrayContaining(['sallyport.js', 'main.js']));
    for (const file of files) expect(readFileSync(join(installed, file), 'utf8')).not.toContain(process.cwd());
  });

  it('runs where nothing else is installed', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
    expect(await run('contacts', 'set', 'Ana', 'ana@example.com')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('contacts')).toEqual({ code: 0, stdout: 'Ana  ana@example.com\n', stderr: '' });
    await machine.connect();
    const asked = await run('ask', '--yes', '--json', 'book an hour with Tom tomorrow at 3pm');
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(asked.stdout)).toMatchObject({
      status: 'completed',
      tool_calls: expect.arrayContaining([expect.objectContaining({ tool: 'createevent', outcome: 'completed' })]),
    });
    expect(await run('doctor')).toMatchObject({ code: 0, stderr: 'Nothing is broken.\n' });
    expect((await run('tools')).stdout).toContain('createevent');
  }, 30_000);

  it('loads what only some commands need when they need it', async () => {
    const planned = await run('plan', '--model', 'offline', '--json', 'book an hour with Tom tomorrow at 3pm');
    expect(JSON.parse(planned.stdout)).toMatchObject({ calls: [{ tool: 'createevent' }] });
    const main = readFileSync(join(installed, 'main.js'));
    expect(main.length).toBeLessThan(250_000);
    const signed = await runCommand(
      join(empty, 'node_modules', '.bin', 'sallyport'),
      ['contacts', '--region', 'eu-central-1'],
      {
        env: { ...env, AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'test' },
        cwd: empty,
      },
    );
    // The local system checks tokens, which travel in a header of their own beside the signature.
    expect(signed).toMatchObject({ code: 0, stdout: 'Ana  ana@example.com\n' });
  }, 30_000);

  it('opens an operator’s store', async () => {
    const SALLYPORT_STORE_FILE = join(folder, 'operator.sqlite');
    const added = await runCommand(join(empty, 'node_modules', '.bin', 'sallyport'), ['person', 'add', 'Ana'], {
      env: { ...env, SALLYPORT_STORE_FILE },
      cwd: empty,
    });
    expect(added).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^p_/) });
  }, 30_000);
});
