import type { Secret } from '../kernel/secret.ts';

/** Where one agent's credentials document lies: a 0600 file, or a SecureString in Parameter Store. It is replaced as a whole. */
export interface CredentialsStore {
  /** The newest document, read now and not from a memory of ours; nothing when none was written yet. */
  read(): Promise<Secret | undefined>;
  /** From then on readers find this document. Answers a name of the new version, for the log. */
  write(document: Secret): Promise<string>;
}
