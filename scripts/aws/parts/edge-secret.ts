import { setTimeout as sleep } from 'node:timers/promises';
import { createSecret } from '../../../src/kernel/secret.ts';
import { type AwsClients, errorName } from './aws.ts';
import type { Context } from './command.ts';
import { createEdgeKeyValueStore } from './key-value-store.ts';
import { readParameters, writeParameter } from './parameters.ts';
import { replaceEdgeSecret } from './replace-edge-secret.ts';
import { generateSecret } from './secret-forms.ts';

// Brings the origin secret from Parameter Store to the edge. Terraform cannot: what it manages lies in its state. Of two secrets the edge
// is given the first; the APIs take both (docs/decisions/0014).

const PARAMETER = 'origin-secret';
/** As terraform/modules/edge/origin-secret.js reads it. */
const KEY = 'origin-secret';
/** CloudFront says that a change reaches its locations within seconds. */
const PATIENCE_MS = 90_000;
const PAUSE_MS = 3_000;

export type EdgeSecretOutcome = 'no edge' | 'as it was' | 'written' | 'may not be read' | 'never set';

export interface EdgeSecretOptions {
  /** The service's. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

export async function giveEdgeItsSecret(
  { names }: Pick<Context, 'names'>,
  aws: Pick<AwsClients, 'keyValueStores' | 'ssm'>,
  { outputs }: EdgeSecretOptions,
): Promise<EdgeSecretOutcome> {
  const arn = outputs['edge_key_value_store_arn'];
  if (typeof arn !== 'string') return 'no edge';
  const known = await readParameters(aws, names, [PARAMETER]).catch((error: unknown) => {
    // Whoever deploys from CI may read no secret; an operator has given it then.
    if (errorName(error) === 'AccessDeniedException') return undefined;
    throw error;
  });
  if (known === undefined) return 'may not be read';
  const secret = known.get(PARAMETER)?.value?.reveal().split(',')[0]?.trim();
  if (secret === undefined) return 'never set';
  const store = createEdgeKeyValueStore(arn, aws);
  if ((await store.get(KEY)) === secret) return 'as it was';
  await store.put(KEY, createSecret(secret));
  return 'written';
}

/** The outcome of replacing it, which takes seven minutes. */
export async function renewEdgeSecret(
  { names, say }: Pick<Context, 'names' | 'say'>,
  aws: Pick<AwsClients, 'keyValueStores' | 'ssm'>,
  { outputs }: EdgeSecretOptions,
): Promise<EdgeSecretOutcome> {
  const arn = outputs['edge_key_value_store_arn'];
  if (typeof arn !== 'string') return 'no edge';
  const store = createEdgeKeyValueStore(arn, aws);
  const wasSet = await replaceEdgeSecret({
    read: async () => (await readParameters(aws, names, [PARAMETER])).get(PARAMETER)?.value,
    write: (value) => writeParameter(aws, names, PARAMETER, value),
    send: (value) => store.put(KEY, value),
    generate: generateSecret,
    sleep,
    say,
  });
  return wasSet ? 'written' : 'never set';
}

/** Until the edge lets a request through to the API, or patience ends: an edge without its secret answers 503, with a wrong one 403. */
export async function awaitEdge(urls: readonly string[]): Promise<boolean> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  for (const url of urls) {
    let status = 0;
    while (status !== 200) {
      if (Date.now() > giveUpAtMs) return false;
      if (status !== 0) await sleep(PAUSE_MS);
      const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      await response?.arrayBuffer();
      status = response?.status ?? -1;
    }
  }
  return true;
}

/** As a part of a deployment: says what it does, and leaves it to the doors' test to judge. */
export async function openEdge(
  context: Pick<Context, 'names' | 'say' | 'environment'>,
  aws: Pick<AwsClients, 'keyValueStores' | 'ssm'>,
  { outputs, urls }: { readonly outputs: Readonly<Record<string, unknown>>; readonly urls: readonly string[] },
): Promise<void> {
  const outcome = await giveEdgeItsSecret(context, aws, { outputs });
  if (outcome === 'may not be read' || outcome === 'never set') {
    context.say(
      `The edge got no secret from here (${outcome}). If it is new: make edge-secret ENV=${context.environment}`,
    );
  }
  if (outcome !== 'written') return;
  context.say('The edge has a new secret; waiting until it lets requests through …');
  await awaitEdge(urls);
}
