import { randomBytes, X509Certificate } from 'node:crypto';
import { createFileSigner } from '../adapters/embedded/file-signer.ts';
import {
  type BridgeCredentials,
  type BridgeCredentialsRequest,
  issueBridgeCredentials,
} from '../certificates/bridge-credentials.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import { damagedFile } from './damaged.ts';
import { TRUST_DOMAIN } from './environments.ts';
import { type Home, openHome } from './home.ts';
import { ensureSecrets } from './secrets.ts';

// Credentials of a person's own bridge from this machine's authority, whose key lies beside its state. It makes no authority: `make dev` does.

type Wish = Pick<BridgeCredentialsRequest, 'person' | 'days' | 'overlapHours'>;

function readAll(home: Home, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const text = home.read(name);
    if (text === undefined)
      throw new AppError('misconfigured', `${home.path(name)} is not there. Run \`make dev\` once.`);
    return text;
  });
}

function authorityOf(home: Home, key: string, certificate: string) {
  try {
    return { certificate: new X509Certificate(certificate).toString(), signer: createFileSigner(key) };
  } catch (cause) {
    throw damagedFile(home.path('client-ca.crt'), 'Put it and its key back from a copy.', cause);
  }
}

export async function issueLocalBridge(folder: string, store: KeyValueStore, wish: Wish): Promise<BridgeCredentials> {
  const home = openHome(folder);
  const [key = '', certificate = '', serverCa] = readAll(home, ['client-ca.key', 'client-ca.crt', 'server-ca.crt']);
  readAll(home, ['secrets.json']);
  const random = { bytes: (count: number) => randomBytes(count) };
  const hmacMaster = createSecret(new Uint8Array(Buffer.from(ensureSecrets(home, random).hmac_master, 'base64url')));
  const authority = authorityOf(home, key, certificate);
  const clock = { nowMs: () => Date.now() };
  const deps = { store, authority, hmacMaster, clock, random };
  return issueBridgeCredentials(deps, { ...wish, trustDomain: TRUST_DOMAIN, environment: 'local', serverCa });
}
