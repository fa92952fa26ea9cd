import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unzipSync } from 'fflate';
import {
  type Bundle,
  buildBundle,
  bytesAtStart,
  ENTRIES,
  type Entry,
  filesAtStart,
  START_BUDGETS,
} from '../../build/build-bundle.ts';
import { secretSettings } from '../../src/config/secret-settings.ts';

// What is in the zip, what each door loads of it at start, and what must never be in it.

const root = fileURLToPath(new URL('../../', import.meta.url));
let bundle: Bundle;
let contents: ReadonlyMap<string, string>;

function unzip(zip: Uint8Array): ReadonlyMap<string, string> {
  const files = Object.entries(unzipSync(zip));
  return new Map(files.map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]));
}

beforeAll(async () => {
  bundle = await buildBundle();
  contents = unzip(bundle.zip);
}, 300_000);

/** The source files that an entry loads at start. */
function sourcesAtStart(entry: Entry): readonly string[] {
  return filesAtStart(bundle, entry).flatMap((file) => Object.keys(bundle.metafile.outputs[file]?.inputs ?? {}));
}

/** `node_modules/a/node_modules/@b/c/x.js` → the whole path up to the package, as the lock file names it. */
function packageOf(source: string): string | undefined {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1];
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
}

describe('the zip', () => {
  it('holds the entry points, shared chunks, and nothing else', () => {
    const names = [...contents.keys()];
    expect(names.filter((name) => !name.startsWith('chunks/')).sort()).toEqual([
      'agent.mjs',
      'calls.mjs',
      'mcp.mjs',
      'oauth.mjs',
      'rotate.mjs',
      'stream.mjs',
      'worker.mjs',
    ]);
    expect(
      names.filter((name) => !/^(?:chunks\/[\w-]+|agent|calls|mcp|oauth|rotate|stream|worker)\.mjs$/.test(name)),
    ).toEqual([]);
  });

  it('holds no source map, inline or beside, and no mention of one', () => {
    for (const text of contents.values()) expect(text).not.toMatch(/sourceMappingURL|"sourcesContent"/);
    expect([...bundle.files.keys()].filter((name) => name.endsWith('.map'))).toHaveLength(contents.size);
  });

  it('holds nothing of the local machine, of the tests or of the command line', () => {
    const ours = Object.keys(bundle.metafile.inputs).filter((source) => !source.includes('node_modules/'));
    expect(ours.length).toBeGreaterThan(100);
    // The namespaces are the build's own: what it compiles, and what stands in place of what it leaves out.
    expect(
      ours.filter(
        (source) => !/^(?:src\/|(?:sdk-shims|left-out|compiled-schema|node-module|later|start):)/.test(source),
      ),
    ).toEqual([]);
    expect(ours.filter((source) => /^src\/(?:local|cli)\//.test(source))).toEqual([]);
  });

  it('holds packages only that package.json lists for running, and what these need', async () => {
    const lock = JSON.parse(await readFile(`${root}package-lock.json`, 'utf8')) as {
      packages: Record<string, LockedPackage>;
    };
    const used = new Set(Object.keys(bundle.metafile.inputs).map(packageOf));
    used.delete(undefined);
    expect(used.size).toBeGreaterThan(5);
    for (const name of used) {
      const locked = lock.packages[name ?? ''];
      expect([name, locked === undefined, locked?.dev ?? false, locked?.devOptional ?? false]).toEqual([
        name,
        false,
        false,
        false,
      ]);
    }
  });

  it('imports at run time only what Node itself has', () => {
    const outside = Object.values(bundle.metafile.outputs).flatMap((output) =>
      output.imports.filter((item) => item.external === true).map((item) => item.path.replace(/^node:/, '')),
    );
    const known = new Set([...builtinModules, 'sqlite']);
    expect(outside.filter((name) => !known.has(name))).toEqual([]);
  });

  it('loads later only modules of ours, or parts of a package: a whole one would come with all that nobody uses', () => {
    const whole = Object.entries(bundle.metafile.inputs).flatMap(([source, { imports }]) =>
      imports
        .filter(
          (item) => item.kind === 'dynamic-import' && source.startsWith('src/') && !/^(?:later:)?src\//.test(item.path),
        )
        .map((item) => item.path)
        // Node's own modules are not in the bundle; one tool's compiled schemas are made by the build.
        .filter((path) => !/^(?:node|compiled-schema):/.test(path)),
    );
    // The clients of OpenAI and Anthropic are one class each that reaches everything; jose's are modules of one function each.
    const meant =
      /^node_modules\/(?:openai\/index\.mjs|@anthropic-ai\/sdk\/index\.mjs|jose\/dist\/webapi\/[\w/]+\.js)$/;
    expect(whole.filter((path) => !meant.test(path))).toEqual([]);
    // Of a CommonJS module imported later a bundle sees the default export alone.
    expect(whole.filter((path) => bundle.metafile.inputs[path]?.format !== 'esm')).toEqual([]);
  });

  it('names no folder of the machine that built it', () => {
    for (const text of contents.values()) expect(text).not.toContain(root);
  });
});

describe('two builds', () => {
  const build = promisify(execFile);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-build-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('make the same bytes, and take nothing from the environment of the one who builds', async () => {
    const canary = 'planted-canary-9f2c';
    const planted = Object.keys(secretSettings).flatMap((name) => [name, `${name}_PARAMETER`]);
    const others = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'NPM_TOKEN', 'GITHUB_TOKEN', 'NODE_ENV', 'HOME'];
    const environment = Object.fromEntries([...planted, ...others].map((name) => [name, `${canary}-${name}`]));
    const script = [
      "import { writeFileSync } from 'node:fs';",
      `import { buildBundle } from ${JSON.stringify(`${root}build/build-bundle.ts`)};`,
      'const { zip, files } = await buildBundle();',
      'writeFileSync(process.env.OUT_FILE, Buffer.from(zip));',
      "const all = [...files.values()].map((bytes) => Buffer.from(bytes).toString('latin1')).join('');",
      `console.log(all.includes(${JSON.stringify(canary)}) ? 'leaked' : 'clean');`,
    ].join('\n');
    const file = join(folder, 'second.zip');
    const env = { ...environment, PATH: process.env['PATH'] ?? '', OUT_FILE: file };
    const { stdout } = await build(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env });
    expect(stdout.trim()).toBe('clean');
    expect(Buffer.compare(await readFile(file), Buffer.from(bundle.zip))).toBe(0);
  }, 300_000);
});

