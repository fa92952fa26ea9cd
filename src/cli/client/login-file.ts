import { readFile, stat } from 'node:fs/promises';
import * as z from 'zod';
import { replaceFile } from '../../adapters/embedded/replace-file.ts';
import { AppError } from '../../kernel/app-error.ts';
import { whileHolding } from './held-lock.ts';

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
const LOCK_WAIT_MS = 35_000;

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
  await replaceFile(path, `${JSON.stringify({ v: 1, logins }, null, 2)}\n`);
}

export function createLoginFile(path: string): LoginFile {
  return {
    read: async (agentUrl) => {
      const logins = await readAll(path);
      return Object.hasOwn(logins, agentUrl) ? logins[agentUrl] : undefined;
    },
    async update(agentUrl, change) {
      const waited = AbortSignal.timeout(LOCK_WAIT_MS);
      const work = async (): Promise<Login | undefined> => {
        const { [agentUrl]: now, ...others } = await readAll(path);
        const next = await change(now);
        if (next !== now) await writeAll(path, next === undefined ? others : { ...others, [agentUrl]: next });
        return next;
      };
      return whileHolding(`${path}.lock`, waited, work).catch((error: unknown) => {
        if (!waited.aborted || (error as Error).name !== 'AbortError') throw error;
        throw new AppError('unavailable', `Another command holds ${path}.lock. Remove it if none is running.`);
      });
    },
  };
}
