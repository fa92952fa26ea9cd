import * as z from 'zod';
import type { AwsClients } from './aws.ts';
import { type Context, EXIT } from './command.ts';
import { localStateOf } from './local-state.ts';
import { confirm } from './prompt.ts';
import { readRemoteState } from './remote-state.ts';
import { planAndShow } from './service-plan.ts';
import { Stop } from './stop.ts';
import { createTerraform } from './terraform.ts';

// The end of an environment: keys, secrets and truststore. The state goes from its bucket to a file first, for the bucket goes too; an
// interrupted removal goes on from the file.

const BEFORE_ANY_CHANGE: ReadonlySet<number> = new Set([EXIT.missing, EXIT.unconfirmed]);

/** Addresses of the service that are still there. */
async function demandNoService({ environment }: Context): Promise<void> {
  const service = createTerraform(environment, 'service');
  await service.init();
  const left = (await service.addresses()).filter((address) => !/(?:^|\.)data\./.test(address));
  if (left.length === 0) return;
  throw new Stop(EXIT.missing, `The service is still there (${left.length} things). Nothing was changed.`, {
    next: `make destroy ENV=${environment}`,
  });
}

const buckets = z.object({
  resource_changes: z.array(
    z.object({
      type: z.string(),
      change: z.object({ before: z.looseObject({ force_destroy: z.boolean().nullish() }).nullable() }),
    }),
  ),
});

/** S3 deletes no bucket that holds anything. Found out half-way, the keys would be gone by then. */
function demandDisposable({ environment }: Context, document: unknown): void {
  const kept = buckets
    .parse(document)
    .resource_changes.filter(({ type, change }) => type === 'aws_s3_bucket' && change.before?.force_destroy === false);
  if (kept.length === 0) return;
  const file = `terraform/environments/${environment}.foundation.tfvars`;
  throw new Stop(EXIT.missing, 'The buckets may not be deleted with what is in them. Nothing was changed.', {
    next: `write \`disposable = true\` into ${file} (not in prod: empty them by hand), make bootstrap, then this again`,
  });
}

export async function destroyFoundation(context: Context, aws: AwsClients, bucket: string): Promise<number> {
  const { environment, say } = context;
  const terraform = createTerraform(environment, 'foundation');
  const local = localStateOf(environment, terraform.folder);
  const [remote, kept] = [await readRemoteState(aws, bucket), local.read()];
  const goesOn =
    kept !== undefined && (remote === undefined || (kept.lineage === remote.lineage && kept.serial >= remote.serial));
  if (!goesOn && remote === undefined) {
    say(`The foundation of ${environment} is not there.`);
    return EXIT.done;
  }
  if (!goesOn) await demandNoService(context);
  const again = `make destroy ENV=${environment} ROOT=foundation`;
  try {
    if (!goesOn) await terraform.init();
    local.choose();
    // Copied, not moved: until the bucket is gone, what is in it counts.
    await terraform.init(...(goesOn ? ['-reconfigure'] : ['-migrate-state', '-force-copy']));
    demandDisposable(context, (await planAndShow(context, terraform, { destroy: true })).document);
    await confirm(
      context,
      `This destroys the keys of ${environment}: nothing they encrypted opens again, backups neither.`,
    );
    const result = await terraform.apply(say);
    if (result.interrupted)
      throw new Stop(EXIT.interrupted, 'Interrupted: part of it is gone. The state is kept.', { next: again });
    if (result.code !== 0) {
      throw new Stop(EXIT.failed, 'Not everything could be removed. The state is kept.', { next: again });
    }
    local.discard();
  } catch (error) {
    // Nothing of it was destroyed: the file is a mere copy.
    if (error instanceof Stop && BEFORE_ANY_CHANGE.has(error.exitCode) && !goesOn) local.discard();
    throw error;
  } finally {
    local.leave();
  }
  say('Destroyed. KMS keeps the keys for some days: aws kms cancel-key-deletion brings one back until then.');
  return EXIT.done;
}
