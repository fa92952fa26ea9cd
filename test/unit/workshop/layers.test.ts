import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

// The layer rules are only worth something if they fire: each is tried on an import that points up.

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-layers-'));
  const config = JSON.parse(readFileSync('biome.json', 'utf8'));
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, $schema: undefined, vcs: { enabled: false } }));
  cpSync('package.json', join(folder, 'package.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lint(file: string, source: string): string {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), source);
  const run = spawnSync(resolve('node_modules/.bin/biome'), ['lint', '--colors=off', file], {
    cwd: folder,
    encoding: 'utf8',
  });
  return `${run.stdout}${run.stderr}`;
}

describe('the layer rules', () => {
  it.each([
    ['src/kernel/a.ts', "import { x } from '../ports/x.ts';\nconsole.log(x);\n"],
    ['src/trust/a.ts', "import { x } from '../mcp/x.ts';\nconsole.log(x);\n"],
    ['src/vault/a.ts', "import { x } from '../adapters/x/x.ts';\nconsole.log(x);\n"],
    ['src/agent/deep/a.ts', "export { x } from '../../mcp/x.ts';\n"],
    ['src/mcp/tools/a.ts', "export { x } from '../../oauth/x.ts';\n"],
    ['src/oauth/a.ts', "export const x = await import('../agent/x.ts');\n"],
    ['src/adapters/http/a.ts', "import { x } from '../../compose/x.ts';\nconsole.log(x);\n"],
    ['src/compose/a.ts', "import { x } from '../local/x.ts';\nconsole.log(x);\n"],
    ['src/console/page/a.ts', "import { x } from '../../agent/x.ts';\nconsole.log(x);\n"],
    ['src/handlers/a.ts', "import { x } from '../local/x.ts';\nconsole.log(x);\n"],
    ['src/adapters/redis/a.ts', "import { KMSClient } from '@aws-sdk/client-kms';\nconsole.log(KMSClient);\n"],
    ['src/cli/a.ts', "import { KMSClient } from '@aws-sdk/client-kms';\nconsole.log(KMSClient);\n"],
    ['scripts/a.ts', "import { KMSClient } from '@aws-sdk/client-kms';\nconsole.log(KMSClient);\n"],
  ])('refuse an import that points up, in %s', (file, source) => {
    expect(lint(file, source)).toContain('lint/style/noRestrictedImports');
  });

  it.each([
    ['src/trust/b.ts', "import { x } from '../kernel/x.ts';\nconsole.log(x);\n"],
    ['src/compose/b.ts', "import { x } from '../agent/x.ts';\nconsole.log(x);\n"],
    ['src/console/page/b.ts', "import { x } from '../../cli/visible.ts';\nconsole.log(x);\n"],
    ['src/compose/c.ts', "import { x } from '../console/x.ts';\nconsole.log(x);\n"],
    ['src/adapters/aws/b.ts', "import { KMSClient } from '@aws-sdk/client-kms';\nconsole.log(KMSClient);\n"],
    ['src/cli/client/b.ts', "import { SignatureV4 } from '@smithy/signature-v4';\nconsole.log(SignatureV4);\n"],
    ['scripts/aws/parts/b.ts', "import { KMSClient } from '@aws-sdk/client-kms';\nconsole.log(KMSClient);\n"],
  ])('let an import pass that points down, in %s', (file, source) => {
    expect(lint(file, source)).not.toContain('noRestrictedImports');
  });
});
