import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { EnvironmentName } from './environment.ts';
import type { StateVersion } from './remote-state.ts';

// The foundation's state before there is a bucket for it: a file beside the root, named by an override that Git ignores. It is looked at
// again at every start, so that an interrupted bootstrap goes on where it was.

/** Read behind every other override, so that it wins. */
const OVERRIDE = 'zz_bootstrap_override.tf';

const stateFile = z.object({ lineage: z.string(), serial: z.number(), resources: z.array(z.unknown()) });

export interface LocalState {
  /** Terraform keeps the state in the file from the next init on. */
  choose(): void;
  /** Terraform keeps the state where the root itself says. */
  leave(): void;
  /** What the file says, where it holds anything. */
  read(): StateVersion | undefined;
  /** Only once the bucket holds the same state. */
  discard(): void;
}

export function localStateOf(environment: EnvironmentName, folder: string): LocalState {
  const name = `bootstrap-${environment}.tfstate`;
  const [file, override] = [join(folder, name), join(folder, OVERRIDE)];
  return {
    choose: () => writeFileSync(override, `terraform {\n  backend "local" {\n    path = "${name}"\n  }\n}\n`),
    leave: () => rmSync(override, { force: true }),
    read: () => {
      if (!existsSync(file)) return undefined;
      const text = readFileSync(file, 'utf8');
      const state = text === '' ? undefined : stateFile.parse(JSON.parse(text));
      return state === undefined || state.resources.length === 0 ? undefined : state;
    },
    discard: () => {
      for (const path of [file, `${file}.backup`, `${file}.lock.info`, override]) rmSync(path, { force: true });
    },
  };
}
