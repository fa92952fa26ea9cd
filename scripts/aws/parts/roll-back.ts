import { UpdateAliasCommand } from '@aws-sdk/client-lambda';
import type { AwsClients } from './aws.ts';
import { type Context, EXIT } from './command.ts';
import { type FunctionKey, LIVE } from './environment.ts';
import { describeVersions, type LiveVersions } from './live-versions.ts';
import { Stop } from './stop.ts';

// Points functions back to versions that are published already: their aliases alone, at Lambda itself. A plan would want the very zip that is
// deployed, which CI built and an operator in a hurry does not have; and the next one makes the newest versions live again either way.

/** Whoever calls has asked for a yes. One that cannot be moved keeps none of the others from it. */
export async function rollBack(
  { environment, names, say }: Context,
  { lambda }: Pick<AwsClients, 'lambda'>,
  versions: LiveVersions,
): Promise<void> {
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
  say(`Now live: ${describeVersions(versions)}.`);
}
