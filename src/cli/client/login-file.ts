import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';

// Where `sallyport login` keeps tokens: a file that only its owner can read (0600), one entry for each Agent API. It is written anew beside
// and moved into place, so that it is never half there, and under a lock, so that two commands at once do not spend one refresh token twice.

const login = z.object({
  issuer: z.string(),
  client_id: z.string(),
  token_endpoint: z.string(),
  revocation_endpoint: z.string().optional(),
  /** What the issuer wants to hear at each request for a token. */
  resource: z.string().optional(),
  access_token: z.string(),
  refresh_token: z.string().optional(),
  /** Unix milliseconds. */
  expires_at_ms: z.number(),
});
export type Login = z.infer<typeof login>;

const loginFile = z.object({ v: z.literal(1), logins: z.record(z.string(), login) });
type Logins = Readonly<Record<string, Login>>;

export interface LoginFile {
  /** Nothing when nobody is signed in there. */
  read(agentUrl: string): Promise<Login | undefined>;
  /** `change` gets what is there now and answers what shall be; nothing removes it. Nobody else writes meanwhile. */
  update(agentUrl: string, change: (now: Login | undefined) => Promise<Login | undefined>): Promise<Login | undefined>;
}

/** Longer than a request for a token may take. */
const LOCK_STALE_MS = 30_000;
const LOCK_WAIT_MS = 35_000;
const LOCK_POLL_MS = 50;

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Windows has no such bits; its profile folders are the user's alone. */
async function demandPrivate(path: string): Promise<void> {
  const mode = (await stat(path)).mode & 0o077;
  if (mode === 0 || process.platform === 'win32') return;
  throw new AppError('misconfigured', `${path} holds tokens and others can read it. Run \`chmod 600 ${path}\`.`);
}

async function readAll(path: string): Promise<Logins> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return {};
    throw new AppError('misconfigured', `${path} cannot be read.`, { cause });
  }
  await demandPrivate(path);
  try {
    return loginFile.parse(JSON.parse(text)).logins;
  } catch {
    throw new AppError('misconfigured', `${path} is damaged. Remove it and run \`sallyport login\`.`);
  }
}

async function writeAll(path: string, logins: Logins): Promise<void> {
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, `${JSON.stringify({ v: 1, logins }, null, 2)}\n`, { mode: 0o600 });
  // A file that somebody left there keeps its own mode.
  await chmod(beside, 0o600);
  await rename(beside, path);
}

/** A lock of a command that died is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  const place = `${path}.lock`;
  const endMs = Date.now() + LOCK_WAIT_MS;
  for (;;) {
    try {
      await (await open(place, 'wx', 0o600)).close();
      return () => rm(place, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const age = await stat(place).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > LOCK_STALE_MS) await rm(place, { force: true });
    else if (Date.now() > endMs) {
      throw new AppError('unavailable', `Another command holds ${place}. Remove it if none is running.`);
    } else await sleep(LOCK_POLL_MS);
  }
}

export function createLoginFile(path: string): LoginFile {
  return {
    read: async (agentUrl) => {
      const logins = await readAll(path);
      return Object.hasOwn(logins, agentUrl) ? logins[agentUrl] : undefined;
    },
    async update(agentUrl, change) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const unlock = await lock(path);
      try {
        const { [agentUrl]: now, ...others } = await readAll(path);
        const next = await change(now);
        if (next === now) return now;
        await writeAll(path, next === undefined ? others : { ...others, [agentUrl]: next });
        return next;
      } finally {
        await unlock();
      }
    },
  };
}
