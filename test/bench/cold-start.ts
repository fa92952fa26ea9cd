import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bytesAtStart, OUT } from '../../build/build-bundle.ts';
import { createSqliteStore } from '../../src/adapters/embedded/sqlite-store.ts';
import { parseCredentials } from '../../src/trust/credentials.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { COLD_TOOL, type ColdEntries, writeColdEntries } from './cold-entries.ts';
import { type Row, type Spread, spread } from './figures.ts';
import { toGatewayEvent } from './gateway-event.ts';
import { type Stage, seedStore } from './seed.ts';
import { createCallSigner } from './signed-calls.ts';
import { withRedis } from './stage.ts';

// (c) A cold start: import of the entry and its first call, in a fresh process, less what an empty handler costs. Ours is the bundle that Lambda
// runs; its call passes every check and reaches the tool, which finds that this person has not connected Google. The stock server has
// that tool alone and checks nothing but arguments.

const ROUNDS = 11;
const DOMAIN = 'mcp.example.test';
const API_ID = 'bench-mcp';
const USE = { name: COLD_TOOL, arguments: { timeMin: '2026-11-23T09:00:00Z', timeMax: '2026-11-23T17:00:00Z' } };

const run = promisify(execFile);
const probe = new URL('cold-probe.mjs', import.meta.url).pathname;

interface Probed {
  readonly statusCode: number;
  readonly body?: string;
  readonly cpuMicros: number;
  readonly loaded: readonly string[];
}

interface Settings {
  readonly stage: Stage;
  readonly entries: ColdEntries;
  readonly environment: Readonly<Record<string, string>>;
}

async function start(settings: Settings, entry: string, list?: '--list'): Promise<Probed> {
  const { stage, entries, environment } = settings;
  const [person = ''] = stage.persons;
  const call = createCallSigner(stage, `https://${DOMAIN}/mcp`, USE)(person, 1);
  const clientCertificate = parseCredentials(stage.credentials).document.certificate;
  const eventFile = join(entries.folder, 'event.json');
  writeFileSync(
    eventFile,
    JSON.stringify(toGatewayEvent(call, { apiId: API_ID, domainName: DOMAIN, clientCertificate })),
  );
  const args = [
    '--disable-warning=ExperimentalWarning',
    probe,
    entry,
    eventFile,
    ...(list === undefined ? [] : [list]),
  ];
  const { stdout } = await run(process.execPath, args, { env: environment, timeout: 30_000 });
  const probed = JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as Probed;
  const reached = entry === entries.mcp ? probed.body?.includes('reconnect_required') : probed.statusCode === 200;
  if (probed.statusCode !== 200 || reached !== true) throw new Error(`${entry} answered ${stdout}`);
  return probed;
}

function mcpEnvironment(stage: Stage, store: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    ...store,
    SALLYPORT_ENVIRONMENT: 'local',
    SALLYPORT_DOOR: 'agent',
    SALLYPORT_MCP_URL: `https://${DOMAIN}/mcp`,
    SALLYPORT_API_ID: API_ID,
    SALLYPORT_OAUTH_URL: 'https://oauth.example.test',
    SALLYPORT_HMAC_MASTER: stage.hmacMaster,
    SALLYPORT_VAULT_KEY: randomBytes(32).toString('base64url'),
    GOOGLE_CLIENT_ID: 'bench',
    GOOGLE_CLIENT_SECRET: 'bench',
  };
}

/** CPU of `entry` over the empty handler's, relative to the stock server's over the same; per cent. */
async function measure(settings: Settings) {
  const { mcp, stock, empty } = settings.entries;
  const rounds: { readonly ratio: number; readonly control: number; readonly mcp: number; readonly stock: number }[] =
    [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const nothing = (await start(settings, empty)).cpuMicros;
    const first = (await start(settings, stock)).cpuMicros - nothing;
    const ours = (await start(settings, mcp)).cpuMicros - nothing;
    const again = (await start(settings, stock)).cpuMicros - nothing;
    const both = (first + again) / 2;
    rounds.push({ ratio: (100 * ours) / both, control: (100 * first) / again, mcp: ours / 1000, stock: both / 1000 });
  }
  const of = (name: 'ratio' | 'control' | 'mcp' | 'stock'): Spread => spread(rounds.map((round) => round[name]));
  return { ratio: of('ratio'), control: of('control'), mcp: of('mcp'), stock: of('stock') };
}

const exactly = (value: number): Spread => ({ median: value, min: value, max: value });

/** What the first call had loaded when it was answered, file by file, compressed; kB. */
async function loadedKilobytes(settings: Settings): Promise<number> {
  const { entries } = settings;
  const { loaded } = await start(settings, entries.mcp, '--list');
  const own = loaded.filter((url) => url.startsWith(pathToFileURL(entries.folder).href));
  const sizes = own.map((url) => {
    const bytes = entries.bundle.files.get(`${OUT}/${url.slice(pathToFileURL(entries.folder).href.length + 1)}`);
    if (bytes === undefined) throw new Error(`${url} is not in the bundle`);
    return gzipSync(bytes).length;
  });
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

export async function benchColdStart(stage: Stage): Promise<readonly Row[]> {
  const entries = await writeColdEntries();
  try {
    const file = join(entries.folder, 'store.sqlite');
    const store = createSqliteStore({ file, clock: { nowMs: () => Date.now() } });
    await seedStore(store, stage);
    await store.close();
    const settings = { stage, entries, environment: mcpEnvironment(stage, { SALLYPORT_STORE_FILE: file }) };
    const { ratio, control, mcp, stock } = await measure(settings);
    const rows: Row[] = [
      {
        bench: 'c',
        what: 'cold, import and first call over an empty handler: CPU, stock SDK v2 entry = 100',
        value: ratio,
        unit: '%',
        target: { atMost: 60 },
      },
      { bench: 'c', what: 'control: stock against stock', value: control, unit: '%' },
      { bench: 'c', what: 'CPU, MCP entry with all checks, embedded store', value: mcp, unit: 'ms' },
      { bench: 'c', what: 'CPU, stock SDK v2 entry', value: stock, unit: 'ms' },
    ];
    const atStart = bytesAtStart(entries.bundle, 'mcp') / 1000;
    const loaded = await loadedKilobytes(settings);
    rows.push(
      {
        bench: 'c',
        what: 'code that the MCP entry loads at start, gzip',
        value: exactly(atStart),
        unit: 'kB',
        target: { atMost: 150 },
      },
      { bench: 'c', what: 'code loaded when its first call is answered, gzip', value: exactly(loaded), unit: 'kB' },
    );
    if (hasRedisServer()) rows.push(await withRedisStore(stage, entries));
    return rows;
  } finally {
    entries.remove();
  }
}

async function withRedisStore(stage: Stage, entries: ColdEntries): Promise<Row> {
  return withRedis(stage, async ({ redis }) => {
    if (redis === undefined) throw new Error('no Redis');
    const caFile = join(entries.folder, 'redis-ca.pem');
    writeFileSync(caFile, redis.ca);
    const where = { SALLYPORT_STORE: 'redis', REDIS_URL: redis.url, REDIS_CA_FILE: caFile };
    const { ratio } = await measure({ stage, entries, environment: mcpEnvironment(stage, where) });
    return {
      bench: 'c',
      what: 'the same with Redis over TLS, its client and connection included',
      value: ratio,
      unit: '%',
    };
  });
}
