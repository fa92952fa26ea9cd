import { createCredentialsFile } from '../adapters/embedded/credentials-file.ts';
import { describeFault } from '../adapters/log/json-log.ts';
import { enrolAgent } from '../certificates/enrol.ts';
import type { CertificateAuthority } from '../certificates/issue.ts';
import { createRotation, type RotationReport, type RotationWish } from '../certificates/rotation.ts';
import { AppError } from '../kernel/app-error.ts';
import { createSecret } from '../kernel/secret.ts';
import type { Clock } from '../ports/clock.ts';
import type { KeyValueStore } from '../ports/key-value-store.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type CredentialsDocument, parseCredentials } from '../trust/credentials.ts';
import { KEYRING_CACHE_SECONDS } from '../trust/keyring.ts';
import type { Home } from './home.ts';

// The agent's credentials on one machine: enrolled at the start, then renewed while it runs by the very rotation that runs on AWS, with a file in
// Parameter Store's place. Certificate and key lie beside it as PEM files, for clients of one's own.

/** A key's phases wait for whole runs; a run in which nothing is due costs a millisecond. */
const INTERVAL_MS = 15 * 60_000;
const CREDENTIALS_FILE = 'agent-credentials.json';

export interface RenewalOptions {
  readonly home: Home;
  readonly store: KeyValueStore;
  readonly clientCa: CertificateAuthority;
  /** PEM of the authority of the MCP door's own certificate. */
  readonly serverCa: string;
  readonly hmacMaster: Uint8Array;
  /** SPIFFE id. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called after each change. */
  readonly onChange: () => void;
}

export interface Renewal {
  /** The document as it is now; the same text until it changes. */
  text(): string;
  document(): CredentialsDocument;
  /** What a schedule does, now. */
  run(wish?: RotationWish): Promise<RotationReport>;
  stop(): void;
}

export async function startRenewal(options: RenewalOptions): Promise<Renewal> {
  const { home, store, clientCa, serverCa, identity, clock, random, log } = options;
  const hmacMaster = createSecret(options.hmacMaster);
  const file = createCredentialsFile(home.path(CREDENTIALS_FILE));
  const deps = { store, credentials: file, authority: clientCa, hmacMaster, clock, random, log };
  await enrolAgent(deps, { identity, serverCa });

  let text = '';
  let document: CredentialsDocument | undefined;
  const take = async (): Promise<boolean> => {
    const written = (await file.read())?.reveal() ?? '';
    if (written === text) return false;
    document = parseCredentials(written).document;
    text = written;
    home.write('agent.crt', document.certificate);
    home.write('agent.key', document.private_key);
    return true;
  };
  await take();
  // The agent here takes each document at once; only the door remembers anything.
  const rotation = createRotation(deps, { identity, cacheSeconds: KEYRING_CACHE_SECONDS });
  const run = async (wish: RotationWish = {}): Promise<RotationReport> => {
    try {
      return await rotation.run(wish);
    } finally {
      // A run that failed may have written the document before.
      if (await take()) options.onChange();
    }
  };
  const runByItself = async (): Promise<void> => {
    await run().catch((error: unknown) => log.error('renewal.not_done', { cause: describeFault(error) }));
  };
  await runByItself();
  const timer = setInterval(() => void runByItself(), INTERVAL_MS);
  timer.unref();
  return {
    text: () => text,
    document: () => {
      if (document === undefined) throw new AppError('misconfigured', `${CREDENTIALS_FILE} holds no credentials.`);
      return document;
    },
    run,
    stop: () => clearInterval(timer),
  };
}
