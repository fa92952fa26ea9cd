import * as z from 'zod';
import type { Random } from '../ports/random.ts';
import { damagedFile } from './damaged.ts';
import type { Home } from './home.ts';

// Secrets that this machine makes for itself on its first start and keeps in one 0600 file.

const key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const localSecrets = z.object({
  v: z.literal(1),
  hmac_master: key,
  vault_key: key,
  google_client_secret: key,
  /** Absent in a file of an earlier version. */
  slack_signing_secret: key.optional(),
});
type SecretsFile = z.infer<typeof localSecrets>;
export type LocalSecrets = Required<SecretsFile>;

const FILE = 'secrets.json';

function readSecrets(home: Home): SecretsFile | undefined {
  const text = home.read(FILE);
  if (text === undefined) return undefined;
  try {
    return localSecrets.parse(JSON.parse(text));
  } catch (cause) {
    const mend = 'Put back a copy, or remove the folder to start anew (connections are then lost).';
    throw damagedFile(home.path(FILE), mend, cause);
  }
}

export function ensureSecrets(home: Home, random: Random): LocalSecrets {
  const make = (): string => Buffer.from(random.bytes(32)).toString('base64url');
  const found = readSecrets(home);
  if (found?.slack_signing_secret !== undefined) return { ...found, slack_signing_secret: found.slack_signing_secret };
  const made: LocalSecrets = {
    v: 1,
    hmac_master: found?.hmac_master ?? make(),
    vault_key: found?.vault_key ?? make(),
    google_client_secret: found?.google_client_secret ?? make(),
    slack_signing_secret: make(),
  };
  home.write(FILE, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}
