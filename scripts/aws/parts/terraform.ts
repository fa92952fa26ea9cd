import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT } from './command.ts';
import type { EnvironmentName } from './environment.ts';
import { type RunResult, run } from './run.ts';
import { Stop } from './stop.ts';
import { tellApply } from './tell-apply.ts';

// Terraform for one root of one environment: init by scripts/terraform-init, a plan that is kept in a file, and the apply of exactly that plan.

export type Root = 'foundation' | 'gateway' | 'service';

const TERRAFORM_FOLDER = 'terraform';
/** Plans and summaries, out of version control. */
const WORK_FOLDER = '.cache/aws';
/** What `make bundle` writes. */
export const BUNDLE = 'dist/lambda.zip';

/** Without the configuration file that TF_CLI_CONFIG_FILE names and that is not there, of which Terraform would warn each time. */
function terraformEnvironment(): NodeJS.ProcessEnv {
  const { TF_CLI_CONFIG_FILE: file, ...rest } = process.env;
  const kept = file === undefined || !existsSync(file) ? rest : { ...rest, TF_CLI_CONFIG_FILE: file };
  return { ...kept, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' };
}

export interface Terraform {
  readonly root: Root;
  readonly folder: string;
  /** Where the plan is kept. */
  readonly planFile: string;
  init(...args: readonly string[]): Promise<void>;
  /** Plans into `planFile`; answers whether anything would change. */
  plan(options?: PlanOptions): Promise<boolean>;
  /** The plan in `planFile` as JSON. */
  show(): Promise<unknown>;
  /** Applies `planFile`, telling each step. */
  apply(say: (text: string) => void): Promise<ApplyResult>;
  outputs(): Promise<Readonly<Record<string, unknown>>>;
  /** Addresses in the state. */
  addresses(): Promise<readonly string[]>;
}

export interface ApplyResult extends RunResult {
  /** False where not one change was tried: somebody else has the lock, or has applied something since the plan. */
  readonly began: boolean;
}

export interface PlanOptions {
  readonly destroy?: boolean;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** False for a plan that nobody will apply: it takes no lock, so whoever may only read can make it. */
  readonly lock?: boolean;
  /** Only these addresses and what they depend on. */
  readonly targets?: readonly string[];
}

/** The file with an environment's values for a root. */
export function variableFile(environment: EnvironmentName, root: Root): string {
  const name = root === 'service' ? `${environment}.tfvars` : `${environment}.${root}.tfvars`;
  return join(TERRAFORM_FOLDER, 'environments', name);
}

function planArguments(environment: EnvironmentName, root: Root, planFile: string, options: PlanOptions): string[] {
  return [
    'plan',
    '-input=false',
    '-no-color',
    options.lock === false ? '-lock=false' : '-lock-timeout=60s',
    '-detailed-exitcode',
    `-out=${planFile}`,
    ...(options.destroy === true ? ['-destroy'] : []),
    ...[variableFile(environment, root)].filter((file) => existsSync(file)).map((file) => `-var-file=${resolve(file)}`),
    `-var=environment=${environment}`,
    ...Object.entries(options.variables ?? {}).map(
      ([name, value]) => `-var=${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    ...(options.targets ?? []).map((address) => `-target=${address}`),
  ];
}

export function createTerraform(environment: EnvironmentName, root: Root): Terraform {
  const folder = resolve(TERRAFORM_FOLDER, root);
  const work = resolve(WORK_FOLDER, environment);
  mkdirSync(work, { recursive: true, mode: 0o700 });
  const planFile = join(work, `${root}.tfplan`);
  const env = terraformEnvironment();
  const failed = (what: string, result: RunResult, next: string): Stop =>
    result.interrupted
      ? new Stop(EXIT.interrupted, `Interrupted during terraform ${what} of ${root}, which changes nothing.`, { next })
      : new Stop(EXIT.failed, `terraform ${what} of ${root} failed.${result.stderr && `\n${result.stderr.trim()}`}`, {
          next,
        });
  const kept = async (args: readonly string[], next: string): Promise<string> => {
    const result = await run('terraform', [`-chdir=${folder}`, ...args, '-no-color'], { env });
    if (result.code !== 0) throw failed(args[0] ?? '', result, next);
    return result.stdout;
  };
  return {
    root,
    folder,
    planFile,
    init: async (...args) => {
      const result = await run('scripts/terraform-init', [environment, folder, '-no-color', ...args], { env });
      if (result.code !== 0) throw failed('init', result, `make doctor ENV=${environment}`);
    },
    plan: async (options = {}) => {
      const args = [`-chdir=${folder}`, ...planArguments(environment, root, planFile, options)];
      const result = await run('terraform', args, { env });
      if (result.interrupted || (result.code !== 0 && result.code !== 2))
        throw failed('plan', result, `make doctor ENV=${environment}`);
      return result.code === 2;
    },
    show: async () => JSON.parse(await kept(['show', '-json', planFile], `make plan ENV=${environment}`)) as unknown,
    apply: async (say) => {
      const args = [`-chdir=${folder}`, 'apply', '-input=false', '-lock-timeout=60s', '-json', planFile];
      const result = await run('terraform', args, { env, onLine: tellApply(say) });
      // https://developer.hashicorp.com/terraform/internals/machine-readable-ui
      return { ...result, began: result.stdout.includes('"type":"apply_start"') };
    },
    outputs: async () => {
      const text = await kept(['output', '-json'], `make doctor ENV=${environment}`);
      const outputs = JSON.parse(text) as Readonly<Record<string, { readonly value: unknown }>>;
      return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
    },
    addresses: async () => {
      const result = await run('terraform', [`-chdir=${folder}`, 'state', 'list', '-no-color'], { env });
      // Nothing was ever applied.
      if (result.stderr.includes('No state file was found')) return [];
      if (result.code !== 0) throw failed('state list', result, `make doctor ENV=${environment}`);
      return result.stdout.split('\n').filter((line) => line !== '');
    },
  };
}
