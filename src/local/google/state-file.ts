import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JWK } from 'oidc-provider';
import { replaceFile } from '../../adapters/embedded/replace-file.ts';
import { damagedFile } from '../damaged.ts';
import type { CalendarEvent } from './calendar-event.ts';
import type { StoredRecord } from './oauth-store.ts';

// What the stand-in remembers from one start to the next: grants, tokens, its signing key, events. One file, readable by its owner only,
// replaced whole, so that a crash leaves the old one or the new one.

export interface StandInState {
  readonly v: 1;
  /** The id_tokens' private key, as a JWK. */
  readonly signingKey: JWK;
  readonly oauth: readonly StoredRecord[];
  readonly events: readonly CalendarEvent[];
}

export interface StateFile {
  /** `undefined` before the first start. Rejects on a file that holds something else. */
  read(): Promise<StandInState | undefined>;
  /** Writes soon, however often it is called until then. */
  changed(state: () => StandInState): void;
  /** Writes now. */
  write(state: StandInState): Promise<void>;
}

const SOON_MS = 200;

export function createStateFile(path: string): StateFile {
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  async function replace(state: StandInState): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await replaceFile(path, JSON.stringify(state));
  }

  function write(state: StandInState): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // One after the other, so that the last one is what stays. A failed write does not fail the next.
    writing = writing.catch(() => undefined).then(() => replace(state));
    return writing;
  }

  return {
    async read() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text === undefined ? undefined : parseState(text, path);
    },
    changed(state) {
      timer ??= setTimeout(() => {
        write(state()).catch(() => undefined);
      }, SOON_MS).unref();
    },
    write,
  };
}

function parseState(text: string, path: string): StandInState {
  const mend =
    'Put back a copy, or remove it: the stand-in Google then begins with empty calendars, and is to be connected anew.';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damagedFile(path, mend, cause);
  }
  if (typeof parsed === 'object' && parsed !== null && 'v' in parsed && parsed.v === 1) return parsed as StandInState;
  throw damagedFile(path, mend);
}
