import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../../kernel/app-error.ts';
import { createSecret } from '../../kernel/secret.ts';
import type { CredentialsStore } from '../../ports/credentials-store.ts';
import { replaceFile } from './replace-file.ts';

// The agent's credentials document as a file that only its owner may read, always one whole document.

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
      try {
        await replaceFile(path, text);
      } catch (cause) {
        throw new AppError('misconfigured', `The credentials file ${path} cannot be written.`, { cause });
      }
      return createHash('sha256').update(text).digest('hex').slice(0, 12);
    },
  };
}
