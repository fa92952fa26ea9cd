import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Terraform roots planned and applied without AWS: a copy of `terraform/` in a temporary folder gets an override file (local state, dummy
// keys), is initialised with the real provider, and planned. Data sources that would ask AWS are answered by an emulator that the test
// names in `env`, or, for the account alone, by a stand-in for STS here. Nothing in `terraform/` knows of it.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const INIT = join(ROOT, 'scripts/terraform-init');
/** Where the provider lies when it had to come from the registry: Terraform's own folder is laid out as a mirror. */
const PROBE = join(ROOT, '.cache/terraform-provider');
const TERRAFORM_INSTALL_COMMAND = 'see https://developer.hashicorp.com/terraform/install (1.11 or later)';

export const TEST_ACCOUNT = '123456789012';
export const TERRAFORM_REGION = 'eu-central-1';
/** Copying, `init` with a mirror and one plan on a busy machine, for `beforeAll`. */
export const TERRAFORM_MS = 300_000;

/** Whether Terraform and its AWS provider can be had. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function hasTerraform(what: string): boolean {
  const version = spawnSync('terraform', ['version', '-json'], { encoding: 'utf8', env: terraformEnvironment() });
  if (version.status !== 0) {
    console.warn(`terraform is missing: ${what} is skipped. Install it: ${TERRAFORM_INSTALL_COMMAND}`);
    return false;
  }
  const [major = 0, minor = 0] = (JSON.parse(version.stdout) as { terraform_version: string }).terraform_version
    .split('.')
    .map(Number);
  if (major < 1 || (major === 1 && minor < 11)) {
    console.warn(`terraform is older than 1.11: ${what} is skipped. Install it: ${TERRAFORM_INSTALL_COMMAND}`);
    return false;
  }
  if (providerFolder() !== undefined) return true;
  console.warn(
    `terraform's AWS provider cannot be had: ${what} is skipped. See it fail with: terraform -chdir=${PROBE} init`,
  );
  return false;
}

/** Nothing of this machine's own configuration or credentials reaches a test. */
function terraformEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const own = Object.fromEntries(
    ['PATH', 'HOME', 'XDG_DATA_HOME', 'SALLYPORT_TF_PLUGIN_DIR', 'TMPDIR'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return {
    ...own,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: TERRAFORM_REGION,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    CHECKPOINT_DISABLE: '1',
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    ...more,
  };
}

let foundProvider: string | undefined;

/** A mirror's folder, else the registry's provider, downloaded once for all tests. */
function providerFolder(): string | undefined {
  if (foundProvider !== undefined) return foundProvider;
  const mirror = spawnSync(INIT, ['--mirror'], { encoding: 'utf8', env: terraformEnvironment() });
  if (mirror.status === 0) {
    foundProvider = mirror.stdout.trim();
    return foundProvider;
  }
  const downloaded = join(PROBE, '.terraform/providers');
  const script = `mkdir -p "$0" && printf '%s' "$1" > "$0/main.tf" && terraform -chdir="$0" init -input=false`;
  // What is deployed from GitHub is what was tested there.
  const probe = readFileSync(join(ROOT, 'terraform/tested-provider.hcl'), 'utf8');
  const done = spawnSync('bash', ['-c', script, PROBE, probe], { env: terraformEnvironment(), stdio: 'ignore' });
  if (done.status === 0 && existsSync(downloaded)) foundProvider = downloaded;
  return foundProvider;
}

/** A policy document, as in a plan's JSON text. */
export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The statements; lists in them are sorted. */
export function statementsOf(policy: unknown): readonly PolicyStatement[] {
  if (typeof policy !== 'string') throw new Error(`the policy is not known in the plan: ${JSON.stringify(policy)}`);
  // The order of a list means nothing, and whoever writes it down chooses another one.
  const sorted = (_: string, value: unknown): unknown =>
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? [...value].sort() : value;
  const { Statement } = JSON.parse(policy, sorted) as { Statement: PolicyStatement | readonly PolicyStatement[] };
  return Array.isArray(Statement) ? Statement : [Statement as PolicyStatement];
}

/** IAM writes one value bare and several as a list. */
export function listOf(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

export interface PlannedResource {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  readonly index?: string | number;
  readonly values: Readonly<Record<string, unknown>>;
}

interface PlannedModule {
  readonly resources?: readonly PlannedResource[];
  readonly child_modules?: readonly PlannedModule[];
}

/** The parts of `terraform show -json` that tests read. */
export interface PlanDocument {
  readonly planned_values: {
    readonly root_module: PlannedModule;
    readonly outputs?: Readonly<Record<string, unknown>>;
  };
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly type: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly after?: unknown;
      readonly after_unknown?: unknown;
    };
  }[];
}

export interface Plan {
  /** The whole document, to search or to read. */
  readonly document: PlanDocument;
  /** Every planned resource, those of modules too; of one type when given. */
  resources(type?: string): readonly PlannedResource[];
  /** The values of the one resource with this address. */
  values(address: string): Readonly<Record<string, unknown>>;
}

function flatten(module: PlannedModule): readonly PlannedResource[] {
  return [...(module.resources ?? []), ...(module.child_modules ?? []).flatMap(flatten)];
}

export function readPlan(document: PlanDocument): Plan {
  const all = flatten(document.planned_values.root_module);
  return {
    document,
    resources: (type) => (type === undefined ? all : all.filter((resource) => resource.type === type)),
    values(address) {
      const found = all.find((resource) => resource.address === address);
      if (found === undefined) {
        throw new Error(`the plan has no ${address}; it has:\n${all.map((resource) => resource.address).join('\n')}`);
      }
      return found.values;
    },
  };
}

export interface TerraformOptions {
  /** Folder below `terraform/`: `foundation`, `service`, or a module's path. */
  readonly root: string;
  /** More files of the copy, by their path below `terraform/`: a root of a test's own that uses our modules. */
  readonly files?: Readonly<Record<string, string>>;
  /** In place of the override file that every copy gets. */
  readonly override?: string;
  /** For every command: emulators' addresses (`AWS_ENDPOINT_URL`) and the like. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface PlanOptions {
  /** Relative to `terraform/environments/`. */
  readonly varFiles?: readonly string[];
  readonly vars?: Readonly<Record<string, unknown>>;
  /** More arguments of `terraform plan`. */
  readonly args?: readonly string[];
}

export interface TerraformRun {
  readonly code: number;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly stdout: string;
}

export interface TerraformCopy {
  /** The root's folder in the copy. */
  readonly folder: string;
  /** Runs any command there; never throws for its exit code. */
  run(...args: readonly string[]): Promise<TerraformRun>;
  /** The same with more environment, such as another caller's keys. */
  runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<TerraformRun>;
  /** Arguments that name variables, for `run('apply', …)`. */
  variables(options: PlanOptions): readonly string[];
  plan(options?: PlanOptions): Promise<Plan>;
  /** What a refused plan says; throws when it is not refused. */
  refusal(options?: PlanOptions): Promise<string>;
  dispose(): Promise<void>;
}

const SKIPS = `
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
`;

/** Local state, dummy keys, and nobody asked; for each of the root's AWS providers. */
async function overrideFor(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.tf'));
  const text = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
  const providers = [...text.matchAll(/^provider "aws" \{\n([\s\S]*?)^\}/gm)].map(([, body = '']) => {
    const alias = /^\s*alias\s*=\s*"([^"]+)"/m.exec(body)?.[1];
    return `provider "aws" {${alias === undefined ? '' : `\n  alias = "${alias}"`}${SKIPS}}\n`;
  });
  return ['terraform {\n  backend "local" {}\n}\n', ...providers].join('\n');
}