/** What no door needs before somebody asks for it, by the first part of a path. */
const never = [
  'node_modules/@aws-sdk/',
  'node_modules/@smithy/',
  'node_modules/ioredis/',
  'node_modules/ajv/dist/compile',
  'node_modules/ajv/dist/2020',
  'node_modules/google-auth-library/',
  'node_modules/jose/dist/webapi/lib/jwe_encrypt',
  'src/adapters/redis/',
  'src/adapters/aws/',
  'src/adapters/embedded/sqlite-store',
];
const models = [
  'node_modules/openai/',
  'node_modules/@anthropic-ai/',
  'node_modules/@microsoft/',
  'src/adapters/models/',
];
const agent = [
  ...never,
  ...models,
  'node_modules/@modelcontextprotocol/server/',
  'src/mcp/',
  'src/oauth/',
  'src/vault/',
  'node_modules/jose/',
];
const lazy: Readonly<Record<Entry, readonly string[]>> = {
  agent,
  stream: agent,
  worker: [...agent, 'node_modules/hono/'],
  calls: [...never, ...models, 'node_modules/hono/', 'src/agent/', 'src/oauth/', 'node_modules/jose/'],
  mcp: [
    ...never,
    ...models,
    'node_modules/hono/',
    'node_modules/@modelcontextprotocol/',
    'src/agent/',
    'src/oauth/',
    'node_modules/luxon/',
    'node_modules/jose/',
  ],
  oauth: [...never, ...models, 'node_modules/@modelcontextprotocol/', 'src/agent/', 'src/mcp/', 'node_modules/luxon/'],
  rotate: [
    'node_modules/@aws-sdk/',
    'node_modules/@smithy/',
    'node_modules/ioredis/',
    ...models,
    'src/agent/',
    'src/mcp/',
    'src/oauth/',
    'src/vault/',
  ],
};

describe.each(ENTRIES)('%s.handler', (entry) => {
  it('loads no more at start than it may', () => {
    expect(bytesAtStart(bundle, entry)).toBeLessThanOrEqual(START_BUDGETS[entry]);
  });

  it('loads nothing at start that only some calls, or other doors, need', () => {
    const sources = sourcesAtStart(entry);
    expect(sources).toContain(`src/handlers/${entry}.ts`);
    expect(sources.filter((source) => lazy[entry].some((prefix) => source.startsWith(prefix)))).toEqual([]);
  });

  it('loads one copy of each package', () => {
    const copies = new Map<string, Set<string>>();
    for (const source of sourcesAtStart(entry)) {
      const path = packageOf(source);
      const name = path?.split('node_modules/').at(-1);
      if (path === undefined || name === undefined) continue;
      copies.set(name, (copies.get(name) ?? new Set()).add(path));
    }
    // Of the library that writes certificates one part asks for an older tslib than the other; a door would pay for that at each start.
    const known = entry === 'rotate' ? ['tslib'] : [];
    expect([...copies].filter(([, paths]) => paths.size > 1).map(([name]) => name)).toEqual(known);
  });
});

describe('the budget of the MCP door', () => {
  it('is below what the product promises: 150 kB', () => {
    expect(START_BUDGETS.mcp).toBeLessThanOrEqual(150_000);
  });

  it('would catch a model’s SDK that is imported at its start', () => {
    const output = Object.entries(bundle.metafile.outputs).find(([, { inputs }]) =>
      Object.keys(inputs).some((source) => source.startsWith('node_modules/openai/')),
    );
    if (output === undefined) throw new Error('openai is not in the bundle');
    const outputs = structuredClone(bundle.metafile.outputs);
    outputs['dist/lambda/mcp.mjs']?.imports.push({ path: output[0], kind: 'import-statement' });
    const spoiled = { ...bundle, metafile: { ...bundle.metafile, outputs } };
    expect(bytesAtStart(spoiled, 'mcp')).toBeGreaterThan(START_BUDGETS.mcp);
  });
});
