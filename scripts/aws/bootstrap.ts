import { createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { localStateOf } from './parts/local-state.ts';
import { preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { readRemoteState } from './parts/remote-state.ts';
import { planAndShow } from './parts/service-plan.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform, type Terraform } from './parts/terraform.ts';

// `make bootstrap`: applies the foundation. Its first apply keeps the state in a file, for the bucket is part of it; then the state moves there.
// Every step looks at what is there first, so the command may be stopped and started again at any point.

async function applyPlan(context: Context, terraform: Terraform): Promise<void> {
  const { environment, say } = context;
  const { changes } = await planAndShow(context, terraform);
  if (!changes) return;
  await confirm(context, `This changes the foundation of ${environment}.`);
  const again = `make bootstrap ENV=${environment}`;
  const result = await terraform.apply(say);
  if (result.interrupted)
    throw new Stop(EXIT.interrupted, 'Interrupted: part of the foundation may be there. Its state is kept.', {
      next: again,
    });
  if (result.code !== 0)
    throw new Stop(EXIT.failed, 'The foundation was applied in part. Its state is kept.', { next: again });
  say('The foundation is applied.');
}

await runCommand({
  name: 'bootstrap',
  summary: 'Applies the foundation: state bucket, keys, places of secrets, truststore, GitHub roles. Safe to repeat.',
  run: async (context) => {
    const { environment, names, say } = context;
    demandConfirmable(context);
    const aws = createAwsClients();
    const { account } = await preconditions(() => aws, names, { terraform: true });
    const bucket = names.stateBucket(account);
    const terraform = createTerraform(environment, 'foundation');
    const local = localStateOf(environment, terraform.folder);
    const [remote, kept] = [await readRemoteState(aws, bucket), local.read()];
    if (
      remote !== undefined &&
      kept !== undefined &&
      (kept.lineage !== remote.lineage || kept.serial > remote.serial)
    ) {
      throw new Stop(EXIT.failed, `There are two states of this foundation: in ${bucket} and in ${terraform.folder}.`, {
        next: `make destroy ENV=${environment} ROOT=foundation, if that was interrupted; else look at both: the one in the bucket counts`,
      });
    }
    if (remote !== undefined) {
      local.discard();
      say(`The state lies in ${bucket}.`);
      await terraform.init();
      await applyPlan(context, terraform);
    } else {
      say(`${bucket} holds no state yet: the first apply keeps it in ${terraform.folder}, then it moves.`);
      try {
        local.choose();
        await terraform.init('-reconfigure');
        await applyPlan(context, terraform);
      } finally {
        local.leave();
      }
      say(`Moving the state into ${bucket} …`);
      await terraform.init('-migrate-state', '-force-copy');
      if ((await readRemoteState(aws, bucket)) === undefined)
        throw new Stop(EXIT.failed, `The state did not arrive in ${bucket}. It is still in ${terraform.folder}.`, {
          next: `make bootstrap ENV=${environment}`,
        });
      local.discard();
    }
    say(`Done. Next: make secrets ENV=${environment}`);
    return EXIT.done;
  },
});
