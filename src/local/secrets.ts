import * as z from 'zod';
import { AppError } from '../kernel/app-error.ts';
import type { Random } from '../ports/random.ts';
import type { Home } from './home.ts';

// Secrets that this machine makes for itself on its first start and keeps in one 0600 file.

const key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const localSecrets = z.object({
  v: z.literal(1),
  hmac_master: key,
  vault_key: key,
  google_client_secret: key,
});
export type LocalSecrets = z.infer<typeof localSecrets>;

const FILE = 'secrets.json';

export function ensureSecrets(home: Home, random: Random): LocalSecrets {
  const text = home.read(FILE);
  if (text !== undefined) {
    try {
      return localSecrets.parse(JSON.parse(text));
    } catch (cause) {
      const what = `${home.path(FILE)} is damaged. Put back a copy, or remove the folder to start anew (connections are then lost).`;
      throw new AppError('misconfigured', what, { cause });
    }
  }
  const make = (): string => Buffer.from(random.bytes(32)).toString('base64url');
  const made: LocalSecrets = { v: 1, hmac_master: make(), vault_key: make(), google_client_secret: make() };
  home.write(FILE, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
