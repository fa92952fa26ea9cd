import { UpdateAliasCommand } from '@aws-sdk/client-lambda';
import type { AwsClients } from './aws.ts';
import { type Context, EXIT } from './command.ts';
import { type FunctionKey, LIVE } from './environment.ts';
import { describeVersions, type LiveVersions, readLiveVersions } from './live-versions.ts';
import { withStateLock } from './state-lock.ts';
import { Stop } from './stop.ts';

// Points functions back to versions that are published already: their aliases alone, at Lambda itself. A plan would want the very zip that is
// deployed, which CI built and an operator in a hurry does not have; and the next one makes the newest versions live again either way.

export interface WayBack {
  /** Whose state bucket it is. */
  readonly account: string;
  /** What was live when this was decided. */
  readonly live: LiveVersions;
  readonly versions: LiveVersions;
}

/** One that cannot be moved keeps none of the others from it. */
async function move({ environment, names }: Context, { lambda }: AwsClients, versions: LiveVersions): Promise<void> {
  const moves = Object.entries(versions).map(async ([key, version]) => {
    const functionName = names.functionName(key as FunctionKey);
    await lambda.send(new UpdateAliasCommand({ FunctionName: functionName, Name: LIVE, FunctionVersion: version }));
  });
  const results = await Promise.allSettled(moves);
  const keys = Object.keys(versions);
  const failed = results.flatMap((result, index) =>
    result.status === 'rejected' ? [`${keys[index]}: ${(result.reason as Error).message}`] : [],
  );
  if (failed.length > 0)
    throw new Stop(EXIT.failed, `Going back was not finished. ${failed.join('; ')}.`, {
      next: `make rollback ENV=${environment} TO="${Object.entries(versions)
        .map((one) => one.join('/'))
        .join(' ')}"`,
    });
}

/** Whoever calls has asked for a yes. Nothing is moved while somebody deploys, nor after they have. */
export async function rollBack(context: Context, aws: AwsClients, { account, live, versions }: WayBack): Promise<void> {
  const { environment, names, say } = context;
  await withStateLock(context, { s3: aws.s3, bucket: names.stateBucket(account) }, async () => {
    const now = await readLiveVersions(aws, names);
    if (describeVersions(now) !== describeVersions(live)) {
      const what = `Live is now ${describeVersions(now)}, no longer ${describeVersions(live)}: somebody deployed. No version was moved.`;
      throw new Stop(EXIT.failed, what, { next: `make doctor ENV=${environment}` });
    }
    await move(context, aws, versions);
  });
  say(`Now live: ${describeVersions(versions)}.`);
}
