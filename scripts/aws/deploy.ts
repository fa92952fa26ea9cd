import { type AwsClients, createAwsClients } from './parts/aws.ts';
import { type Context, EXIT, runCommand } from './parts/command.ts';
import { openEdge } from './parts/edge-secret.ts';
import { describeVersions, differingFrom, type LiveVersions, readLiveVersions } from './parts/live-versions.ts';
import { hasDanger } from './parts/plan-summary.ts';
import { BUNDLE_OPTION, buildBundle, demand, preconditions } from './parts/preconditions.ts';
import { confirm, demandConfirmable } from './parts/prompt.ts';
import { rollBack } from './parts/roll-back.ts';
import { checkNeededSecrets, checkTruststore, checkZone } from './parts/service-needs.ts';
import { planAndShow } from './parts/service-plan.ts';
import { NO_SMOKE_OPTION, smokeTest, smokeUrls } from './parts/smoke.ts';
import { Stop } from './parts/stop.ts';
import { createTerraform, type Terraform } from './parts/terraform.ts';
import { noteDeployed } from './parts/tried-versions.ts';

// `make deploy`: plans the service, applies that very plan, knocks at every door, and goes back to the versions that were live if a door
// does not answer as it should.

interface Before {
  readonly account: string;
  /** What was live right before the apply. */
  readonly versions: LiveVersions;
}

/** Goes back where there is something to go back to; throws in any case, for the deployment failed. */
async function recover(context: Context, aws: AwsClients, { account, versions: before }: Before): Promise<never> {
  const { environment, names, say } = context;
  const live = await readLiveVersions(aws, names);
  const back = differingFrom(live, before);
  const logs = `make logs ENV=${environment}`;
  if (Object.keys(back).length === 0) {
    const why =
      Object.keys(before).length === 0
        ? 'no version was live before'
        : 'the versions that serve are the ones from before';
    throw new Stop(EXIT.failed, `The deployment does not answer as it should; ${why}.`, { next: logs });
  }
  say(`Going back to ${describeVersions(back)} …`);
  await rollBack(context, aws, { account, live, versions: back });
  throw new Stop(EXIT.failed, `The deployment did not answer as it should. Live again: ${describeVersions(before)}.`, {
    next: `${logs}, then make deploy ENV=${environment}`,
  });
}

async function applyPlan(context: Context, terraform: Terraform, aws: AwsClients, before: Before): Promise<void> {
  const { environment, names, say } = context;
  const result = await terraform.apply(say);
  if (result.code === 0 && !result.interrupted) return;
  const again = `make deploy ENV=${environment}`;
  const next = `mend what Terraform says above, then ${again}`;
  if (result.interrupted) {
    const what = 'Interrupted: part of the plan may be applied. The state knows which part.';
    throw new Stop(EXIT.interrupted, what, { next: again });
  }
  // Versions that are live now and were not before are another deployment's: they are none of ours to take back.
  if (!result.began) throw new Stop(EXIT.failed, 'Nothing of the plan was applied.', { next });
  say('Not all of the plan was applied. What was stays, and the state knows it.');
  const live = await readLiveVersions(aws, names);
  const back = differingFrom(live, before.versions);
  if (Object.keys(back).length > 0) {
    say(`Functions of two deployments side by side were never tried together: back to ${describeVersions(back)} …`);
    await rollBack(context, aws, { account: before.account, live, versions: back });
  }
  throw new Stop(EXIT.failed, 'The plan was applied in part.', { next });
}

await runCommand({
  name: 'deploy',
  summary: 'Plans the service, applies that very plan, tries every door, and goes back if one answers wrongly.',
  options: { ...BUNDLE_OPTION, ...NO_SMOKE_OPTION },
  help: `With SALLYPORT_SMOKE_TOKEN the test client asks a real question too. SALLYPORT_AGENT_URL, SALLYPORT_MCP_URL, SALLYPORT_OAUTH_URL,
SALLYPORT_KEY_URL and SALLYPORT_OAUTH_DOOR_URL say where to knock if not at the domains.`,
  run: async (context) => {
    const { environment, names, say } = context;
    demandConfirmable(context);
    const aws = createAwsClients();
    const needs = {
      terraform: true,
      foundation: true,
      bundle: context.options['bundle'] !== true,
      variables: true,
    } as const;
    const { account } = await preconditions(() => aws, names, needs);
    const checks = [checkTruststore(aws, names, account), checkNeededSecrets(aws, names), checkZone(aws, names)];
    demand((await Promise.all(checks)).flat());
    await buildBundle(context);
    const terraform = createTerraform(environment, 'service');
    await terraform.init();
    const { changes, summary } = await planAndShow(context, terraform);
    if (changes) {
      const danger = hasDanger(summary) ? ' DATA OR ACCESS WOULD BE LOST: read the first lines.' : '';
      await confirm(context, `This changes the service of ${environment}.${danger}`);
    }
    // Only now: whatever was deployed since the plan makes Terraform refuse it.
    const before = { account, versions: await readLiveVersions(aws, names) };
    if (changes) await applyPlan(context, terraform, aws, before);
    const outputs = await terraform.outputs();
    const urls = smokeUrls(outputs);
    await openEdge(context, aws, { outputs, urls: [urls.agent, urls.oauth] });
    if (context.options['no-smoke'] !== true) {
      say('Trying the doors …');
      if (!(await smokeTest(context, urls))) await recover(context, aws, before);
    }
    const live = await readLiveVersions(aws, names);
    if (context.options['no-smoke'] !== true) await noteDeployed(aws, names, live);
    say(`Deployed. Live: ${describeVersions(live)}.`);
    say(`Next: make doctor ENV=${environment}`);
    return EXIT.done;
  },
});
