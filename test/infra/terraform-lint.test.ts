import { existsSync, globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GO_BUILD_MS, goTool, hasGo } from '../support/go-tools.ts';
import { hasPython, PYTHON_INSTALL_MS, pythonWith } from '../support/python.ts';
import { type CommandRun, runCommand } from '../support/run-command.ts';
import { copyTerraform, hasTerraform, TERRAFORM_MS } from '../support/terraform.ts';

// Everything under terraform/, judged by Terraform itself, by TFLint and by Checkov, each shown to fire on a bad example; the modules' own
// tests. One file, so that what is slow runs one after the other.

const folders = [...new Set(globSync('terraform/**/*.tf').map(dirname))]
  .filter((folder) => !folder.includes('.terraform'))
  .sort();
const modules = folders.filter((folder) => folder.startsWith('terraform/modules/'));
const sources = globSync('terraform/**/*.tf').filter((file) => !file.includes('.terraform/'));

/** A bucket as nobody should have one: misspelt layout, nothing protected, a variable that nobody uses. */
const BAD = `variable "unused" {}
resource "aws_s3_bucket" "open" {
      bucket = "open"
}
resource "aws_s3_bucket_public_access_block" "open" {
  bucket = aws_s3_bucket.open.id
  block_public_acls = false
}
`;

let bad: string;
beforeAll(async () => {
  bad = await mkdtemp(join(tmpdir(), 'sallyport-bad-terraform-'));
  await writeFile(join(bad, 'main.tf'), BAD);
});
afterAll(async () => {
  await rm(bad, { recursive: true, force: true });
});

describe('terraform/', () => {
  it('holds three roots, and a README, variables and tests for each module', () => {
    expect(folders.filter((folder) => !modules.includes(folder))).toEqual([
      'terraform/foundation',
      'terraform/gateway',
      'terraform/service',
    ]);
    expect(modules.length).toBeGreaterThan(8);
    for (const folder of modules) {
      expect({ folder, readme: existsSync(join(folder, 'README.md')) }).toEqual({ folder, readme: true });
      expect({ folder, tested: globSync(join(folder, 'tests/*.tftest.hcl')).length > 0 }).toEqual({
        folder,
        tested: true,
      });
    }
  });

  it('gives each variable a type and a description, and none the type any', () => {
    const without = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/^variable "([^"]+)" \{\n([\s\S]*?)^\}/gm)]
        .filter(([, , body = '']) => !/^ {2}type\s+=/m.test(body) || !/^ {2}description\s+=/m.test(body))
        .map(([, name]) => `${file}: ${name}`),
    );
    expect(without).toEqual([]);
    expect(sources.filter((file) => /type\s+=.*\bany\b/.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('keeps no lock file made from a mirror, no state and no plan', async () => {
    const { stdout } = await runCommand('git', ['ls-files', 'terraform']);
    expect(stdout.split('\n').filter((file) => /\.lock\.hcl$|\.tfstate|\.tfplan$/.test(file))).toEqual([]);
  });
});

(hasTerraform('the check of terraform/ by Terraform') ? describe : describe.skip)('Terraform', () => {
  it('finds everything in its own layout', async () => {
    const { code, stdout } = await runCommand('terraform', ['fmt', '-check', '-recursive', '-diff', 'terraform']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });

  it('would refuse another layout', async () => {
    const { code, stdout } = await runCommand('terraform', ['fmt', '-check', bad]);
    expect({ code, stdout: stdout.trim().endsWith('main.tf') }).toEqual({ code: 3, stdout: true });
  });

  it.each(folders)(
    '%s is valid, and its tests pass',
    async (folder) => {
      const copy = await copyTerraform({ root: folder.slice('terraform/'.length) });
      try {
        expect(await copy.run('validate', '-no-color')).toMatchObject({
          code: 0,
          output: expect.stringContaining('Success'),
        });
        if (!existsSync(join(folder, 'tests'))) return;
        const { code, output } = await copy.run('test', '-no-color');
        if (code !== 0) throw new Error(output);
        expect(output).toMatch(/Success! [1-9]\d* passed, 0 failed/);
      } finally {
        await copy.dispose();
      }
    },
    TERRAFORM_MS,
  );
});

(hasGo('the check of terraform/ by TFLint') ? describe : describe.skip)('TFLint, with every rule it ships', () => {
  let tflint: (folder: string, ...args: readonly string[]) => Promise<CommandRun>;
  beforeAll(async () => {
    const command = await goTool('github.com/terraform-linters/tflint', '0.64.0');
    const config = resolve('terraform/.tflint.hcl');
    tflint = (folder, ...args) =>
      runCommand(command, [`--chdir=${folder}`, `--config=${config}`, '--format=compact', '--no-color', ...args]);
  }, GO_BUILD_MS);

  it('finds nothing', async () => {
    const { code, stdout, stderr } = await tflint('terraform', '--recursive');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  }, 60_000);

  it('would find a variable that nothing uses, and one without type or description', async () => {
    const { code, stdout } = await tflint(bad);
    expect(code).toBe(2);
    for (const rule of ['terraform_unused_declarations', 'terraform_typed_variables', 'terraform_documented_variables'])
      expect(stdout).toContain(rule);
  });
});

(hasPython('the check of terraform/ by Checkov') ? describe : describe.skip)('Checkov', () => {
  let checkov: (folder: string) => Promise<CommandRun>;
  beforeAll(async () => {
    const python = await pythonWith('checkov');
    checkov = (folder) =>
      runCommand(
        python,
        [
          join(dirname(python), 'checkov'),
          `--directory=${folder}`,
          '--framework=terraform',
          '--skip-download',
          '--compact',
          '--quiet',
        ],
        // Its reports go nowhere but here.
        { env: { PATH: process.env['PATH'], HOME: bad, NO_COLOR: '1', BC_SKIP_MAPPING: 'TRUE' } },
      );
  }, PYTHON_INSTALL_MS);

  it('finds nothing that is not suppressed in place', async () => {
    // A copy: it would read what Terraform keeps in .terraform, too.
    const copy = await mkdtemp(join(tmpdir(), 'sallyport-checkov-'));
    try {
      await cp('terraform', copy, { recursive: true, filter: (path) => !path.includes('.terraform/') });
      const { code, stdout } = await checkov(copy);
      expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }, 120_000);

  it('would find a bucket that is open to the world', async () => {
    const { code, stdout } = await checkov(bad);
    expect(code).toBe(1);
    for (const check of ['CKV_AWS_53', 'CKV_AWS_21']) expect(stdout).toContain(check);
  }, 120_000);

  it('is told the reason of each suppression', () => {
    const suppressions = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/checkov:skip=(.*)$/gm)].map(([, what = '']) => `${file}: ${what}`),
    );
    expect(suppressions.filter((line) => !/: CKV2?_AWS_\d+: ?\w.{15,}/.test(line))).toEqual([]);
  });
});
