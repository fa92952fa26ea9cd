import type { Secret } from '../kernel/secret.ts';

/** Reads secret values by name. A missing name is an error (`misconfigured`), never an empty value. */
export interface SecretSource {
  read<Name extends string>(names: readonly Name[]): Promise<Readonly<Record<Name, Secret>>>;
}
