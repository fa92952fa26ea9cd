import type { SSMClient } from '@aws-sdk/client-ssm';
import { AppError } from '../../kernel/app-error.ts';
import { lazily } from '../../kernel/lazily.ts';
import { createSecret, type Secret } from '../../kernel/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SecretSource } from '../../ports/secrets.ts';
import { AWS_SETUP_ERRORS, type AwsClientOptions, awsClientConfig, awsErrorName } from './aws-client.ts';

// Secrets from AWS Systems Manager Parameter Store, read by name in batches, remembered for a while and read once however many ask.
// A name that is not there is an error that says so: never an empty value, and never the value it had before.

export interface ParameterStoreOptions extends AwsClientOptions {
  /** How long a value counts as fresh. */
  readonly ttlSeconds: number;
  /** How much longer an old value serves while Parameter Store cannot be reached. Default twice `ttlSeconds`. */
  readonly staleSeconds?: number;
  readonly clock: Clock;
  /** In place of one made from `region` and `endpoint`. */
  readonly client?: SSMClient;
}

/** GetParameters takes ten names (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html). */
const NAMES_PER_CALL = 10;
/** While Parameter Store cannot be reached, an old value serves for this many more of its lives. */
const STALE_LIVES = 2;
/** While old values serve, Parameter Store is asked again this often. */
const RETRY_SECONDS = 5;

/** No value is used any more that was read longer ago than this. Key rotation waits by it. */
export function oldestValueSeconds(ttlSeconds: number): number {
  return (1 + STALE_LIVES) * ttlSeconds;
}

interface CachedValue {
  readonly secret: Secret;
  readonly readAtMs: number;
  /** From then on it is read again. */
  readonly freshUntilMs: number;
}

function ssmFault(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const name = awsErrorName(cause);
  if (AWS_SETUP_ERRORS.has(name) || name === 'InvalidKeyId') {
    return new AppError(
      'misconfigured',
      `Parameter Store refuses to be read (${name}): check our role and its rights.`,
      {
        cause,
      },
    );
  }
  return new AppError('unavailable', 'Parameter Store cannot be reached right now. Try again shortly.', {
    cause,
    retryAfterSeconds: 1,
  });
}

export function createParameterStore(options: ParameterStoreOptions): SecretSource {
  const { clock, ttlSeconds, staleSeconds = STALE_LIVES * options.ttlSeconds } = options;
  const cache = new Map<string, CachedValue>();
  /** Reads under way, by name; names read together share one promise. */
  const underWay = new Map<string, Promise<void>>();
  const load = lazily(async () => {
    const sdk = await import('./ssm-client.ts');
    return { sdk, client: options.client ?? new sdk.SSMClient(awsClientConfig(options)) };
  });

  async function fetchBatch(names: readonly string[]): Promise<void> {
    const { sdk, client } = await load();
    // Its age counts from the question: Lambda may freeze this process for an hour before it looks at the answer.
    const readAtMs = clock.nowMs();
    const answer = await client.send(new sdk.GetParametersCommand({ Names: [...names], WithDecryption: true }));
    const found = new Set<string>();
    for (const { Name, Selector = '', Value } of answer.Parameters ?? []) {
      if (Name === undefined || Value === undefined || Value === '') continue;
      const name = `${Name}${Selector}`;
      found.add(name);
      cache.set(name, { secret: createSecret(Value), readAtMs, freshUntilMs: readAtMs + ttlSeconds * 1000 });
    }
    // A deleted one stops serving at once; `read` names it to whoever asked for it.
    for (const name of names) if (!found.has(name)) cache.delete(name);
  }

  /** An unreachable Parameter Store is survived for a bounded time by those who know the values; any other fault is told. */
  async function refreshBatch(names: readonly string[]): Promise<void> {
    try {
      await fetchBatch(names);
    } catch (cause) {
      const fault = ssmFault(cause);
      const nowMs = clock.nowMs();
      const known = names.map((name) => cache.get(name));
      const allServe = known.every(
        (value) => value !== undefined && nowMs < value.readAtMs + (ttlSeconds + staleSeconds) * 1000,
      );
      if (fault.code !== 'unavailable' || !allServe) throw fault;
      for (const [index, name] of names.entries()) {
        const value = known[index];
        if (value === undefined) continue;
        const oldestMs = value.readAtMs + (ttlSeconds + staleSeconds) * 1000;
        cache.set(name, { ...value, freshUntilMs: Math.min(nowMs + RETRY_SECONDS * 1000, oldestMs) });
      }
    }
  }

  function begin(names: readonly string[]): void {
    for (let start = 0; start < names.length; start += NAMES_PER_CALL) {
      const batch = names.slice(start, start + NAMES_PER_CALL);
      const reading = refreshBatch(batch).finally(() => {
        for (const name of batch) underWay.delete(name);
      });
      for (const name of batch) underWay.set(name, reading);
    }
  }

  function isFresh(name: string): boolean {
    const value = cache.get(name);
    return value !== undefined && clock.nowMs() < value.freshUntilMs;
  }

  return {
    async read<Name extends string>(names: readonly Name[]) {
      const wanted = [...new Set(names)].filter((name) => !isFresh(name));
      begin(wanted.filter((name) => !underWay.has(name)));
      await Promise.all(wanted.map((name) => underWay.get(name)));
      const missing = names.filter((name) => !cache.has(name));
      if (missing.length > 0) {
        throw new AppError('misconfigured', `Parameter Store has no value for: ${missing.join(', ')}.`);
      }
      return Object.fromEntries(names.map((name) => [name, cache.get(name)?.secret])) as Record<Name, Secret>;
    },
  };
}
