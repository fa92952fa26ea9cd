import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSecret, type Secret } from '../../src/kernel/secret.ts';
import { createTestServerCertificate, testAuthority } from './certificates.ts';
import { freeze } from './freeze.ts';

// A real redis-server on loopback, TLS only, with a certificate of the tests' own authority. It can be killed and started again on the same port.

export const REDIS_INSTALL_COMMAND = 'sudo apt-get install -y redis-server';

/** Whether the binary is there. Suites skip themselves where it is not, which `make test` counts, and CI does not allow. */
export function hasRedisServer(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return true;
  console.warn(`redis-server is missing: its tests are skipped. Install it with: ${REDIS_INSTALL_COMMAND}`);
  return false;
}

export interface RedisServerOptions {
  /** Default `noeviction`. */
  readonly policy?: string;
  /** More directives, such as `['--user', 'mcp on >secret ~nonce:* +@all']`. */
  readonly args?: readonly string[];
}

export interface RedisServer {
  readonly port: number;
  readonly url: Secret;
  /** PEM of the authority that issued its certificate. */
  readonly ca: string;
  /** Ends it at once, as a crash would, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Stops it from answering without closing a connection, as a lost network would; `start` wakes it too. */
  freeze(): void;
  /** Starts it (again) on its port and resolves when it answers. */
  start(): Promise<void>;
  /** Kills it and deletes its files. */
  stop(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('no output to read');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`);
}

export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-redis-'));
  const file = (name: string): string => join(directory, name);
  const authority = await testAuthority();
  const certificate = await createTestServerCertificate(authority);
  await writeFile(file('ca.pem'), authority.pem);
  await writeFile(file('cert.pem'), certificate.pem);
  await writeFile(file('key.pem'), certificate.keyPem, { mode: 0o600 });
  const port = await freePort();
  const settings = {
    port: '0',
    'tls-port': String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    'tls-ca-cert-file': file('ca.pem'),
    'tls-cert-file': file('cert.pem'),
    'tls-key-file': file('key.pem'),
    'tls-auth-clients': 'no',
    'maxmemory-policy': options.policy ?? 'noeviction',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
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
    const started = spawn('redis-server', [...args, ...(options.args ?? [])], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    await ready(started);
  }
  await start();
  return {
    port,
    url: createSecret(`rediss://localhost:${port}`),
    ca: authority.pem,
    kill,
    freeze: () => {
      if (child?.pid !== undefined) freeze(child.pid);
    },
    start,
    async stop() {
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
