import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GO_BUILD_MS, goTool, hasGo } from '../support/go-tools.ts';
import { hasPython, pythonWith } from '../support/python.ts';
import { type CommandRun, runCommand } from '../support/run-command.ts';

// The GitHub workflows, judged by actionlint (with ShellCheck) and zizmor, which are shown to fire, and by rules of our own.

const FOLDER = '.github/workflows';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly uses?: string;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Dependabot {
  readonly updates: readonly {
    readonly 'package-ecosystem': string;
    readonly directory?: string;
    readonly directories?: readonly string[];
  }[];
}

const BAD = `name: bad
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    permissions: write-all
    steps:
      - uses: actions/checkout@v4
        with:
          ref: \${{ github.event.pull_request.head.sha }}
      - run: |
          echo "\${{ github.event.pull_request.title }}"
          rm -rf $HOME/build
      - run: echo \${{ steps.nowhere.outputs.value }}
`;

const able = hasGo('the check of the GitHub workflows') && hasPython('the check of the GitHub workflows');
const suite = able ? describe : describe.skip;

suite('the GitHub workflows', () => {
  let actionlint: (...files: readonly string[]) => Promise<CommandRun>;
  let zizmor: (...paths: readonly string[]) => Promise<CommandRun>;
  let workflows: Readonly<Record<string, Workflow>>;
  let dependabot: Dependabot;
  let bad: string;

  beforeAll(async () => {
    const python = await pythonWith('workflows');
    const bin = dirname(python);
    const lint = await goTool('github.com/rhysd/actionlint/cmd/actionlint', '1.7.12');
    actionlint = (...files) =>
      runCommand(lint, ['-no-color', '-shellcheck', join(bin, 'shellcheck'), '-pyflakes=', ...files]);
    zizmor = (...paths) =>
      runCommand(join(bin, 'zizmor'), [
        '--offline',
        '--no-progress',
        '--persona=auditor',
        '--min-severity=medium',
        ...paths,
      ]);
    const read = `import json, sys, yaml
out = {}
for path in sys.argv[1:]:
    document = yaml.safe_load(open(path))
    document['on'] = document.pop(True, None)  # YAML 1.1 takes the key for a truth value
    out[path.split('/')[-1]] = document
print(json.dumps(out))`;
    const files = (await readdir(FOLDER)).map((name) => join(FOLDER, name));
    const documents = JSON.parse((await runCommand(python, ['-c', read, ...files, '.github/dependabot.yml'])).stdout);
    ({ 'dependabot.yml': dependabot, ...workflows } = documents);
    bad = await mkdtemp(join(tmpdir(), 'sallyport-workflows-'));
    await mkdir(join(bad, FOLDER), { recursive: true });
    await writeFile(join(bad, FOLDER, 'bad.yml'), BAD);
  }, GO_BUILD_MS);

  afterAll(async () => {
    await rm(bad, { recursive: true, force: true });
  });

  const jobs = (): readonly (readonly [string, Job])[] =>
    Object.entries(workflows).flatMap(([file, workflow]) =>
      Object.entries(workflow.jobs).map(([name, job]) => [`${file}: ${name}`, job] as const),
    );
  const steps = (): readonly (readonly [string, Step])[] =>
    jobs().flatMap(([where, job]) => (job.steps ?? []).map((step) => [where, step] as const));
  const text = async (): Promise<string> =>
    (await Promise.all(Object.keys(workflows).map((name) => readFile(join(FOLDER, name), 'utf8')))).join('\n');
  const job = (file: string, name: string): Job => {
    const found = workflows[file]?.jobs[name];
    if (found === undefined) throw new Error(`${file} has no job ${name}`);
    return found;
  };

  it('satisfy actionlint, the shell in them ShellCheck', async () => {
    expect(await actionlint()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('satisfy zizmor, as an auditor would ask it', async () => {
    const { code, stdout, stderr } = await zizmor('.github');
    expect({ code, stdout: code === 0 ? '' : stdout, stderr: code === 0 ? '' : stderr }).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('would be refused by actionlint for injected text, careless shell and outputs of no step', async () => {
    const { code, stdout } = await actionlint(join(bad, FOLDER, 'bad.yml'));
    expect(code).toBe(1);
    for (const words of ['is potentially untrusted', 'shellcheck reported', 'property "nowhere" is not defined']) {
      expect(stdout).toContain(words);
    }
  });

  it('would be refused by zizmor for a dangerous trigger, unpinned actions, kept credentials, injection and broad rights', async () => {
    const { code, stdout } = await zizmor(join(bad, FOLDER, 'bad.yml'));
    expect(code).not.toBe(0);
    for (const audit of [
      'dangerous-triggers',
      'unpinned-uses',
      'artipacked',
      'template-injection',
      'excessive-permissions',
    ]) {
      expect(stdout).toContain(audit);
    }
  });

  it('use each action at one commit, named in full with its release beside it', async () => {
    const pins = new Map<string, Set<string>>();
    for (const [, uses = ''] of (await text()).matchAll(/uses: (.+)$/gm)) {
      if (uses.startsWith('./')) continue;
      const found = /^([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$/.exec(uses);
      expect({ uses, pinned: found !== null }).toEqual({ uses, pinned: true });
      const repository = (found?.[1] ?? '').split('/').slice(0, 2).join('/');
      pins.set(repository, (pins.get(repository) ?? new Set()).add(`${found?.[2]} ${found?.[3]}`));
    }
    expect(pins.size).toBeGreaterThan(7);
    expect([...pins].filter(([, commits]) => commits.size > 1)).toEqual([]);
  });

  it('give no right to a whole workflow, and to each job only what it says why it needs', async () => {
    for (const workflow of Object.values(workflows)) expect(workflow.permissions).toEqual({});
    for (const [where, { permissions }] of jobs())
      expect({ where, given: typeof permissions }).toEqual({ where, given: 'object' });
    const granting = (await text()).split('\n').filter((line) => /^\s+[a-z-]+: (read|write)\b/.test(line));
    expect(granting.filter((line) => !/ # to /.test(line))).toEqual([]);
  });

  it('leave no credentials in a checkout, and hold no key that lives longer than its job', async () => {
    const checkouts = steps().filter(([, step]) => step.uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(4);
    for (const [where, step] of checkouts)
      expect({ where, kept: step.with?.['persist-credentials'] }).toEqual({ where, kept: false });
    expect(await text()).not.toMatch(/secrets\.|secrets:|access-key-id|AWS_SECRET/);
  });

  it('become AWS roles by OIDC, of the one account meant, when everything is installed and built', () => {
    const becoming = jobs().filter(([, { steps = [] }]) =>
      steps.some((step) => step.uses?.startsWith('aws-actions/configure-aws-credentials@')),
    );
    expect(becoming.map(([where]) => where)).toEqual(['deploy-environment.yml: deploy', 'plan-environments.yml: plan']);
    for (const [where, { permissions, steps = [] }] of becoming) {
      expect(permissions).toEqual({ contents: 'read', 'id-token': 'write' });
      const at = steps.findIndex((step) => step.uses?.startsWith('aws-actions/'));
      expect(steps[at]?.with).toHaveProperty('allowed-account-ids');
      const role = where.startsWith('plan') ? /-plan$/ : /-deploy$/;
      expect(steps[at]?.with?.['role-to-assume']).toMatch(role);
      expect(steps.slice(at + 1).filter((step) => /\b(npm|npx|make)\b/.test(step.run ?? ''))).toEqual([]);
      expect(steps.slice(0, at).some((step) => step.run?.includes('make bundle'))).toBe(true);
    }
  });

  it('run CI as everybody runs it, with every right but reading left out', () => {
    const { steps = [], permissions } = job('ci.yml', 'test');
    expect(permissions).toEqual({ contents: 'read' });
    expect(steps.filter((step) => step.run !== undefined)).toEqual([
      expect.objectContaining({ run: '.ci/run', env: { CI: 'true' } }),
    ]);
    expect(steps.some((step) => step.uses?.startsWith('hashicorp/setup-terraform@'))).toBe(true);
  });

  it('plan for no fork, and run no code of a pull request where one can write to it', () => {
    const workflow = workflows['plan.yml'];
    expect(Object.keys(workflow?.on ?? {})).toEqual(['pull_request']);
    expect(job('plan.yml', 'plan').if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
    for (const [where, { permissions = {}, steps = [] }] of jobs()) {
      const writes = Object.entries(permissions).some(
        ([name, right]) => right === 'write' && !['id-token', 'security-events'].includes(name),
      );
      const checksOut = steps.some((step) => step.uses?.startsWith('actions/checkout@'));
      expect({ where, both: writes && checksOut }).toEqual({ where, both: false });
    }
  });

  it('deploy what is merged to dev after CI, to gamma after dev', () => {
    expect(workflows['deploy.yml']?.on).toEqual({ push: { branches: ['main'] } });
    expect(job('deploy.yml', 'test').uses).toBe('./.github/workflows/ci.yml');
    for (const [environment, needs] of [
      ['dev', 'test'],
      ['gamma', ['test', 'dev']],
    ] as const) {
      expect(job('deploy.yml', environment)).toMatchObject({
        needs,
        uses: './.github/workflows/deploy-environment.yml',
        with: { environment },
      });
    }
  });

  it('deploy to gamma where dev has no account, never where tests or dev failed', () => {
    const condition = (job('deploy.yml', 'gamma').if ?? '').replaceAll(/needs\.(\w+)\.result/g, 'results.$1');
    const decide = new Function('results', 'vars', 'cancelled', `return ${condition.replaceAll('==', '===')}`);
    const gamma = (test: string, dev: string, account: string, other = '2', cancelled = false): unknown =>
      decide({ test, dev }, { AWS_ACCOUNT_DEV: account, AWS_ACCOUNT_GAMMA: other }, () => cancelled);
    expect(gamma('success', 'success', '1')).toBe(true);
    expect(gamma('success', 'skipped', '')).toBe(true);
    expect(gamma('success', 'skipped', '', '')).toBe(false);
    expect(gamma('success', 'success', '1', '2', true)).toBe(false);
    for (const dev of ['failure', 'cancelled', 'skipped']) expect(gamma('success', dev, '1')).toBe(false);
    for (const test of ['failure', 'cancelled', 'skipped']) expect(gamma(test, 'skipped', '')).toBe(false);
  });

  it('plan and deploy with the version of the AWS provider that is tested, and that each root allows', async () => {
    const tested = await readFile('terraform/tested-provider.hcl', 'utf8');
    expect(tested).toMatch(/version = "5\.100\.0"/);
    for (const [file, name] of [
      ['deploy-environment.yml', 'deploy'],
      ['plan-environments.yml', 'plan'],
    ] as const) {
      const runs = (job(file, name).steps ?? []).map(({ run = '' }) => run);
      const at = runs.indexOf('cp terraform/tested-provider.hcl terraform/service/tested_override.tf');
      expect({ file, at: at >= 0 && at < runs.findIndex((run) => run.includes('scripts/aws/')) }).toEqual({
        file,
        at: true,
      });
    }
  });

  it('deploy to production only a tag on main, tested, attested and published, behind its environment', () => {
    expect(workflows['release.yml']?.on).toEqual({ push: { tags: ['v*'] } });
    const chain: string[] = [];
    for (let name: string | undefined = 'prod'; name !== undefined; ) {
      chain.unshift(name);
      const needs: string | readonly string[] | undefined = job('release.yml', name).needs;
      name = typeof needs === 'string' || needs === undefined ? needs : needs.at(-1);
    }
    expect(chain).toEqual(['on-main', 'test', 'build', 'attest', 'publish', 'prod']);
    expect(job('release.yml', 'on-main').steps?.at(-1)?.run).toContain('git merge-base --is-ancestor');
    expect(job('release.yml', 'prod').with).toMatchObject({ environment: 'prod', sha256: expect.anything() });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub's expressions
    expect(job('deploy-environment.yml', 'deploy').environment).toBe('${{ inputs.environment }}');
    const elsewhere = jobs().filter(([, { with: given }]) => given?.['environment'] === 'prod');
    expect(elsewhere.map(([where]) => where)).toEqual(['release.yml: prod']);
  });

  it('leave no list of packages without updates', async () => {
    const tracked = (await runCommand('git', ['ls-files'])).stdout.split('\n');
    const lists = { maven: /(^|\/)pom\.xml$/, npm: /(^|\/)package\.json$/, pip: /(^|\/)requirements-[\w-]+\.txt$/ };
    for (const [ecosystem, pattern] of Object.entries(lists)) {
      const wanted = new Set(tracked.filter((file) => pattern.test(file)).map((file) => join('/', dirname(file))));
      const updates = dependabot.updates.filter((update) => update['package-ecosystem'] === ecosystem);
      const looked = updates.flatMap(({ directory, directories = [] }) => [
        ...directories,
        ...(directory === undefined ? [] : [directory]),
      ]);
      expect({ ecosystem, looked: looked.sort() }).toEqual({ ecosystem, looked: [...wanted].sort() });
    }
  });

  it('look for drift by schedule and say it in an issue', () => {
    expect(workflows['drift.yml']?.on).toHaveProperty('schedule');
    expect(job('drift.yml', 'report')).toMatchObject({ needs: 'plan', permissions: { issues: 'write' } });
  });
});
