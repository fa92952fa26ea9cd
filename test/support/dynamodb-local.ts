import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TEST_CREDENTIALS, TEST_REGION } from './aws-emulator.ts';
import { freeze } from './freeze.ts';
import { freePort } from './redis-server.ts';

// Amazon's own DynamoDB for tests (Maven), on a free loopback port. It enforces what the service does about keys, types, conditions and sizes; it knows
// no IAM, and never deletes what has expired. It can be killed, and started again with its data.

const PROJECT = fileURLToPath(new URL('../peers/dynamodb-local/pom.xml', import.meta.url));
const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));
export const JAVA_INSTALL_COMMAND = 'sudo apt-get install -y default-jre-headless maven';

/** Time for a first installation, for `beforeAll`. */
export const DYNAMODB_INSTALL_MS = 300_000;

/** Whether it can be installed and run. Suites skip themselves where not, which `make test` counts, and CI does not allow. */
export function hasDynamoDbLocal(): boolean {
  const version = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const major = Number(/version "(\d+)/.exec(version.stderr ?? '')?.[1]);
  if (version.status === 0 && major >= 17 && spawnSync('mvn', ['--version']).status === 0) return true;
  console.warn(
    `Java 17 or Maven is missing: tests with DynamoDB are skipped. Install them with: ${JAVA_INSTALL_COMMAND}`,
  );
  return false;
}

/** The folder with its libraries, named after the pins. Filled aside and moved into place whole: whoever comes second discards. */
async function install(): Promise<string> {
  const pins = createHash('sha256')
    .update(await readFile(PROJECT))
    .digest('hex')
    .slice(0, 12);
  const place = join(CACHE, `dynamodb-local-${pins}`);
  if (existsSync(place)) return place;
  const aside = `${place}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  const args = ['-q', '-B', '-f', PROJECT, 'dependency:copy-dependencies', `-DoutputDirectory=${aside}`];
  const child = spawn('mvn', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`mvn ${args.join(' ')} ended with ${code}`);
  await rename(aside, place).catch(async (error: unknown) => {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  });
  return place;
}

export interface DynamoDbLocal {
  readonly endpoint: string;
  /** A client of the tests' own. */
  readonly client: DynamoDBClient;
  /** Tables as Terraform makes them: `p` and `s`. */
  createTables(names: readonly string[]): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it from answering without closing a connection; `start` wakes it too. */
  freeze(): void;
  /** Starts it (again) on its port and resolves when it answers. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

async function answers(client: DynamoDBClient): Promise<boolean> {
  const { ListTablesCommand } = await import('@aws-sdk/client-dynamodb');
  return client.send(new ListTablesCommand({})).then(
    () => true,
    () => false,
  );
}

/** `lasting`: its data survives `kill`, at the cost of slow writes. */
export async function startDynamoDbLocal({ lasting = false } = {}): Promise<DynamoDbLocal> {
  const libraries = await install();
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-dynamodb-'));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({ endpoint, region: TEST_REGION, credentials: TEST_CREDENTIALS, maxAttempts: 1 });
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }
  async function start(): Promise<void> {
    if (child !== undefined) {
      child.kill('SIGCONT');
      return;
    }
    const server = ['com.amazonaws.services.dynamodbv2.local.main.ServerRunner', '-port', String(port)];
    const java = ['-Xmx256m', `-Djava.library.path=${libraries}`, '-cp', `${libraries}/*`];
    const data = lasting ? ['-dbPath', directory] : ['-inMemory'];
    child = spawn('java', [...java, ...server, ...data, '-sharedDb', '-disableTelemetry'], {
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '', DDB_LOCAL_TELEMETRY: '0' },
    });
    const started = child;
    while (!(await answers(client))) {
      if (started.exitCode !== null) throw new Error(`DynamoDB Local ended with ${started.exitCode}`);
      // It says nothing when it is ready.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await start();
  return {
    endpoint,
    client,
    async createTables(names) {
      for (const name of names) {
        await client.send(
          new CreateTableCommand({
            TableName: name,
            BillingMode: 'PAY_PER_REQUEST',
            AttributeDefinitions: [
              { AttributeName: 'p', AttributeType: 'S' },
              { AttributeName: 's', AttributeType: 'S' },
            ],
            KeySchema: [
              { AttributeName: 'p', KeyType: 'HASH' },
              { AttributeName: 's', KeyType: 'RANGE' },
            ],
          }),
        );
      }
    },
    kill,
    freeze: () => {
      if (child?.pid !== undefined) freeze(child.pid);
    },
    start,
    async stop() {
      await kill();
      client.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
