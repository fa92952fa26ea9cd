import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';

// The person's own file of settings, `~/.config/sallyport/config.json`. It may hold tokens, so a file that others can read is refused.

type Environment = Readonly<Record<string, string | undefined>>;

const address = z.url({ protocol: /^https?$/ });

export const configFile = z.strictObject({
  agent_url: address.optional(),
  oauth_url: address.optional(),
  token: z.string().min(1).optional(),
  confirm_token: z.string().min(1).optional(),
  time_zone: z.string().min(1).optional(),
  sigv4: z.boolean().optional(),
  profile: z.string().min(1).optional(),
  region: z.string().min(1).optional(),
  timeout: z.number().positive().max(3600).optional(),
  retries: z.number().int().min(0).max(10).optional(),
});
export type ConfigFile = z.infer<typeof configFile>;

/** Where this user's settings and sign-ins lie (XDG Base Directory Specification; `%APPDATA%` on Windows). */
export function configFolder(environment: Environment): string {
  const given = environment['XDG_CONFIG_HOME'] || (process.platform === 'win32' ? environment['APPDATA'] : undefined);
  return join(given || join(environment['HOME'] || homedir(), '.config'), 'sallyport');
}

/** Where this user's history lies. */
export function stateFolder(environment: Environment): string {
  const given =
    environment['XDG_STATE_HOME'] || (process.platform === 'win32' ? environment['LOCALAPPDATA'] : undefined);
  return join(given || join(environment['HOME'] || homedir(), '.local', 'state'), 'sallyport');
}

export const configPath = (environment: Environment): string =>
  environment['SALLYPORT_CONFIG'] || join(configFolder(environment), 'config.json');

/** Windows has no such bits; its profile folders are the user's alone. */
function demandPrivate(path: string): void {
  const mode = statSync(path).mode & 0o077;
  if (mode === 0 || process.platform === 'win32') return;
  throw new AppError('misconfigured', `${path} holds a token and others can read it. Run \`chmod 600 ${path}\`.`);
}

/** Nothing when there is no such file, unless somebody named it. */
export function readConfigFile(path: string, isNamed: boolean): ConfigFile | undefined {
  if (!existsSync(path)) {
    if (isNamed) throw new AppError('misconfigured', `There is no file ${path}.`);
    return undefined;
  }
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('misconfigured', `${path} is no JSON that can be read.`, { cause });
  }
  const parsed = configFile.safeParse(content);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'it'}: ${message}`);
    throw new AppError('misconfigured', `${path} is not right: ${problems.join('; ')}.`);
  }
  if (parsed.data.token !== undefined || parsed.data.confirm_token !== undefined) demandPrivate(path);
  return parsed.data;
}
