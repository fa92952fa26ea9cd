import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createJsonLog } from '../../adapters/log/json-log.ts';
import { AppError } from '../../kernel/app-error.ts';
import type { Log } from '../../ports/log.ts';
import { createBridge } from './bridge-server.ts';
import { createBrokenDoor } from './broken-door.ts';
import { connectDoor } from './door-connection.ts';
import type { DoorOptions } from './door-options.ts';
import { createToolCatalog } from './tool-catalog.ts';

// Runs the bridge until its client leaves. From the first moment stdout belongs to the protocol: whatever else in this process writes there ends up
// on stderr, where clients keep their servers' words.

export interface BridgeRun {
  /** Or why there are none: the client is told by each answer. */
  readonly doors: readonly DoorOptions[] | AppError;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Lines go to this file in place of stderr. */
  readonly logFile?: string | undefined;
  readonly showAddress: (url: string, open: boolean) => Promise<void>;
  readonly waitMs?: number;
}

const WAIT_MS = 4 * 60_000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** The real stdout for protocol messages alone; everybody else's goes to stderr. */
function takeStdout(): PassThrough {
  const write = process.stdout.write.bind(process.stdout);
  const protocol = new PassThrough();
  protocol.on('data', (chunk: Buffer) => {
    if (!write(chunk)) {
      protocol.pause();
      process.stdout.once('drain', () => protocol.resume());
    }
  });
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  // A client that is gone is no fault: stdin ends as well.
  process.stdout.on('error', () => protocol.destroy());
  return protocol;
}

async function openLog(file: string | undefined): Promise<{ readonly log: Log; readonly close: () => Promise<void> }> {
  const common = {
    clock: { nowMs: Date.now },
    level: 'info',
    fields: { service: 'bridge', environment: 'client' },
  } as const;
  if (file === undefined) {
    const write = (line: string): void => void process.stderr.write(`${line}\n`);
    return { log: createJsonLog({ ...common, write }), close: async () => {} };
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const stream = createWriteStream(file, { flags: 'a', mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause) =>
      reject(new AppError('misconfigured', `The log ${file} cannot be written.`, { cause })),
    );
  });
  stream.on('error', () => {});
  const write = (line: string): void => void stream.write(`${line}\n`);
  return {
    log: createJsonLog({ ...common, write }),
    close: async () => {
      stream.end();
      await finished(stream).catch(() => undefined);
    },
  };
}

/** Resolves when stdin ends, or the process is asked to stop. */
function untilLeft(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
    process.stdin.once('end', () => resolve());
    process.stdin.once('close', () => resolve());
  });
}

export async function runBridge({
  doors,
  environment,
  logFile,
  showAddress,
  waitMs = WAIT_MS,
}: BridgeRun): Promise<void> {
  const protocol = takeStdout();
  const { log, close: closeLog } = await openLog(logFile);
  const ending = new AbortController();
  const left = untilLeft();
  const setting = { environment, log, showAddress, signal: ending.signal };
  const connections =
    doors instanceof AppError
      ? [createBrokenDoor(doors)]
      : await Promise.all(doors.map((door) => connectDoor(door, setting)));
  const catalog = createToolCatalog(connections, log);
  const bridge = createBridge({ connections, catalog, log, nowMs: Date.now, waitMs });
  log.info('bridge.started', { doors: connections.map(({ name }) => name).join(' ') });
  const transport = new StdioServerTransport(process.stdin, protocol, { maxBufferSize: MAX_MESSAGE_BYTES });
  const handle = serveStdio(({ era }) => bridge.serve(era), {
    transport,
    onerror: (error) => log.warn('bridge.stdio_fault', { cause: error.name }),
  });
  await left;
  ending.abort();
  await handle.close();
  await bridge.close();
  log.info('bridge.ended');
  await closeLog();
}
