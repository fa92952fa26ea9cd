import { createSecret, type Secret } from '../../../src/kernel/secret.ts';

// Replaces the origin secret while requests go on, refusing none: the APIs learn the new one beside the old one, then the edge sends it, then the
// APIs forget the old one. Interrupted at any step and run again, it goes on from there.

/** An instance remembers a parameter for SALLYPORT_PARAMETER_TTL_SECONDS, 300; half a minute more for what was under way. */
export const INSTANCES_MS = 330_000;
/** CloudFront's locations have a change within seconds. */
export const LOCATIONS_MS = 60_000;

export interface ReplaceDeps {
  /** The parameter: one secret, or the old one and the new one with a comma between them; nothing where it was never set. */
  readonly read: () => Promise<Secret | undefined>;
  readonly write: (value: Secret) => Promise<void>;
  /** Gives it to the edge. */
  readonly send: (value: Secret) => Promise<void>;
  readonly generate: () => string;
  readonly sleep: (ms: number) => Promise<unknown>;
  readonly say: (text: string) => void;
}

/** Answers whether there was a secret to replace. */
export async function replaceEdgeSecret({ read, write, send, generate, sleep, say }: ReplaceDeps): Promise<boolean> {
  const held = await read();
  if (held === undefined) return false;
  const [old = '', begun] = held
    .reveal()
    .split(',')
    .map((value) => value.trim());
  const next = createSecret(begun ?? generate());
  if (begun === undefined) await write(createSecret(`${old},${next.reveal()}`));
  else say('A replacement is under way: going on with it.');
  say(`The APIs are told of the new secret; waiting ${INSTANCES_MS / 60_000} minutes until every instance knows it …`);
  await sleep(INSTANCES_MS);
  await send(next);
  say(`The edge sends it; waiting ${LOCATIONS_MS / 60_000} minute until all of its locations do …`);
  await sleep(LOCATIONS_MS);
  await write(next);
  say('The old one is forgotten.');
  return true;
}
