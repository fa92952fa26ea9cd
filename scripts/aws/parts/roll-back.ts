import type { Context } from './command.ts';
import { EXIT } from './command.ts';
import { describeVersions, type LiveVersions } from './live-versions.ts';
import { planAndShow } from './service-plan.ts';
import { Stop } from './stop.ts';
import type { Terraform } from './terraform.ts';

// Points functions back to versions that are published already. Terraform does it, with `live_version`, and for the aliases alone: whatever
// else differs between this checkout and what is deployed stays as it is.

const aliasOf = (key: string): string => `module.function["${key}"].aws_lambda_alias.live`;

/** Whoever calls has asked for a yes. Answers whether anything had to be done. */
export async function rollBack(context: Context, terraform: Terraform, versions: LiveVersions): Promise<boolean> {
  const { changes, summary } = await planAndShow(context, terraform, {
    variables: { live_version: versions },
    targets: Object.keys(versions).map(aliasOf),
  });
  if (!changes) return false;
  const others = summary.changes.filter(({ type }) => type !== 'aws_lambda_alias');
  if (others.length > 0) {
    const what = others.map(({ address }) => address).join(', ');
    throw new Stop(EXIT.failed, `Going back would change more than aliases (${what}). Nothing was changed.`, {
      next: 'check out what is deployed, `make bundle`, and say it again',
    });
  }
  const result = await terraform.apply(context.say);
  if (result.code !== 0 || result.interrupted) {
    throw new Stop(result.interrupted ? EXIT.interrupted : EXIT.failed, 'Going back was not finished.', {
      next: `make rollback ENV=${context.environment}`,
    });
  }
  context.say(`Now live: ${describeVersions(versions)}.`);
  return true;
}
