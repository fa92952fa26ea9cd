import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../kernel/app-error.ts';
import { isLoopback } from './proxy.ts';

// `.sallyport/local.json`: how any client, in any language, reaches the system that runs on this machine. Written by `make dev`, 0600.
// It is looked for in the folder that a command is run in, and that may be somebody else's: an address in it leads nowhere but to this machine, so that
// no token of the person's environment is sent away by it.

const here = z
  .url({ protocol: /^https?$/ })
  .refine((url) => isLoopback(new URL(url).hostname), 'is not this machine’s');

export const localFile = z.object({
  agent: z.object({ url: here, token: z.string() }),
  mcp: z.object({
    url: here,
    /** Paths of PEM files. */
    ca: z.string(),
    cert: z.string(),
    key: z.string(),
    key_id: z.string(),
    /** The HMAC secret, base64url. */
    secret: z.string(),
    trust_domain: z.string(),
    /** What the person has granted: how far a delegation for them can go. */
    scopes: z.array(z.string()),
  }),
  key_door: z.object({ url: here, token: z.string() }),
  /** Says itself where tokens come from (RFC 9728). */
  oauth_door: z.object({ url: here }),
  /** This token may approve. */
  oauth: z.object({ url: here, token: z.string() }),
  google: z.object({ url: z.string() }),
  /** Whoever plays Slack here signs with this secret; the user is the person of this machine already. */
  slack: z.object({ url: here, signing_secret: z.string(), team: z.string(), user: z.string() }).optional(),
  /** The delegation's `sub`. */
  person: z.string(),
});
export type LocalFile = z.infer<typeof localFile>;

export const LOCAL_FILE = 'local.json';

/** Nothing when no system was started in `home` yet. */
export function readLocalFile(home: string): LocalFile | undefined {
  const path = join(home, LOCAL_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return localFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new AppError('misconfigured', `${path} cannot be read. Start \`make dev\` again: it writes the file anew.`, {
      cause,
    });
  }
}
