import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

// The folder that holds one machine's whole state: certificates, keys, the store. Only its owner may read it.

export interface Home {
  readonly path: (name: string) => string;
  readonly read: (name: string) => string | undefined;
  /** Writes whole or not at all (a new file, then a rename), readable by its owner only. */
  readonly write: (name: string, text: string) => void;
}

export function openHome(name: string): Home {
  const folder = resolve(name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const path = (file: string): string => join(folder, file);
  return {
    path,
    read: (name) => (existsSync(path(name)) ? readFileSync(path(name), 'utf8') : undefined),
    write: (name, text) => {
      const temporary = path(`${name}.${process.pid}.new`);
      writeFileSync(temporary, text, { mode: 0o600 });
      renameSync(temporary, path(name));
    },
  };
}
