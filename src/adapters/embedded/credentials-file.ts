import { createHash, randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { AppError } from '../../kernel/app-error.ts';
import { createSecret } from '../../kernel/secret.ts';
import type { CredentialsStore } from '../../ports/credentials-store.ts';

// The agent's credentials document as a file that only its owner may read. A write makes a new file beside it, waits until the disk has it, and
// renames: whoever reads, and whatever breaks off, there is always one whole document.

export function createCredentialsFile(path: string): CredentialsStore {
  return {
    async read() {
      try {
        return createSecret(await readFile(path, 'utf8'));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new AppError('misconfigured', `The credentials file ${path} cannot be read.`, { cause });
      }
    },
    async write(document) {
      const text = document.reveal();
      const temporary = `${path}.${randomUUID()}.new`;
      try {
        const file = await open(temporary, 'wx', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (cause) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw new AppError('misconfigured', `The credentials file ${path} cannot be written.`, { cause });
      }
      return createHash('sha256').update(text).digest('hex').slice(0, 12);
    },
  };
}