/** Answers GetCallerIdentity, the one question that every plan asks. */
async function startStsStandIn(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const answer = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
    <Arn>arn:aws:iam::${TEST_ACCOUNT}:user/test</Arn><UserId>AIDATEST</UserId><Account>${TEST_ACCOUNT}</Account>
  </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' }).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly env: Record<string, string>; readonly cwd: string },
): Promise<TerraformRun> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, stdout, output };
}

/** A copy of `terraform/`, its root initialised. For modules nothing of backend or provider is overridden: `run('test')` mocks it. */
export async function copyTerraform(options: TerraformOptions): Promise<TerraformCopy> {
  const provider = providerFolder();
  if (provider === undefined) throw new Error('there is no AWS provider; ask hasTerraform first');
  const place = await mkdtemp(join(tmpdir(), 'sallyport-terraform-'));
  // Modules read files that lie beside `terraform/` (the zip): those are given to them by variables.
  await cp(join(ROOT, 'terraform'), join(place, 'terraform'), {
    recursive: true,
    filter: (path) => !/\.terraform($|\/|\.lock)|\.tfstate|_override\.tf$/.test(path),
  });
  const folder = join(place, 'terraform', options.root);
  for (const [path, text] of Object.entries(options.files ?? {})) {
    const file = join(place, 'terraform', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const isModule = options.root.startsWith('modules/');
  const override = options.override ?? (isModule ? '' : await overrideFor(folder));
  if (override !== '') await writeFile(join(folder, 'test_override.tf'), override);
  const emulated = options.env?.['AWS_ENDPOINT_URL'] !== undefined;
  const sts = isModule || emulated ? undefined : await startStsStandIn();
  const env = terraformEnvironment({
    SALLYPORT_TF_PLUGIN_DIR: provider,
    ...(sts === undefined ? {} : { AWS_ENDPOINT_URL_STS: sts.url }),
    ...options.env,
  });
  const dispose = async () => {
    await sts?.stop();
    await rm(place, { recursive: true, force: true });
  };
  const init = await runCommand(INIT, ['dev', folder, '-no-color', ...(isModule ? ['-backend=false'] : [])], {
    env,
    cwd: ROOT,
  });
  if (init.code !== 0) {
    await dispose();
    throw new Error(init.output);
  }
  const runWith: TerraformCopy['runWith'] = (more, ...args) =>
    runCommand('terraform', args, { env: { ...env, ...more }, cwd: folder });
  const run: TerraformCopy['run'] = (...args) => runWith({}, ...args);
  const variables = ({ varFiles = [], vars = {} }: PlanOptions): readonly string[] => [
    ...varFiles.map((name) => `-var-file=${join(place, 'terraform/environments', name)}`),
    ...Object.entries(vars).map(
      ([name, value]) => `-var=${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  return {
    folder,
    run,
    runWith,
    variables,
    async plan(plan = {}) {
      const planned = await run('plan', '-no-color', '-out=test.tfplan', ...variables(plan), ...(plan.args ?? []));
      if (planned.code !== 0) throw new Error(planned.output);
      const shown = await run('show', '-json', 'test.tfplan');
      if (shown.code !== 0) throw new Error(shown.output);
      return readPlan(JSON.parse(shown.stdout) as PlanDocument);
    },
    async refusal(plan = {}) {
      const planned = await run('plan', '-no-color', ...variables(plan), ...(plan.args ?? []));
      if (planned.code === 0) throw new Error('the plan was not refused');
      return planned.output;
    },
    dispose,
  };
}
