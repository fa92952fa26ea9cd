import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '../../kernel/app-error.ts';

// Hands a token to the web console in the person's browser. A link with the token in it would be read by everyone who may list this computer's
// processes; so the browser gets a link to this computer's loopback, good once, which sends it on. The token then stands in the fragment, which no server
// is sent and which the console removes at once.

export interface HandOver {
  /** The console's address, without a fragment. */
  readonly consoleUrl: string;
  readonly token: string;
  readonly open: (url: string) => Promise<void>;
  /** How long the link is good; default two minutes. */
  readonly waitMs?: number;
}

const WAIT_MS = 120_000;

function isOurs(request: IncomingMessage, authority: string, path: string): boolean {
  // A page elsewhere whose name was pointed to 127.0.0.1 gets here under that name (DNS rebinding).
  if (request.method !== 'GET' || request.headers.host !== authority) return false;
  const given = Buffer.from(request.url ?? '');
  const wanted = Buffer.from(path);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Resolves once the browser has come; rejects with `timed_out` when none did. */
export async function handOverToken({ consoleUrl, token, open, waitMs = WAIT_MS }: HandOver): Promise<void> {
  const path = `/${randomBytes(24).toString('base64url')}`;
  let authority = '';
  let arrived = (): void => {};
  const visit = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let used = false;
  const server = createServer((request, response) => {
    if (used || !isOurs(request, authority, path)) {
      response.writeHead(404, { 'cache-control': 'no-store' }).end();
      return;
    }
    used = true;
    const location = `${consoleUrl}#token=${encodeURIComponent(token)}`;
    response.on('close', arrived);
    response.writeHead(303, { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const words = 'No browser came for the link. Run the command again for a new one.';
    timer = setTimeout(() => reject(new AppError('timed_out', words)), waitMs);
  });
  try {
    await open(`http://${authority}${path}`);
    await Promise.race([visit, late]);
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  }
}
